"""The ladder a right answer climbs; the first rung that breaks is the message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.checks.spec import Answer, Break, CouldNotTell, Exercise, Inputs


@dataclass(frozen=True)
class Climb:
    """An answer, the right one, and how far they may differ (by dtype and step, from 1)."""

    exercise: Exercise
    inputs: Inputs
    answer: Answer
    expected: list[list[Tensor]]
    bound: Callable[[torch.dtype, int], float]


def climb(case: Climb) -> Break | None:
    """The first broken rung, or None at the top."""
    for rung, look in RUNGS.items():
        try:
            found = look(case)
        except Exception as error:  # Else an answer built to break the comparison would pass.
            found = f"the answer cannot be compared ({type(error).__name__})", None, None
        if found:
            message, step, parameter = found
            return Break(rung, message, step, parameter)
    return None


def hygiene(answer: Answer) -> Break | None:
    """Whether everything made on the way lies on the parameter's device.

    Raises:
        CouldNotTell: If the run ended for another reason; honest code may read a value, and a
            pretended tensor has none.
    """
    if strays := answer.get("faults", {}).get("state elsewhere"):
        entry = strays[0]
        return Break("device", _elsewhere(entry["entry"], entry["device"]))
    if answer.get("type") == "FakeTensorDeviceMismatchError":
        return Break(
            "device",
            "on a GPU, tensors of two devices meet: make every new tensor with zeros_like, or give "
            f"it device=param.device ({_with_line(answer)})",
            answer["step"],
        )
    if answer["outcome"] != "answered":
        raise CouldNotTell(f"{answer.get('type', 'no answer')}: {_with_line(answer)}")
    return None


Found = tuple[str, int | None, int | None]
At = tuple[int, ...]


def _defined(case: Climb) -> Found | None:
    outcome, name = case.answer["outcome"], case.exercise.name
    message, step = case.answer.get("message", ""), case.answer.get("step")
    if outcome == "answered":
        return None
    if outcome == "undefined":
        return f"no {name} here: write it under @implement and run that cell first", None, None
    if outcome == "unwritten":
        return f"{name} is not written yet" + (f" ({message})" if message else ""), step, None
    if outcome == "raised":
        where = f"at step {step}" if step else "before the first step"
        return f"{name} raised {case.answer['type']} {where}: {_with_line(case.answer)}", step, None
    return message, step, None


def _with_line(answer: Answer) -> str:
    line = answer.get("line")
    return f"{answer.get('message', '')}{f' ({line})' if line else ''}"


def _type(case: Climb) -> Found | None:
    step = case.answer.get("step")
    if "got" in case.answer:
        got = case.answer["got"]
        return f"expected a pair of tensors (velocity, update), got {got}", step, None
    for step, index, _, came in _pairs(case):
        if not isinstance(came, Tensor):
            return _said(case, step, index, "a tensor", f"a {type(came).__name__}")
    return None


def _shape(case: Climb) -> Found | None:
    return _differ(case, "shape", lambda tensor: str(tuple(tensor.shape)))


def _dtype(case: Climb) -> Found | None:
    return _differ(case, "dtype", lambda tensor: str(tensor.dtype))


def _device(case: Climb) -> Found | None:
    return _differ(case, "device", lambda tensor: str(tensor.device))


def _finite(case: Climb) -> Found | None:
    for step, index, right, came in _pairs(case):
        broken = right.isfinite() & ~came.isfinite()
        if broken.any():
            at = tuple(broken.nonzero()[0].tolist())
            return _said(case, step, index, *_numbers(right, came, at), at)
    return None


def _values(case: Climb) -> Found | None:
    return _part(case) or _length(case) or _fault(case)


RUNGS: dict[str, Callable[[Climb], Found | None]] = {
    "defined": _defined,
    "type": _type,
    "shape": _shape,
    "dtype": _dtype,
    "device": _device,
    "finite": _finite,
    "values": _values,
}
"""In climbing order. Each gives a sentence, a step and a parameter, or None."""


def _pairs(case: Climb) -> Iterator[tuple[int, int, Tensor, Tensor]]:
    """Step (from 1), parameter (from 0), right tensor and the one that came."""
    for step, (right, came) in enumerate(
        zip(case.expected, case.answer["trajectory"], strict=False), start=1
    ):
        for index, pair in enumerate(zip(right, came, strict=False)):
            yield step, index, *pair


def _differ(case: Climb, what: str, look: Callable[[Tensor], str]) -> Found | None:
    for step, index, right, came in _pairs(case):
        if look(right) != look(came):
            return _said(case, step, index, f"{what} {look(right)}", look(came))
    return None


def _part(case: Climb) -> Found | None:
    """Where the two paths part: the first step and parameter out of tolerance."""
    largest = [start.abs() for start in case.inputs.get("parameters", [])]
    before: list[Tensor] = list(case.inputs.get("parameters", []))
    for step, index, right, came in _pairs(case):
        if index >= len(largest):
            largest.append(torch.zeros_like(right.abs()))
            before.append(torch.zeros_like(right))
        largest[index] = torch.maximum(largest[index].to(right.device), right.abs())
        off = _apart(right, came, largest[index])
        if off.numel() and off.max() > case.bound(right.dtype, step):
            return _worst(case, step, index, right, came, off, before[index])
        before[index] = came
    return None


def _apart(right: Tensor, came: Tensor, largest: Tensor) -> Tensor:
    """Distance relative to the largest magnitude so far; where both diverged alike, none."""
    off = (came - right).abs() / largest.clamp_min(torch.finfo(right.dtype).tiny)
    alike = (came == right) | (came.isnan() & right.isnan())
    return off.masked_fill(alike, 0).nan_to_num(nan=torch.inf, posinf=torch.inf)


def _worst(
    case: Climb, step: int, index: int, right: Tensor, came: Tensor, off: Tensor, before: Tensor
) -> Found:
    at = tuple(int(i) for i in torch.unravel_index(off.argmax(), off.shape))
    message, *place = _said(case, step, index, *_numbers(right, came, at), at)
    extra = f" (relative difference {off.max().item():.1e})"
    if case.exercise.kind == "optimizer" and torch.equal(came, before.to(came.device)):
        extra = "; it did not move at all in this step: change param itself, in place"
    return message + extra, place[0], place[1]


def _length(case: Climb) -> Found | None:
    needed, got = (
        [len(step) for step in path] for path in (case.expected, case.answer["trajectory"])
    )
    if needed != got:
        return f"expected the tensors of {len(needed)} steps, got those of {len(got)}", None, None
    return None


def _fault(case: Climb) -> Found | None:
    """What was done besides the right steps, that torch does not do."""
    for name, places in case.answer["faults"].items():
        place = places[0]
        return FAULTS[name].format(**place), place.get("step"), place.get("parameter")
    return None


FAULTS = {
    "rebound": "parameter {parameter} was exchanged for another tensor; it must be changed in "
    "place, or whoever else holds it never sees the step",
    "gradient changed": "the gradient given to parameter {parameter} at step {step} was changed; "
    "it must stay as it was given, so keep and change a copy",
    "graph kept": "state {entry!r} still holds the autograd graph; expected a tensor without one, "
    "or memory grows with every step",
}


def _elsewhere(entry: str, device: str) -> str:
    return f"state {entry!r} lies on {device}, its parameter on a GPU: make it with zeros_like"


def _numbers(right: Tensor, came: Tensor, at: At) -> tuple[str, str]:
    return f"{right[at].item():.9g}", f"{came[at].item():.9g}"


def _said(case: Climb, step: int, index: int, expected: str, got: str, at: At = ()) -> Found:
    what = (
        f"parameter {index}" if case.exercise.kind == "optimizer" else ("velocity", "update")[index]
    )
    element = f" at {list(at)}" if at else ""
    return f"step {step}, {what}{element}: expected {expected}, got {got}", step, index
