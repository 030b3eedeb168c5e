"""The ladder a right answer climbs; the first rung that breaks is the message."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.checks.spec import Answer, Break, CouldNotTell, Exercise, Inputs


@dataclass(frozen=True)
class Climb:
    """An answer, the right one, and how far they may differ (by dtype and step, from 1).

    A difference is measured by ``scales``; without them, by the size of the right answer: where
    parameters are stepped, by the largest an element has been.
    """

    exercise: Exercise
    inputs: Inputs
    answer: Answer
    expected: "Path"
    bound: Callable[[torch.dtype, int], float]
    scales: "Path | None" = None


def climb(case: Climb, rungs: "Rungs | None" = None) -> Break | None:
    """The first broken rung of ``rungs`` (all of them by default), or None at the top."""
    if rungs is None and _at_the_top(case):
        return None
    for rung, look in (RUNGS if rungs is None else rungs).items():
        try:
            found = look(case)
        except Exception as error:  # Else an answer built to break the comparison would pass.
            found = f"the answer cannot be compared ({type(error).__name__})", None, None
        if found:
            message, step, parameter = found
            return Break(rung, message, step, parameter)
    return None


def _at_the_top(case: Climb) -> bool:
    """Whether nothing is wrong, seen for all steps of a tensor at once: most answers are right."""
    if case.answer["outcome"] != "answered" or "got" in case.answer or case.answer["faults"]:
        return False
    try:
        return _nearer(case) or _near(case)
    except Exception:  # the rungs say what it is that cannot be compared
        return False


def hygiene(exercise: Exercise, answer: Answer) -> Break | None:
    """Whether everything made on the way lies on the device of the parameter, or of the input.

    Raises:
        CouldNotTell: If the run ended for another reason; honest code may read a value, and a
            pretended tensor has none.
    """
    if strays := answer.get("faults", {}).get("state elsewhere"):
        entry = strays[0]
        return Break("device", _elsewhere(entry["entry"], entry["device"]))
    if answer.get("type") == "DeviceMismatch":
        return Break(
            "device",
            f"on a GPU, tensors of two devices meet: {_ADVICE[exercise.kind == 'optimizer']} "
            f"({_with_line(answer)})",
            answer["step"],
        )
    if answer["outcome"] != "answered":
        stops = answer.get("line") or answer.get("message") or "no answer"
        raise CouldNotTell(f"no GPU here, and a pretended one gets no further than {stops}")
    return None


Found = tuple[str, int | None, int | None]
Path = list[list[Tensor]]
"""The tensors of every step."""
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
        where = f"at {_label(case, step)}" if step else "before the first step"
        return f"{name} raised {case.answer['type']} {where}: {_with_line(case.answer)}", step, None
    return message, step, None


def _with_line(answer: Answer) -> str:
    line = answer.get("line")
    return f"{answer.get('message', '')}{f' ({line})' if line else ''}"


def _type(case: Climb) -> Found | None:
    step = case.answer.get("step")
    if "got" in case.answer:
        got = case.answer["got"]
        return f"expected {_wanted(case)}, got {got}", step, None
    for step, index, _, came in _pairs(case):
        if not isinstance(came, Tensor):
            return _said(case, step, index, "a tensor", f"a {type(came).__name__}")
    return None


def _shape(case: Climb) -> Found | None:
    return _differ(case, "shape", lambda tensor: tensor.shape, tuple)


def _dtype(case: Climb) -> Found | None:
    return _differ(case, "dtype", lambda tensor: tensor.dtype)


def _device(case: Climb) -> Found | None:
    return _differ(case, "device", lambda tensor: tensor.device)


def _finite(case: Climb) -> Found | None:
    for step, index, right, came in _pairs(case):
        broken = right.isfinite() & ~came.isfinite()
        if broken.any():
            at = tuple(broken.nonzero()[0].tolist())
            return _said(case, step, index, *_numbers(right, came, at), at)
    return None


def _values(case: Climb) -> Found | None:
    return _part(case) or _besides(case)


def _besides(case: Climb) -> Found | None:
    return _fault(case) or _length(case)


Rungs = dict[str, Callable[[Climb], Found | None]]

RUNGS: Rungs = {
    "defined": _defined,
    "type": _type,
    "shape": _shape,
    "dtype": _dtype,
    "device": _device,
    "finite": _finite,
    "values": _values,
}
"""In climbing order. Each gives a sentence, a step and a parameter, or None."""

FORM: Rungs = {**RUNGS, "values": _besides}
"""Without the comparison of values: that of random ones stands in ``chance``."""


def _pairs(case: Climb) -> Iterator[tuple[int, int, Tensor, Tensor]]:
    """Step (from 1), parameter (from 0), right tensor and the one that came."""
    for step, (right, came) in enumerate(
        zip(case.expected, case.answer["trajectory"], strict=False), start=1
    ):
        for index, pair in enumerate(zip(right, came, strict=False)):
            yield step, index, *pair


def _differ(
    case: Climb, what: str, look: Callable[[Tensor], Any], show: Callable[[Any], Any] = str
) -> Found | None:
    for step, index, right, came in _pairs(case):
        if look(right) != look(came):
            wanted, got = (str(show(look(tensor))) for tensor in (right, came))
            return _said(case, step, index, f"{what} {wanted}", got)
    return None


def _part(case: Climb) -> Found | None:
    """Where the two paths part: the first step and parameter out of tolerance."""
    scales = case.scales or _sizes(case)
    for step, index, right, came in _pairs(case):
        right, came = _floating(right), _floating(came)
        off = _apart(right, came, scales[step - 1][index].to(right.device))
        if off.numel() and off.max() > case.bound(right.dtype, step):
            return _worst(case, step, index, right, came, off)
    return None


def _nearer(case: Climb) -> bool:
    """Whether every element is in tolerance even by its own size, which is the least scale.

    Most right answers are, and one look at all of them takes half the time.
    """
    came_path = case.answer["trajectory"]
    if case.scales or [len(row) for row in case.expected] != [len(row) for row in came_path]:
        return False
    rights, cames = [list(chain.from_iterable(path)) for path in (case.expected, came_path)]
    if list(map(_form, rights)) != list(map(_form, cames)):
        return False
    if len({(one.dtype, one.device) for one in rights}) != 1 or not rights[0].is_floating_point():
        return False
    right, came = (torch.cat([one.flatten() for one in path]) for path in (rights, cames))
    return bool(((came - right).abs() <= case.bound(right.dtype, 1) * right.abs()).all())


def _near(case: Climb) -> bool:
    """Whether all tensors are of the right form, and none is out of tolerance."""
    scales = case.scales or _sizes(case)
    columns = _columns(case.expected, case.answer["trajectory"], scales)
    if columns is None:
        return False
    for right, came, scale in columns:
        if _form(right) != _form(came):
            return False
        right, came = _floating(right), _floating(came)
        scale = scale.reshape(*scale.shape, *[1] * (right.dim() - scale.dim()))
        off = _apart(right, came, scale.to(right.device))
        bounds = [case.bound(right.dtype, step) for step in range(1, len(off) + 1)]
        if off.numel() and (off.reshape(len(off), -1).amax(1) > off.new_tensor(bounds)).any():
            return False
    return True


def _columns(*paths: Path) -> list[tuple[Tensor, ...]] | None:
    """Of every parameter its tensors of all steps in one, from each path.

    None where paths are not of one length, or a tensor changes its form on the way.
    """
    if len({len(path) for path in paths}) > 1 or len({len(row) for p in paths for row in p}) != 1:
        return None
    columns = [list(zip(*path, strict=True)) for path in paths]
    if any(len(set(map(_form, column))) > 1 for path in columns for column in path):
        return None
    return list(zip(*([torch.stack(c) for c in path] for path in columns), strict=True))


def _form(tensor: Tensor) -> tuple[torch.Size, torch.dtype, torch.device]:
    return tensor.shape, tensor.dtype, tensor.device


def _floating(tensor: Tensor) -> Tensor:
    return tensor if tensor.is_floating_point() or tensor.is_complex() else tensor.double()


def _sizes(case: Climb) -> Path:
    """What differences are measured by: the right answer's own size."""
    if "parameters" not in case.inputs:
        return [[_largest(right) for right in row] for row in case.expected]
    columns = zip(case.inputs["parameters"], *case.expected, strict=True)
    sizes = [_so_far(start, steps) for start, *steps in columns]
    return [list(row) for row in zip(*sizes, strict=True)]


