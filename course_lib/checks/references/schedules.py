"""Right answers for schedules: the rates torch's own schedule sets, epoch by epoch."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from course_lib.checks.collect import collect
from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.references.shared import answered, bare
from course_lib.checks.spec import CouldNotTell, Exercise, Inputs

Options = dict[str, Any]


def _linear_decay(optimizer: Optimizer, total_steps: int) -> LRScheduler:
    return lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_steps)


def _inverse_sqrt(optimizer: Optimizer, warmup_steps: int) -> LRScheduler:
    def factor(epoch: int) -> float:
        return min((epoch + 1) / warmup_steps, math.sqrt(warmup_steps / (epoch + 1)))

    return lr_scheduler.LambdaLR(optimizer, factor)


def _linear_warmup(optimizer: Optimizer, warmup_steps: int) -> LRScheduler:
    return lr_scheduler.LambdaLR(optimizer, lambda epoch: min(1.0, (epoch + 1) / warmup_steps))


WITHOUT_A_CLASS: dict[str, Callable[..., LRScheduler]] = {
    "LinearDecayLR": _linear_decay,
    "InverseSqrtLR": _inverse_sqrt,
    "LinearWarmupLR": _linear_warmup,
}
"""Schedules torch has no class for, from those it has."""

MOMENTUM = {"CyclicLR": {"cycle_momentum": False}, "OneCycleLR": {"cycle_momentum": False}}
"""What keeps torch's class to the rate alone."""


def schedule(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The rate at every epoch asked for."""
    options: Options = dict(inputs["options"])
    base = options["max_lr"] if exercise.reference == "OneCycleLR" else options["base_lr"]
    if exercise.reference not in ("CyclicLR", "OneCycleLR"):
        del options["base_lr"]
    optimizer = bare("SGD")([torch.zeros(1)], lr=base)
    make = WITHOUT_A_CLASS.get(exercise.reference) or getattr(lr_scheduler, exercise.reference)
    try:
        torchs = make(optimizer, **options, **MOMENTUM.get(exercise.reference, {}))
        rates = _rates(optimizer, torchs, inputs["epochs"])
    except (ValueError, ZeroDivisionError) as error:
        raise CouldNotTell(f"torch refuses these parameters: {error}") from error
    return [[torch.tensor(rate, dtype=torch.float64)] for rate in rates]


def _rates(optimizer: Optimizer, torchs: LRScheduler, epochs: list[float]) -> list[float]:
    group = optimizer.param_groups[0]
    optimizer.step()
    if any(epoch % 1 for epoch in epochs):
        found = {}
        for epoch in epochs:
            torchs.step(epoch)  # type: ignore[arg-type]
            found[epoch] = float(group["lr"])
    else:
        found = {0.0: float(group["lr"])}
        for epoch in range(1, int(max(epochs)) + 1):
            torchs.step()
            found[epoch] = float(group["lr"])
    return [found[epoch] for epoch in epochs]


def plateau(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The rate of every group after every metric."""
    return answered(collect(lr_scheduler.ReduceLROnPlateau, inputs))


def range_rate(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The rates of a range test, by torch's own spacing."""
    o: Options = inputs["options"]
    if o["mode"] == "linear":
        rates = torch.linspace(o["start_lr"], o["end_lr"], o["steps"], dtype=torch.float64)
    else:
        ends = (math.log10(o["start_lr"]), math.log10(o["end_lr"]))
        rates = torch.logspace(*ends, o["steps"], dtype=torch.float64)
    return [[rates[step]] for step in inputs["epochs"]]


def smoothing(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The running mean of the losses, each divided by the sum of its weights."""
    losses = torch.tensor(inputs["calls"][0]["args"][0], dtype=torch.float64)
    beta = inputs["options"]["beta"]
    ages = torch.arange(len(losses)).unsqueeze(1) - torch.arange(len(losses))
    weights = torch.where(ages >= 0, beta ** ages.double().clamp_min(0), 0.0)
    return [[weights @ losses / weights.sum(1)]]


def suggestion(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The rate inside the test where the slope of the losses is lowest."""
    rates, losses = (torch.tensor(a, dtype=torch.float64) for a in inputs["calls"][0]["args"])
    (slopes,) = torch.gradient(losses)
    return [[rates[1:-1][slopes[1:-1].argmin()]]]


def largest_rate(inputs: Inputs, right: Trajectory) -> Trajectory:
    """Differences are measured by the largest rate of the whole course."""
    largest = max((row[0].abs() for row in right), default=torch.ones(()))
    return [[largest] for _ in right]
