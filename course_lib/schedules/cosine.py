"""Cosine annealing: the learning rate on a cosine between base rate and floor."""

import math

from torch import Tensor
from torch.optim import Optimizer

from course_lib.schedules.schedule import RecursiveSchedule


def cosine_annealing_lr(epoch: int, base_lr: float, T_max: int, eta_min: float = 0.0) -> float:
    r"""Learning rate on a cosine: from the base rate to the floor in ``T_max`` epochs, and back.

    .. math::
        \eta_e = \eta_{\min} + \tfrac12 (\eta_0 - \eta_{\min})
        \left(1 + \cos\frac{\pi e}{T_{\max}}\right)

    ``T_max`` is half of the period: past it the rate rises again and is back at the base rate
    after :math:`2 T_{\max}` epochs.

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate of epoch 0, :math:`\eta_0`.
        T_max: Epochs from the top to the bottom, :math:`T_{\max}`; at least 1.
        eta_min: Learning rate at the bottom, :math:`\eta_{\min}`.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        >>> [round(cosine_annealing_lr(e, 8.0, T_max=4), 3) for e in (0, 1, 2, 4, 6, 8)]
        [8.0, 6.828, 4.0, 0.0, 4.0, 8.0]

    Torch:
        Equals the closed form of ``CosineAnnealingLR``.

    Source:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017,
        equation 5, without the restarts.
    """
    ### BEGIN SOLUTION
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * epoch / T_max)) / 2
    ### END SOLUTION


class CosineAnnealingLR(RecursiveSchedule):
    r"""Move the rate of every group along a cosine, each step from the rate before.

    .. math::
        \eta_e = \eta_{\min} + (\eta_{e-1} - \eta_{\min})
        \frac{1 + \cos(\pi e / T_{\max})}{1 + \cos(\pi (e - 1) / T_{\max})}

    The quotient is undefined in the step that leaves the bottom, when :math:`e - 1` is an odd
    multiple of :math:`T_{\max}`; there

    .. math::
        \eta_e = \eta_{e-1} + \tfrac12 (\eta_0 - \eta_{\min})
        \left(1 - \cos\frac{\pi}{T_{\max}}\right).

    As long as nobody else changes the rate this is :func:`cosine_annealing_lr`, up to rounding.
    Use it with ``T_max`` the number of epochs of the run: the rate stays near the base for a third
    of the time and ends at the floor. If you train on past ``T_max`` it climbs back.

    Args:
        optimizer: The optimizer whose groups it drives.
        T_max: Epochs from the top to the bottom, :math:`T_{\max}`; at least 1.
        eta_min: Learning rate at the bottom, :math:`\eta_{\min}`; may lie above the base rate.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = CosineAnnealingLR(optimizer, T_max=4)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> round(schedule.get_last_lr()[0], 3)
        4.0

    Torch:
        Equals ``CosineAnnealingLR``: works on the rate it finds; ``step(epoch)`` jumps by the
        closed form. Neither stops at ``T_max``.

    Source:
        Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017,
        equation 5, without the restarts.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`cosine_annealing_lr`."""
        return cosine_annealing_lr(self.last_epoch, base_lr, self.T_max, self.eta_min)

    def next_lr(self, lr: float) -> float:
        """The rate of the current epoch, given that of the epoch before."""
        if self._is_initial:
            return lr
        return self.eta_min + (lr - self.eta_min) * self._height(0) / self._height(-1)

    def rates(self) -> list[float | Tensor]:
        """The rates of the current epoch, also of the one that leaves the bottom.

        Returns:
            One rate for each group.
        """
        if self._is_initial or (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) != 0:
            return super().rates()
        share = (1 - math.cos(math.pi / self.T_max)) / 2
        pairs = zip(self.optimizer.param_groups, self.base_lrs, strict=True)
        return [float(group["lr"]) + (float(base) - self.eta_min) * share for group, base in pairs]

    def _height(self, shift: int) -> float:
        return 1 + math.cos(math.pi * (self.last_epoch + shift) / self.T_max)
