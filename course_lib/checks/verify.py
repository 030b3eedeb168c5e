"""The trusted half of a check: the right answer, and how far from it is still right.

The right answer is computed at the moment of checking, by torch's own optimizer with
``foreach=False`` or, for the velocity conventions, which torch lacks, by their recurrences.
No student code runs here.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from course_lib.checks import ladder
from course_lib.checks.collect import Trajectory, collect
from course_lib.checks.spec import FAKE, Answer, Break, CouldNotTell, Exercise, Inputs

Pair = tuple[Tensor, Tensor]

CONVENTIONS: dict[str, Callable[[Tensor, Tensor, float, float], Pair]] = {
    "rate_inside": lambda v, g, lr, mu: (torch.sub(mu * v, g, alpha=lr),) * 2,
    "rate_outside": lambda v, g, lr, mu: (w := torch.add(g, v, alpha=mu), torch.mul(w, -lr)),
    "rate_inside_flipped": lambda v, g, lr, mu: (w := torch.add(lr * g, v, alpha=mu), w.neg()),
}
"""From velocity, gradient, rate and momentum to the new velocity and what is added."""

SINGLE_RTOL = 1e-6
"""Relative tolerance in single precision for up to ten steps."""


def judge(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where ``answer`` falls off the ladder, or None if it reaches the top.

    Raises:
        CouldNotTell: If the fault is not the student's.
    """
    if inputs["device"] == FAKE:
        return ladder.hygiene(answer)
    if answer.get("type") == "OutOfMemoryError" and inputs["device"] != "cpu":
        raise CouldNotTell(f"no memory left on {inputs['device']}")
    right = expected(exercise, inputs) if answer["outcome"] == "answered" else []
    bound = partial(tolerance, exercise, inputs)
    return ladder.climb(ladder.Climb(exercise, inputs, answer, right, bound))


def expected(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The right trajectory: parameters, or velocity and update, after every step.

    Raises:
        CouldNotTell: If torch itself refuses these inputs.
    """
    if exercise.kind == "convention":
        answer = collect(CONVENTIONS[exercise.reference], inputs)
    else:
        options = {**inputs["options"], "foreach": False}
        answer = collect(getattr(torch.optim, exercise.reference), {**inputs, "options": options})
    if answer["outcome"] != "answered":
        raise CouldNotTell(f"torch refuses these parameters: {answer['message']}")
    trajectory: Trajectory = answer["trajectory"]
    return trajectory


def tolerance(exercise: Exercise, inputs: Inputs, dtype: torch.dtype, step: int) -> float:
    """How far two faithful implementations may differ after ``step`` steps.

    Rounding errors add up: beyond ten steps the tolerance grows in proportion. Where the rule
    divides by a small difference or by the last gradient alone, digits are lost on both sides.

    Args:
        exercise: Its tolerance in double precision.
        inputs: Their options.
        dtype: Of the tensors compared.
        step: Steps taken, from 1.

    Returns:
        A bound relative to the largest magnitude an element has had.
    """
    single = dtype in (torch.float32, torch.complex64)
    base = max(SINGLE_RTOL, exercise.rtol) if single else exercise.rtol
    return base * max(1.0, step / 10) * (50 if _loses_digits(inputs) else 1)


def _loses_digits(inputs: Inputs) -> bool:
    every = [inputs["options"], *(inputs.get("groups") or []), *inputs["changes"].values()]
    return any(
        options.get("centered") or options.get("alpha") == 0 or options.get("betas", [0, 1])[1] == 0
        for options in every
    )
