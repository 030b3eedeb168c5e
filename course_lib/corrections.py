"""Claims that are often made, put to the test beside what is right."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Callable
from typing import Any

from course_lib.figures.markup import publish

Rule = Callable[..., Any]


class ClaimStands(AssertionError):
    """A correction that proves nothing: the claim passes its test, or the right rule fails it."""


def correct(
    claim: str,
    *,
    says: Rule,
    right: Rule,
    holds: Callable[[Rule], bool],
    because: str,
    reference: str = "",
) -> None:
    """Show that a claim as often stated fails where the right one stands.

    Args:
        claim: Number of the correction, ``"C-24"``.
        says: The claim as a function; its docstring says it in words.
        right: What is right, as a function of the same arguments; its docstring says it in words.
        holds: The test: whether a rule agrees with what really happens.
        because: The reason in one or two sentences; ``$...$`` is mathematics.
        reference: Where to look it up.

    Raises:
        ClaimStands: If ``says`` passes the test or ``right`` does not.
        ValueError: If the number is no correction's, or a docstring is missing.

    Example:
        >>> def floor(x):
        ...     "Rounding cuts the fraction off."
        ...     return int(x)
        >>> def nearest(x):
        ...     "Rounding goes to the nearest whole number."
        ...     return round(x)
        >>> def test(rule):
        ...     return rule(1.7) == 2
        >>> correct("C-00", says=nearest, right=floor, holds=test, because="1.7 is nearer to 2.")
        Traceback (most recent call last):
        course_lib.corrections.ClaimStands: C-00: the claim in nearest passes the test
    """
    if not re.fullmatch(r"C-\d\d", claim):
        raise ValueError(f"needed a correction's number like 'C-24', got {claim!r}")
    words = {"Often said": _words(says), "Right": _words(right), "Why": because}
    if holds(says):
        raise ClaimStands(f"{claim}: the claim in {says.__name__} passes the test")
    if not holds(right):
        raise ClaimStands(f"{claim}: the right rule {right.__name__} fails the test")
    _display(claim, words | ({"Source": reference} if reference else {}))


def _words(rule: Rule) -> str:
    text = inspect.getdoc(rule)
    if not text:
        raise ValueError(f"needed a docstring that says the claim of {rule.__name__}, got none")
    return " ".join(text.split())


def _display(claim: str, words: dict[str, str]) -> None:
    rows = "".join(
        f"<dt>{name}</dt><dd>{html.escape(text, quote=False)}</dd>" for name, text in words.items()
    )
    markup = (
        f'<div class="course-correction" id="{claim.lower()}" data-correction="{claim}" '
        f'role="note" aria-label="Correction {claim}">'
        f'<p class="course-correction-title">Correction {claim}</p><dl>{rows}</dl></div>'
    )
    plain = "\n".join([f"Correction {claim}", *(f"{name}: {text}" for name, text in words.items())])
    publish(markup, plain)
