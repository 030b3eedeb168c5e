"""A schedule stands in for torch's: signature, state dicts both ways, warnings, torch's chains."""

import copy
import inspect
import pickle
import warnings
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from tests.cases.schedules import NAMES, OWN, RECURSIVE, STEPPED, TORCHS, TYPICAL, Options
from tests.schedules.trace import build_optimizer, ours, torchs

# What a schedule is built with before it loads a state dict; all but the groups comes from there.
OTHER: dict[str, Options] = {
    "StepLR": {"step_size": 3},
    "MultiStepLR": {"milestones": [1]},
    "ExponentialLR": {"gamma": 0.1},
    "LinearLR": {},
    "CosineAnnealingLR": {"T_max": 3},
    "CosineAnnealingWarmRestarts": {"T_0": 3},
    "CyclicLR": {"base_lr": 1.0, "max_lr": 2.0, "mode": "exp_range", "gamma": 0.5},
    "OneCycleLR": {"max_lr": 9.0, "total_steps": 50, "pct_start": 0.8, "three_phase": True},
    "LinearDecayLR": {"total_steps": 3},
    "InverseSqrtLR": {"warmup_steps": 3},
    "LinearWarmupLR": {"warmup_steps": 3},
    "ReduceLROnPlateau": {"mode": "max", "factor": 0.9, "min_lr": [1.0, 1.0, 1.0]},
}
PLATEAU: Options = {"factor": 0.5, "patience": 2, "cooldown": 3, "min_lr": 1e-4}
MORE_TYPICAL: dict[str, Options] = {
    **TYPICAL,
    "ReduceLROnPlateau": PLATEAU,
    "CyclicLR": TYPICAL["CyclicLR"] | {"mode": "exp_range", "gamma": 0.99, "step_size_down": 11},
    "OneCycleLR": TYPICAL["OneCycleLR"] | {"pct_start": 0.02, "anneal_strategy": "linear"},
}
with_torchs = pytest.mark.parametrize("name", (*TORCHS, "ReduceLROnPlateau"))


def _walked(make: Any, name: str, steps: int, options: Any = MORE_TYPICAL) -> tuple[Any, Any]:
    optimizer = build_optimizer()
    schedule = make(name)(optimizer, **options[name])
    optimizer.step()
    for _ in range(steps):
        _step(schedule)
    return optimizer, schedule


def _step(schedule: Any) -> None:
    plateau = "Plateau" in type(schedule).__name__
    schedule.step(1.0) if plateau else schedule.step()


def _continued(optimizer: Any, schedule: Any) -> list[list[float]]:
    """Rates and momenta of 60 steps more."""
    seen = []
    for _ in range(60):
        _step(schedule)
        seen.append([g[name] for g in optimizer.param_groups for name in ("lr", "momentum")])
    return seen


def _loaded(make: Any, name: str, optimizer: Any, schedule: Any) -> list[list[float]]:
    """How another schedule goes on that was built otherwise and loads all it needs."""
    other, loader = _walked(make, name, 0, OTHER)
    loader.load_state_dict(copy.deepcopy(schedule.state_dict()))
    other.load_state_dict(optimizer.state_dict())
    other.step()
    return _continued(other, loader)


@with_torchs
def test_signature_is_torchs(name: str) -> None:
    def arguments(cls: Any) -> list[tuple[Any, ...]]:
        found = inspect.signature(cls).parameters.values()
        return [(p.name, p.kind, p.default) for p in found]

    assert arguments(ours(name)) == arguments(torchs(name))


@pytest.mark.parametrize("name", NAMES)
def test_is_a_schedule_of_torch(name: str) -> None:
    assert issubclass(ours(name), lr_scheduler.LRScheduler)


@with_torchs
@pytest.mark.parametrize("steps", [0, 7, 45])
def test_state_dict_is_torchs(name: str, steps: int) -> None:
    mine, theirs = (_walked(make, name, steps)[1].state_dict() for make in (ours, torchs))
    assert mine.keys() == theirs.keys()
    for key in theirs:
        assert mine[key] == _near(theirs[key]), key


