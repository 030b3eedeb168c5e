"""From the parameters of a check to the plain inputs a subject is asked to work on.

What every case of a kind may set stands with its builder, one file for each assignment.
"""

from collections.abc import Callable, Mapping
from typing import Any

from course_lib.checks.inputs.batchnorm import (
    batch_norm_backward_inputs,
    batch_norm_inputs,
    batch_norm_layer_inputs,
)
from course_lib.checks.inputs.dropout import (
    dropout_backward_inputs,
    dropout_layer_inputs,
    random_inputs,
)
from course_lib.checks.inputs.optimizers import convention_inputs, optimizer_inputs
from course_lib.checks.inputs.schedules import (
    plateau_inputs,
    range_rate_inputs,
    schedule_inputs,
    sequence_inputs,
)
from course_lib.checks.inputs.training import (
    configuration_inputs,
    draw_inputs,
    ensemble_inputs,
    model_inputs,
    own_parts_inputs,
    stopping_inputs,
)
from course_lib.checks.spec import Exercise, Inputs

BUILDERS: dict[str, Callable[..., Inputs]] = {
    "optimizer": optimizer_inputs,
    "convention": convention_inputs,
    "schedule": schedule_inputs,
    "plateau": plateau_inputs,
    "range rate": range_rate_inputs,
    "smoothing": sequence_inputs,
    "suggestion": sequence_inputs,
    "mask": random_inputs,
    "dropout": random_inputs,
    "published dropout": random_inputs,
    "drop connect": random_inputs,
    "stochastic depth": random_inputs,
    "dropout backward": dropout_backward_inputs,
    "dropout layer": dropout_layer_inputs,
    "batch norm": batch_norm_inputs,
    "batch norm backward": batch_norm_backward_inputs,
    "batch norm layer": batch_norm_layer_inputs,
    "model loss": model_inputs,
    "overfit": model_inputs,
    "log uniform": draw_inputs,
    "stopping": stopping_inputs,
    "ensemble": ensemble_inputs,
    "configuration": configuration_inputs,
    "own parts": own_parts_inputs,
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
