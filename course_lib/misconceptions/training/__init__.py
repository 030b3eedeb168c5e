"""The assignment "training": known mistakes, and right answers in other styles."""

from course_lib.misconceptions.model import RightVariant
from course_lib.misconceptions.training import right_ways, wrong_ensemble, wrong_loss, wrong_search

MISCONCEPTIONS = (
    *wrong_loss.INITIAL_LOSS,
    *wrong_loss.OVERFIT,
    *wrong_search.LOG_UNIFORM,
    *wrong_search.STOP_EARLY,
    *wrong_ensemble.ENSEMBLE,
)

RIGHT = tuple(value for value in vars(right_ways).values() if isinstance(value, RightVariant))
