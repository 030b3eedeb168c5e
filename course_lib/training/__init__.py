"""Training loops of the course's experiments."""

from course_lib.training.sweep import Snapshot, cost, perceptrons, predict, steps

__all__ = ["Snapshot", "cost", "perceptrons", "predict", "steps"]
