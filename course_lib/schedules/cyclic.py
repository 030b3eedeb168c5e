"""A learning rate that swings between two bounds."""

import math
import types
from collections.abc import Callable, Sequence
from typing import Any, Literal

from torch import Tensor
from torch.optim import Optimizer

from course_lib.schedules.momentum import Momenta, set_momentum, start_momenta, uses_beta1
from course_lib.schedules.schedule import (
    Schedule,
    check_choice,
    check_optimizer,
    per_group,
    set_entry,
)

Mode = Literal["triangular", "triangular2", "exp_range"]


def cyclic_lr(
    epoch: int,
    base_lr: float,
    max_lr: float,
    step_size_up: float = 2000,
    step_size_down: float | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
) -> float:
    r"""Learning rate on triangles between a lower and an upper bound.

    .. math::
        \eta_e = \eta_\text{base} + (\eta_{\max} - \eta_\text{base}) \, h \, s, \qquad
        h = \begin{cases} r / u & \text{if } r \le u \\ (u + d - r) / d & \text{otherwise}
        \end{cases}

    with :math:`r = e \bmod (u + d)`, the steps since this cycle began, and the scale :math:`s`:

    ==================  ============================================
    ``"triangular"``    1
    ``"triangular2"``   :math:`2^{-c}`, cycles :math:`c` counted from 0
    ``"exp_range"``     :math:`\gamma^e`, with the steps since the very start
    ==================  ============================================

    Args:
        epoch: Steps already taken, :math:`e`; counted from 0.
        base_lr: Lower bound :math:`\eta_\text{base}`, the rate of step 0.
        max_lr: Upper bound :math:`\eta_{\max}` before scaling.
        step_size_up: Steps of the rise, :math:`u`: half a cycle, not a whole one; above 0.
        step_size_down: Steps of the fall, :math:`d`; as many as of the rise if not given.
        mode: How the height shrinks, one of the three above.
        gamma: :math:`\gamma` of ``"exp_range"``, without unit.

    Returns:
        The learning rate of the step about to be taken.

    Example:
        >>> [cyclic_lr(e, 1.0, 5.0, step_size_up=2, mode="triangular2") for e in range(8)]
        [1.0, 3.0, 5.0, 3.0, 1.0, 2.0, 3.0, 2.0]

    Torch:
        Equals what ``CyclicLR`` steps through.

    Source:
        Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.1.
    """
    ### BEGIN SOLUTION
    up, down = step_size_up, step_size_up if step_size_down is None else step_size_down
    cycle, position = divmod(epoch, up + down)
    height = position / up if position <= up else (up + down - position) / down
    if mode == "triangular2":
        height *= 0.5**cycle
    if mode == "exp_range":
        height *= gamma**epoch
    return base_lr + (max_lr - base_lr) * height
    ### END SOLUTION


