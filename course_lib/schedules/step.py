"""Step decay: the learning rate falls by one factor at equal distances."""

from torch.optim import Optimizer

from course_lib.schedules.schedule import RecursiveSchedule


def step_lr(epoch: int, base_lr: float, step_size: int, gamma: float = 0.1) -> float:
    r"""Learning rate on a staircase: one factor lower every ``step_size`` epochs.

    .. math:: \eta_e = \eta_0 \, \gamma^{\lfloor e / s \rfloor}

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate of epoch 0, :math:`\eta_0`.
        step_size: Epochs on one stair, :math:`s`; at least 1.
        gamma: Factor between two stairs, :math:`\gamma`, without unit.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        >>> [step_lr(epoch, 8.0, step_size=2, gamma=0.5) for epoch in range(6)]
        [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]

    Torch:
        Equals the closed form of ``StepLR``.

    Source:
        The documentation of ``torch.optim.lr_scheduler.StepLR``.
    """
    ### BEGIN SOLUTION
    return base_lr * gamma ** (epoch // step_size)
    ### END SOLUTION


class StepLR(RecursiveSchedule):
    r"""Multiply the rate of every group by ``gamma`` every ``step_size`` epochs.

    .. math::
        \eta_e = \begin{cases}
            \gamma \, \eta_{e-1} & \text{if } e > 0 \text{ and } s \text{ divides } e \\
            \eta_{e-1} & \text{otherwise}
        \end{cases}

    As long as nobody else changes the rate this is :func:`step_lr`. Use it where a run's length is
    known and long flat stretches suit it: on each stair the loss falls, levels out at the noise of
    that rate, and the next stair lowers the noise.

    Args:
        optimizer: The optimizer whose groups it drives.
        step_size: Epochs on one stair, :math:`s`; at least 1.
        gamma: Factor between two stairs, :math:`\gamma`, without unit.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for _ in range(5):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr()
        [2.0]

    Torch:
        Equals ``StepLR``. Both multiply the rate they find, so that schedules can be chained and
        an edited rate stays edited; ``step(epoch)`` jumps by the closed form.

    Source:
        The documentation of ``torch.optim.lr_scheduler.StepLR``.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`step_lr`."""
        return step_lr(self.last_epoch, base_lr, self.step_size, self.gamma)

    def next_lr(self, lr: float) -> float:
        """The rate of the current epoch, given that of the epoch before."""
        due = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return lr * self.gamma if due else lr
