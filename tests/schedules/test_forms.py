"""Recursion and closed form: one curve as long as nobody else touches the rate."""

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_lib import schedules
from tests.cases.schedules import ABSOLUTE, BASE_LRS, CASES, OWN, RECURSIVE, STEPPED, TYPICAL, Case
from tests.schedules.trace import build_optimizer, ours, torchs, walk

FUNCTIONS: dict[str, Callable[..., float]] = {
    "StepLR": schedules.step_lr,
    "MultiStepLR": schedules.multi_step_lr,
    "ExponentialLR": schedules.exponential_lr,
    "LinearLR": schedules.linear_lr,
    "CosineAnnealingLR": schedules.cosine_annealing_lr,
    "CosineAnnealingWarmRestarts": schedules.cosine_annealing_warm_restarts,
    "CyclicLR": schedules.cyclic_lr,
    "OneCycleLR": schedules.one_cycle_lr,
    "LinearDecayLR": schedules.linear_decay_lr,
    "InverseSqrtLR": schedules.inverse_sqrt_lr,
    "LinearWarmupLR": schedules.linear_warmup_lr,
}
# Of the classes only: bookkeeping that the functions know nothing of.
BOOKS = ("cycle_momentum", "base_momentum", "max_momentum", "scale_mode")


def _has_a_closed_form(case: Case) -> bool:
    books = case.edits or case.chained or case.after or case.resumed >= 0
    other = {"scale_fn", "epochs"} & case.options.keys() or case.options.get("total_iters") == 0
    return not books and not other


def _of_group(options: dict[str, Any], index: int) -> dict[str, Any]:
    listed = {"base_lr", "max_lr"} & options.keys()
    own = {n: options[n][index] for n in listed if isinstance(options[n], list | tuple)}
    return {name: value for name, value in (options | own).items() if name not in BOOKS}


def _curve(case: Case, index: int) -> list[float]:
    options = _of_group(case.options, index)
    if case.schedule not in ("CyclicLR", "OneCycleLR"):
        options["base_lr"] = BASE_LRS[index]
    function = FUNCTIONS[case.schedule]
    return [function(epoch, **options) for epoch in range(case.steps + 1)]


@pytest.mark.parametrize("case", list(filter(_has_a_closed_form, CASES)), ids=str)
def test_function_equals_torchs_trace(case: Case) -> None:
    trace = walk(torchs, case)
    t_max = case.options["T_max"] if case.schedule == "CosineAnnealingLR" else 0
    for index in range(len(BASE_LRS)):
        expected = [seen["lr"][index] for seen in trace]
        bound = max(1e-12, 1e-16 * t_max**2) * max(expected)
        assert _curve(case, index) == pytest.approx(expected, rel=0, abs=bound)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("name", STEPPED)
def test_jump_to_an_epoch_lands_where_torchs_does(name: str) -> None:
    landed = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        schedule = make(name)(optimizer, **TYPICAL[name])
        optimizer.step()
        rates = []
        for epoch in (5, 0, 83, 41, 1):
            schedule.step(epoch)
            rates.append(list(schedule.get_last_lr()))
            schedule.step()
            rates.append(list(schedule.get_last_lr()))
        landed.append(rates)
    torch.testing.assert_close(landed[0], landed[1], rtol=1e-12, atol=1e-15)


def test_a_jump_is_called_deprecated() -> None:
    optimizer = build_optimizer()
    schedule = ours("StepLR")(optimizer, 3)
    optimizer.step()
    with pytest.warns(UserWarning, match="epoch parameter"):
        schedule.step(4)


def _after_an_edit(name: str, factor: float) -> float:
    """The first group's rate 3 steps after a factor was applied to it in step 35."""
    case = Case("", TYPICAL[name], name, edits={35: factor}, steps=38)
    return walk(ours, case)[-1]["lr"][0]


@pytest.mark.parametrize("name", [n for n in RECURSIVE if n != "CosineAnnealingLR"])
def test_recursion_keeps_an_edit(name: str) -> None:
    assert _after_an_edit(name, 0.5) == pytest.approx(0.5 * _after_an_edit(name, 1.0))


def test_recursion_keeps_the_edited_distance_from_a_floor() -> None:
    floor = TYPICAL["CosineAnnealingLR"]["eta_min"]
    before, after = 0.1, 0.05
    top = _after_an_edit("CosineAnnealingLR", 1.0) - floor
    at_edit = walk(ours, Case("", TYPICAL["CosineAnnealingLR"], "CosineAnnealingLR", steps=34))
    lr = at_edit[-1]["lr"][0]
    share = (lr * after / before - floor) / (lr - floor)
    assert _after_an_edit("CosineAnnealingLR", 0.5) - floor == pytest.approx(share * top)


