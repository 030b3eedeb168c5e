"""The assignment "optimizers": known mistakes, and right answers in other styles."""

from collections.abc import Iterator
from types import ModuleType

from course_lib.misconceptions.model import RightVariant
from course_lib.misconceptions.optimizers import (
    right_adagrad,
    right_adam,
    right_adamw,
    right_beyond,
    right_rmsprop,
    right_sgd,
    wrong_adam,
    wrong_adaptive,
    wrong_bookkeeping,
    wrong_conventions,
    wrong_sgd,
)


def _defined_in(module: ModuleType) -> Iterator[RightVariant]:
    return (value for value in vars(module).values() if isinstance(value, RightVariant))


MISCONCEPTIONS = (
    *wrong_conventions.MISCONCEPTIONS,
    *wrong_sgd.MISCONCEPTIONS,
    *wrong_adaptive.ADAGRAD,
    *wrong_adaptive.RMSPROP,
    *wrong_adaptive.ADADELTA,
    *wrong_adam.ADAM,
    *wrong_adam.ADAMW,
    *wrong_adam.NADAM,
    *wrong_bookkeeping.MISCONCEPTIONS,
)

RIGHT = (
    *_defined_in(right_sgd),
    *_defined_in(right_adagrad),
    *_defined_in(right_rmsprop),
    *_defined_in(right_adam),
    *right_adamw.FROM_ADAM,
    *_defined_in(right_adamw),
    *_defined_in(right_beyond),
)