class CyclicLR(Schedule):
    r"""Set the rate of every group on the triangles of :func:`cyclic_lr`, step by step.

    .. math:: \eta_e = \eta_\text{base} + (\eta_{\max} - \eta_\text{base}) \, h \, s, \qquad
        \mu_e = \mu_{\max} - (\mu_{\max} - \mu_\text{base}) \, h \, s

    The momentum swings the other way: least where the rate is largest, so that a step's size
    changes less. Use it where no single rate suits the whole run, with bounds read off a range
    test (:class:`LRRangeTest`); step it after every batch, and end the run at the end of a cycle.

    Args:
        optimizer: The optimizer whose groups it drives; its own rate is overwritten.
        base_lr: Lower bound; one number or one for each group.
        max_lr: Upper bound before scaling; one number or one for each group.
        step_size_up: Steps of the rise: half a cycle; above 0.
        step_size_down: Steps of the fall; as many as of the rise if not given.
        mode: ``"triangular"``, ``"triangular2"`` or ``"exp_range"``.
        gamma: Factor of ``"exp_range"`` in one step, without unit.
        scale_fn: A scale :math:`s` of your own, in place of ``mode``.
        scale_mode: What ``scale_fn`` is given: ``"cycle"``, the cycle counted from 1, or
            ``"iterations"``, the steps counted from 0.
        cycle_momentum: Whether ``momentum`` or the first of ``betas`` swings too.
        base_momentum: Least momentum; one number or one for each group.
        max_momentum: Largest momentum, that of the start; one number or one for each group.
        last_epoch: Steps already taken when resuming; -1 starts afresh.

    Raises:
        ValueError: If ``mode`` is unknown and there is no ``scale_fn``, a list has another length
            than the groups, or ``cycle_momentum`` meets an optimizer without momentum.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=9.0, momentum=0.9)
        >>> schedule = CyclicLR(optimizer, base_lr=1.0, max_lr=5.0, step_size_up=2)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr(), round(optimizer.param_groups[0]["momentum"], 3)
        ([5.0], 0.8)

    Torch:
        Equals ``CyclicLR``: absolute; groups gain ``max_momentum`` and ``base_momentum``; a state
        dict drops a ``scale_fn`` that is a plain function and keeps the attributes of any other.

    Source:
        Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Mode = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: Momenta = 0.8,
        max_momentum: Momenta = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        if scale_fn is None:
            check_choice("mode", mode, ("triangular", "triangular2", "exp_range"))
        resumes = last_epoch != -1
        base_lrs = per_group("base_lr", base_lr, optimizer)
        self.max_lrs = per_group("max_lr", max_lr, optimizer)
        # Length and share of the rise, as torch keeps them, so that state dicts are the same.
        self.total_size = float(step_size_up)
        self.total_size += step_size_up if step_size_down is None else step_size_down
        self.step_ratio = step_size_up / self.total_size
        self.mode: str = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        own_scale = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode: str = own_scale if scale_fn is None else scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = uses_beta1(optimizer)
            self.base_momentums, self.max_momentums = start_momenta(
                optimizer, base_momentum, max_momentum, resumes
            )
        if not resumes:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                set_entry(group, "lr", lr)
        super().__init__(optimizer, last_epoch)
        self.base_lrs: list[float | Tensor] = list(base_lrs)

    def rates(self) -> list[float | Tensor]:
        """The rates of the current step; sets the momenta besides.

        Returns:
            One rate for each group.
        """
        if self.cycle_momentum:
            momenta = zip(self.max_momentums, self.base_momentums, strict=True)
            for group, (high, low) in zip(self.optimizer.param_groups, momenta, strict=True):
                set_momentum(group, self._swing(high, low), self.use_beta1)
        rates = zip(self.base_lrs, self.max_lrs, strict=True)
        return [self._swing(float(low), high) for low, high in rates]

    def _swing(self, start: float, turn: float) -> float:
        """Where a value is that starts a cycle at ``start`` and turns back at ``turn``."""
        up = self.step_ratio * self.total_size
        sizes = (up, self.total_size - up)
        if self._scale_fn_custom is None:
            return cyclic_lr(self.last_epoch, start, turn, *sizes, self.mode, self.gamma)
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        scale = self._scale_fn_custom(cycle if self.scale_mode == "cycle" else self.last_epoch)
        return start + (cyclic_lr(self.last_epoch, start, turn, *sizes) - start) * scale

    def state_dict(self) -> dict[str, Any]:
        """All but the optimizer, by name; of ``scale_fn`` only an object's attributes."""
        scale_fn = self._scale_fn_custom
        plain = scale_fn is None or isinstance(scale_fn, types.FunctionType)
        saved = None if plain else vars(scale_fn).copy()
        return super().state_dict() | {"_scale_fn_custom": saved}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another schedule of this kind, torch's or ours.

        Args:
            state_dict: What its ``state_dict`` returned; left as it is.
        """
        scale_fn = self._scale_fn_custom
        if state_dict["_scale_fn_custom"] is not None:
            vars(scale_fn).update(state_dict["_scale_fn_custom"])
        super().load_state_dict(state_dict | {"_scale_fn_custom": scale_fn})
