"""Right ways to write cosines, restarts and triangles that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right
from course_lib.schedules import cosine_annealing_warm_restarts


@right("cosine_annealing_lr", "half angle")
def square_of_the_half_angle(epoch, base_lr, T_max, eta_min=0.0):
    """One plus a cosine is twice the square of the cosine of half the angle."""
    return eta_min + (base_lr - eta_min) * math.cos(math.pi * epoch / T_max / 2) ** 2


@right("cosine_annealing_lr", "half angle")
def down_from_the_top(epoch, base_lr, T_max, eta_min=0.0):
    """The base rate less a square of a sine."""
    sine = math.sin(0.5 * math.pi * epoch / T_max)
    return base_lr - (base_lr - eta_min) * sine * sine


@right("cosine_annealing_lr", "around the middle")
def swings_around_the_middle(epoch, base_lr, T_max, eta_min=0.0):
    """Middle and amplitude."""
    middle, amplitude = (base_lr + eta_min) / 2, (base_lr - eta_min) / 2
    return middle + amplitude * math.cos(epoch * math.pi / T_max)


@right("cosine_annealing_lr", "folded")
def folded_at_both_ends(epoch, base_lr, T_max, eta_min=0.0):
    """The epoch folded into one descent, so that the angle stays within half a turn."""
    place = epoch % (2 * T_max)
    if place > T_max:
        place = 2 * T_max - place
    weight = 0.5 * (1 + math.cos(math.radians(180 * place / T_max)))
    return weight * base_lr + (1 - weight) * eta_min


@right("cosine_annealing_lr", "recurrence")
def cosines_from_the_two_before(epoch, base_lr, T_max, eta_min=0.0):
    """Each cosine from the two before it, with a single call of math.cos."""
    first = math.cos(math.pi / T_max)
    before, now = first, 1.0
    for _ in range(epoch):
        before, now = now, 2 * first * now - before
    return eta_min + (base_lr - eta_min) / 2 * (1 + now)


@right("cosine_annealing_lr", "tensor")
def cosine_of_a_tensor(epoch, base_lr, T_max, eta_min=0.0):
    """Torch's cosine, and its interpolation between two numbers."""
    ends = torch.tensor([eta_min, base_lr], dtype=torch.float64)
    share = (1 + torch.cos(torch.tensor(epoch / T_max, dtype=torch.float64) * torch.pi)) / 2
    return torch.lerp(ends[0], ends[1], share).item()


@right("cosine_annealing_warm_restarts", "loop")
def cycle_after_cycle(epoch, base_lr, T_0, T_mult=1, eta_min=0.0):
    """Takes whole cycles off, as torch does."""
    current, length = epoch, T_0
    while current >= length:
        current = current - length
        length = length * T_mult
    return eta_min + 0.5 * (base_lr - eta_min) * (1 + math.cos(math.pi * current / length))


@right("cosine_annealing_warm_restarts", "recursion")
def rest_of_the_run(epoch, base_lr, T_0, T_mult=1, eta_min=0.0):
    """What follows the first cycle is the schedule again, with a longer first cycle."""
    if epoch >= T_0:
        rest = epoch - T_0
        return cosine_annealing_warm_restarts(rest, base_lr, T_0 * T_mult, T_mult, eta_min)
    return eta_min + (base_lr - eta_min) * math.cos(math.pi * epoch / (2 * T_0)) ** 2


@right("cosine_annealing_warm_restarts", "logarithms")
def number_of_the_cycle(epoch, base_lr, T_0, T_mult=1, eta_min=0.0):
    """The cycle's number by a logarithm, its start by the sum of a geometric series."""
    if T_mult == 1:
        start, length = epoch // T_0 * T_0, T_0
    else:
        number = math.floor(math.log(epoch / T_0 * (T_mult - 1) + 1, T_mult) + 1e-9)
        length = T_0 * T_mult**number
        start = (length - T_0) // (T_mult - 1)
    share = (epoch - start) / length
    return eta_min + (base_lr - eta_min) * (1 + math.cos(math.pi * share)) / 2


@right("cosine_annealing_warm_restarts", "table")
def list_of_starts(epoch, base_lr, T_0, T_mult=1, eta_min=0.0):
    """The starts of all cycles in a list; the last one that has passed counts."""
    starts, length = [0, T_0], T_0
    while starts[-1] <= epoch:
        length *= T_mult
        starts.append(starts[-1] + length)
    begin, end = starts[-2], starts[-1]
    angle = math.pi * (epoch - begin) / (end - begin)
    return (base_lr + eta_min) / 2 + (base_lr - eta_min) / 2 * math.cos(angle)


@right("cyclic_lr", "torch's form")
def shares_of_a_cycle(
    epoch, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0
):
    """Everything in shares of a cycle, which is counted from 1."""
    total = step_size_up * 2 if step_size_down is None else step_size_up + step_size_down
    ratio = step_size_up / total
    cycle = math.floor(1 + epoch / total)
    x = 1 + epoch / total - cycle
    scale = x / ratio if x <= ratio else (x - 1) / (ratio - 1)
    if mode == "triangular2":
        scale /= 2 ** (cycle - 1)
    elif mode == "exp_range":
        scale *= math.pow(gamma, epoch)
    return base_lr + (max_lr - base_lr) * scale


@right("cyclic_lr", "smaller line")
def smaller_of_two_lines(
    epoch, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0
):
    """A triangle is the smaller one of a rising and a falling line."""
    if step_size_down is None:
        step_size_down = step_size_up
    length = step_size_up + step_size_down
    place = epoch % length
    height = min(place / step_size_up, (length - place) / step_size_down)
    scale = {"triangular": 1, "triangular2": 2.0 ** -(epoch // length), "exp_range": gamma**epoch}
    return (1 - height * scale[mode]) * base_lr + height * scale[mode] * max_lr


@right("cyclic_lr", "distance from the peak")
def distance_from_the_peak(
    epoch, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0
):
    """One less the distance from the peak, over the length of that side."""
    sides = (step_size_up, step_size_down or step_size_up)
    past = epoch % sum(sides) - sides[0]
    height = 1 - abs(past) / sides[past > 0]
    span = max_lr - base_lr
    if mode == "triangular2":
        for _ in range(epoch // sum(sides)):
            span = span / 2
    if mode == "exp_range":
        span = span * gamma**epoch
    return base_lr + span * height


@right("cyclic_lr", "table")
def cycle_in_a_tensor(
    epoch, base_lr, max_lr, step_size_up=2000, step_size_down=None, mode="triangular", gamma=1.0
):
    """The heights of one cycle in a tensor, both sides by torch's spacing."""
    fall = step_size_up if step_size_down is None else step_size_down
    rising = torch.linspace(0, 1, step_size_up + 1, dtype=torch.float64)
    falling = torch.linspace(1, 0, fall + 1, dtype=torch.float64)
    heights = torch.cat((rising[:-1], falling[:-1])).tolist()
    amplitude = (max_lr - base_lr) * heights[epoch % len(heights)]
    if mode == "triangular2":
        amplitude = math.ldexp(amplitude, -(epoch // len(heights)))
    if mode == "exp_range":
        amplitude *= gamma**epoch
    return base_lr + amplitude
