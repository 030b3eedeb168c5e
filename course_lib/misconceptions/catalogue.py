"""The whole catalogue: that of every assignment, in the order of the course."""

from importlib import import_module

from course_lib.checks.exercises import ASSIGNMENTS
from course_lib.misconceptions.model import Misconception, RightVariant

_PARTS = [import_module(f"course_lib.misconceptions.{name}") for name in ASSIGNMENTS]

MISCONCEPTIONS: tuple[Misconception, ...] = tuple(m for p in _PARTS for m in p.MISCONCEPTIONS)

RIGHT: tuple[RightVariant, ...] = tuple(variant for part in _PARTS for variant in part.RIGHT)
