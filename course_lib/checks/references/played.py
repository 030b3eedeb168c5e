"""Right answers of optimizers, written down once and played for other numbers.

Which operators an optimizer of torch calls depends on its options, on the step and on the forms of
its tensors, never on a number in them. So torch's calls for one case are written down, and played
on the numbers of another: the same operators in the same order, to the same bits, without what
Python does in between. That takes two fifths of the time.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.spec import Exercise, Inputs

Rule = Callable[[Exercise, Inputs], Trajectory]

Written = Callable[..., tuple[Tensor, ...]]

_WRITTEN: dict[Any, Written] = {}
"""By the form of a case: from its numbers to the parameters after every step, in one row."""


def write_down(rule: Rule, exercise: Exercise, inputs: Inputs, others: Inputs) -> bool:
    """Write down what ``rule`` calls, for ``play``.

    Args:
        rule: Gives the right answer.
        exercise: What is asked.
        inputs: A case of it.
        others: The same case with other numbers.

    Returns:
        Whether it is kept: if it gives the bits of ``rule`` for the other numbers, too.
    """

    def flat(*numbers: Tensor) -> tuple[Tensor, ...]:
        return tuple(tensor for row in rule(exercise, _with(inputs, numbers)) for tensor in row)

    with warnings.catch_warnings():
        # Torch's own, that this way of writing down ends some day, and that a count of steps is
        # read as a number, as it may be.
        warnings.simplefilter("ignore")
        written: Written = torch.jit.trace(flat, _numbers(inputs), check_trace=False)  # type: ignore[no-untyped-call]
    _shorten(written)
    pairs = zip(rule(exercise, others), _played(written, others), strict=True)
    kept = all(torch.equal(*pair) for rows in pairs for pair in zip(*rows, strict=True))
    if kept:
        _WRITTEN[_form(exercise, inputs)] = written
    return kept


def _shorten(written: Written) -> None:
    """Keep a constant once, and of no call from where it was made: that halves the memory."""
    graph = written.graph  # type: ignore[attr-defined]
    torch._C._jit_pass_constant_pooling(graph)  # type: ignore[attr-defined]
    nodes = list(graph.nodes())
    for node in nodes:
        node.copyMetadata(nodes[0])


def play(exercise: Exercise, inputs: Inputs) -> Trajectory | None:
    """The right answer; None where nothing is written down for such a case."""
    written = _WRITTEN.get(_form(exercise, inputs))
    return None if written is None else _played(written, inputs)


def _played(written: Written, inputs: Inputs) -> Trajectory:
    with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]
        row, count = written(*_numbers(inputs)), len(inputs["parameters"])
    return [list(row[start : start + count]) for start in range(0, len(row), count)]


def _form(exercise: Exercise, inputs: Inputs) -> Any:
    """All of a case but its numbers; a gradient has the form of its parameter."""
    return (
        exercise.reference,
        repr([inputs[name] for name in ("device", "options", "groups", "changes")]),
        tuple((start.shape, start.dtype) for start in inputs["parameters"]),
        tuple(gradient is None for row in inputs["gradients"] for gradient in row),
    )


def _numbers(inputs: Inputs) -> tuple[Tensor, ...]:
    gradients = (gradient for row in inputs["gradients"] for gradient in row)
    return (*inputs["parameters"], *(gradient for gradient in gradients if gradient is not None))


def _with(inputs: Inputs, numbers: tuple[Tensor, ...]) -> Inputs:
    """A case with other numbers in place of its own."""
    left = iter(numbers)
    starts = [next(left) for _ in inputs["parameters"]]
    rows = [[None if g is None else next(left) for g in row] for row in inputs["gradients"]]
    return {**inputs, "parameters": starts, "gradients": rows}
