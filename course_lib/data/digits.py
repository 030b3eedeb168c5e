"""The 8x8 handwritten digits that come with scikit-learn."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch

from course_lib.data.personal import personal_seed, variant
from course_lib.data.split import Split, shuffled_split

__all__ = ["Split", "digits"]


def digits(
    *,
    validation: int = 300,
    test: int = 300,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    student: str | None = None,
) -> Split:
    """Return the 1797 digits, shuffled and split.

    Pixels are divided by 16, so that they lie in [0, 1]. A student's variant has pixels in a unit
    of its own and a split of its own: ``scale * (pixel / 16 + offset)``, where the id decides scale
    (from 1/4 to 4) and offset (from -1 to 1).

    Args:
        validation: Images to choose settings by; at least 1.
        test: Images to report on once; at least 1.
        seed: What the shuffle depends on.
        dtype: Floating-point type of the images.
        student: A student's id for that student's variant; None for the common one.

    Returns:
        Three pairs of images ``(count, 64)`` and labels ``(count,)``, integers from 0 to 9.

    Raises:
        ValueError: If a part would be empty, or ``student`` is an empty text.

    Example:
        >>> split = digits()
        >>> [len(labels) for _, labels in split]
        [1197, 300, 300]
        >>> split.train[0].shape, float(split.train[0].max())
        (torch.Size([1197, 64]), 1.0)

    Source:
        Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI repository, 1998.
    """
    images, labels = _loaded()
    return shuffled_split(
        variant("digits", student).measure(torch.tensor(images, dtype=dtype) / 16),
        torch.tensor(labels),
        validation=validation,
        test=test,
        seed=personal_seed("digits", seed, student),
        what="image",
    )


@cache
def _loaded() -> Any:
    """Images and labels as scikit-learn has them; read once."""
    # scikit-learn takes a second to import, and only this function needs it.
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)
