"""Lower the learning rate when a measured quantity stops getting better."""

import math
from collections.abc import Sequence
from typing import Any, Literal, SupportsFloat

import torch
from torch import Tensor
from torch.optim import Optimizer

from course_lib.schedules.schedule import Schedule, check_choice, check_optimizer, per_group


class ReduceLROnPlateau(Schedule):
    r"""Multiply the rate by ``factor`` after more than ``patience`` epochs without progress.

    A metric :math:`a` is *better* than the best so far, :math:`b`, by a threshold :math:`\tau`:

    .. math::
        \begin{array}{lll}
        & \texttt{rel} & \texttt{abs} \\
        \texttt{min} & a < b\,(1 - \tau) & a < b - \tau \\
        \texttt{max} & a > b\,(1 + \tau) & a > b + \tau
        \end{array}

    Each step does three things, in this order:

    1. If the metric is better, it becomes the best and the count of bad epochs starts again at 0;
       otherwise the count goes up by 1. An equal metric is not better, nor is NaN.
    2. During a cooldown that shortens by 1 and the count is set back to 0.
    3. If the count is above ``patience``, every rate becomes
       :math:`\max(\text{factor} \cdot \eta, \eta_{\min})`, unless that changes it by no more
       than ``eps``; the count goes back to 0 and a cooldown begins.

    So ``patience`` bad epochs are let pass and the next one reduces. Use it with a validation
    metric where you do not know the length of the run. The rate then depends on noise in the
    metric: two seeds fall at different epochs, and too small a patience ends training early.
    With ``rel`` and a best below 0 the bar lies on the wrong side, so that even a worse value
    counts as better; use ``abs`` for metrics that may be negative.

    Args:
        optimizer: The optimizer whose groups it drives.
        mode: ``"min"`` if smaller metrics are better (a loss), ``"max"`` if larger ones are.
        factor: Factor on the rate, without unit; below 1.
        patience: Bad epochs in a row that are let pass; at least 0.
        threshold: Least progress that counts, :math:`\tau`; a share of the best (``"rel"``), or in
            the units of the metric (``"abs"``).
        threshold_mode: ``"rel"`` or ``"abs"``.
        cooldown: Epochs after a reduction in which nothing is counted; at least 0.
        min_lr: Floor :math:`\eta_{\min}` of the rate: one number, or one for each group.
        eps: Least change of a rate that is made.

    Raises:
        ValueError: If ``factor`` is not below 1, a mode unknown, or ``min_lr`` a list of another
            length than the groups.
        TypeError: If ``optimizer`` is no optimizer.

    Example:
        The second bad epoch is one more than ``patience=1`` lets pass:

        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> rates = []
        >>> for loss in [1.0, 0.9, 0.9, 0.9, 0.9]:
        ...     schedule.step(loss)
        ...     rates += schedule.get_last_lr()
        >>> rates
        [8.0, 8.0, 8.0, 4.0, 4.0]

    Torch:
        Equals ``ReduceLROnPlateau``: no step at construction, no ``initial_lr``, ``last_epoch``
        from 0. Here ``get_last_lr`` always tells the rates as they stand, also after an edit, and
        a given ``epoch`` raises no warning.

    Source:
        The documentation of ``torch.optim.lr_scheduler.ReduceLROnPlateau``.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError(f"factor must be below 1, got {factor}")
        check_optimizer(optimizer)
        check_choice("mode", mode, ("min", "max"))
        check_choice("threshold_mode", threshold_mode, ("rel", "abs"))
        self.optimizer = optimizer
        self.mode: str = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode: str = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = per_group("min_lr", min_lr, optimizer)
        self.last_epoch = 0
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.best = self.mode_worse
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Judge one epoch by its metric and lower the rates if it is one bad epoch too many.

        Args:
            metrics: The metric: a number or a tensor of one element.
            epoch: Number of the epoch; the one after ``last_epoch`` if not given.
        """
        ### BEGIN SOLUTION
        metric = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch

        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            bar = self.best * (1 + sign * self.threshold)
        else:
            bar = self.best + sign * self.threshold
        if sign * metric > sign * bar:
            self.best = metric
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1

        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0

        if self.num_bad_epochs > self.patience:
            self.num_bad_epochs = 0
            self.cooldown_counter = self.cooldown
            for group, min_lr in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = max(float(group["lr"]) * self.factor, min_lr)
                if group["lr"] - lr <= self.eps:
                    continue
                if isinstance(group["lr"], torch.Tensor):
                    group["lr"].fill_(lr)
                else:
                    group["lr"] = lr
        ### END SOLUTION

    @property
    def min_lrs(self) -> list[float]:
        """The floor of each group; a group added later gets the common one."""
        floors: list[float] = vars(self)["min_lrs"]
        groups = len(self.optimizer.param_groups)
        if len(floors) != groups:
            if self.default_min_lr is None:
                raise RuntimeError(f"min_lrs must have {groups} values, one a group: set it anew")
            floors = vars(self)["min_lrs"] = [self.default_min_lr] * groups
        return floors

    @min_lrs.setter
    def min_lrs(self, floors: list[float]) -> None:
        # A state dict is all of the instance's dict, so there it stands under torch's name.
        vars(self)["min_lrs"] = floors

    @property
    def in_cooldown(self) -> bool:
        """Whether epochs are not counted because a reduction was short ago."""
        return self.cooldown_counter > 0

    def get_last_lr(self) -> list[float | Tensor]:
        """The rates of all groups as they stand.

        Returns:
            One rate for each group, of its type; tensors are copies.
        """
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return [rate.clone() if isinstance(rate, Tensor) else rate for rate in rates]

    def state_dict(self) -> dict[str, Any]:
        """All but the optimizer, by name."""
        return super().state_dict() | {"_last_lr": self.get_last_lr()}
