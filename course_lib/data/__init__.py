"""Data that needs no network: digits, signals, points of the plane, surfaces of two variables."""

from course_lib.data.digits import digits
from course_lib.data.generator import generator
from course_lib.data.mnist1d import mnist1d
from course_lib.data.planar import moons, spirals
from course_lib.data.split import Split
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
    "generator",
    "mnist1d",
    "moons",
    "plateau_cliff",
    "rosenbrock",
    "saddle",
    "spirals",
    "two_valleys",
]