def _so_far(start: Tensor, steps: list[Tensor]) -> tuple[Tensor, ...]:
    """The largest size of every element up to each step."""
    path = torch.stack([start.to(steps[0].device), *steps]).abs()
    return path.cummax(0).values[1:].unbind()


def _largest(tensor: Tensor) -> Tensor:
    return tensor.abs().max() if tensor.numel() else tensor.new_ones(())


def _apart(right: Tensor, came: Tensor, scale: Tensor) -> Tensor:
    """Distance relative to a scale; where both diverged alike, none."""
    off = (came - right).abs() / scale.clamp_min(torch.finfo(right.dtype).tiny)
    alike = (came == right) | (came.isnan() & right.isnan())
    return off.masked_fill(alike, 0).nan_to_num(nan=torch.inf, posinf=torch.inf)


def _worst(case: Climb, step: int, index: int, right: Tensor, came: Tensor, off: Tensor) -> Found:
    # torch's own loads its compiler and sympy for it, which takes a second.
    at = tuple(int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    message, *place = _said(case, step, index, *_numbers(right, came, at), at)
    extra = f" (relative difference {off.max().item():.1e})"
    if "parameters" in case.inputs and torch.equal(came, _before(case, step, index)):
        extra = "; it did not move at all in this step: change param itself, in place"
    return message + extra, place[0], place[1]


def _before(case: Climb, step: int, index: int) -> Tensor:
    """A parameter before a step."""
    start: list[Tensor] = case.inputs["parameters"]
    path: list[list[Tensor]] = case.answer["trajectory"]
    return path[step - 2][index] if step > 1 else start[index].to(path[0][index].device)


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
        step = place.get("step")
        where = f"{_label(case, step)}: " if "labels" in case.inputs and step else ""
        return where + FAULTS[name].format(**place), step, place.get("parameter")
    return None


FAULTS = {
    "rebound": "parameter {parameter} was exchanged for another tensor; it must be changed in "
    "place, or whoever else holds it never sees the step",
    "gradient changed": "the gradient given to parameter {parameter} at step {step} was changed; "
    "it must stay as it was given, so keep and change a copy",
    "graph kept": "state {entry!r} still holds the autograd graph; expected a tensor without one, "
    "or memory grows with every step",
    "argument changed": "an argument was changed (number {argument}, counted from 0); it must stay "
    "as it was given, so keep and change a copy",
    "graph in statistics": "the running statistics hold the autograd graph; expected tensors "
    "without one, or memory grows with every batch",
    "model changed": "the model was changed (its {entry}); asking for a loss must leave parameters "
    "and running statistics as they are",
    "global chance": "torch's global random state was moved; all chance must come from the "
    "generator given",
    "graph lost": "no gradient flows back from the output; expected autograd to be able to follow "
    "every operation from the input on",
}


_ADVICE = {
    True: "make every new tensor with zeros_like, or give it device=param.device",
    False: "make every new tensor with zeros_like or rand_like, or give it device=input.device",
}


def _elsewhere(entry: str, device: str) -> str:
    if entry == "output" or entry.startswith("value "):
        return f"what comes back lies on {device}, the input on a GPU: {_ADVICE[False]}"
    return f"state {entry!r} lies on {device}, its parameter on a GPU: make it with zeros_like"


def _numbers(right: Tensor, came: Tensor, at: At) -> tuple[str, str]:
    return f"{right[at].item():.9g}", f"{came[at].item():.9g}"


def _said(case: Climb, step: int, index: int, expected: str, got: str, at: At = ()) -> Found:
    names = case.inputs.get("names")
    what = names[index] if names else f"parameter {index}"
    element = f" at {list(at)}" if at else ""
    said = f"{_label(case, step)}, {what}{element}: expected {expected}, got {got}"
    return said, step, index


def _label(case: Climb, step: int | None) -> str:
    """What a step is called: a call or a pass has a name of its own."""
    labels = case.inputs.get("labels")
    return labels[step - 1] if labels and step else f"step {step}"


def _wanted(case: Climb) -> str:
    wanted: str = case.inputs.get("wanted", "a tensor")
    return wanted
