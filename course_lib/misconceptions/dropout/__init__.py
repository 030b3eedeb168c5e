"""The assignment "dropout": known mistakes, and right answers in other styles."""

from collections.abc import Iterator
from types import ModuleType

from course_lib.misconceptions.dropout import (
    right_backward,
    right_beyond,
    right_dropout,
    right_layer,
    right_mask,
    right_published,
    wrong_backward,
    wrong_beyond,
    wrong_dropout,
    wrong_layer,
    wrong_mask,
    wrong_published,
)
from course_lib.misconceptions.model import RightVariant


def _defined_in(module: ModuleType) -> Iterator[RightVariant]:
    return (value for value in vars(module).values() if isinstance(value, RightVariant))


MISCONCEPTIONS = (
    *wrong_mask.MISCONCEPTIONS,
    *wrong_dropout.MISCONCEPTIONS,
    *wrong_backward.MISCONCEPTIONS,
    *wrong_published.MISCONCEPTIONS,
    *wrong_layer.MISCONCEPTIONS,
    *wrong_beyond.MISCONCEPTIONS,
)

RIGHT = (
    *_defined_in(right_mask),
    *_defined_in(right_dropout),
    *_defined_in(right_backward),
    *_defined_in(right_published),
    *_defined_in(right_layer),
    *_defined_in(right_beyond),
)
