"""Inverse square root decay behind a linear warm-up."""

import math

from torch.optim import Optimizer

from course_lib.schedules.schedule import Schedule, check_count


def inverse_sqrt_lr(epoch: int, base_lr: float, warmup_steps: int) -> float:
    r"""Learning rate that rises linearly and then falls with the root of the step.

    .. math:: \eta_e = \eta_0 \min\left(\frac{e + 1}{W}, \sqrt{\frac{W}{e + 1}}\right)

    Both branches are 1 in step :math:`W`, that is at :math:`e = W - 1`.

    Args:
        epoch: Steps of the schedule already taken, :math:`e`; counted from 0.
        base_lr: Learning rate at the peak, :math:`\eta_0`.
        warmup_steps: Step of the peak, :math:`W`, counted from 1; at least 1.

    Returns:
        The learning rate of the step about to be taken.

    Example:
        >>> [inverse_sqrt_lr(epoch, 8.0, warmup_steps=4) for epoch in (0, 1, 3, 15, 63)]
        [2.0, 4.0, 8.0, 4.0, 2.0]

    Torch:
        Equals ``LambdaLR`` with this factor; torch has no schedule of this form.

    Source:
        Vaswani et al., Attention Is All You Need, 2017, equation 3, with the base rate in place
        of :math:`d_\text{model}^{-1/2} W^{-1/2}`.
    """
    ### BEGIN SOLUTION
    step = epoch + 1
    return base_lr * min(step / warmup_steps, math.sqrt(warmup_steps / step))
    ### END SOLUTION


class InverseSqrtLR(Schedule):
    r"""Set the rate of every group on the curve of :func:`inverse_sqrt_lr`.

    .. math:: \eta_e = \eta_0 \min\left(\frac{e + 1}{W}, \sqrt{\frac{W}{e + 1}}\right)

    Use it where the length of a run is open: the decay never ends and does not depend on a total.
    The optimizer's rate is the peak, reached after the warm-up; four times as many steps later it
    has halved.

    Args:
        optimizer: The optimizer whose groups it drives.
        warmup_steps: Step of the peak, :math:`W`, counted from 1; at least 1.
        last_epoch: Steps already taken when resuming; -1 starts afresh.

    Raises:
        ValueError: If ``warmup_steps`` is no integer of at least 1.
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        >>> import torch
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = InverseSqrtLR(optimizer, warmup_steps=4)
        >>> schedule.get_last_lr()
        [2.0]

    Torch:
        Has no such class. Equals ``LambdaLR`` with
        ``lambda e: min((e + 1) / W, (W / (e + 1)) ** 0.5)``; absolute, as that is.

    Source:
        Vaswani et al., Attention Is All You Need, 2017, equation 3.
    """

    def __init__(self, optimizer: Optimizer, warmup_steps: int, last_epoch: int = -1) -> None:
        check_count("warmup_steps", warmup_steps)
        self.warmup_steps = warmup_steps
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of the current epoch by :func:`inverse_sqrt_lr`."""
        return inverse_sqrt_lr(self.last_epoch, base_lr, self.warmup_steps)
