"""Variants of a data set that belong to one student.

A variant measures the same signals in a unit of its own, from a zero of its own, and shuffles or
draws them from a seed of its own. No variant is harder than another, but a learning rate that is
right for one is wrong for the next, and no number read from one can be read from another.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from torch import Tensor

WIDEST = 4.0  # units differ by this factor at most from the common one, either way


class Variant(NamedTuple):
    """How one student's data are measured: ``scale * input + offset``."""

    scale: float
    """New units in an old one, from 1/4 to 4; spread evenly in its logarithm."""
    offset: float
    """Where the old zero lies in old units, from -1 to 1."""

    def measure(self, inputs: Tensor) -> Tensor:
        """The inputs in the unit of this variant, same shape and type."""
        return self.scale * (inputs + self.offset)


def variant(name: str, student: str | None) -> Variant:
    """The unit and the zero of a student's variant of a data set.

    Args:
        name: Name of the data set.
        student: The student's id as the gradebook has it; None for the common variant.

    Returns:
        The variant; the common one leaves inputs as they are.

    Raises:
        ValueError: If ``student`` is empty.

    Example:
        >>> variant("digits", None)
        Variant(scale=1.0, offset=0.0)
        >>> variant("digits", "ann") == variant("digits", "ben")
        False
    """
    if student is None:
        return Variant(1.0, 0.0)
    first, second = (_fraction(name, student, part) for part in ("scale", "offset"))
    return Variant(WIDEST ** (2 * first - 1), 2 * second - 1)


def personal_seed(name: str, seed: int, student: str | None) -> int:
    """The seed of a student's variant: ``seed`` itself where there is no student.

    Args:
        name: Name of the data set.
        seed: The seed asked for; another one gives other draws of the same variant.
        student: The student's id; None for the common variant.

    Returns:
        A seed from 0 to 2**32 - 1 for a student, else ``seed``.

    Raises:
        ValueError: If ``student`` is empty.
    """
    if student is None:
        return seed
    return int(_fraction(name, student, f"seed {seed}") * 2**32)


def _fraction(*words: str) -> float:
    """A number in [0, 1) that only the words decide."""
    name, student, _ = words
    if not student:
        raise ValueError(f"{name} needs a student's id or None, got an empty text")
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