def _near(value: Any) -> Any:
    is_list_of_numbers = isinstance(value, list) and not isinstance(value[0], dict)
    return pytest.approx(value, rel=1e-12) if is_list_of_numbers else value


@with_torchs
@pytest.mark.parametrize("saves", [ours, torchs])
@pytest.mark.parametrize("loads", [ours, torchs])
@pytest.mark.parametrize("steps", [1, 45])
def test_state_travels_in_mid_course(name: str, saves: Any, loads: Any, steps: int) -> None:
    optimizer, schedule = _walked(saves, name, steps)
    resumed = _loaded(loads, name, optimizer, schedule)
    for mine, expected in zip(resumed, _continued(optimizer, schedule), strict=True):
        assert mine == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", OWN)
def test_state_of_our_own_travels(name: str) -> None:
    optimizer, schedule = _walked(ours, name, 20)
    assert _loaded(ours, name, optimizer, schedule) == _continued(optimizer, schedule)


@pytest.mark.parametrize("after", TORCHS)
@pytest.mark.parametrize("steps", [3, 10, 30])
def test_warm_up_and_what_follows_are_saved_together(after: str, steps: int) -> None:
    def built(options: dict[str, Options], warmup: int, steps: int) -> tuple[Any, Any]:
        optimizer = build_optimizer()
        follower = ours(after)(optimizer, **options[after])
        schedule = ours("LinearWarmupLR")(optimizer, warmup, after=follower)
        optimizer.step()
        for _ in range(steps):
            schedule.step()
        return optimizer, schedule

    optimizer, schedule = built(TYPICAL, 10, steps)
    other, loader = built(OTHER, 3, 0)
    loader.load_state_dict(pickle.loads(pickle.dumps(schedule.state_dict())))
    other.load_state_dict(optimizer.state_dict())
    assert _continued(other, loader) == _continued(optimizer, schedule)


def test_warm_up_refuses_the_state_of_another_kind() -> None:
    alone = _walked(ours, "LinearWarmupLR", 3)[1]
    optimizer = build_optimizer()
    with_after = ours("LinearWarmupLR")(optimizer, 3, after=ours("StepLR")(optimizer, 3))
    with pytest.raises(ValueError, match="got one without"):
        with_after.load_state_dict(alone.state_dict())
    with pytest.raises(ValueError, match="got one with"):
        alone.load_state_dict(with_after.state_dict())


@pytest.mark.parametrize("name", NAMES)
def test_loading_leaves_the_dict_alone(name: str) -> None:
    saved = _walked(ours, name, 7)[1].state_dict()
    before = copy.deepcopy(saved)
    loader = _walked(ours, name, 0)[1]
    loader.load_state_dict(copy.deepcopy(saved))
    assert saved == before
    loader.load_state_dict(saved)
    assert saved == before


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_holds_no_optimizer_and_can_be_pickled(name: str) -> None:
    saved = _walked(ours, name, 7)[1].state_dict()
    assert "optimizer" not in saved
    assert pickle.loads(pickle.dumps(saved)) == saved


class _Scale:
    """A scale of cycles with an attribute, unlike a plain function."""

    def __init__(self, share: float) -> None:
        self.share = share

    def __call__(self, cycle: float) -> float:
        return self.share / cycle


@pytest.mark.parametrize("saves", [ours, torchs])
@pytest.mark.parametrize("loads", [ours, torchs])
def test_attributes_of_a_scale_travel(saves: Any, loads: Any) -> None:
    cycle = {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 4}
    saver = saves("CyclicLR")(build_optimizer(), **cycle, scale_fn=_Scale(0.25))
    loader = loads("CyclicLR")(build_optimizer(), **cycle, scale_fn=_Scale(0.5))
    loader.load_state_dict(saver.state_dict())
    loader.optimizer.step()
    for _ in range(4):
        loader.step()
    assert loader.get_last_lr()[0] == 0.25


