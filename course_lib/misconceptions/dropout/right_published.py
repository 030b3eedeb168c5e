"""Right ways to write ``dropout_as_published`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right
from course_lib.nn import dropout_mask


@right("dropout_as_published", "out of place")
def mask_of_its_own(input, keep, training):
    """No call of another exercise."""
    if not training:
        return keep * input
    kept = torch.rand_like(input) < keep
    return kept * input


@right("dropout_as_published", "one product")
def one_product(input, keep, training):
    """Either a mask or a number, then one product."""
    weights = dropout_mask(input, 1 - keep) if training else keep
    return torch.mul(input, weights)


@right("dropout_as_published", "a choice")
def chooses_by_where(input, keep, training):
    """One of two values for each element."""
    if training:
        return torch.where(dropout_mask(input, 1.0 - keep), input, torch.zeros_like(input))
    return torch.lerp(torch.zeros_like(input), input, float(keep))


@right("dropout_as_published", "filling")
def fills_with_zeros(input, keep, training):
    """Zeros filled in where the coin fell on the other side."""
    if training:
        dropped = torch.rand(input.shape, device=input.device) >= keep
        return input.masked_fill(dropped, 0)
    return input.mul(keep)


@right("dropout_as_published", "a distribution")
def samples_a_distribution(input, keep, training):
    """The distribution that torch has of coins, or its mean."""
    q = torch.full_like(input, keep, requires_grad=False)
    coins = torch.distributions.Bernoulli(q)
    return input * (coins.sample() if training else coins.mean)
