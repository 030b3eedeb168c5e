"""What a worker says, taken for what it is: plain values of a known form, and nothing more."""

import base64
import re
from typing import Any

import torch

from course_lib.checks.spec import OUTCOMES, Answer

TEXT = 2_000
"""Characters kept of one sentence of an answer."""

SAFE = ("text/plain", "image/png", "image/jpeg")
"""Forms of output that no browser takes for code."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_HALVES = re.compile(r"[\ud800-\udfff]")
"""Halves of characters, which no file can hold."""


class Unfit(ValueError):
    """A worker's words have no form that could be judged; the text says why."""


def answer(said: Any, inner: bool = False) -> Answer:
    """An answer of the form that ``collect`` gives.

    Args:
        said: What came as an answer.
        inner: Whether it came within another one, of a layer run apart from its function.

    Raises:
        Unfit: If it has another form.
    """
    if not isinstance(said, dict) or said.get("outcome") not in OUTCOMES:
        raise Unfit("an answer without an outcome")
    found: Answer = {"outcome": said["outcome"]}
    for name in ("message", "type", "line", "got"):
        if name in said:
            found[name] = text(said[name])
    if "step" in said:
        found["step"] = _number(said["step"])
    if found["outcome"] == "answered":
        found |= {"trajectory": _trajectory(said), "faults": _faults(said)}
        if "passes" in said:
            found["passes"] = _number(said["passes"])
        if "stopped" in said:
            found["stopped"] = _sentences(said["stopped"])
    if "apart" in said and not inner:
        found["apart"] = answer(said["apart"], inner=True)
    if "reached" in said:
        found["reached"] = _reached(said["reached"])
    if found["outcome"] == "raised":
        found = {"type": "Exception", "message": "", "step": 0, **found}
    if found["outcome"] == "refused":
        found.setdefault("message", "")
    return found


def outputs(said: Any) -> list[dict[str, Any]]:
    """Outputs of a cell as a notebook holds them, without what a browser would run.

    Args:
        said: What came as outputs.

    Raises:
        Unfit: If they have another form.
    """
    if not isinstance(said, list):
        raise Unfit("outputs that are no list")
    return [_output(one) for one in said]


def text(said: Any, limit: int = TEXT) -> str:
    """A sentence, without control characters.

    Raises:
        Unfit: If it is no text.
    """
    if not isinstance(said, str):
        raise Unfit("a sentence that is no text")
    return _CONTROL.sub("", said[:limit])


def _reached(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Unfit("a call of another form")
    line, name, words = said.get("line"), text(said.get("name"), 100), text(said.get("text"), 200)
    return {"name": name, "line": _number(line), "text": words}


def _sentences(said: Any) -> list[str]:
    if not isinstance(said, list):
        raise Unfit("sentences that are no list")
    return [text(one) for one in said]


def _number(said: Any) -> int:
    if type(said) is not int or not 0 <= said < 10**9:
        raise Unfit("a step that is no step")
    return said


def _trajectory(said: dict[str, Any]) -> list[list[torch.Tensor]]:
    rows = said.get("trajectory")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Unfit("an answer without tensors")
    if not all(isinstance(tensor, torch.Tensor) for row in rows for tensor in row):
        raise Unfit("an answer with something else than tensors")
    return rows


def _faults(said: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    faults = said.get("faults")
    if not isinstance(faults, dict):
        raise Unfit("faults of another form")
    return {text(name): [_place(place) for place in places] for name, places in faults.items()}


def _place(said: Any) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise Unfit("a fault without a place")
    return {
        text(name): _number(value) if isinstance(value, int) else text(value)
        for name, value in said.items()
    }


def _output(said: Any) -> dict[str, Any]:
    kind = said.get("output_type") if isinstance(said, dict) else None
    if kind == "stream" and said.get("name") in ("stdout", "stderr"):
        return {"output_type": kind, "name": said["name"], "text": _shown(said.get("text"))}
    if kind == "error":
        lines = said.get("traceback")
        return {
            "output_type": kind,
            "ename": text(said.get("ename")),
            "evalue": _shown(said.get("evalue")),
            "traceback": [_shown(line) for line in lines if isinstance(lines, list)],
        }
    if kind in ("display_data", "execute_result") and isinstance(said.get("data"), dict):
        data = {form: _form(form, value) for form, value in said["data"].items() if form in SAFE}
        shown: dict[str, Any] = {"output_type": kind, "metadata": {}, "data": data}
        if kind == "execute_result":
            shown["execution_count"] = None
        return shown
    raise Unfit("an output of an unknown kind")


def _form(form: str, value: Any) -> str:
    if form == "text/plain":
        return _shown(value)
    try:
        return base64.b64encode(base64.b64decode(value, validate=True)).decode()
    except (TypeError, ValueError) as error:
        raise Unfit("a picture that is none") from error


def _shown(said: Any) -> str:
    """Text a cell put out: colours are control characters, and stay."""
    if not isinstance(said, str):
        raise Unfit("output that is no text")
    return _HALVES.sub("\ufffd", said)
