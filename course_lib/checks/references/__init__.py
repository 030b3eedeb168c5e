"""Right answers, computed at the moment of checking; one file for each assignment."""

from collections.abc import Callable

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.references import batchnorm, dropout, optimizers, schedules, training
from course_lib.checks.spec import Exercise, Inputs

EXPECTED: dict[str, Callable[[Exercise, Inputs], Trajectory]] = {
    "optimizer": optimizers.optimizer,
    "convention": optimizers.convention,
    "schedule": schedules.schedule,
    "plateau": schedules.plateau,
    "range rate": schedules.range_rate,
    "smoothing": schedules.smoothing,
    "suggestion": schedules.suggestion,
    "dropout backward": dropout.backward,
    "batch norm": batchnorm.batch_norm,
    "batch norm backward": batchnorm.backward,
    "batch norm layer": batchnorm.layer,
    "model loss": training.model_loss,
    "stopping": training.stopping,
    "ensemble": training.ensemble,
    "own parts": training.own_parts,
}
"""By the kind of the exercise."""

PREPARE: dict[str, Callable[[Exercise, Inputs, Inputs], bool]] = {
    "optimizer": optimizers.prepare,
}
"""Makes the right answers of a case quicker to have, given the same case with other numbers."""

APART: dict[str, Callable[[Exercise, Inputs], Trajectory]] = {
    "batch norm layer": batchnorm.layer_apart,
}
"""Right answers of a layer that runs apart from the function it calls."""

SCALES: dict[str, Callable[[Inputs, Trajectory], Trajectory]] = {
    "schedule": schedules.largest_rate,
    "range rate": schedules.largest_rate,
    "batch norm": batchnorm.call_scales,
    "batch norm backward": batchnorm.backward_scales,
    "batch norm layer": batchnorm.pass_scales,
}
"""What a difference is measured by, where it is not the size of the right answer itself."""