@pytest.mark.parametrize("loads", [ours, torchs])
def test_a_scale_that_is_a_function_is_not_saved(loads: Any) -> None:
    cycle = {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 4, "scale_fn": lambda cycle: 0.5}
    saved = ours("CyclicLR")(build_optimizer(), **cycle).state_dict()
    assert saved["_scale_fn_custom"] is None
    loads("CyclicLR")(build_optimizer(), **cycle).load_state_dict(saved)


@pytest.mark.parametrize("name", NAMES)
def test_a_rate_that_is_a_tensor_stays_the_same_tensor(name: str) -> None:
    optimizer = build_optimizer(tensors=True)
    before = [group["lr"] for group in optimizer.param_groups]
    schedule = ours(name)(optimizer, **MORE_TYPICAL[name])
    optimizer.step()
    for _ in range(45):
        _step(schedule)
    assert all(g["lr"] is lr for g, lr in zip(optimizer.param_groups, before, strict=True))
    told = schedule.get_last_lr()
    assert not any(lr is own for lr, own in zip(told, before, strict=True))
    assert told == before


@pytest.mark.parametrize("name", STEPPED)
def test_rates_told_are_those_last_set(name: str) -> None:
    optimizer, schedule = _walked(ours, name, 5)
    rates = [group["lr"] for group in optimizer.param_groups]
    optimizer.param_groups[0]["lr"] = 5.0
    assert schedule.get_last_lr() == rates


def test_plateau_tells_rates_as_they_stand() -> None:
    optimizer, schedule = _walked(ours, "ReduceLROnPlateau", 5)
    optimizer.param_groups[0]["lr"] = 5.0
    assert schedule.get_last_lr()[0] == 5.0
    assert schedule.state_dict()["_last_lr"][0] == 5.0


@pytest.mark.parametrize("make", [ours, torchs])
def test_plateau_gives_a_group_added_later_the_common_floor(make: Any) -> None:
    optimizer, schedule = _walked(make, "ReduceLROnPlateau", 2)
    optimizer.add_param_group({"params": [torch.zeros(1)], "lr": 1.5e-4})
    for _ in range(2):
        schedule.step(1.0)
    assert schedule.get_last_lr()[-1] == 1e-4


@pytest.mark.parametrize("make", [ours, torchs])
def test_plateau_asks_for_the_floor_of_a_group_added_later(make: Any) -> None:
    optimizer, schedule = _walked(make, "ReduceLROnPlateau", 2, OTHER)
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    with pytest.raises(RuntimeError, match="min_lrs"):
        for _ in range(20):
            schedule.step(1.0)
    schedule.min_lrs = [0.0] * 4
    schedule.step(1.0)


