"""What every way of running needs: places, copies, comparisons."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.pretended import DEVICE
from course_lib.checks.spec import FAKE

Trajectory = list[list[Tensor]]
"""The tensors after every step, call or pass."""


class At:
    """Counts the steps, so that an exception can be placed; 0 is the constructor."""

    step = 0


def placer(device: str) -> Callable[[Tensor], Tensor]:
    """A function that gives a fresh copy of a tensor on ``device``, a pretended one too."""
    if device == FAKE:
        return lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device=DEVICE)
    return torch.clone if device == "cpu" else lambda tensor: tensor.to(device, copy=True)


def tuples(options: dict[str, Any]) -> dict[str, Any]:
    """``options`` with tuples for lists, as torch's arguments have them."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in options.items()}


def place_steps(
    steps: Sequence[Sequence[Tensor | None]], place: Callable[[Tensor], Tensor]
) -> list[list[Tensor | None]]:
    """Fresh copies of what every parameter gets at every step."""
    return [[None if tensor is None else place(tensor) for tensor in step] for step in steps]


def copy(tensor: Tensor) -> Tensor:
    """A copy without a graph."""
    return tensor.data.clone()


def same(left: Tensor, right: Tensor) -> bool:
    """Whether all elements are equal, NaN being equal to itself."""
    if left.shape != right.shape:
        return False
    if left.dtype == right.dtype and torch.equal(left, right):
        return True
    return bool(((left == right) | (left.isnan() & right.isnan())).all())


def kind(value: Any) -> str:
    """What ``value`` is, in words."""
    if isinstance(value, tuple):
        return f"a tuple of {', '.join(type(entry).__name__ for entry in value) or 'nothing'}"
    return "nothing" if value is None else f"a {type(value).__name__}"


def strays(tensors: Iterator[tuple[str, Tensor]], device: torch.device) -> dict[str, Any]:
    """Tensors that lie elsewhere than on ``device``; a single number may lie anywhere."""
    found = [
        {"entry": name, "device": str(tensor.device)}
        for name, tensor in tensors
        if tensor.dim() > 0 and tensor.device != device
    ]
    return {"state elsewhere": found} if found else {}
