from typing import ClassVar

from tests.assignments.laws import NotebookLaws


class TestSchedules(NotebookLaws):
    assignment = "schedules"
    machine: ClassVar = {
        "step_lr": 8,
        "linear_decay_lr": 6,
        "inverse_sqrt_lr": 8,
        "linear_warmup_lr": 8,
        "cosine_annealing_lr": 12,
        "cosine_annealing_warm_restarts": 14,
        "cyclic_lr": 14,
        "reduce_on_plateau": 12,
        "range_test_lr": 3,
        "smoothed_losses": 3,
        "suggested_lr": 2,
        "multi_step_lr": 0,
        "exponential_lr": 0,
        "linear_lr": 0,
        "one_cycle_lr": 0,
    }
    written = "written-schedules"
    drawn: ClassVar = {
        "step_lr",
        "linear_decay_lr",
        "inverse_sqrt_lr",
        "linear_warmup_lr",
        "cosine_annealing_lr",
        "cosine_annealing_warm_restarts",
        "cyclic_lr",
        "reduce_on_plateau",
        "range_test",
        "gallery",
        "torchs-sgd",
        "own-sgd",
        "range-test-on-digits",
        "beyond",
    }
