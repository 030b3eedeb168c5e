"""The assignment "schedules": known mistakes, and right answers in other styles."""

from collections.abc import Iterator
from types import ModuleType

from course_lib.misconceptions.model import RightVariant
from course_lib.misconceptions.schedules import (
    right_beyond,
    right_cycles,
    right_decays,
    right_plateau,
    right_range_test,
    wrong_beyond,
    wrong_cosine,
    wrong_cycles,
    wrong_decays,
    wrong_plateau,
    wrong_range_test,
    wrong_warmup,
)


def _defined_in(module: ModuleType) -> Iterator[RightVariant]:
    return (value for value in vars(module).values() if isinstance(value, RightVariant))


MISCONCEPTIONS = (
    *wrong_decays.STEP,
    *wrong_decays.LINEAR_DECAY,
    *wrong_decays.INVERSE_SQRT,
    *wrong_warmup.WARMUP,
    *wrong_cosine.COSINE,
    *wrong_cosine.WARM_RESTARTS,
    *wrong_cycles.CYCLIC,
    *wrong_plateau.PLATEAU,
    *wrong_range_test.RANGE_RATE,
    *wrong_range_test.SMOOTHING,
    *wrong_range_test.SUGGESTION,
    *wrong_beyond.MULTI_STEP,
    *wrong_beyond.EXPONENTIAL,
    *wrong_beyond.LINEAR,
    *wrong_beyond.ONE_CYCLE,
)

RIGHT = (
    *_defined_in(right_decays),
    *_defined_in(right_cycles),
    *_defined_in(right_plateau),
    *_defined_in(right_range_test),
    *_defined_in(right_beyond),
)
