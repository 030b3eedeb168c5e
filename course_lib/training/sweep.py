"""Train many small perceptrons at once: one for every pair of rate and seed.

All networks of a sweep lie in one stack of shape ``(rates, seeds, ...)``, so that a sweep over
rates with a band over seeds costs one loop in place of hundreds. Networks of the same seed share
start, order of the data and dropout masks, whatever their rate or rule: what differs between two
curves is the rule alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Snapshot", "cost", "perceptrons", "predict", "side_by_side", "steps"]

Rule = Callable[..., tuple[Any, Tensor]]
Case = TypeVar("Case")
Found = TypeVar("Found")


class Snapshot(NamedTuple):
    """What a sweep shows after a step; tensors are live, copy what you keep."""

    step: int
    """Steps taken so far, counted from 1."""
    losses: Tensor
    """Mini-batch loss before the step, shape ``(rates, seeds)``."""
    params: list[Tensor]
    """Weights and biases after the step, each ``(rates, seeds, rows, columns)``."""
    states: list[Any]
    """State of the rule after the step, one for each parameter."""
    updates: list[Tensor]
    """What the step added to each parameter."""


def perceptrons(sizes: Sequence[int], seeds: Sequence[int]) -> list[Tensor]:
    r"""Weights and biases of ReLU perceptrons, one network for each seed.

    Weights are drawn from :math:`\mathcal N(0, 2/\text{rows})`, biases are zero.

    Args:
        sizes: Units of each layer, inputs and outputs included.
        seeds: One seed for each network.

    Returns:
        Alternately weights ``(seeds, rows, columns)`` and biases ``(seeds, 1, columns)``.

    Example:
        >>> [tuple(p.shape) for p in perceptrons((4, 3, 2), seeds=(0, 1))]
        [(2, 4, 3), (2, 1, 3), (2, 3, 2), (2, 1, 2)]

    Source:
        He et al., Delving Deep into Rectifiers, 2015, equation 10.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes needs inputs and outputs, got {tuple(sizes)}")
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    params = []
    for rows, columns in pairwise(sizes):
        draws = [torch.randn(rows, columns, generator=generator) for generator in generators]
        params += [torch.stack(draws) * (2 / rows) ** 0.5, torch.zeros(len(draws), 1, columns)]
    return params


def predict(params: Sequence[Tensor], inputs: Tensor, masks: Sequence[Tensor] = ()) -> Tensor:
    """Logits of a stack of perceptrons.

    Args:
        params: Weights and biases as :func:`perceptrons` lays them out; leading axes are kept.
        inputs: Examples, ``(..., batch, features)``.
        masks: Factors for the hidden layers (dropout), one for each; none means no dropout.

    Returns:
        Logits, ``(..., batch, classes)``.
    """
    hidden = inputs
    for layer in range(0, len(params) - 2, 2):
        hidden = torch.relu(hidden @ params[layer] + params[layer + 1])
        if masks:
            hidden = hidden * masks[layer // 2]
    return hidden @ params[-2] + params[-1]


def cost(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of each network of a stack, in nats.

    Args:
        logits: ``(..., batch, classes)``.
        labels: Class numbers, broadcastable to ``(..., batch)``.

    Returns:
        One loss for each network, shape ``(...)``.
    """
    scores = functional.log_softmax(logits, dim=-1)
    chosen = scores.gather(-1, labels.expand(scores.shape[:-1]).unsqueeze(-1))
    return -chosen.squeeze(-1).mean(-1)


def steps(
    rule: Rule,
    state: Any,
    *,
    rates: Sequence[float],
    seeds: Sequence[int],
    data: tuple[Tensor, Tensor],
    sizes: Sequence[int],
    epochs: int,
    batch_size: int,
    drop: float = 0.0,
    factor: Callable[[float], float] = lambda progress: 1.0,
) -> Iterator[Snapshot]:
    """Train one network for every rate and seed and show each step.

    Args:
        rule: Element-wise rule ``(state, grad, lr=...) -> (state, update)``.
        state: What the rule starts from, the same for every parameter.
        rates: Learning rates of the sweep, the first axis of the stack.
        seeds: Seeds of start, order and dropout, the second axis.
        data: Inputs ``(examples, features)`` and class numbers ``(examples,)``.
        sizes: Units of each layer, inputs and outputs included.
        epochs: Passes over the data; what does not fill a last batch is left for the next pass.
        batch_size: Examples in a step, at most the number of examples.
        drop: Probability with which a hidden unit is dropped, in [0, 1).
        factor: Factor on the rate at a given progress, from 0 at the first step towards 1.

    Yields:
        A :class:`Snapshot` after each step.
    """
    inputs, labels = data
    if not 1 <= batch_size <= len(inputs):
        raise ValueError(f"batch_size must lie in 1..{len(inputs)}, got {batch_size}")
    rate = torch.tensor(rates).reshape(-1, 1, 1, 1)
    params = [p.expand(len(rates), *p.shape).clone() for p in perceptrons(sizes, seeds)]
    states = [state] * len(params)
    masks = _masks(seeds, sizes, batch_size, drop)
    for step, chosen in enumerate(_batches(seeds, len(inputs), epochs, batch_size), 1):
        leaves = [p.requires_grad_() for p in params]
        losses = cost(predict(leaves, inputs[chosen], next(masks)), labels[chosen])
        grads = torch.autograd.grad(losses.sum(), leaves)
        progress = (step - 1) / (epochs * (len(inputs) // batch_size))
        moves = [
            rule(state, grad, lr=rate * factor(progress))
            for state, grad in zip(states, grads, strict=True)
        ]
        states, updates = [new for new, _ in moves], [update for _, update in moves]
        params = [p.detach() + update for p, update in zip(params, updates, strict=True)]
        yield Snapshot(step, losses.detach(), params, states, updates)


def _batches(seeds: Sequence[int], examples: int, epochs: int, size: int) -> Iterator[Tensor]:
    """Indices ``(seeds, size)`` of each step, every seed in an order of its own."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for _ in range(epochs):
        order = torch.stack([torch.randperm(examples, generator=g) for g in generators])
        yield from order[:, : examples // size * size].tensor_split(examples // size, dim=1)


def side_by_side(train: Callable[[Case], Found], cases: Iterable[Case]) -> list[Found]:
    """What a function gives for each case, two cases at a time.

    PyTorch computes outside Python's lock, so two trainings keep two cores busy. Each one computes
    the same numbers as alone, provided that it draws from generators of its own.

    Args:
        train: Takes a case.
        cases: In the order of the results.

    Example:
        >>> side_by_side(lambda seed: torch.Generator().manual_seed(seed).initial_seed(), (3, 4))
        [3, 4]
    """
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(train, cases))


def _masks(
    seeds: Sequence[int], sizes: Sequence[int], batch_size: int, drop: float
) -> Iterator[list[Tensor]]:
    """Inverted dropout masks of each step for every hidden layer; no masks where drop is 0."""
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    while True:
        yield [
            torch.stack([torch.rand(batch_size, units, generator=g) for g in generators])
            .ge(drop)
            .div(1 - drop)
            for units in (sizes[1:-1] if drop else ())
        ]
