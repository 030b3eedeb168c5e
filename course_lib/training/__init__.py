"""Training: the loop, its tools, and the stacked loop of the course's experiments."""

from course_lib.training.batches import batches, seeded
from course_lib.training.doctor import Report, l2_penalty, tuning_doctor
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.ensemble import (
    Ensemble,
    disagreement,
    fit_ensemble,
    fit_snapshots,
    mean_log_probabilities,
)
from course_lib.training.evaluation import evaluate, evaluating
from course_lib.training.history import History
from course_lib.training.lookup import find, make_optimizer, make_schedule
from course_lib.training.loop import fit
from course_lib.training.patient import Finding
from course_lib.training.search import (
    Range,
    Search,
    Trial,
    coarse_to_fine,
    grid_search,
    random_search,
)
from course_lib.training.sweep import Snapshot, cost, perceptrons, predict, side_by_side, steps
from course_lib.training.tensorboard import read_tensorboard, write_tensorboard

__all__ = [
    "EarlyStopping",
    "Ensemble",
    "Finding",
    "History",
    "Range",
    "Report",
    "Search",
    "Snapshot",
    "Trial",
    "batches",
    "coarse_to_fine",
    "cost",
    "disagreement",
    "evaluate",
    "evaluating",
    "find",
    "fit",
    "fit_ensemble",
    "fit_snapshots",
    "grid_search",
    "l2_penalty",
    "make_optimizer",
    "make_schedule",
    "mean_log_probabilities",
    "perceptrons",
    "predict",
    "random_search",
    "read_tensorboard",
    "seeded",
    "side_by_side",
    "steps",
    "tuning_doctor",
    "write_tensorboard",
]
