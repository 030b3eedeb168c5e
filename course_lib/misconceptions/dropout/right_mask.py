"""Right ways to write ``dropout_mask`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right


@right("dropout_mask", "uniform numbers")
def compares_uniform_numbers(input, p):
    """A number between 0 and 1 for each element."""
    return torch.rand_like(input) >= p


@right("dropout_mask", "uniform numbers")
def what_is_not_dropped(input, p):
    """The dropped ones first, then the others."""
    numbers = torch.rand(input.shape, device=input.device)
    dropped = numbers < p
    return ~dropped


@right("dropout_mask", "probabilities of a tensor")
def bernoulli_of_probabilities(input, p):
    """A tensor full of probabilities, and a coin for each of its elements."""
    keep = torch.full(input.shape, 1.0 - p, device=input.device)
    return torch.bernoulli(keep) == 1


@right("dropout_mask", "a distribution")
def samples_a_distribution(input, p):
    """The distribution that torch has of that name."""
    keep = torch.tensor(1.0 - p, device=input.device)
    coins = torch.distributions.Bernoulli(keep).sample(input.shape)
    return coins.to(torch.bool)


@right("dropout_mask", "weighted choice")
def chooses_between_two(input, p):
    """Index 0 with weight p, index 1 with the rest, as many times as there are elements."""
    weights = torch.tensor([p, 1 - p], device=input.device)
    chosen = torch.multinomial(weights, input.numel(), replacement=True)
    return chosen.reshape(input.shape).bool()


@right("dropout_mask", "whole numbers")
def compares_whole_numbers(input, p):
    """Sides of a die with 16 million of them."""
    sides = 2**24
    thrown = torch.randint(sides, input.shape, device=input.device)
    return thrown >= p * sides


@right("dropout_mask", "waiting times")
def waits_long_enough(input, p):
    """An exponential waiting time is longer than -log(1 - p) with probability 1 - p."""
    if p == 1:
        return torch.zeros_like(input, dtype=torch.bool)
    return torch.empty_like(input).exponential_() > -math.log(1 - p)


@right("dropout_mask", "quantile")
def below_a_normal_quantile(input, p):
    """Normal numbers against the quantile that a share of 1 - p lies below."""
    bound = torch.special.ndtri(torch.tensor(1 - p, dtype=torch.float64)).item()
    return torch.randn_like(input) < bound


@right("dropout_mask", "element by element")
def tosses_one_by_one(input, p):
    """Python's own random numbers, one after the other."""
    import random

    kept = [random.random() >= p for _ in range(input.numel())]
    return torch.tensor(kept, dtype=torch.bool, device=input.device).reshape(input.shape)
