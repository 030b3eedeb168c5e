"""Cases of schedules: closed forms epoch by epoch, plateaus metric by metric, the range test."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from course_lib.checks.inputs.shared import plain, require_known
from course_lib.checks.spec import Exercise, Inputs

FRACTIONS = ("CosineAnnealingWarmRestarts",)
"""Schedules of torch that know a rate within an epoch."""


def schedule_inputs(
    exercise: Exercise, *, epochs: int = 30, every: float = 1, **options: Any
) -> Inputs:
    """The closed form's arguments at every epoch.

    Args:
        exercise: Whose options are allowed; the first one follows the epoch.
        epochs: How many epochs there are; at least 1.
        every: Distance between the epochs asked for; a fraction only of warm restarts.
        **options: Hyper-parameters of the schedule.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If ``epochs`` is below 1, or ``every`` where epochs are whole.
    """
    require_known(exercise, options, schedule_inputs)
    if epochs < 1:
        raise ValueError(f"epochs must be at least 1, got {epochs}")
    if every <= 0 or (every % 1 != 0 and exercise.reference not in FRACTIONS):
        raise ValueError(f"every must be at least 1 and whole, got {every}")
    given = plain(exercise.defaults | options)
    first = exercise.options[0]
    rest = {name: value for name, value in given.items() if name != first}
    asked = [number * every for number in range(math.ceil(epochs / every))]
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{len(asked)} epochs",
        "labels": [f"epoch {epoch:g}" for epoch in asked],
        "names": ["rate"],
        "wanted": "a number, the rate",
        "calls": [{"args": [epoch, given[first]], "kwargs": rest} for epoch in asked],
        "returns": 1,
        "changes": [],
        "differentiate": [],
        "epochs": asked,
        "options": given,
    }


def range_rate_inputs(exercise: Exercise, *, every: int = 1, **options: Any) -> Inputs:
    """The ramp's arguments at every step of a range test.

    Args:
        exercise: Whose options are allowed.
        every: Distance between the steps asked for.
        **options: Hyper-parameters of the ramp.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If ``steps`` or ``every`` is below 1.
    """
    require_known(exercise, options, range_rate_inputs)
    steps = (exercise.defaults | options)["steps"]
    inputs = schedule_inputs(exercise, epochs=steps, every=every, **options)
    labels = [f"step {step}" for step in inputs["epochs"]]
    return inputs | {"extent": f"{len(labels)} steps", "labels": labels}


def plateau_inputs(
    exercise: Exercise,
    *,
    metrics: Sequence[float | str] = (1.0,) * 30,
    rates: Sequence[float] = (0.1,),
    edits: Mapping[int, Sequence[float]] | None = None,
    **options: Any,
) -> Inputs:
    """The metric after every epoch, and the rates the optimizer starts from.

    Args:
        exercise: Whose options are allowed.
        metrics: One for each epoch; ``"nan"`` and ``"inf"`` may stand for numbers.
        rates: One for each group of the optimizer.
        edits: Before a step, counted from 1, the rates somebody sets from outside.
        **options: Hyper-parameters of the schedule.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
    """
    require_known(exercise, options, plateau_inputs)
    told = [float(metric) for metric in metrics]
    several = len(rates) > 1
    return {
        "kind": "plateau",
        "device": "cpu",
        "extent": f"{len(told)} epochs",
        "labels": [f"epoch {n} (metric {metric:g})" for n, metric in enumerate(told, start=1)],
        "names": [f"rate of group {i}" if several else "rate" for i in range(len(rates))],
        "metrics": told,
        "rates": list(rates),
        "edits": plain(edits or {}),
        "options": plain(exercise.defaults | options),
    }


def sequence_inputs(
    exercise: Exercise,
    *,
    steps: int = 40,
    seed: int = 0,
    noise: float = 0.05,
    losses: Sequence[float] = (),
    **options: Any,
) -> Inputs:
    """The losses of a range test, and the rates they belong to.

    The loss stays, falls, and flies up at the end; the noise on it is drawn from ``seed``.
    The rates rise from 1e-5 to 10, each by the same factor.

    Args:
        exercise: Whose options are allowed.
        steps: How many losses there are; at least 4.
        seed: Draws the noise.
        noise: Its standard deviation.
        losses: Losses in the place of those made; at least 4.
        **options: Hyper-parameters of the function.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If there are fewer than 4 steps.
    """
    require_known(exercise, options, sequence_inputs)
    steps = len(losses) or steps
    if steps < 4:
        raise ValueError(f"steps must be at least 4, got {steps}")
    draw = torch.Generator().manual_seed(seed)
    share = torch.linspace(0, 1, steps, dtype=torch.float64)
    curve = 2.3 - 1.5 * torch.sigmoid(20 * (share - 0.5)) + torch.exp(30 * (share - 0.93))
    made = curve + noise * torch.randn(steps, generator=draw, dtype=torch.float64)
    told = [float(loss) for loss in losses or made.tolist()]
    rates = torch.logspace(-5, 1, steps, dtype=torch.float64).tolist()
    smoothing = exercise.kind == "smoothing"
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{steps} losses",
        "labels": [f"{steps} losses"],
        "names": ["the smoothed losses" if smoothing else "the rate"],
        "wanted": "a list of numbers" if smoothing else "a number",
        "calls": [
            {
                "args": [told] if smoothing else [rates, told],
                "kwargs": plain(exercise.defaults | options),
            }
        ],
        "returns": 0 if smoothing else 1,
        "changes": [],
        "differentiate": [],
        "options": plain(exercise.defaults | options),
    }
