"""What a schedule refuses, with the type torch has and a message that says what is needed."""

from typing import Any

import pytest
import torch

from tests.cases.schedules import ABSOLUTE, NAMES, OWN, REFUSED, STEPPED, TYPICAL, Refused
from tests.schedules.trace import build_optimizer, ours, torchs


@pytest.mark.parametrize("row", REFUSED, ids=str)
def test_arguments_outside_their_domain(row: Refused) -> None:
    with pytest.raises(row.error, match=row.message):
        ours(row.schedule)(build_optimizer(row.optimizer), **row.options)
    if row.schedule not in OWN:
        with pytest.raises(Exception) as theirs:
            torchs(row.schedule)(build_optimizer(row.optimizer), **row.options)
        assert theirs.type is row.error


@pytest.mark.parametrize("name", NAMES)
def test_something_that_is_no_optimizer(name: str) -> None:
    options = TYPICAL.get(name, {})
    if name not in OWN:
        with pytest.raises(TypeError):
            torchs(name)(torch.nn.Linear(1, 1), **options)
    with pytest.raises(TypeError, match="optimizer must be an Optimizer, got Linear"):
        ours(name)(torch.nn.Linear(1, 1), **options)


@pytest.mark.parametrize("name", STEPPED)
def test_resuming_without_initial_rates(name: str) -> None:
    for make in (ours, torchs):
        with pytest.raises(KeyError, match="initial_lr"):
            make(name)(build_optimizer(), **TYPICAL[name], last_epoch=3)


def test_one_cycle_may_go_one_step_past_its_end() -> None:
    for make in (ours, torchs):
        optimizer = build_optimizer()
        schedule = make("OneCycleLR")(optimizer, max_lr=0.1, total_steps=5)
        optimizer.step()
        for _ in range(5):
            schedule.step()
        with pytest.raises(ValueError, match="6"):
            schedule.step()


@pytest.mark.parametrize("name", (*ABSOLUTE, *OWN))
def test_absolute_schedules_refuse_a_group_added_later(name: str) -> None:
    """As in torch: its rate at the start is not known."""
    for make in (ours, torchs):
        optimizer = build_optimizer()
        schedule = make(name)(optimizer, **TYPICAL[name])
        optimizer.step()
        optimizer.add_param_group({"params": [torch.zeros(1)]})
        with pytest.raises((ValueError, KeyError)):
            schedule.step()


def test_base_class_has_no_form() -> None:
    with pytest.raises(NotImplementedError, match="Schedule has no closed form yet"):
        ours("Schedule")(build_optimizer())


def test_recursive_base_class_has_no_recursion() -> None:
    with pytest.raises(NotImplementedError, match="RecursiveSchedule has no recursion yet"):
        ours("RecursiveSchedule")(build_optimizer())


def _foreign() -> Any:
    return ours("StepLR")(build_optimizer(), 3)


def test_warm_up_refuses_what_cannot_follow_it() -> None:
    optimizer = build_optimizer()
    warmup = ours("LinearWarmupLR")
    with pytest.raises(ValueError, match="same optimizer, got that of another"):
        warmup(optimizer, 3, after=_foreign())
    for make in (ours, torchs):
        with pytest.raises(ValueError, match="without a metric, got ReduceLROnPlateau"):
            warmup(optimizer, 3, after=make("ReduceLROnPlateau")(optimizer))
    after = ours("StepLR")(optimizer, 3)
    with pytest.raises(ValueError, match="last_epoch must be -1, got 4"):
        warmup(optimizer, 3, after=after, last_epoch=4)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_warm_up_does_not_jump_into_what_follows() -> None:
    optimizer = build_optimizer()
    schedule = ours("LinearWarmupLR")(optimizer, 3, after=ours("StepLR")(optimizer, 3))
    optimizer.step()
    schedule.step(2)
    assert schedule.get_last_lr()[0] == 0.1
    with pytest.raises(ValueError, match="epoch must lie in the 3 of warm-up, got 3"):
        schedule.step(3)
