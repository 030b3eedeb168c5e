"""Cases of optimizers and of velocity conventions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.inputs.shared import one_of, plain, require_known
from course_lib.checks.spec import Exercise, Inputs

DTYPES = ("float32", "float64", "complex64", "complex128")


def _spike(gradients: Tensor) -> Tensor:
    gradients[0] *= 100
    return gradients


PATTERNS: dict[str, Callable[[Tensor], Tensor]] = {
    "normal": lambda gradients: gradients,
    "constant": lambda gradients: gradients[:1].expand_as(gradients).clone(),
    "spike": _spike,
}
"""How the gradients of a parameter follow each other; the first axis counts the steps."""


def optimizer_inputs(
    exercise: Exercise,
    *,
    steps: int = 10,
    seed: int = 0,
    scale: float = 1.0,
    shapes: Sequence[Sequence[int]] = ((3, 2), (4,)),
    dtype: str = "float64",
    missing: Mapping[int, Sequence[int]] | None = None,
    groups: Sequence[Mapping[str, Any]] | None = None,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    gradients: str = "normal",
    **options: Any,
) -> Inputs:
    """Parameters, their gradients at every step, and the hyper-parameters.

    Args:
        exercise: Whose options are allowed.
        steps: How many steps are taken; at least 1.
        seed: Draws parameters and gradients; another seed, other numbers.
        scale: Size of the gradients, in units of a standard normal.
        shapes: One shape for each parameter.
        dtype: One of ``DTYPES``.
        missing: For a parameter, counted from 0, the steps, counted from 1, without gradient.
        groups: Options of each parameter's own group; None puts all parameters in one group.
        changes: Before a step, counted from 1, the options every group changes to.
        gradients: One of ``PATTERNS``.
        **options: Hyper-parameters for the constructor.

    Returns:
        Inputs of numbers, strings, lists, dicts and tensors only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If another parameter is outside its domain.
    """
    _require(exercise, steps, groups or (), changes or {}, options)
    one_of("dtype", dtype, DTYPES)
    one_of("gradients", gradients, tuple(PATTERNS))
    if groups is not None and len(groups) != len(shapes):
        raise ValueError(f"needed one group for each of {len(shapes)} shapes, got {len(groups)}")
    gone = {(int(index), step) for index, at in (missing or {}).items() for step in at}
    if not all(0 <= index < len(shapes) and 1 <= step <= steps for index, step in gone):
        raise ValueError(f"missing={missing} names a parameter or a step that is not there")
    draw = torch.Generator().manual_seed(seed)
    numbers = getattr(torch, dtype)
    start = [torch.randn(tuple(shape), generator=draw, dtype=numbers) for shape in shapes]
    raw = [torch.randn((steps, *shape), generator=draw, dtype=numbers) for shape in shapes]
    paths = [(PATTERNS[gradients](path) * scale).unbind() for path in raw]
    return {
        "kind": "optimizer",
        "device": "cpu",
        "extent": f"{steps} steps",
        "parameters": start,
        "gradients": [
            [None if (i, t + 1) in gone else path[t] for i, path in enumerate(paths)]
            for t in range(steps)
        ],
        "options": plain(exercise.defaults | options),
        "groups": plain(groups),
        "changes": plain(changes or {}),
    }


def convention_inputs(
    exercise: Exercise,
    *,
    steps: int = 10,
    seed: int = 0,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    **options: Any,
) -> Inputs:
    """One parameter's gradients, and the rate and momentum at every step.

    Args:
        exercise: Whose options are allowed.
        steps: How many steps are taken; at least 1.
        seed: Draws the gradients.
        changes: Before a step, counted from 1, the rate or momentum that changes.
        **options: ``lr`` and ``momentum``.

    Returns:
        Inputs of numbers, strings, lists, dicts and tensors only.

    Raises:
        TypeError: If an option is unknown.
        ValueError: If a step is outside its domain.
    """
    _require(exercise, steps, (), changes or {}, options)
    draw = torch.Generator().manual_seed(seed)
    return {
        "kind": "convention",
        "device": "cpu",
        "extent": f"{steps} steps",
        "names": ["velocity", "update"],
        "wanted": "a pair of tensors (velocity, update)",
        "gradients": list(torch.randn(steps, 4, generator=draw, dtype=torch.float64)),
        "options": plain(exercise.defaults | options),
        "changes": plain(changes or {}),
    }


def _require(
    exercise: Exercise,
    steps: int,
    groups: Sequence[Mapping[str, Any]],
    changes: Mapping[int, Mapping[str, Any]],
    options: Mapping[str, Any],
) -> None:
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if not all(1 <= int(step) <= steps for step in changes):
        raise ValueError(f"changes must be at steps 1 to {steps}, got {list(changes)}")
    builder = convention_inputs if exercise.kind == "convention" else optimizer_inputs
    for named in (options, *groups, *changes.values()):
        require_known(exercise, named, builder)
