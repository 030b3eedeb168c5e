"""Right ways to write the range test's functions that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right


@right("range_test_lr", "logarithms")
def line_of_logarithms(step, start_lr, end_lr, steps, mode="exponential"):
    """A straight line between the ends, or between their logarithms."""
    q = step / (steps - 1)
    if mode == "exponential":
        return math.exp((1 - q) * math.log(start_lr) + q * math.log(end_lr))
    return (1 - q) * start_lr + q * end_lr


@right("range_test_lr", "table")
def spaced_by_torch(step, start_lr, end_lr, steps, mode="exponential"):
    """Torch's own spacings."""
    if mode == "linear":
        rates = torch.linspace(start_lr, end_lr, steps, dtype=torch.float64)
    else:
        exponents = math.log10(start_lr), math.log10(end_lr)
        rates = torch.logspace(*exponents, steps, dtype=torch.float64)
    return rates[step].item()


@right("range_test_lr", "loop")
def step_by_step_up(step, start_lr, end_lr, steps, mode="exponential"):
    """One factor, or one difference, at each step."""
    rate = start_lr
    for _ in range(step):
        if mode == "linear":
            rate += (end_lr - start_lr) / (steps - 1)
        else:
            rate *= (end_lr / start_lr) ** (1 / (steps - 1))
    return rate


@right("smoothed_losses", "two sums")
def sum_over_weights(losses, beta=0.98):
    """A fading sum of losses over a fading sum of ones."""
    total, weight, smoothed = 0.0, 0.0, []
    for loss in losses:
        total = beta * total + loss
        weight = beta * weight + 1
        smoothed.append(total / weight)
    return smoothed


@right("smoothed_losses", "moving share")
def share_of_the_new_loss(losses, beta=0.98):
    """The corrected mean moves towards each loss by a share that shrinks to 1 - beta."""
    smoothed = []
    for loss in losses:
        last = smoothed[-1] if smoothed else loss
        share = (1 - beta) / (1 - beta ** (len(smoothed) + 1))
        smoothed.append(last + share * (loss - last))
    return smoothed


@right("smoothed_losses", "matrix")
def weights_in_a_matrix(losses, beta=0.98):
    """All weights in a triangular matrix, each row divided by its sum."""
    values = torch.tensor(losses, dtype=torch.float64)
    places = torch.arange(len(losses), dtype=torch.float64)
    weights = (beta ** (places[:, None] - places).clamp_min(0)).tril()
    return (weights @ values / weights.sum(dim=1)).tolist()


@right("suggested_lr", "loop")
def keeps_the_steepest(rates, losses):
    """A loop that remembers the steepest fall so far."""
    best, chosen = math.inf, rates[1]
    for i in range(1, len(rates) - 1):
        slope = (losses[i + 1] - losses[i - 1]) / 2
        if slope < best:
            best, chosen = slope, rates[i]
    return chosen


@right("suggested_lr", "tensor")
def gradient_of_a_tensor(rates, losses):
    """Torch's own central differences, without the ends."""
    (slopes,) = torch.gradient(torch.tensor(losses, dtype=torch.float64))
    return rates[1 + int(slopes[1:-1].argmin())]


@right("suggested_lr", "slices")
def falls_of_two_steps(rates, losses):
    """The list of falls over two steps; its first belongs to the second point."""
    falls = [early - late for early, late in zip(losses[:-2], losses[2:], strict=True)]
    return rates[falls.index(max(falls)) + 1]
