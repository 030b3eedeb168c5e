"""The file by which the student edition knows mistakes: their numbers on the cases students see."""

import json
from pathlib import Path
from typing import Any

from course_lib.checks import exercises
from course_lib.checks.devices import devices
from course_lib.checks.fingerprints import key
from course_lib.checks.inputs import build
from course_lib.misconceptions.matching import known_answers
from course_lib.misconceptions.notebook import Case, cases


def write_fingerprints(folder: Path) -> None:
    """Write one file for each assignment.

    Args:
        folder: Where they go; made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for assignment in exercises.ASSIGNMENTS:
        text = json.dumps(fingerprints(assignment), indent=0)
        (folder / f"{assignment}.json").write_text(text + "\n", encoding="utf-8")


def fingerprints(assignment: str) -> dict[str, list[dict[str, Any]]]:
    """From each case that students see to the known mistakes it shows."""
    seen = [case for case in cases(assignment) if not case.hidden]
    return {key(case.exercise, case.parameters): _entries(case) for case in seen}


def _entries(case: Case) -> list[dict[str, Any]]:
    inputs = build(exercises.find(case.exercise), case.parameters)
    return [
        {
            "slug": known.mistake.slug,
            "belief": known.mistake.belief,
            "hint": known.mistake.hint,
            "section": known.mistake.section,
            **known.fingerprint,
        }
        for device in devices()
        for known in known_answers(case.exercise, {**inputs, "device": device})
    ]
