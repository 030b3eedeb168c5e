"""Data that needs no network: handwritten digits and surfaces of two variables."""

from course_lib.data.digits import Split, digits
from course_lib.data.surfaces import (
    beale,
    bowl,
    plateau_cliff,
    rosenbrock,
    saddle,
    two_valleys,
)

__all__ = [
    "Split",
    "beale",
    "bowl",
    "digits",
    "plateau_cliff",
    "rosenbrock",
    "saddle",
    "two_valleys",
]
