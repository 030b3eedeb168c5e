"""Exponential decay: the learning rate falls by one factor each epoch."""

from torch.optim import Optimizer

from course_lib.schedules.schedule import RecursiveSchedule


def exponential_lr(epoch: int, base_lr: float, gamma: float) -> float:
    r"""Learning rate that shrinks by the same factor at every step.

    .. math:: \eta_e = \eta_0 \, \gamma^e

    The rate halves every :math:`\ln 2 / \ln(1 / \gamma)` epochs.

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate of epoch 0, :math:`\eta_0`.
        gamma: Factor of one step, :math:`\gamma`, without unit; in (0, 1] to decay.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        >>> [exponential_lr(epoch, 8.0, gamma=0.5) for epoch in range(4)]
        [8.0, 4.0, 2.0, 1.0]

    Torch:
        Equals the closed form of ``ExponentialLR``.

    Source:
        The documentation of ``torch.optim.lr_scheduler.ExponentialLR``.
    """
    ### BEGIN SOLUTION
    return base_lr * gamma**epoch
    ### END SOLUTION


class ExponentialLR(RecursiveSchedule):
    r"""Multiply the rate of every group by ``gamma`` each epoch.

    .. math:: \eta_e = \gamma \, \eta_{e-1}

    As long as nobody else changes the rate this is :func:`exponential_lr`. Use it for a smooth
    decay that needs no end: choose ``gamma`` from the factor :math:`f` wanted after :math:`N`
    epochs, :math:`\gamma = f^{1/N}`. Stepped per batch instead of per epoch, the same ``gamma``
    freezes training within a few hundred batches.

    Args:
        optimizer: The optimizer whose groups it drives.
        gamma: Factor of one step, :math:`\gamma`, without unit.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = ExponentialLR(optimizer, gamma=0.5)
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr()
        [1.0]

    Torch:
        Equals ``ExponentialLR``: multiplies the rate it finds, but not at construction;
        ``step(epoch)`` jumps by the closed form.

    Source:
        The documentation of ``torch.optim.lr_scheduler.ExponentialLR``.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`exponential_lr`."""
        return exponential_lr(self.last_epoch, base_lr, self.gamma)

    def next_lr(self, lr: float) -> float:
        """The rate of the current epoch, given that of the epoch before."""
        return lr if self._is_initial else lr * self.gamma