@pytest.mark.parametrize("make", [ours, torchs])
def test_plateau_takes_metrics_as_tensors_and_epochs_as_given(make: Any) -> None:
    _, schedule = _walked(make, "ReduceLROnPlateau", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's word on epochs
        schedule.step(torch.tensor(3.0), 7)
    schedule.step(torch.tensor(2.0))
    assert (schedule.best, schedule.last_epoch, schedule.in_cooldown) == (2.0, 8, False)
    for _ in range(3):
        schedule.step(torch.tensor(2.0))
    counted = []
    for _ in range(4):
        counted.append((schedule.cooldown_counter, schedule.in_cooldown))
        schedule.step(1.0)
    assert counted == [(3, True), (2, True), (1, True), (0, False)]


def test_plateau_has_neither_a_first_step_nor_initial_rates() -> None:
    optimizer, schedule = _walked(ours, "ReduceLROnPlateau", 0)
    assert schedule.last_epoch == 0 and schedule.get_last_lr() == [0.1, 0.3, 2e-3]
    assert "initial_lr" not in optimizer.param_groups[0]


@pytest.mark.parametrize("name", [n for n in STEPPED if n != "CosineAnnealingWarmRestarts"])
def test_stepping_before_the_optimizer_warns(name: str) -> None:
    schedule = ours(name)(build_optimizer(), **TYPICAL[name])
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        schedule.step()


@pytest.mark.parametrize("name", STEPPED)
def test_asking_for_the_next_rates_outside_a_step_warns(name: str) -> None:
    schedule = ours(name)(build_optimizer(), **TYPICAL[name])
    with pytest.warns(UserWarning, match="get_last_lr"):
        schedule.get_lr()


@pytest.mark.parametrize("name", STEPPED)
def test_a_second_schedule_starts_from_the_first_ones_initial_rates(name: str) -> None:
    """The group keeps the first `initial_lr` it was given, except from OneCycleLR."""
    seen = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        make("LinearLR")(optimizer)
        schedule = make(name)(optimizer, **TYPICAL[name])
        seen.append((schedule.base_lrs, schedule.get_last_lr()))
    assert seen[0][0] == pytest.approx(seen[1][0])
    if name not in OWN:
        assert seen[0][1] == pytest.approx(seen[1][1])


@pytest.mark.parametrize("name", TORCHS)
@pytest.mark.parametrize("place", [0, 1])
def test_torchs_sequence_takes_it(name: str, place: int) -> None:
    rates = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        parts = [make("ExponentialLR")(optimizer, gamma=0.98)]
        parts.insert(place, make(name)(optimizer, **TYPICAL[name]))
        sequence = lr_scheduler.SequentialLR(optimizer, parts, milestones=[20])
        optimizer.step()
        seen = [list(sequence.get_last_lr())]
        for _ in range(100):
            sequence.step()
            seen.append([group["lr"] for group in optimizer.param_groups])
        rates.append(seen)
    torch.testing.assert_close(rates[0], rates[1], rtol=1e-12, atol=1e-15)


def test_torchs_sequence_takes_a_warm_up_anywhere() -> None:
    for place in (0, 1):
        optimizer = build_optimizer()
        parts = [ours("ExponentialLR")(optimizer, gamma=0.5)]
        follower = ours("StepLR")(optimizer, step_size=1)
        parts.insert(place, ours("LinearWarmupLR")(optimizer, 2, after=follower))
        sequence = lr_scheduler.SequentialLR(optimizer, parts, milestones=[4])
        optimizer.step()
        rates = list(sequence.get_last_lr()[:1])
        for _ in range(7):
            sequence.step()
            rates += sequence.get_last_lr()[:1]
        halves = [[0.05, 0.1, 0.1, 0.01], [0.1, 0.05, 0.025, 0.0125]]
        assert rates == pytest.approx(halves[place] + halves[1 - place])


@pytest.mark.parametrize("name", RECURSIVE)
def test_torchs_chain_takes_it(name: str) -> None:
    rates = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        parts = [make(name)(optimizer, **TYPICAL[name]), make("StepLR")(optimizer, 7, 0.9)]
        chain = lr_scheduler.ChainedScheduler(parts)
        optimizer.step()
        for _ in range(100):
            chain.step()
        rates.append(chain.get_last_lr())
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


def test_warm_up_goes_in_front_of_a_chain_and_of_a_sequence() -> None:
    """Torch's own sequence refuses both, so the rates are written out."""
    for make, expected in (
        (_chain, [0.1, 0.05, 0.025, 0.00125]),
        (_sequence, [0.1, 0.05, 0.1, 0.1]),
    ):
        optimizer = build_optimizer()
        schedule = ours("LinearWarmupLR")(optimizer, 2, after=make(optimizer))
        optimizer.step()
        rates = list(schedule.get_last_lr()[:1])
        for _ in range(5):
            schedule.step()
            rates += schedule.get_last_lr()[:1]
        assert rates == pytest.approx([0.05, 0.1, *expected])


def _chain(optimizer: Any) -> Any:
    parts = [ours("ExponentialLR")(optimizer, gamma=0.5), ours("StepLR")(optimizer, step_size=3)]
    return lr_scheduler.ChainedScheduler(parts)


def _sequence(optimizer: Any) -> Any:
    parts = [ours("ExponentialLR")(optimizer, gamma=0.5), ours("StepLR")(optimizer, step_size=3)]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[2])
