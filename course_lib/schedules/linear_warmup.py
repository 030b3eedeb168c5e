"""Linear warm-up, alone or in front of any other schedule."""

from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.lr_scheduler import ReduceLROnPlateau as TorchReduceLROnPlateau

from course_lib.schedules.plateau import ReduceLROnPlateau
from course_lib.schedules.schedule import Schedule, check_count


def linear_warmup_lr(epoch: int, base_lr: float, warmup_steps: int) -> float:
    r"""Learning rate that rises linearly to the base rate and stays there.

    .. math:: \eta_e = \eta_0 \min\left(1, \frac{e + 1}{W}\right)

    The first step has :math:`\eta_0 / W`, not zero: a step of rate zero would be wasted. Step
    :math:`W` is the first at full rate.

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate after the warm-up, :math:`\eta_0`.
        warmup_steps: Steps of the warm-up, :math:`W`; at least 1.

    Returns:
        The learning rate of the step about to be taken.

    Example:
        >>> [linear_warmup_lr(epoch, 8.0, warmup_steps=4) for epoch in range(6)]
        [2.0, 4.0, 6.0, 8.0, 8.0, 8.0]

    Torch:
        Equals the closed form of ``LinearLR(optimizer, 1 / W, 1.0, W - 1)`` for ``W > 1``.

    Source:
        Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017,
        section 2.2.
    """
    ### BEGIN SOLUTION
    return base_lr * min(1.0, (epoch + 1) / warmup_steps)
    ### END SOLUTION


class LinearWarmupLR(Schedule):
    r"""Raise the rate of every group linearly, then hand over to another schedule.

    .. math::
        \eta_e = \begin{cases}
            \eta_0 \, (e + 1) / W & \text{if } e < W \\
            \text{rate of epoch } e - W \text{ of } \texttt{after} & \text{if } e \ge W
        \end{cases}

    Use it where the first gradients are large or their averages still unreliable: with large
    batches, with adaptive optimizers, with attention. Build ``after`` first and step only the
    warm-up: it steps ``after`` when its time has come.

    Args:
        optimizer: The optimizer whose groups it drives.
        warmup_steps: Steps of the warm-up, :math:`W`; at least 1.
        after: Schedule of the same optimizer, torch's or ours, freshly built; takes over in epoch
            ``warmup_steps`` with its own epoch 0. Without one the rate stays at
            :math:`\eta_0`.
        last_epoch: Steps already taken when resuming without ``after``; -1 starts afresh. With
            ``after``, resume by ``load_state_dict``, which loads both.

    Raises:
        ValueError: If ``warmup_steps`` is no integer of at least 1, ``after`` belongs to another
            optimizer or needs a metric, or both ``after`` and ``last_epoch`` are given.
        TypeError: If ``optimizer`` is no optimizer or ``after`` no schedule.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> from course_lib.schedules import ExponentialLR
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = LinearWarmupLR(optimizer, 2, after=ExponentialLR(optimizer, gamma=0.5))
        >>> rates = schedule.get_last_lr()
        >>> for _ in range(4):
        ...     optimizer.step()
        ...     schedule.step()
        ...     rates += schedule.get_last_lr()
        >>> rates
        [4.0, 8.0, 8.0, 4.0, 2.0]

    Torch:
        Has no such class. Equals ``SequentialLR`` of ``LinearLR(optimizer, 1 / W, 1.0, W - 1)``
        and ``after`` with ``milestones=[W]``, and takes as ``after`` also a ``SequentialLR`` or
        ``ChainedScheduler``, which that refuses. The warm-up itself is absolute.

    Source:
        Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017,
        section 2.2.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        warmup_steps: int,
        after: LRScheduler | None = None,
        last_epoch: int = -1,
    ) -> None:
        check_count("warmup_steps", warmup_steps)
        if after is not None:
            _check_after(after, optimizer, last_epoch)
        self.warmup_steps = warmup_steps
        self.after = after
        # A fresh schedule has just set its rates of epoch 0; they wait here for their turn.
        self.first_lrs = None if after is None else [float(lr) for lr in after.get_last_lr()]
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`linear_warmup_lr`."""
        return linear_warmup_lr(self.last_epoch, base_lr, self.warmup_steps)

    def rates(self) -> list[float | Tensor]:
        """The rates of the current epoch; steps ``after`` once the warm-up is over.

        Returns:
            One rate for each group.
        """
        if self.after is None or self.last_epoch < self.warmup_steps:
            return super().rates()
        if self.last_epoch == self.warmup_steps:
            return list(self.first_lrs or [])
        self.after.step()
        return self.after.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go one epoch on, or to a given one of the warm-up.

        Args:
            epoch: Where to go (torch warns that this is deprecated).

        Raises:
            ValueError: If ``epoch`` lies where ``after`` acts, which cannot be told to jump.
        """
        if epoch is not None and self.after is not None and epoch >= self.warmup_steps:
            raise ValueError(f"epoch must lie in the {self.warmup_steps} of warm-up, got {epoch}")
        super().step(epoch)

    def state_dict(self) -> dict[str, Any]:
        """The state of the warm-up, and under ``"after"`` that of the schedule after it."""
        after = None if self.after is None else self.after.state_dict()
        return super().state_dict() | {"after": after}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another warm-up and of the schedule after it.

        Args:
            state_dict: What ``state_dict`` returned; left as it is.

        Raises:
            ValueError: If only one of both has a schedule after the warm-up.
        """
        after = state_dict["after"]
        if (after is None) != (self.after is None):
            raise ValueError(
                "needed a state dict with `after` as here, got one "
                + ("without" if after is None else "with")
            )
        if self.after is not None:
            self.after.load_state_dict(dict(after))
        super().load_state_dict(state_dict | {"after": self.after})


def _check_after(after: Any, optimizer: Optimizer, last_epoch: int) -> None:
    if not isinstance(after, LRScheduler):
        raise TypeError(f"after must be a schedule, got {type(after).__name__}")
    if isinstance(after, ReduceLROnPlateau | TorchReduceLROnPlateau):
        raise ValueError("after must step without a metric, got ReduceLROnPlateau")
    if after.optimizer is not optimizer:
        raise ValueError("after must drive the same optimizer, got that of another")
    if last_epoch != -1:
        raise ValueError(f"with after, last_epoch must be -1, got {last_epoch}: load a state dict")
