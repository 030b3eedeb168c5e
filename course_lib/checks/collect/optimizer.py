"""Run an optimizer step by step, or a velocity convention."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.shared import (
    At,
    Trajectory,
    copy,
    kind,
    place_steps,
    placer,
    same,
    strays,
    tuples,
)
from course_lib.checks.spec import FAKE, Inputs


def run_optimizer(cls: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Step an optimizer with the gradients given; the parameters after every step.

    ``inputs`` may name a step as ``copied``: after it, copies take the place of all that the
    optimizer remembers, as after a checkpoint. Numbers go on as before; another optimizer that is
    held there goes on with a parameter of its own.
    """
    place = placer(inputs["device"])
    params = [place(start).requires_grad_() for start in inputs["parameters"]]
    storage = [param.data_ptr() for param in params] if inputs["device"] != FAKE else []
    optimizer = cls(grouped(params, inputs["groups"]), **tuples(inputs["options"]))
    take_step = _unmarked(optimizer)
    placed = place_steps(inputs["gradients"], place)
    trajectory: Trajectory = []
    for step, gradients in enumerate(placed, start=1):
        at.step = step
        if str(step) in inputs["changes"]:
            for group in optimizer.param_groups:
                group.update(tuples(inputs["changes"][str(step)]))
        for param, gradient in zip(params, gradients, strict=True):
            param.grad = gradient
        take_step()
        if inputs["device"] != FAKE:
            trajectory.append([copy(param) for param in params])
        if step == inputs.get("copied"):
            for param, remembered in optimizer.state.items():
                optimizer.state[param] = _copied(remembered)
        if any(map(_unlike, params, inputs["parameters"])):
            break  # torch itself raises if such a parameter is given its next gradient.
    if inputs["device"] == FAKE:
        elsewhere = strays(_state(optimizer, params), params[0].device)
        return {"trajectory": trajectory, "faults": elsewhere}
    moved = [i for i, param in enumerate(params) if param.data_ptr() != storage[i]]
    faults = {
        "rebound": [{"parameter": index} for index in moved],
        "gradient changed": [
            {"step": step, "parameter": index}
            for step, rows in enumerate(zip(placed, inputs["gradients"], strict=True), start=1)
            for index, (gradient, before) in enumerate(zip(*rows, strict=True))
            if gradient is not None and before is not None
            if not same(gradient.to(before.device), before)
        ],
        "graph kept": [
            {"entry": name} for name, tensor in _state(optimizer, params) if tensor.requires_grad
        ],
    }
    return {"trajectory": trajectory, "faults": {k: v for k, v in faults.items() if v}}


def run_convention(rule: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Call a velocity rule once a step; velocity and update after every step."""
    place = placer(inputs["device"])
    options = dict(inputs["options"])
    velocity = place(inputs["gradients"][0]).zero_()
    placed = place_steps([[gradient] for gradient in inputs["gradients"]], place)
    trajectory: Trajectory = []
    for step, (gradient,) in enumerate(placed, start=1):
        at.step = step
        options.update(inputs["changes"].get(str(step), {}))
        pair = rule(velocity.clone(), gradient, options["lr"], options["momentum"])
        if not (isinstance(pair, tuple) and len(pair) == 2 and all(map(torch.is_tensor, pair))):
            return {"trajectory": trajectory, "faults": {}, "got": kind(pair), "step": step}
        velocity = copy(pair[0])
        trajectory.append([velocity, copy(pair[1])])
    return {"trajectory": [] if inputs["device"] == FAKE else trajectory, "faults": {}}


def grouped(params: list[Tensor], groups: list[dict[str, Any]] | None) -> list[Any]:
    """Parameters as an optimizer takes them: each a group with options of its own, or in one."""
    if groups is None:
        return list(params)
    return [{"params": [p], **tuples(options)} for p, options in zip(params, groups, strict=True)]


def _unmarked(optimizer: Any) -> Callable[[], Any]:
    """An optimizer's step without the marks that torch puts around it for its profiler.

    The marks take as long as a short rule; the hooks of a step hang on them.
    """
    step = optimizer.step
    own = getattr(step, "__wrapped__", None) if getattr(step, "hooked", False) else None
    hooks = (f"_optimizer_step_{when}_hooks" for when in ("pre", "post"))
    if own is None or any(getattr(optimizer, name, None) for name in hooks):
        return step  # type: ignore[no-any-return]
    return lambda: own(optimizer)


def _copied(remembered: Any) -> Any:
    """A copy of what is remembered of one parameter; deepcopy takes long for a tensor."""
    entries = remembered.values() if isinstance(remembered, dict) else ()
    plain = [entry for entry in entries if type(entry) is Tensor and not entry.requires_grad]
    return deepcopy(remembered, {id(tensor): copy(tensor) for tensor in plain})


def _unlike(param: Tensor, start: Tensor) -> bool:
    return param.shape != start.shape or param.dtype != start.dtype


def _state(optimizer: Any, params: list[Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Every tensor an optimizer keeps, its parameters and their gradients apart."""
    own = {id(tensor) for param in params for tensor in (param, param.grad)}
    kept = {k: v for k, v in getattr(optimizer, "__dict__", {}).items() if k != "param_groups"}
    return (found for found in _tensors("", kept) if id(found[1]) not in own)


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _tensors(key if isinstance(key, str) else name, entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _tensors(name, entry)
