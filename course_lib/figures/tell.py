"""Numbers that a cell computes and the sentences around it show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def teller(prefix: str) -> Callable[..., None]:
    """Return the function with which a chapter's cells hand numbers to its sentences.

    Each number is glued under ``<prefix>_<name>``, where the text of the page finds it. In a plain
    notebook, without ``myst_nb``, nothing happens.

    Args:
        prefix: What the names of this chapter's numbers begin with, such as ``"ch9"``.

    Returns:
        A function of keyword arguments: strings, numbers, or tensors and arrays of one element.

    Example:
        >>> tell = teller("ch9")
        >>> tell(steps=40, loss=0.25)
    """

    def tell(**numbers: Any) -> None:
        """Hand numbers to the sentences around the cell."""
        try:
            from myst_nb import glue
        except ImportError:  # the page as a notebook of its own has no such sentences
            return
        for name, number in numbers.items():
            value = number.item() if hasattr(number, "item") else number
            glue(f"{prefix}_{name}", value, display=False)

    return tell


def percent(share: Any) -> str:
    """Return a share as text in percent, with one digit after the point.

    Args:
        share: A number, or a tensor or array of one element; 1 is the whole.

    Example:
        >>> percent(0.125)
        '12.5%'
    """
    return f"{float(share):.1%}"
