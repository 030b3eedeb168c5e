"""Run a layer apart from the function it calls, so that a fault in one costs nothing in the other.

While the layer runs, another function stands in for ``batch_norm``. It normalizes nothing: it
writes down what it is handed, and leaves marks in its output and in the running statistics.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.layer import run_layer
from course_lib.checks.collect.shared import At
from course_lib.checks.spec import Inputs

NAME = "batch_norm"
"""The function that is stood in for."""

HANDED = (
    f"the number of calls of {NAME}",
    *(f"{argument}, as handed to {NAME}" for argument in ("training", "momentum", "eps")),
    f"whether {NAME} is handed the running statistics",
)
"""What is written down of every pass, in words."""


class NotCalled(Exception):
    """The layer does without the function."""


class StandIn:
    """Takes the arguments of ``batch_norm``; see the module's text."""

    def __init__(self, at: At) -> None:
        self.at = at
        self.handed: dict[int, list[list[float]]] = {}

    def __call__(
        self,
        input: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        """Mark the output with every argument, and the statistics where they would be tracked."""
        told = [float(training), _number(momentum), _number(eps), float(running_mean is not None)]
        self.handed.setdefault(self.at.step, []).append(told)
        output = 2.0 * input if training else input * 1.0
        marks = ((weight, 1.0), (bias, 3.0), (running_mean, 5.0), (running_var, 7.0))
        for tensor, factor in marks:
            if tensor is not None:
                output = output + factor * tensor.sum()
        if training:
            with torch.no_grad():
                for tensor, factor in ((running_mean, 1.0), (running_var, 2.0)):
                    if tensor is not None:
                        tensor.add_(factor * _number(momentum))
        return output

    def row(self, step: int) -> list[Tensor]:
        """What was handed over in a pass, in the order of ``HANDED``."""
        calls = self.handed.get(step, [])
        last = calls[-1] if calls else [0.0] * (len(HANDED) - 1)
        return [torch.tensor(number, dtype=torch.float64) for number in (len(calls), *last)]


def run_apart(cls: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Run a layer as ``run_layer`` does, with a stand-in wherever it finds ``batch_norm``.

    Returns:
        As ``run_layer``; every row begins with what the function was handed.

    Raises:
        NotCalled: If the layer does not call it.
    """
    stand_in = StandIn(at)
    with placed(stand_in, _namespaces(cls)):
        answer = run_layer(cls, inputs, at)
    if not stand_in.handed:
        raise NotCalled
    rows = enumerate(answer["trajectory"], start=1)
    return {**answer, "trajectory": [[*stand_in.row(step), *row] for step, row in rows]}


@contextmanager
def placed(stand_in: StandIn, namespaces: list[dict[str, Any]]) -> Iterator[None]:
    """Put the stand-in where ``namespaces`` hold the function, and the function back again."""
    held = [(names, names[NAME]) for names in namespaces if callable(names.get(NAME))]
    try:
        for names, _ in held:
            names[NAME] = stand_in
        yield
    finally:
        for names, own in held:
            names[NAME] = own


def _namespaces(cls: Any) -> list[dict[str, Any]]:
    """Where a layer may find the function: its own cell's names, and the library's."""
    members = [member for kind in getattr(cls, "__mro__", ()) for member in vars(kind).values()]
    found = [member.__globals__ for member in members if hasattr(member, "__globals__")]
    library = [vars(m) for n, m in list(sys.modules.items()) if n.startswith("course_lib.nn")]
    return list({id(names): names for names in (*found, *library)}.values())


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
