"""Three parts of a data set that share no example."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Split(NamedTuple):
    """Images and labels in three parts that share no image."""

    train: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def shuffled_split(
    inputs: Tensor, labels: Tensor, *, validation: int, test: int, seed: int, what: str = "example"
) -> Split:
    """Shuffle examples and cut them in three; the training part takes what is left.

    Args:
        inputs: Examples, ``(count, ...)``.
        labels: Class numbers, ``(count,)``.
        validation: Examples to choose settings by; at least 1.
        test: Examples to report on once; at least 1.
        seed: What the order depends on.
        what: Name of one example, for the message.

    Returns:
        Three pairs of inputs and labels.

    Raises:
        ValueError: If a part would be empty.
    """
    train = len(labels) - validation - test
    if min(validation, test, train) < 1:
        raise ValueError(
            f"needed three parts of at least 1 {what}, got {train}, {validation} and {test}"
        )
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    parts = [torch.split(part[order], [train, validation, test]) for part in (inputs, labels)]
    return Split(*zip(*parts, strict=True))
