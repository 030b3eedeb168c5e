"""Configurations: their limits, what they build, strides and budgets."""

from typing import Any

import pytest
import torch
from torch import nn

from course_lib.data import digits
from course_lib.training import make_optimizer
from course_lib.training.configured import (
    LONGEST_STRIDE,
    TASKS,
    build_model,
    complete,
    stride,
    train_configured,
    try_out,
)

PLAIN: dict[str, Any] = {
    "widths": [16, 8],
    "optimizer": "torch.optim.SGD",
    "optimizer_options": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
}


@pytest.mark.parametrize(
    ("config", "error", "says"),
    [
        ([1], TypeError, "needed a dict, got a list"),
        ({}, ValueError, "needs an entry 'widths'"),
        ({"widths": [3]}, ValueError, "needs an entry 'optimizer'"),
        (PLAIN | {"lr": 0.1}, ValueError, "no entry 'lr', only widths, batch_norm"),
        (PLAIN | {"widths": [0]}, ValueError, r"from 1 to 256, got \[0\]"),
        (PLAIN | {"widths": [257]}, ValueError, r"from 1 to 256, got \[257\]"),
        (PLAIN | {"widths": [True]}, ValueError, r"got \[True\]"),
        (PLAIN | {"widths": [8, 8, 8]}, ValueError, "at most 2 whole numbers"),
        (PLAIN | {"batch_size": 129}, ValueError, "from 1 to 128, got 129"),
        (PLAIN | {"batch_size": 0}, ValueError, "from 1 to 128, got 0"),
        (PLAIN | {"batch_size": 6.4}, ValueError, "from 1 to 128, got 6.4"),
    ],
)
def test_what_is_outside_the_limits_is_refused(
    config: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        complete(config)


def test_the_widest_is_allowed() -> None:
    assert complete(PLAIN | {"widths": [256, 256], "batch_size": 128})["widths"] == [256, 256]


def test_layers_stand_in_their_order() -> None:
    config = PLAIN | {
        "batch_norm": "torch.nn.BatchNorm1d",
        "dropout": "torch.nn.Dropout",
        "dropout_options": {"p": 0.25},
    }
    kinds = [type(layer) for layer in build_model(config, 12)]
    hidden = [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Dropout]
    assert kinds == [*hidden, *hidden, nn.Linear]
    sizes = [tuple(p.shape) for p in build_model(PLAIN, 12).parameters() if p.dim() == 2]
    assert sizes == [(16, 12), (8, 16), (10, 8)]
    assert build_model(config, 12)[3].p == 0.25


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        ("torch.optim.SGD", {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.1}),
        ("torch.optim.AdamW", {"lr": 0.003, "weight_decay": 0.1}),
        ("torch.optim.RMSprop", {"lr": 0.003}),
    ],
)
def test_a_stride_is_a_factor_on_the_rate(optimizer: str, options: dict[str, float]) -> None:
    train = digits().train
    train = train[0].double(), train[1]
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        near = {**PLAIN, "optimizer": optimizer, "optimizer_options": options}
        far = {**near, "optimizer_options": {**options, "lr": options["lr"] * 4}}
        one, _ = train_configured(near, train, steps=12, stride=4.0)
        other, _ = train_configured(far, train, steps=12)
    finally:
        torch.set_default_dtype(usual)
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-12)


def test_a_rule_of_schedules_sets_the_rate_of_every_step() -> None:
    config = PLAIN | {"schedule": "linear_decay_lr", "schedule_options": {"total_steps": 4}}
    _, history = train_configured(config, digits().train, steps=4)
    assert history["lr"] == pytest.approx([0.1, 0.075, 0.05, 0.025])
    config["schedule"] = "LinearDecayLR"
    _, again = train_configured(config, digits().train, steps=4)
    assert again["lr"] == pytest.approx(history["lr"])


def test_a_seed_repeats_a_run_and_another_one_does_not() -> None:
    runs = [try_out(PLAIN, "digits", "ann", seed=seed)[1]["loss"] for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_a_run_has_the_steps_of_its_task() -> None:
    for task, (_, steps) in TASKS.items():
        _, history = try_out(PLAIN | {"widths": []}, task, None)
        assert history.steps("loss")[-1] == steps


def test_strides_are_personal_and_spread_over_four_decades() -> None:
    for task in TASKS:
        found = [stride(task, f"student {number}") for number in range(400)]
        assert len(set(found)) == len(found)
        assert 1 / LONGEST_STRIDE <= min(found) < 0.015 < 70 < max(found) <= LONGEST_STRIDE
        assert 150 < sum(value < 1 for value in found) < 250
    assert stride("digits", "ann") != stride("mnist1d", "ann")


def test_students_see_data_of_their_own() -> None:
    curves = [try_out(PLAIN, "digits", name)[1]["loss"] for name in ("ann", "ben")]
    assert curves[0] != curves[1]


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(LookupError, match="Sgd"):
        train_configured(PLAIN | {"optimizer": "Sgd"}, digits().train, steps=1)
    assert make_optimizer("torch.optim.SGD", [torch.zeros(1, requires_grad=True)], lr=1.0)