@pytest.mark.parametrize("name", RECURSIVE)
def test_a_group_added_later_takes_part_in_a_recursion(name: str) -> None:
    rates = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        schedule = make(name)(optimizer, **TYPICAL[name])
        optimizer.step()
        optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 0.7})
        for _ in range(35):
            schedule.step()
        rates.append(schedule.get_last_lr())
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
    assert len(rates[0]) == len(BASE_LRS) + 1 and rates[0][-1] != 0.7


@pytest.mark.parametrize("name", (*ABSOLUTE, *OWN))
def test_absolute_schedules_forget_an_edit(name: str) -> None:
    assert _after_an_edit(name, 0.5) == _after_an_edit(name, 1.0)


@pytest.mark.parametrize("name", RECURSIVE)
def test_closed_form_and_recursion_part_after_an_edit(name: str) -> None:
    edited = _after_an_edit(name, 0.5)
    closed = FUNCTIONS[name](38, base_lr=BASE_LRS[0], **TYPICAL[name])
    assert _after_an_edit(name, 1.0) == pytest.approx(closed)
    assert abs(edited - closed) > 0.1 * closed


def test_chained_recursive_schedules_multiply() -> None:
    names = ("StepLR", "MultiStepLR", "ExponentialLR", "LinearLR")
    first, *others = ((name, TYPICAL[name]) for name in names)
    case = Case("", first[1], first[0], chained=tuple(others), steps=100)
    for epoch, seen in enumerate(walk(ours, case)):
        factors = [FUNCTIONS[name](epoch, base_lr=1.0, **TYPICAL[name]) for name in names]
        assert seen["lr"] == pytest.approx([lr * math.prod(factors) for lr in BASE_LRS])


def test_a_chained_absolute_schedule_wipes_out_what_came_before() -> None:
    name, options = "InverseSqrtLR", TYPICAL["InverseSqrtLR"]
    alone = walk(ours, Case("", options, name, steps=100))
    behind = Case("", {"gamma": 0.9}, "ExponentialLR", chained=((name, options),), steps=100)
    assert [seen["lr"] for seen in walk(ours, behind)] == [seen["lr"] for seen in alone]


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("name", STEPPED)
def test_a_function_of_ones_own_takes_effect(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function = FUNCTIONS[name]
    module = importlib.import_module(function.__module__)
    monkeypatch.setattr(module, function.__name__, lambda *args, **kwargs: 0.125)
    optimizer = build_optimizer()
    schedule = ours(name)(optimizer, **TYPICAL[name])
    optimizer.step()
    schedule.step(3) if name in RECURSIVE else schedule.step()
    assert schedule.get_last_lr() == [0.125] * len(BASE_LRS)


@pytest.mark.parametrize(
    ("function", "arguments", "expected"),
    [
        ("step_lr", (4, 1.0, 5), 1.0),
        ("step_lr", (5, 1.0, 5), 0.1),
        ("multi_step_lr", (3, 1.0, [3, 3, 4]), 0.01),
        ("exponential_lr", (0, 3.0, 0.5), 3.0),
        ("linear_lr", (0, 3.0), 1.0),
        ("linear_lr", (5, 3.0), 3.0),
        ("cosine_annealing_lr", (3, 1.0, 3), 0.0),
        ("cosine_annealing_lr", (6, 1.0, 3), 1.0),
        ("cosine_annealing_warm_restarts", (2.5, 1.0, 5), 0.5),
        ("cosine_annealing_warm_restarts", (5, 1.0, 5, 2), 1.0),
        ("cosine_annealing_warm_restarts", (121, 1.0, 1, 3), 1.0),
        ("linear_decay_lr", (9, 1.0, 3), 0.0),
        ("inverse_sqrt_lr", (99, 1.0, 25), 0.5),
        ("linear_warmup_lr", (0, 1.0, 4), 0.25),
        ("cyclic_lr", (2000, 1.0, 2.0), 2.0),
        ("cyclic_lr", (3, 1.0, 2.0, 2, 2, "exp_range", 0.5), 1 + 0.5 * 0.125),
        ("one_cycle_lr", (0, 1.0, 100), 0.04),
        ("one_cycle_lr", (29, 1.0, 100), 1.0),
        ("one_cycle_lr", (99, 1.0, 100), 4e-6),
        ("one_cycle_lr", (58, 1.0, 100, 0.3, "cos", 25.0, 1e4, True), 0.04),
    ],
)
def test_one_value_by_hand(function: str, arguments: tuple[Any, ...], expected: float) -> None:
    got = getattr(schedules, function)(*arguments)
    assert got == pytest.approx(expected, rel=1e-12, abs=1e-16)
