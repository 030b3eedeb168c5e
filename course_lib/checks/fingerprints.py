r"""Known wrong answers as a few numbers, and how an answer is held against them.

The student edition carries a file of them, one list for each visible case: the numbers a known
mistake gives there, the belief behind it and the hint. It holds no code::

    {"adam {\"steps\": 3}": [{"numbers": [...], "faults": [], "slug": "adam/...",
                             "belief": "...", "hint": "...", "section": "10_adaptive_steps#adam"}]}
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from course_lib.checks import chance, outcomes
from course_lib.checks.inputs.shared import plain
from course_lib.checks.spec import Answer, Exercise, Hint, Inputs
from course_lib.checks.verify import STEPPING

FOLDER = Path(__file__).parent / "fingerprints"

MOST_NUMBERS = 400
"""Numbers kept of one answer; enough to tell mistakes apart, and the file stays small."""

Fingerprint = dict[str, Any]
"""``numbers``: where steps build on each other, of the first and the last; ``faults``: names of
what was done besides, or the exception that ended it all."""


def key(exercise: str, parameters: Mapping[str, Any]) -> str:
    """The name of a case in the file: its exercise and parameters, in one order.

    Example:
        >>> key("adam", {"steps": 3, "betas": (0.8, 0.9)})
        'adam {"betas": [0.8, 0.9], "steps": 3}'
    """
    return f"{exercise} {json.dumps(plain(parameters), sort_keys=True)}"


def describe(exercise: Exercise, inputs: Inputs, answer: Answer) -> Fingerprint | None:
    """The fingerprint of an answer, or None if it has nothing to tell it by.

    Args:
        exercise: What was checked; of a random answer its frequencies are described.
        inputs: What the student's code was run on.
        answer: What came; of a layer run apart from the function it calls, what came there.
    """
    answer = answer.get("apart", answer)
    if answer.get("type") == "DeviceMismatch":
        return {"numbers": [], "faults": ["state elsewhere"]}
    if answer["outcome"] == "raised":
        return {"numbers": [], "faults": [f"{answer['type']}: {answer['message']}"]}
    if answer["outcome"] != "answered" or "got" in answer:
        return None
    faults = sorted(answer["faults"])
    if exercise.judged == "chance":
        return {"numbers": [], "faults": [*faults, *chance.features(exercise, inputs, answer)]}
    if exercise.judged == "outcome":
        return {"numbers": [], "faults": [*faults, *outcomes.features(exercise, inputs, answer)]}
    path = answer["trajectory"]
    rows = path if exercise.kind not in STEPPING else [path[at] for at in (0, -1) if path]
    numbers = [number for tensors in rows for tensor in tensors for number in _reals(tensor)]
    return {"numbers": [float(f"{n:.9g}") for n in numbers[:MOST_NUMBERS]], "faults": faults}


def agrees(one: Fingerprint, other: Fingerprint, rtol: float = 1e-6) -> bool:
    """Whether two fingerprints are of one mistake, written in whatever style."""
    if one["faults"] != other["faults"] or len(one["numbers"]) != len(other["numbers"]):
        return False
    return all(
        math.isclose(a, b, rel_tol=rtol, abs_tol=1e-12) or (math.isnan(a) and math.isnan(b))
        for a, b in zip(one["numbers"], other["numbers"], strict=True)
    )


def rounding(answer: Answer) -> float:
    """How closely one mistake, in two styles, agrees with itself: coarser in single precision."""
    tensors = [tensor for step in answer.get("trajectory", [])[:1] for tensor in step]
    return 1e-6 if all(t.dtype in (torch.float64, torch.complex128) for t in tensors) else 1e-4


def load(assignment: str) -> dict[str, list[dict[str, Any]]]:
    """The file of an assignment, case by case; empty where an edition has none."""
    file = FOLDER / f"{assignment}.json"
    entries: dict[str, list[dict[str, Any]]] = {}
    return json.loads(file.read_text("utf-8")) if file.exists() else entries


def match(exercise: Exercise, case: str, inputs: Inputs, answer: Answer) -> Hint | None:
    """The one known mistake that gives this answer on this case; None if there are none or more.

    Args:
        exercise: What was checked; its assignment names the file.
        case: As made by ``key``.
        inputs: What the student's code was run on.
        answer: What came.
    """
    came = describe(exercise, inputs, answer)
    if came is None:
        return None
    known = load(exercise.assignment).get(case, [])
    found = [e for e in known if agrees(e, came, rounding(answer))]
    if len({entry["slug"] for entry in found}) != 1:
        return None
    return Hint(*(found[0][name] for name in ("slug", "belief", "hint", "section")))


def _reals(tensor: Tensor) -> list[float]:
    tensor = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    return [float(number) for number in tensor.flatten().tolist()]
