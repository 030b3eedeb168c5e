"""Optimizers that stand in for torch's of the same name, one algorithm per file."""

from course_lib.optim.adadelta import Adadelta
from course_lib.optim.adagrad import Adagrad
from course_lib.optim.adam import Adam
from course_lib.optim.adamw import AdamW
from course_lib.optim.conventions import rate_inside, rate_inside_flipped, rate_outside
from course_lib.optim.nadam import NAdam
from course_lib.optim.optimizer import Optimizer
from course_lib.optim.rmsprop import RMSprop
from course_lib.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "NAdam",
    "Optimizer",
    "RMSprop",
    "rate_inside",
    "rate_inside_flipped",
    "rate_outside",
]
