"""Cosine annealing that jumps back to the base rate after each descent."""

import math

from torch.optim import Optimizer

from course_lib.schedules.schedule import Schedule, check_count


def cosine_annealing_warm_restarts(
    epoch: float, base_lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
) -> float:
    r"""Learning rate on half cosines, one behind the other, each ``T_mult`` times as long.

    .. math::
        \eta = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})
        \left(1 + \cos\frac{\pi T_\text{cur}}{T_i}\right)

    Cycle :math:`i`, counted from 0, is :math:`T_i = T_0 \, T_\text{mult}^i` epochs long, and
    :math:`T_\text{cur}` epochs of it have passed, :math:`0 \le T_\text{cur} < T_i`. The epoch that
    would reach the floor is the first of the next cycle.

    Args:
        epoch: Steps of the schedule already taken, counted from 0; fractions are allowed.
        base_lr: Learning rate at every restart, :math:`\eta_0`.
        T_0: Epochs in the first cycle, :math:`T_0`; at least 1.
        T_mult: Length of a cycle over that of the one before, :math:`T_\text{mult}`; at least 1.
        eta_min: Learning rate that a cycle runs towards, :math:`\eta_{\min}`.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        Cycles begin at 0, 2 and 6:

        >>> rates = [cosine_annealing_warm_restarts(e, 8.0, T_0=2, T_mult=2) for e in range(8)]
        >>> [round(rate, 3) for rate in rates]
        [8.0, 4.0, 8.0, 6.828, 4.0, 1.172, 8.0, 7.696]

    Torch:
        Equals what ``CosineAnnealingWarmRestarts`` steps through.

    Source:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017,
        equation 5.
    """
    ### BEGIN SOLUTION
    length = T_0
    while T_mult > 1 and epoch >= length:
        epoch -= length
        length *= T_mult
    share = (epoch % length) / length
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * share)) / 2
    ### END SOLUTION


class CosineAnnealingWarmRestarts(Schedule):
    r"""Set the rate of every group on the half cosines of :func:`cosine_annealing_warm_restarts`.

    .. math::
        \eta = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})
        \left(1 + \cos\frac{\pi T_\text{cur}}{T_i}\right)

    Use it where you want a usable network several times during one run: just before each restart
    the rate is small and the weights have settled. Those weights also make the members of a
    snapshot ensemble.

    Args:
        optimizer: The optimizer whose groups it drives.
        T_0: Epochs in the first cycle, :math:`T_0`; an integer of at least 1.
        T_mult: Length of a cycle over that of the one before; an integer of at least 1.
        eta_min: Learning rate that a cycle runs towards, :math:`\eta_{\min}`.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        ValueError: If ``T_0`` or ``T_mult`` is no integer of at least 1, ``eta_min`` no number, or
            the epoch given to ``step`` negative.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr(), schedule.T_cur, schedule.T_i
        ([8.0], 0, 4)

    Torch:
        Equals ``CosineAnnealingWarmRestarts``: absolute, and ``step(epoch)`` takes fractions. Two
        places differ where torch loses count: ``step(epoch)`` exactly on a restart, where torch's
        logarithm may round down (``T_0=1, T_mult=3``, epoch 121: torch gives the floor), and
        ``last_epoch=k`` past the second restart with ``T_mult > 1``, which torch places in the
        second cycle.

    Source:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017,
        equation 5.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        check_count("T_0", T_0)
        check_count("T_mult", T_mult)
        if not isinstance(eta_min, float | int):
            raise ValueError(f"eta_min must be a number, got {type(eta_min).__name__}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`cosine_annealing_warm_restarts`."""
        epoch = self.last_epoch + self.T_cur % 1
        return cosine_annealing_warm_restarts(epoch, base_lr, self.T_0, self.T_mult, self.eta_min)

    def step(self, epoch: float | None = None) -> None:
        """Go one epoch on, or to a given one.

        Args:
            epoch: Where to go, at least 0; a fraction after part of an epoch, such as
                ``epoch + batch / batches``.

        Raises:
            ValueError: If ``epoch`` is negative.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
        elif epoch < 0:
            raise ValueError(f"epoch must be at least 0, got {epoch}")
        else:
            self.T_cur, self.T_i = epoch, self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self._update_lr(math.floor(epoch))
