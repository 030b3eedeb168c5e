"""Optimizers that stand in for torch's of the same name, one algorithm per file."""

from course_lib.optim.adam import Adam
from course_lib.optim.conventions import rate_inside, rate_inside_flipped, rate_outside
from course_lib.optim.optimizer import Optimizer
from course_lib.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "Optimizer",
    "rate_inside",
    "rate_inside_flipped",
    "rate_outside",
]
