"""Step decay at chosen epochs."""

from collections import Counter
from collections.abc import Iterable

from torch.optim import Optimizer

from course_lib.schedules.schedule import RecursiveSchedule


def multi_step_lr(
    epoch: int, base_lr: float, milestones: Iterable[int], gamma: float = 0.1
) -> float:
    r"""Learning rate that falls by one factor at each milestone.

    .. math:: \eta_e = \eta_0 \, \gamma^{\,|\{m \,:\, m \le e\}|}

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate before the first milestone, :math:`\eta_0`.
        milestones: Epochs :math:`m` from which on the rate is lower, in any order; a repeated one
            counts as often as it stands there.
        gamma: Factor of one milestone, :math:`\gamma`, without unit.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        >>> [multi_step_lr(epoch, 8.0, milestones=[1, 4], gamma=0.5) for epoch in range(6)]
        [8.0, 4.0, 4.0, 4.0, 2.0, 2.0]

    Torch:
        Equals the closed form of ``MultiStepLR``.

    Source:
        He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2016, section 4.2.
    """
    ### BEGIN SOLUTION
    passed = sum(milestone <= epoch for milestone in milestones)
    return base_lr * gamma**passed
    ### END SOLUTION


class MultiStepLR(RecursiveSchedule):
    r"""Multiply the rate of every group by ``gamma`` at each milestone.

    .. math:: \eta_e = \gamma^{n_e} \, \eta_{e-1}, \qquad n_e = \text{how often } e
        \text{ is a milestone}

    As long as nobody else changes the rate this is :func:`multi_step_lr`. Use it to repeat a
    published recipe (``milestones=[30, 60, 80]``), or where earlier runs have shown when the loss
    levels out.

    Args:
        optimizer: The optimizer whose groups it drives.
        milestones: Epochs at which the rate falls, in any order, repeats allowed. A milestone 0
            acts at construction.
        gamma: Factor of one milestone, :math:`\gamma`, without unit.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr()
        [4.0]

    Torch:
        Equals ``MultiStepLR``: multiplies the rate it finds; ``step(epoch)`` jumps by the closed
        form.

    Source:
        He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2016, section 4.2.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`multi_step_lr`."""
        milestones = sorted(self.milestones.elements())
        return multi_step_lr(self.last_epoch, base_lr, milestones, self.gamma)

    def next_lr(self, lr: float) -> float:
        """The rate of the current epoch, given that of the epoch before."""
        return float(lr * self.gamma ** self.milestones[self.last_epoch])
