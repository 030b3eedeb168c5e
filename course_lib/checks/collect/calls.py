"""Run a function: call it, perhaps differentiate, look at what it changed."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.pretended import DEVICE
from course_lib.checks.collect.shared import At, Trajectory, copy, kind, placer, same, strays
from course_lib.checks.spec import FAKE, Inputs


def run_calls(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Call a function with the arguments of every call.

    ``inputs`` holds ``calls``, each with ``args``, ``kwargs`` and perhaps ``upstream``, the
    gradient of the output; ``returns``, how many values a call gives (0: one list of numbers);
    ``changes``, the positions of the arguments it must change; ``differentiate``, the positions
    of those whose gradients are asked for; ``seed`` where chance plays.

    Returns:
        For every call: the values, then the arguments in ``changes``, then the gradients.
    """
    pretended = inputs["device"] == FAKE
    if "seed" in inputs:
        torch.manual_seed(inputs["seed"])
    place = placer(inputs["device"])
    faults: dict[str, list[dict[str, Any]]] = {}
    trajectory: Trajectory = []
    for number, call in enumerate(inputs["calls"], start=1):
        at.step = number
        args = [_placed(value, place) for value in call["args"]]
        before = [_own(value) for value in args]
        sources = [] if pretended else [args[i].requires_grad_() for i in inputs["differentiate"]]
        returned = function(*args, **{n: _placed(v, place) for n, v in call["kwargs"].items()})
        values = _values(returned, inputs["returns"])
        if values is None:
            return {"trajectory": trajectory, "faults": {}, "got": kind(returned), "step": number}
        if pretended:
            named = ((f"value {i}", value) for i, value in enumerate(values))
            faults |= strays(named, torch.device(DEVICE))
            continue
        changed = [args[i] for i in inputs["changes"]]
        _note(faults, args, before, inputs, number)
        gradients = _gradients(values[0], sources, call.get("upstream"), place, faults, number)
        trajectory.append([*map(copy, values), *map(copy, changed), *gradients])
    return {"trajectory": trajectory, "faults": faults}


def _placed(value: Any, place: Callable[[Tensor], Tensor]) -> Any:
    return place(value) if isinstance(value, Tensor) else _own(value)


def _own(value: Any) -> Any:
    """A copy of what could be changed in place."""
    if isinstance(value, Tensor):
        return value.clone()
    return list(value) if isinstance(value, list) else value


def _values(returned: Any, wanted: int) -> list[Tensor] | None:
    """What a call gave, as tensors: a plain number is one too; None if it is something else."""
    several = list(returned) if isinstance(returned, (tuple, list)) else [returned]
    if wanted == 0 and isinstance(returned, (tuple, list)):  # One list of numbers, of any length.
        several, wanted = [torch.tensor([float(v) for v in several], dtype=torch.float64)], 1
    values = [_number(value) for value in several]
    good = len(values) == wanted and all(isinstance(value, Tensor) for value in values)
    return values if good else None


def _number(value: Any) -> Any:
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return torch.tensor(float(value), dtype=torch.float64) if plain else value


def _note(
    faults: dict[str, list[dict[str, Any]]],
    args: list[Any],
    before: list[Any],
    inputs: Inputs,
    number: int,
) -> None:
    """Write down arguments changed that must stay, and graphs kept in those that may change."""
    for index, (now, then) in enumerate(zip(args, before, strict=True)):
        place = {"step": number, "argument": index}
        if not isinstance(now, Tensor):
            if isinstance(now, list) and now != then:
                faults.setdefault("argument changed", []).append(place)
            continue
        if index in inputs["changes"]:
            if now.requires_grad:
                faults.setdefault("graph in statistics", []).append(place)
        elif not same(now, then):
            faults.setdefault("argument changed", []).append(place)


def _gradients(
    output: Tensor,
    sources: list[Tensor],
    upstream: Any,
    place: Callable[[Tensor], Tensor],
    faults: dict[str, list[dict[str, Any]]],
    number: int,
) -> list[Tensor]:
    if not sources or upstream is None or output.shape != upstream.shape:
        return []  # an output of another shape is told from the right one as it is
    if not output.requires_grad:
        faults.setdefault("graph lost", []).append({"step": number})
        return []
    found = torch.autograd.grad(output, sources, place(upstream), allow_unused=True)
    return [
        torch.zeros_like(source) if gradient is None else copy(gradient)
        for source, gradient in zip(sources, found, strict=True)
    ]
