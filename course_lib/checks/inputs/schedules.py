"""Cases of schedules: closed forms epoch by epoch, plateaus metric by metric, the range test."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from course_lib.checks.inputs.shared import plain, require_known
from course_lib.checks.spec import Exercise, Inputs


def schedule_inputs(
    exercise: Exercise, *, epochs: int = 30, every: int = 1, **options: Any
) -> Inputs:
    """The closed form's arguments at every epoch.

    Args:
        exercise: Whose options are allowed; the first one follows the epoch.
        epochs: How many epochs there are; at least 1.
        every: Distance between the epochs asked for.
        **options: Hyper-parameters of the schedule.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If ``epochs`` or ``every`` is below 1.
    """
    require_known(exercise, options, schedule_inputs)
    if epochs < 1 or every < 1:
        raise ValueError(f"epochs and every must be at least 1, got {epochs} and {every}")
    given = plain(exercise.defaults | options)
    first = exercise.options[0]
    rest = {name: value for name, value in given.items() if name != first}
    asked = range(0, epochs, every)
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{len(asked)} epochs",
        "labels": [f"epoch {epoch}" for epoch in asked],
        "names": ["rate"],
        "wanted": "a number, the rate",
        "calls": [{"args": [epoch, given[first]], "kwargs": rest} for epoch in asked],
        "returns": 1,
        "changes": [],
        "differentiate": [],
        "epochs": list(asked),
        "options": given,
    }


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
    return {
        "kind": "plateau",
        "device": "cpu",
        "extent": f"{len(metrics)} epochs",
        "labels": [f"epoch {epoch}" for epoch in range(1, len(metrics) + 1)],
        "names": ["the rates of all groups"],
        "metrics": [float(metric) for metric in metrics],
        "rates": list(rates),
        "edits": plain(edits or {}),
        "options": plain(exercise.defaults | options),
    }


def sequence_inputs(
    exercise: Exercise, *, steps: int = 40, seed: int = 0, noise: float = 0.05, **options: Any
) -> Inputs:
    """The losses of a range test, and the rates they belong to.

    The loss stays, falls, and flies up at the end; the noise on it is drawn from ``seed``.

    Args:
        exercise: Whose options are allowed.
        steps: How many losses there are; at least 4.
        seed: Draws the noise.
        noise: Its standard deviation.
        **options: Hyper-parameters of the function.

    Returns:
        Inputs of numbers, strings, lists and dicts only.

    Raises:
        TypeError: If a hyper-parameter is unknown.
        ValueError: If there are fewer than 4 steps.
    """
    require_known(exercise, options, sequence_inputs)
    if steps < 4:
        raise ValueError(f"steps must be at least 4, got {steps}")
    draw = torch.Generator().manual_seed(seed)
    share = torch.linspace(0, 1, steps, dtype=torch.float64)
    curve = 2.3 - 1.5 * torch.sigmoid(20 * (share - 0.5)) + torch.exp(30 * (share - 0.93))
    losses = curve + noise * torch.randn(steps, generator=draw, dtype=torch.float64)
    rates = torch.logspace(-5, 1, steps, dtype=torch.float64)
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
                "args": [losses.tolist()] if smoothing else [rates.tolist(), losses.tolist()],
                "kwargs": plain(exercise.defaults | options),
            }
        ],
        "returns": 0 if smoothing else 1,
        "changes": [],
        "differentiate": [],
        "options": plain(exercise.defaults | options),
    }
