"""The trusted half of a check: the right answer, and how far from it is still right.

The right answer is computed at the moment of checking, see ``course_lib.checks.references``. No
student code runs here.
"""

from collections.abc import Callable
from functools import partial

import torch

from course_lib.checks import chance, ladder, outcomes
from course_lib.checks.collect.apart import HANDED
from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.references import APART, EXPECTED, SCALES
from course_lib.checks.spec import FAKE, Answer, Break, CouldNotTell, Exercise, Inputs

RTOL = {
    torch.float32: 1e-6,
    torch.complex64: 1e-6,
    torch.float16: 2e-3,
    torch.bfloat16: 1.6e-2,
}
"""Relative tolerance by precision, for up to ten steps, where it is not the double one."""

STEPPING = ("optimizer", "convention")
"""Kinds in which a step builds on the one before, so that rounding errors add up."""


Right = Callable[[], Trajectory]
"""Gives the right trajectory, once somebody needs it."""


def judge(
    exercise: Exercise, inputs: Inputs, answer: Answer, right: Right | None = None
) -> Break | None:
    """Where ``answer`` falls off the ladder, or None if it reaches the top.

    Args:
        exercise: What was checked.
        inputs: What the answer was given to.
        answer: What came.
        right: Gives what ``expected`` gives, where that is known already.

    Raises:
        CouldNotTell: If the fault is not the student's.
    """
    apart = answer.get("apart")
    if apart and inputs["device"] == FAKE:
        return ladder.hygiene(exercise, apart)
    broken = _judge(exercise, inputs, answer, right or partial(expected, exercise, inputs))
    return _apart(exercise, inputs, apart) if broken and apart else broken


def _judge(exercise: Exercise, inputs: Inputs, answer: Answer, known: Right) -> Break | None:
    if inputs["device"] == FAKE:
        return ladder.hygiene(exercise, answer)
    if answer.get("type") == "OutOfMemoryError" and inputs["device"] != "cpu":
        raise CouldNotTell(f"no memory left on {inputs['device']}")
    if exercise.judged == "chance":
        return chance.judge(exercise, inputs, answer)
    if exercise.judged == "outcome":
        return outcomes.judge(exercise, inputs, answer)
    right = known() if answer["outcome"] == "answered" else []
    scales = SCALES[exercise.kind](inputs, right) if right and exercise.kind in SCALES else None
    bound = tolerance(exercise, inputs)
    return ladder.climb(ladder.Climb(exercise, inputs, answer, right, bound, scales))


def _apart(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where a layer run apart falls off: a fault of the function it calls costs it nothing."""
    right = APART[exercise.kind](exercise, inputs)
    named = {**inputs, "names": [*HANDED, *inputs["names"]]}
    scales = [[tensor.abs().max().clamp_min(1).double() for tensor in row] for row in right]
    bound = tolerance(exercise, inputs)
    return ladder.climb(ladder.Climb(exercise, named, answer, right, bound, scales))


def expected(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The right trajectory: the tensors after every step, call or pass.

    Raises:
        CouldNotTell: If torch itself refuses these inputs.
    """
    return EXPECTED[exercise.kind](exercise, inputs)


def tolerance(exercise: Exercise, inputs: Inputs) -> Callable[[torch.dtype, int], float]:
    """How far two faithful implementations may differ.

    Rounding errors add up: beyond ten steps the tolerance grows in proportion. Where the rule
    divides by a small difference or by the last gradient alone, digits are lost on both sides.

    Args:
        exercise: Its tolerance in double precision.
        inputs: Their options.

    Returns:
        From the dtype of the tensors compared and the steps taken, from 1, to a bound relative to
        the largest magnitude an element has had.
    """
    steps = exercise.kind in STEPPING
    lost = 50 if steps and _loses_digits(inputs) else 1

    def bound(dtype: torch.dtype, step: int) -> float:
        base = max(RTOL.get(dtype, 0.0), exercise.rtol)
        return base * max(1.0, step / 10) * lost if steps else base

    return bound


def _loses_digits(inputs: Inputs) -> bool:
    every = [inputs["options"], *(inputs.get("groups") or []), *inputs["changes"].values()]
    return any(
        options.get("centered") or options.get("alpha") == 0 or options.get("betas", [0, 1])[1] == 0
        for options in every
    )
