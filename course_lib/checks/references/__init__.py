"""Right answers, computed at the moment of checking; one file for each assignment."""

from collections.abc import Callable

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.references import optimizers
from course_lib.checks.spec import Exercise, Inputs

EXPECTED: dict[str, Callable[[Exercise, Inputs], Trajectory]] = {
    "optimizer": optimizers.optimizer,
    "convention": optimizers.convention,
}
"""By the kind of the exercise."""

SCALES: dict[str, Callable[[Inputs, Trajectory], Trajectory]] = {}
"""What a difference is measured by, where it is not the size of the right answer itself."""
