"""Right ways to write the decays and the warm-up that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right
from course_lib.schedules import step_lr


@right("step_lr", "loop")
def cut_after_cut(epoch, base_lr, step_size, gamma=0.1):
    """Walks through the epochs and cuts where a stair begins."""
    rate = base_lr
    for passed in range(1, epoch + 1):
        if passed % step_size == 0:
            rate *= gamma
    return rate


@right("step_lr", "recursion")
def one_stair_back(epoch, base_lr, step_size, gamma=0.1):
    """Calls itself for the stair before."""
    if epoch < step_size:
        return base_lr
    return gamma * step_lr(epoch - step_size, base_lr, step_size, gamma)


@right("step_lr", "logarithms")
def sum_of_logarithms(epoch, base_lr, step_size, gamma=0.1):
    """The rate is the exponential of a sum."""
    cuts = math.floor(epoch / step_size)
    return math.exp(math.log(base_lr) + cuts * math.log(gamma))


@right("step_lr", "table")
def table_of_stairs(epoch, base_lr, step_size, gamma=0.1):
    """All stairs in a tensor of double precision, and one looked up."""
    stairs = torch.full((epoch // step_size + 1,), gamma, dtype=torch.float64)
    stairs[0] = base_lr
    return stairs.cumprod(0)[-1].item()


@right("linear_decay_lr", "share left")
def share_that_is_left(epoch, base_lr, total_steps):
    """What is left of the run, and never less than nothing."""
    return max(0.0, base_lr * (total_steps - epoch) / total_steps)


@right("linear_decay_lr", "guards")
def zero_at_the_end_first(epoch, base_lr, total_steps):
    """The flat part first, then a return."""
    if epoch >= total_steps:
        return 0.0
    slope = -base_lr / total_steps
    return base_lr + slope * epoch


@right("linear_decay_lr", "loop")
def step_by_step_down(epoch, base_lr, total_steps):
    """Takes one part of the base rate off at each step."""
    rate = base_lr
    for _ in range(min(epoch, total_steps)):
        rate -= base_lr / total_steps
    return rate


@right("linear_decay_lr", "table")
def line_in_a_tensor(epoch, base_lr, total_steps):
    """The whole line by torch's own spacing."""
    line = torch.linspace(base_lr, 0, total_steps + 1, dtype=torch.float64)
    return line[min(epoch, total_steps)].item()


@right("inverse_sqrt_lr", "paper's form")
def paper_times_root_of_warmup(epoch, base_lr, warmup_steps):
    """The Transformer's formula, scaled to the base rate."""
    t = epoch + 1
    return base_lr * warmup_steps**0.5 * min(t**-0.5, t * warmup_steps**-1.5)


@right("inverse_sqrt_lr", "guards")
def two_branches(epoch, base_lr, warmup_steps):
    """One branch for the ramp, one for the decay."""
    if epoch < warmup_steps:
        return base_lr * (epoch + 1) / warmup_steps
    return base_lr / math.sqrt((epoch + 1) / warmup_steps)


@right("inverse_sqrt_lr", "logarithms")
def exponent_by_side(epoch, base_lr, warmup_steps):
    """A power of one quotient; its exponent depends on the side of the peak."""
    quotient = (1 + epoch) / warmup_steps
    return base_lr * math.exp((1 if quotient < 1 else -0.5) * math.log(quotient))


@right("linear_warmup_lr", "guards")
def base_rate_first(epoch, base_lr, warmup_steps):
    """The flat part first, then the ramp."""
    if epoch + 1 >= warmup_steps:
        return base_lr
    return (epoch + 1) * base_lr / warmup_steps


@right("linear_warmup_lr", "share left")
def what_is_missing(epoch, base_lr, warmup_steps):
    """The base rate less the part that is still missing."""
    missing = max(0, warmup_steps - 1 - epoch)
    return base_lr - base_lr * missing / warmup_steps


@right("linear_warmup_lr", "table")
def ramp_in_a_tensor(epoch, base_lr, warmup_steps):
    """The whole ramp in a tensor, looked up as far as it goes."""
    ramp = torch.arange(1, warmup_steps + 1, dtype=torch.float64) / warmup_steps
    return float(base_lr * ramp[min(epoch, warmup_steps - 1)])


@right("linear_warmup_lr", "loop")
def sum_of_parts(epoch, base_lr, warmup_steps):
    """Adds one part of the base rate for each step."""
    return sum(base_lr / warmup_steps for step in range(warmup_steps) if step <= epoch)
