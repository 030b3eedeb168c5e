"""Training: the loop, its tools, and the stacked loop of the course's experiments."""

from course_lib.training.batches import batches, seeded
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.evaluation import evaluate, evaluating
from course_lib.training.history import History
from course_lib.training.lookup import find, make_optimizer, make_schedule
from course_lib.training.loop import fit
from course_lib.training.sweep import Snapshot, cost, perceptrons, predict, steps

__all__ = [
    "EarlyStopping",
    "History",
    "Snapshot",
    "batches",
    "cost",
    "evaluate",
    "evaluating",
    "find",
    "fit",
    "make_optimizer",
    "make_schedule",
    "perceptrons",
    "predict",
    "seeded",
    "steps",
]
