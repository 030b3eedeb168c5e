"""What a student learns of a hidden test: what it claims, and how far the answer fell short.

Neither may hold what is hidden: no parameter, no input, no right number; and nothing that the
student's code said while it was asked, as it could repeat what it was asked with.
"""

import builtins
import math
from collections.abc import Iterable, Mapping
from typing import Any

from course_lib.checks.exercises import find

MARKS = {"passed": "✓", "failed": "✗"}
"""In front of a claim; a question mark where nobody can tell."""

_RUNGS = {
    "type": "what comes back is of another type",
    "shape": "what comes back has another shape",
    "dtype": "what comes back has another dtype",
    "device": "something that is made on the way lies on another device than it must",
    "finite": "there is an infinite number, or none at all, where the right answer has one",
    "values": "what is done differs from the right answer",
}

_ANSWERS = {
    "undefined": "nothing was registered under this name",
    "unwritten": "it is not written yet",
    "refused": "what answered is not your own work",
}

_OUTCOMES = {
    "out of time": "it ran out of time",
    "not run": "it could not be run to its end",
    "could not tell": "this could not be judged",
}


def lines(checks: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for each different finding of a hidden test, and how often it was found.

    Args:
        checks: The checks of a cell, as a record holds them.
    """
    counted: dict[str, int] = {}
    for check in checks:
        said = _sentence(check)
        counted[said] = counted.get(said, 0) + 1
    return [f"{said} ({count} times)" if count > 1 else said for said, count in counted.items()]


def claim(check: Mapping[str, Any]) -> str:
    """What a check promises, without the case it was tried on."""
    return find(str(check["question"]).partition(" ")[0]).claim


def shortfall(check: Mapping[str, Any]) -> str:
    """How an answer fell short; empty where it did not."""
    outcome = check["outcome"]
    if outcome == "passed":
        return ""
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    answer, rung = check.get("answer"), check.get("rung")
    if rung == "defined" and answer == "raised":
        return f"it raised {_known(check.get('raised'))}"
    if rung == "defined":
        return _ANSWERS.get(str(answer), "it gave no answer")
    return _RUNGS.get(str(rung), _RUNGS["values"]) + _size(check.get("error_size"))


def _sentence(check: Mapping[str, Any]) -> str:
    missing = shortfall(check)
    hint = f" {check['hint']}" if check.get("hint") else ""
    said = f"{MARKS.get(check['outcome'], '?')} {claim(check)}"
    return f"{said}: {missing}.{hint}" if missing else said


def _known(name: Any) -> str:
    """A name of Python's own; another one may have been made to carry what is hidden."""
    kind = getattr(builtins, str(name), None)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return f"{name}" if known else "an exception"


def _size(size: Any) -> str:
    """The order of magnitude of an error: more digits could carry what is hidden."""
    if not isinstance(size, (int, float)) or not size > 0:
        return ""
    if math.isinf(size):
        return " (and the difference is infinite)"
    return f" (relative difference about 1e{round(math.log10(size)):+03d})"
