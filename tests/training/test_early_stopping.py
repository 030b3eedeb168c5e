"""Early stopping on curves that are easy to get wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from course_lib.training import EarlyStopping
from tests.training.models import mlp, weights

NAN, INF = math.nan, math.inf

# What is watched, options, index of the value that stops (None: none does), index of the best.
CURVES: dict[str, tuple[list[float], dict[str, Any], int | None, int | None]] = {
    "falls for ever": ([5, 4, 3, 2, 1], {"patience": 1}, None, 4),
    "rises at once": ([1, 2, 3, 4], {"patience": 2}, 2, 0),
    "best at the start, short patience": ([1, 2, 0.5], {"patience": 1}, 1, 0),
    "a bump shorter than the patience": ([3, 4, 4, 2, 5], {"patience": 3}, None, 3),
    "waiting starts anew at each best": ([3, 4, 2, 3, 1, 2], {"patience": 2}, None, 4),
    "a tie is not better": ([2, 2, 2], {"patience": 2}, 2, 0),
    "a gain of exactly min_delta is not better": (
        [2, 1.5, 1.0],
        {"patience": 2, "min_delta": 0.5},
        None,
        2,
    ),
    "a slow fall below min_delta adds up": (
        [2, 1.75, 1.5, 1.25],
        {"patience": 3, "min_delta": 0.5},
        None,
        3,
    ),
    "a plateau within min_delta stops": ([2, 1.9, 1.8], {"patience": 2, "min_delta": 0.5}, 2, 0),
    "NaN is never better": ([2, NAN, NAN], {"patience": 2}, 2, 0),
    "NaN at the start is no best": ([NAN, 3, 2], {"patience": 2}, None, 2),
    "NaN alone has no best": ([NAN, NAN], {"patience": 2}, 1, None),
    "infinity at the start can be beaten": ([INF, 2, 3], {"patience": 2}, None, 1),
    "an accuracy that rises": ([0.1, 0.2, 0.3], {"patience": 1, "mode": "max"}, None, 2),
    "an accuracy that falls": ([0.3, 0.2, 0.1], {"patience": 2, "mode": "max"}, 2, 0),
    "an accuracy within min_delta": (
        [0.5, 0.55, 0.7],
        {"patience": 2, "mode": "max", "min_delta": 0.1},
        None,
        2,
    ),
}


@pytest.mark.parametrize(("values", "options", "stops", "best"), CURVES.values(), ids=CURVES)
def test_stops_where_it_should_with_the_weights_of_the_best(
    values: list[float], options: dict[str, Any], stops: int | None, best: int | None
) -> None:
    stopping, model = EarlyStopping(**options), mlp(1, 1)
    answers = []
    for step, value in enumerate(values):
        torch.nn.init.constant_(model[0].weight, step)
        answers.append(stopping.update(value, model, step))
        if answers[-1]:
            break
    assert (answers.index(True) if True in answers else None) == stops
    assert stopping.best_step == best and (best is None or stopping.best == values[best])
    stopping.restore(model)
    assert model[0].weight.item() == (len(answers) - 1 if best is None else best)


def test_buffers_are_kept_too() -> None:
    stopping, model = EarlyStopping(1), mlp(2, 4, 2, norm=True)
    stopping.update(1.0, model)
    before = weights(model)
    model(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)))
    assert not torch.equal(before, weights(model))
    stopping.restore(model)
    assert torch.equal(before, weights(model))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"patience": 1, "min_delta": -0.1}, "min_delta must be at least 0, got -0.1"),
        ({"patience": 1, "min_delta": NAN}, "min_delta must be at least 0, got nan"),
        ({"patience": 1, "mode": "low"}, "mode must be 'min' or 'max', got 'low'"),
    ],
)
def test_what_lies_outside_its_domain_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**options)
