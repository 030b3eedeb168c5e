"""The record of a graded submission: one signed JSON file, from which marks are written."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from course_lib.checks.spec import Result
from course_lib.grading.sealed.desk import Lost
from course_lib.grading.sealed.judge import Found, Verdict
from course_lib.grading.sealed.keys import Key

Record = dict[str, Any]

FORMAT = 2
_APART = re.compile(r"relative difference ([\d.e+-]+|inf)\)")
_DEVICE = re.compile(r"\((cpu|fake cuda|cuda:\d+), [^()]*\)")


def digest(*parts: bytes | str) -> str:
    """One digest of several parts, each with its length."""
    found = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        found.update(len(raw).to_bytes(8, "big") + raw)
    return found.hexdigest()


@cache
def environment() -> dict[str, str]:
    """What the numbers of a check may depend on beside the code."""
    packages = {name: version(name) for name in ("torch", "numpy", "ipython", "matplotlib")}
    return {"python": platform.python_version(), "machine": platform.machine(), **packages}


def cell_entry(verdict: Verdict) -> Record:
    """What a record says of one test cell."""
    return {
        "cell": verdict.cell.name,
        "points": verdict.cell.points,
        "score": verdict.score,
        "error": next((o["evalue"] for o in verdict.outputs if o["output_type"] == "error"), None),
        "checks": [_check_entry(question, found) for question, found in verdict.found.items()],
    }


def _check_entry(question: str, found: Found) -> Record:
    if isinstance(found, Lost):
        cause = "out of time" if found.name == "CellTimeoutError" else "not run"
        return {"question": question, "outcome": cause, "message": found.reason}
    apart = _APART.search(found.message)
    return {
        "question": question,
        "outcome": found.outcome,
        "claim": found.claim,
        "message": found.message,
        "rung": found.rung,
        "error_size": float(apart[1]) if apart else None,
        "answer": found.answer.get("outcome"),
        "raised": found.answer.get("type"),
        "misconception": found.slug,
        "hint": found.hint,
        "devices": devices([found]),
        "notes": list(found.notes),
    }


def devices(found: Iterable[Found]) -> list[str]:
    """The devices on which checks were made, each once."""
    lines = (line for one in found if isinstance(one, Result) for line in one.cases)
    return list(dict.fromkeys(name for line in lines for name in _DEVICE.findall(line)))


def place(root: Path, student: str, assignment: str) -> Path:
    """Where the record of a student's submission lies in a course."""
    return root / "records" / student / f"{assignment}.json"


def forget(root: Path, student: str, assignment: str) -> None:
    """Remove the record of what is graded in another way from now on."""
    place(root, student, assignment).unlink(missing_ok=True)


def sign(record: Record, key: Key) -> Record:
    """The record with its signature."""
    return {**record, "signature": key.signature(_text(record))}


def write(path: Path, record: Record, key: Key) -> None:
    """Sign a record and put it in its place as a whole."""
    replace(path, json.dumps(sign(record, key), indent=1, sort_keys=True).encode())


def read(path: Path, key: Key) -> Record | None:
    """The record in a file; None if there is none, or none that was signed with the key."""
    try:
        record: Record = json.loads(path.read_bytes())
        signature = record.pop("signature")
        signed = record.get("format") == FORMAT and key.signed(_text(record), signature)
        return record if signed else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def replace(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all, also when the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.part")  # the next attempt takes its place
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _text(record: Record) -> str:
    return json.dumps(record, sort_keys=True, separators=(",", ":"))
