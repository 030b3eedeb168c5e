"""The 8x8 handwritten digits that come with scikit-learn."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Split(NamedTuple):
    """Images and labels in three parts that share no image."""

    train: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def digits(
    *,
    validation: int = 300,
    test: int = 300,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Split:
    """Return the 1797 digits, shuffled and split.

    Pixels are divided by 16, so that they lie in [0, 1].

    Args:
        validation: Images to choose settings by; at least 1.
        test: Images to report on once; at least 1.
        seed: What the shuffle depends on.
        dtype: Floating-point type of the images.

    Returns:
        Three pairs of images ``(count, 64)`` and labels ``(count,)``, integers from 0 to 9.

    Raises:
        ValueError: If a part would be empty.

    Example:
        >>> split = digits()
        >>> [len(labels) for _, labels in split]
        [1197, 300, 300]
        >>> split.train[0].shape, float(split.train[0].max())
        (torch.Size([1197, 64]), 1.0)

    Source:
        Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI repository, 1998.
    """
    # scikit-learn takes a second to import, and only this function needs it.
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    train = len(labels) - validation - test
    if min(validation, test, train) < 1:
        raise ValueError(
            f"needed three parts of at least 1 image, got {train}, {validation} and {test}"
        )
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    x = torch.tensor(images, dtype=dtype)[order] / 16
    y = torch.tensor(labels)[order]
    xs, ys = (torch.split(part, [train, validation, test]) for part in (x, y))
    return Split(*zip(xs, ys, strict=True))
