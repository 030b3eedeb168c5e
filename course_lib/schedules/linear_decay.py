"""Linear decay to zero over the whole run."""

from torch.optim import Optimizer

from course_lib.schedules.schedule import Schedule, check_count


def linear_decay_lr(epoch: int, base_lr: float, total_steps: int) -> float:
    r"""Learning rate on a straight line down to zero.

    .. math:: \eta_e = \eta_0 \left(1 - \frac{\min(e, N)}{N}\right)

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate of epoch 0, :math:`\eta_0`.
        total_steps: Steps until the rate is zero, :math:`N`; at least 1.

    Returns:
        The learning rate of the step about to be taken; 0 from ``total_steps`` on.

    Example:
        >>> [linear_decay_lr(step, 8.0, total_steps=4) for step in range(6)]
        [8.0, 6.0, 4.0, 2.0, 0.0, 0.0]

    Torch:
        Equals the closed form of ``LinearLR(optimizer, 1.0, 0.0, total_steps)``, and of
        ``PolynomialLR(optimizer, total_steps)`` with power 1.

    Source:
        Devlin, Chang, Lee and Toutanova, BERT, 2019, appendix A.2.
    """
    ### BEGIN SOLUTION
    return base_lr * (1 - min(epoch, total_steps) / total_steps)
    ### END SOLUTION


class LinearDecayLR(Schedule):
    r"""Set the rate of every group on the straight line of :func:`linear_decay_lr`.

    .. math:: \eta_e = \eta_0 \left(1 - \frac{\min(e, N)}{N}\right)

    Use it where the number of steps is fixed beforehand. It has no option but the length, and the
    length is the option: the same run made longer decays more slowly from its first step on. Take
    no step after ``total_steps``; it would not move the weights.

    Args:
        optimizer: The optimizer whose groups it drives.
        total_steps: Steps until the rate is zero, :math:`N`; at least 1.
        last_epoch: Steps already taken when resuming; -1 starts afresh.

    Raises:
        ValueError: If ``total_steps`` is no integer of at least 1.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = LinearDecayLR(optimizer, total_steps=4)
        >>> optimizer.step()
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [6.0]

    Torch:
        Has no such class. Equals ``LambdaLR`` with ``lambda e: 1 - min(e, N) / N``, and
        ``LinearLR(optimizer, 1.0, 0.0, N)`` while nobody else changes the rate: this one is
        absolute, an edited rate lasts until the next step.

    Source:
        Devlin, Chang, Lee and Toutanova, BERT, 2019, appendix A.2.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, last_epoch: int = -1) -> None:
        check_count("total_steps", total_steps)
        self.total_steps = total_steps
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`linear_decay_lr`."""
        return linear_decay_lr(self.last_epoch, base_lr, self.total_steps)
