"""A straight line between two factors of the learning rate."""

from torch.optim import Optimizer

from course_lib.schedules.schedule import RecursiveSchedule


def linear_lr(
    epoch: int,
    base_lr: float,
    start_factor: float = 1 / 3,
    end_factor: float = 1.0,
    total_iters: int = 5,
) -> float:
    r"""Learning rate on a straight line from one multiple of the base to another.

    .. math:: \eta_e = \eta_0 \left(f_0 + (f_1 - f_0) \frac{\min(e, N)}{N}\right)

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: The rate the factors multiply, :math:`\eta_0`.
        start_factor: Factor of epoch 0, :math:`f_0`, without unit; in (0, 1].
        end_factor: Factor of epoch ``total_iters`` and ever after, :math:`f_1`; in [0, 1].
        total_iters: Epoch in which the end is reached, :math:`N`; at least 1.

    Returns:
        The learning rate of the epoch about to be run.

    Example:
        >>> [linear_lr(e, 8.0, start_factor=0.25, total_iters=3) for e in range(5)]
        [2.0, 4.0, 6.0, 8.0, 8.0]

    Torch:
        Equals the closed form of ``LinearLR``.

    Source:
        Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017,
        section 2.2.
    """
    ### BEGIN SOLUTION
    share = min(epoch, total_iters) / total_iters
    return base_lr * (start_factor + (end_factor - start_factor) * share)
    ### END SOLUTION


class LinearLR(RecursiveSchedule):
    r"""Move the factor of every group's rate on a straight line, then leave the rate alone.

    .. math::
        f(e) = f_0 + (f_1 - f_0) \frac{e}{N}, \qquad
        \eta_0 \leftarrow f(0)\, \eta_0, \qquad
        \eta_e = \frac{f(e)}{f(e - 1)}\, \eta_{e-1} \quad (0 < e \le N)

    As long as nobody else changes the rate this is :func:`linear_lr`. Use it to warm up (from a
    small factor to 1) while another schedule acts on the same rate, or to decay to a fraction.
    The first epoch already has ``start_factor``, the one after ``total_iters`` steps the end:
    a warm-up of :math:`W` steps that begins at :math:`1/W` is ``LinearLR(1 / W, 1, W - 1)``.

    Args:
        optimizer: The optimizer whose groups it drives.
        start_factor: Factor of epoch 0, :math:`f_0`, without unit; in (0, 1].
        end_factor: Factor of epoch ``total_iters``, :math:`f_1`; in [0, 1].
        total_iters: Epoch in which the end is reached, :math:`N`. With 0 the rate stays at the
            start.
        last_epoch: Epochs already run when resuming; -1 starts afresh.

    Raises:
        ValueError: If a factor lies outside its interval.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = LinearLR(optimizer, start_factor=0.25, total_iters=3)
        >>> schedule.get_last_lr()
        [2.0]
        >>> for _ in range(9):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr()
        [8.0]

    Torch:
        Equals ``LinearLR``: multiplies the rate it finds; ``step(epoch)`` jumps by the closed
        form.

    Source:
        Goyal et al., Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour, 2017,
        section 2.2.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0.0 < start_factor <= 1.0:
            raise ValueError(f"start_factor must be in (0, 1], got {start_factor}")
        if not 0.0 <= end_factor <= 1.0:
            raise ValueError(f"end_factor must be in [0, 1], got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`linear_lr`."""
        return linear_lr(
            self.last_epoch, base_lr, self.start_factor, self.end_factor, self.total_iters
        )

    def next_lr(self, lr: float) -> float:
        """The rate of the current epoch, given that of the epoch before."""
        if self.last_epoch == 0:
            return lr * self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return lr
        # f(e) / f(e - 1), both times total_iters, as 1 + the relative rise.
        rise = self.end_factor - self.start_factor
        return lr * (
            1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        )
