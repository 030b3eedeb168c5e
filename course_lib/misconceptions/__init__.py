"""Known mistakes and right answers in other styles: what hints and mutants are made from.

For instructors only: the code of a wrong answer says a good deal about the right one.
"""

from course_lib.misconceptions.build import variant_object
from course_lib.misconceptions.catalogue import MISCONCEPTIONS, RIGHT
from course_lib.misconceptions.matching import match
from course_lib.misconceptions.model import Misconception, RightVariant, Variant

__all__ = [
    "MISCONCEPTIONS",
    "RIGHT",
    "Misconception",
    "RightVariant",
    "Variant",
    "match",
    "variant_object",
]
