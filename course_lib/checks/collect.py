"""The untrusted half of a check: run what a student wrote, hand back plain tensors and facts.

Nothing here knows a right answer, so it may run in a process that nobody trusts.
"""

import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from course_lib.checks.spec import FAKE, Answer, Inputs

Trajectory = list[list[Tensor]]


class _At:
    """Counts the steps, so that an exception can be placed; 0 is the constructor."""

    step = 0


def collect(obj: Any, inputs: Inputs) -> Answer:
    """Run ``obj`` on ``inputs``.

    Args:
        obj: The class or function a student wrote.
        inputs: As made by ``course_lib.checks.inputs``.

    Returns:
        ``outcome`` and, when it is ``"answered"``, ``trajectory``: the tensors after every step;
        ``faults``: what was done besides that torch does not do, each with its place. When it is
        ``"raised"`` or ``"unwritten"``: ``message`` and ``step``, and of an exception ``type`` and
        ``line``.
    """
    at = _At()
    try:
        with _pretended() if inputs["device"] == FAKE else nullcontext():
            return {"outcome": "answered", **_RUNS[inputs["kind"]](obj, inputs, at)}
    except NotImplementedError as error:
        return {"outcome": "unwritten", "message": _text(error), "step": at.step}
    except (Exception, SystemExit) as error:
        return {
            "outcome": "raised",
            "type": type(error).__name__,
            "message": _text(error),
            "line": _line(error, obj),
            "step": at.step,
        }


@contextmanager
def _pretended() -> Iterator[None]:
    """Tensors without values; without autograd, which on a build of torch without CUDA aborts."""
    with FakeTensorMode(), torch.inference_mode():
        yield


def _optimizer(cls: Any, inputs: Inputs, at: _At) -> dict[str, Any]:
    place = _placer(inputs["device"])
    params = [place(start).requires_grad_() for start in inputs["parameters"]]
    storage = [param.data_ptr() for param in params] if inputs["device"] != FAKE else []
    optimizer = cls(_groups(params, inputs["groups"]), **_tuples(inputs["options"]))
    given: list[tuple[int, int, Tensor, Tensor]] = []
    trajectory: Trajectory = []
    for step, gradients in enumerate(inputs["gradients"], start=1):
        at.step = step
        if str(step) in inputs["changes"]:
            for group in optimizer.param_groups:
                group.update(_tuples(inputs["changes"][str(step)]))
        for index, (param, grad) in enumerate(zip(params, gradients, strict=True)):
            param.grad = None if grad is None else place(grad)
            if param.grad is not None and grad is not None:
                given.append((step, index, param.grad, place(grad)))
        optimizer.step()
        trajectory.append([_copy(param) for param in params])
        if any(map(_unlike, params, inputs["parameters"])):
            break  # torch itself raises if such a parameter is given its next gradient.
    if inputs["device"] == FAKE:
        return {"trajectory": [], "faults": _strays(optimizer, params)}
    moved = [i for i, param in enumerate(params) if param.data_ptr() != storage[i]]
    faults = {
        "rebound": [{"parameter": index} for index in moved],
        "gradient changed": [
            {"step": step, "parameter": index}
            for step, index, grad, before in given
            if not _same(grad, before)
        ],
        "graph kept": [
            {"entry": name} for name, tensor in _state(optimizer, params) if tensor.requires_grad
        ],
    }
    return {"trajectory": trajectory, "faults": {k: v for k, v in faults.items() if v}}


def _convention(rule: Any, inputs: Inputs, at: _At) -> dict[str, Any]:
    place = _placer(inputs["device"])
    options = dict(inputs["options"])
    velocity = place(inputs["gradients"][0]).zero_()
    trajectory: Trajectory = []
    for step, gradient in enumerate(inputs["gradients"], start=1):
        at.step = step
        options.update(inputs["changes"].get(str(step), {}))
        pair = rule(velocity.clone(), place(gradient), options["lr"], options["momentum"])
        if not (isinstance(pair, tuple) and len(pair) == 2 and all(map(torch.is_tensor, pair))):
            return {"trajectory": trajectory, "faults": {}, "got": _kind(pair), "step": step}
        velocity = _copy(pair[0])
        trajectory.append([velocity, _copy(pair[1])])
    return {"trajectory": [] if inputs["device"] == FAKE else trajectory, "faults": {}}


_RUNS: dict[str, Callable[[Any, Inputs, _At], dict[str, Any]]] = {
    "optimizer": _optimizer,
    "convention": _convention,
}


def _placer(device: str) -> Callable[[Tensor], Tensor]:
    """A function that gives a fresh copy of a tensor on ``device``, a pretended one too."""
    if device == FAKE:
        return lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device="cuda")
    return lambda tensor: tensor.to(device, copy=True)


def _groups(params: list[Tensor], groups: list[dict[str, Any]] | None) -> list[Any]:
    if groups is None:
        return list(params)
    return [{"params": [p], **_tuples(options)} for p, options in zip(params, groups, strict=True)]


def _tuples(options: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}


def _unlike(param: Tensor, start: Tensor) -> bool:
    return param.shape != start.shape or param.dtype != start.dtype


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().clone()


def _same(left: Tensor, right: Tensor) -> bool:
    return bool(((left == right) | (left.isnan() & right.isnan())).all())


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


def _strays(optimizer: Any, params: list[Tensor]) -> dict[str, Any]:
    """State that lies on another device than the parameters; a single number may lie anywhere."""
    strays = [
        {"entry": name, "device": str(tensor.device)}
        for name, tensor in _state(optimizer, params)
        if tensor.dim() > 0 and tensor.device != params[0].device
    ]
    return {"state elsewhere": strays} if strays else {}


def _kind(value: Any) -> str:
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(type(entry).__name__ for entry in value) or 'nothing'}"
    return f"a {type(value).__name__}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def _line(error: BaseException, obj: Any) -> str:
    """The innermost line of the student's own text, or nothing."""
    members = vars(obj).values() if isinstance(obj, type) else (obj,)
    files = {member.__code__.co_filename for member in members if hasattr(member, "__code__")}
    found, frame = "", error.__traceback__
    while frame is not None:
        file, number = frame.tb_frame.f_code.co_filename, frame.tb_lineno
        if file in files:
            found = f"line {number}: {linecache.getline(file, number).strip()}"
        frame = frame.tb_next
    return found
