"""Chance in a run: the order of the examples, and what layers draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def batches(examples: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Mini-batches of one shuffled pass after another, without end.

    What does not fill a last batch is left for the next pass.

    Args:
        examples: Number of examples.
        batch_size: Examples in a batch, from 1 to ``examples``.
        seed: What the order depends on.

    Yields:
        Indices, ``(batch_size,)``.

    Raises:
        ValueError: If ``batch_size`` lies outside its domain.

    Example:
        >>> order = batches(5, 2, seed=0)
        >>> len({index for _ in range(2) for index in next(order).tolist()})
        4
    """
    if not 1 <= batch_size <= examples:
        raise ValueError(f"batch_size must lie in 1..{examples}, got {batch_size}")
    generator = torch.Generator().manual_seed(seed)
    return _passes(examples, batch_size, generator)


def _passes(examples: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(examples, generator=generator)
        yield from order[: examples // batch_size * batch_size].reshape(-1, batch_size)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch inside the block; after it, the random state is as it was before.

    Args:
        seed: Seed of torch's generators on every device.

    Example:
        >>> with seeded(3):
        ...     one = torch.nn.Linear(2, 2)
        >>> with seeded(3):
        ...     same = torch.nn.Linear(2, 2)
        >>> torch.equal(one.weight, same.weight)
        True
    """
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield
