"""A correction proves its point or raises."""

from __future__ import annotations

from typing import Any

import pytest

from course_lib.corrections import ClaimStands, correct


def mean(gradient: float) -> float:
    """The velocity is a mean, $g$."""
    return gradient


def discounted_sum(gradient: float) -> float:
    """The velocity is a sum, $10 g$."""
    return gradient / (1 - 0.9)


def holds(rule: Any) -> bool:
    return abs(rule(1.0) - 10) < 1e-9


GOOD: dict[str, Any] = {
    "says": mean,
    "right": discounted_sum,
    "holds": holds,
    "because": "The weights add up to $1/(1-\\mu)$.",
}


def test_a_correction_shows_claim_right_reason_and_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, **_: shown.append(bundle["text/html"])
    )
    correct("C-24", **GOOD, reference="Goh 2017")
    (markup,) = shown
    for words in ("Correction C-24", "a mean, $g$", "a sum, $10 g$", "add up", "Goh 2017"):
        assert words in markup


def test_a_claim_that_passes_is_refused() -> None:
    with pytest.raises(ClaimStands, match="C-24: the claim in discounted_sum passes the test"):
        correct("C-24", **GOOD | {"says": discounted_sum})


def test_a_right_rule_that_fails_is_refused() -> None:
    with pytest.raises(ClaimStands, match="C-24: the right rule mean fails the test"):
        correct("C-24", **GOOD | {"right": mean})


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="needed a correction's number like 'C-24', got '24'"):
        correct("24", **GOOD)


def test_a_claim_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="needed a docstring that says the claim of <lambda>"):
        correct("C-24", **GOOD | {"says": lambda gradient: gradient})
