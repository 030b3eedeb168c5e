"""The assignment "batchnorm": known mistakes, and right answers in other styles."""

from collections.abc import Iterator
from types import ModuleType

from course_lib.misconceptions.batchnorm import (
    right_backward,
    right_forward,
    right_technique,
    wrong_backward,
    wrong_images,
    wrong_layer,
    wrong_normalization,
    wrong_statistics,
)
from course_lib.misconceptions.model import RightVariant


def _defined_in(module: ModuleType) -> Iterator[RightVariant]:
    return (value for value in vars(module).values() if isinstance(value, RightVariant))


MISCONCEPTIONS = (
    *wrong_normalization.MISCONCEPTIONS,
    *wrong_statistics.MISCONCEPTIONS,
    *wrong_images.MISCONCEPTIONS,
    *wrong_layer.MISCONCEPTIONS,
    *wrong_backward.MISCONCEPTIONS,
)

RIGHT = (
    *_defined_in(right_forward),
    *_defined_in(right_technique),
    *_defined_in(right_backward),
)
