"""Right ways to write the schedules without points that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

from course_lib.misconceptions.model import right


@right("multi_step_lr", "loop")
def cut_at_each_milestone(epoch, base_lr, milestones, gamma=0.1):
    """Multiplies for each milestone that has come."""
    rate = base_lr
    for milestone in milestones:
        if epoch >= milestone:
            rate *= gamma
    return rate


@right("multi_step_lr", "table")
def milestones_in_order(epoch, base_lr, milestones, gamma=0.1):
    """Sorted milestones, until one lies ahead."""
    cuts = 0
    for place, milestone in enumerate(sorted(milestones), start=1):
        cuts = place if milestone <= epoch else cuts
    return gamma**cuts * base_lr


@right("exponential_lr", "logarithms")
def power_of_e(epoch, base_lr, gamma):
    """A power of e, with the logarithm of gamma as its speed."""
    return base_lr * math.exp(epoch * math.log(gamma))


@right("exponential_lr", "loop")
def factor_after_factor(epoch, base_lr, gamma):
    """One factor for each epoch."""
    for _ in range(epoch):
        base_lr = base_lr * gamma
    return base_lr


@right("linear_lr", "weights")
def weighs_both_factors(epoch, base_lr, start_factor=1 / 3, end_factor=1.0, total_iters=5):
    """Both factors weighed by the parts of the line."""
    if epoch >= total_iters:
        return base_lr * end_factor
    weighed = (total_iters - epoch) * start_factor + epoch * end_factor
    return base_lr * weighed / total_iters


@right("one_cycle_lr", "guards")
def phase_by_phase(
    epoch,
    max_lr,
    total_steps,
    pct_start=0.3,
    anneal_strategy="cos",
    div_factor=25.0,
    final_div_factor=1e4,
    three_phase=False,
):
    """One branch for each phase."""

    def between(a, b, begin, end):
        share = (epoch - begin) / (end - begin)
        if anneal_strategy == "cos":
            share = (1 - math.cos(math.pi * share)) / 2
        return a + (b - a) * share

    low = max_lr / div_factor
    floor, peak, last = low / final_div_factor, pct_start * total_steps - 1, total_steps - 1
    if epoch <= peak:
        return between(low, max_lr, 0, peak)
    if not three_phase:
        return between(max_lr, floor, peak, last)
    if epoch <= 2 * peak:
        return between(max_lr, low, peak, 2 * peak)
    return between(low, floor, 2 * peak, last)
