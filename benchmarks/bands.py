r"""Measure what a good configuration reaches, and write the bands the capstone is graded by.

``python -m benchmarks.bands`` trains the reference configuration on the data of several students,
each with many seeds of data, start and order, and writes ``course_lib/checks/bands.json``. It takes
about ten minutes on one core.

The highest threshold is the lowest accuracy of all runs. With :math:`n` runs, the share of runs
below it is at most :math:`q = 1 - 0.05^{1/n}`, with 95% confidence and whatever the distribution.
A check looks at the median of three runs, which misses it with probability at most
:math:`3 q^2 - 2 q^3`. The other two thresholds lie a fixed part of the way from guessing to there.
"""

import datetime
import json
import platform
import statistics
from pathlib import Path
from typing import Any

import torch
from rich.progress import Progress

import course_lib
from course_lib.training import evaluate
from course_lib.training.configured import CLASSES, TASKS, stride, train_configured

OUT = Path(course_lib.__file__).parent / "checks" / "bands.json"
STUDENTS = tuple(f"reference-{number}" for number in range(7))
SEEDS = range(10_000, 10_030)
LEVELS = {"first": 0.7, "second": 0.9, "third": 1.0}
"""How far each threshold lies on the way from guessing to the lowest reference run."""

RATE = 0.01
"""Of the reference, times the stride."""


def reference(task: str, rate: float) -> dict[str, Any]:
    """The reference configuration, with torch's own parts."""
    return {
        "widths": [128] if task == "digits" else [256, 256],
        "batch_norm": "torch.nn.BatchNorm1d",
        "optimizer": "torch.optim.AdamW",
        "optimizer_options": {"lr": rate, "weight_decay": 0.01},
        "schedule": "torch.optim.lr_scheduler.CosineAnnealingLR",
        "schedule_options": {"T_max": TASKS[task].steps},
        "batch_size": 128,
    }


def accuracy(task: str, student: str, seed: int, rate: float) -> float:
    """Accuracy of one run on the test part of a student's data."""
    data, steps = TASKS[task]
    split = data(student=student, seed=seed)
    model, history = train_configured(
        reference(task, rate),
        split.train,
        steps=steps,
        stride=stride(task, student),
        seed=seed,
        bar=False,
    )
    finite = history.stopped.startswith("all")
    return evaluate(model, split.test)["accuracy"] if finite else 1 / CLASSES


def measure(task: str, progress: Progress) -> dict[str, Any]:
    """The bands of one task, and what they are made of."""
    own = {student: RATE / stride(task, student) for student in STUDENTS}
    runs = [(student, seed) for student in STUDENTS for seed in SEEDS]
    reached = [
        accuracy(task, student, seed, own[student])
        for student, seed in progress.track(runs, description=f"{task}: the reference")
    ]
    pairs = [(a, b) for a in STUDENTS for b in STUDENTS if a != b]
    copied = [
        accuracy(task, student, SEEDS[0], own[other])
        for student, other in progress.track(pairs, description=f"{task}: copied rates")
    ]
    lowest, guess = min(reached), 1 / CLASSES
    thresholds = {name: guess + part * (lowest - guess) for name, part in LEVELS.items()}
    below = 1 - 0.05 ** (1 / len(reached))
    return {
        "thresholds": {name: round(value, 4) for name, value in thresholds.items()},
        "false_alarm": round(3 * below**2 - 2 * below**3, 6),
        "steps": TASKS[task].steps,
        "runs": len(reached),
        "mean": round(statistics.mean(reached), 4),
        "standard_deviation": round(statistics.stdev(reached), 4),
        "accuracies": sorted(round(value, 4) for value in reached),
        "copied_rate": {
            "mean": round(statistics.mean(copied), 4),
            "reaches": {
                name: round(statistics.mean(value >= bound for value in copied), 2)
                for name, bound in thresholds.items()
            },
        },
    }


def main() -> None:
    """Measure all tasks and write the file."""
    torch.set_num_threads(1)
    with Progress() as progress:
        tasks = {task: measure(task, progress) for task in TASKS}
    found = {
        "measured": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "students": list(STUDENTS),
        "seeds": [SEEDS[0], SEEDS[-1]],
        "reference": {task: reference(task, RATE) for task in TASKS},
        "tasks": tasks,
    }
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"written: {OUT.name}")


if __name__ == "__main__":
    main()
