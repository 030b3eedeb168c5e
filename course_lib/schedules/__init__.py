"""Learning rate schedules that stand in for torch's, and three that torch lacks.

Each file holds one: the rate as a pure function of the step, and the class that drives an
optimizer with it.
"""

from course_lib.schedules.cosine import CosineAnnealingLR, cosine_annealing_lr
from course_lib.schedules.cyclic import CyclicLR, cyclic_lr
from course_lib.schedules.exponential import ExponentialLR, exponential_lr
from course_lib.schedules.inverse_sqrt import InverseSqrtLR, inverse_sqrt_lr
from course_lib.schedules.linear import LinearLR, linear_lr
from course_lib.schedules.linear_decay import LinearDecayLR, linear_decay_lr
from course_lib.schedules.linear_warmup import LinearWarmupLR, linear_warmup_lr
from course_lib.schedules.multi_step import MultiStepLR, multi_step_lr
from course_lib.schedules.one_cycle import OneCycleLR, one_cycle_lr
from course_lib.schedules.plateau import ReduceLROnPlateau
from course_lib.schedules.range_test import (
    LRRangeTest,
    range_test_lr,
    smoothed_losses,
    suggested_lr,
)
from course_lib.schedules.schedule import RecursiveSchedule, Schedule
from course_lib.schedules.step import StepLR, step_lr
from course_lib.schedules.warm_restarts import (
    CosineAnnealingWarmRestarts,
    cosine_annealing_warm_restarts,
)

__all__ = [
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "InverseSqrtLR",
    "LRRangeTest",
    "LinearDecayLR",
    "LinearLR",
    "LinearWarmupLR",
    "MultiStepLR",
    "OneCycleLR",
    "RecursiveSchedule",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
    "cosine_annealing_lr",
    "cosine_annealing_warm_restarts",
    "cyclic_lr",
    "exponential_lr",
    "inverse_sqrt_lr",
    "linear_decay_lr",
    "linear_lr",
    "linear_warmup_lr",
    "multi_step_lr",
    "one_cycle_lr",
    "range_test_lr",
    "smoothed_losses",
    "step_lr",
    "suggested_lr",
]
