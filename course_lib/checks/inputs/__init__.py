"""From the parameters of a check to the plain inputs a subject is asked to work on.

What every case of a kind may set stands with its builder, one file for each assignment.
"""

from collections.abc import Callable, Mapping
from typing import Any

from course_lib.checks.inputs.optimizers import convention_inputs, optimizer_inputs
from course_lib.checks.spec import Exercise, Inputs

BUILDERS: dict[str, Callable[..., Inputs]] = {
    "optimizer": optimizer_inputs,
    "convention": convention_inputs,
}
"""By the kind of the exercise."""


def build(exercise: Exercise, parameters: Mapping[str, Any]) -> Inputs:
    """Inputs of the exercise's kind.

    All have ``kind``, how they are run (see ``course_lib.checks.collect``); ``device``; and
    ``extent``, how much they ask for in words, as "10 steps". They may have ``labels``, what each
    step is called in messages, and ``names``, what each tensor of a step is called.

    Raises:
        TypeError: If a parameter is unknown; the message lists those allowed.
        ValueError: If a parameter is outside its domain.
    """
    return BUILDERS[exercise.kind](exercise, **parameters)
