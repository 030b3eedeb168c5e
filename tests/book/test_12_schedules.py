"""Chapter 12: its schedules against torch and the library, its captions against their data."""

import inspect
import math
from functools import partial

import numpy as np
import pytest
import torch

from course_lib import schedules as ours
from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "12_schedules"
chapter = load(PAGE)

STEPS = range(25)
# A claim that is put right, the right one under another name, a line for a stack of rates.
NOT_SCHEDULES = {
    "root_of_the_slide",
    "mended_with_a_minus",
    "mended_with_a_plus",
    "linear_rates",
}
# Function of the page, and the library's function of the same schedule with its options.
PAIRS = {
    "step_decay": (
        partial(chapter.step_decay, every=4, gamma=0.3),
        partial(ours.step_lr, step_size=4, gamma=0.3),
    ),
    "milestones": (
        partial(chapter.milestones, points=(3, 7, 20), gamma=0.3),
        partial(ours.multi_step_lr, milestones=[3, 7, 20], gamma=0.3),
    ),
    "exponential": (
        partial(chapter.exponential, gamma=0.9),
        partial(ours.exponential_lr, gamma=0.9),
    ),
    "cosine": (
        partial(chapter.cosine, total=10, floor=0.05),
        partial(ours.cosine_annealing_lr, T_max=10, eta_min=0.05),
    ),
    "linear": (
        partial(chapter.linear, total=10),
        partial(ours.linear_decay_lr, total_steps=10),
    ),
    "inverse_root": (
        chapter.inverse_root,
        partial(ours.inverse_sqrt_lr, warmup_steps=1),
    ),
    "inverse_root_warm": (
        partial(chapter.inverse_root_warm, warm=6),
        partial(ours.inverse_sqrt_lr, warmup_steps=6),
    ),
    "warmup": (
        partial(chapter.warmup, warm=6),
        partial(ours.linear_warmup_lr, warmup_steps=6),
    ),
    "one_over_t": (
        partial(chapter.one_over_t, k=0.2),
        lambda t, start: start / (1 + 0.2 * t),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_displayed_schedule_is_that_of_the_library(name):
    displayed, library = PAIRS[name]
    for t in STEPS:
        assert displayed(t, 0.7) == pytest.approx(library(t, 0.7), rel=1e-12, abs=1e-15)


def test_every_schedule_of_the_page_is_compared():
    functions = inspect.getmembers(chapter, inspect.isfunction)
    names = {
        name
        for name, function in functions
        if list(inspect.signature(function).parameters)[:2] == ["t", "start"]
    }
    assert names - NOT_SCHEDULES == set(PAIRS)


@pytest.mark.parametrize("warm", [0, 2, 5, 40])
@pytest.mark.parametrize("name", chapter.GALLERY)
def test_the_gallery_walks_with_torch(name, warm):
    assert chapter.curve(name, warm) == pytest.approx(chapter.torch_curve(name, warm), abs=1e-12)


def test_the_transformer_is_the_inverse_root_behind_a_warm_up():
    peak = (512 * 4000) ** -0.5
    for t in (1, 100, 3999, 4000, 4001, 20000):
        rate = chapter.inverse_root_warm(t - 1, peak, 4000)
        assert chapter.transformer(t, 512, 4000) == pytest.approx(rate, rel=1e-12)


def test_the_warm_up_hands_over_to_a_schedule_that_begins_at_its_start():
    warmed = chapter.with_warmup(partial(chapter.cosine, total=10), 4)
    assert [warmed(t, 1.0) for t in (0, 3, 4)] == [0.25, 1.0, 1.0]
    assert warmed(14, 1.0) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("patience", [0, 1, 4])
@pytest.mark.parametrize("cooldown", [0, 3])
def test_the_detector_cuts_when_the_library_and_torch_do(patience, cooldown):
    draws = torch.rand(60, generator=torch.Generator().manual_seed(patience)).tolist()
    errors = [round(draw, 1) + 1 for draw in draws]  # many of them equal
    options = {"patience": patience, "cooldown": cooldown, "threshold": 0.05}
    found = chapter.plateau_rates(errors, 1.0, gamma=0.5, **options)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    library, rates = ours.ReduceLROnPlateau(optimizer, factor=0.5, **options), []
    for error in errors:
        library.step(error)
        rates.append(optimizer.param_groups[0]["lr"])
    # Both leave a rate alone once a cut would change it by less than their eps of 1e-8.
    assert found == pytest.approx(rates, abs=2e-8)
    assert found == pytest.approx(
        chapter.torch_plateau_rates(errors, 1.0, gamma=0.5, **options), abs=2e-8
    )
    assert len(set(found)) > 2


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_scaling_rules(adaptive):
    k = 1024 / 256
    expected = 0.1 * (math.sqrt(k) if adaptive else k)
    assert chapter.scaled_rate(0.1, 1024, adaptive=adaptive) == pytest.approx(expected)


def test_one_large_step_follows_the_small_ones_on_every_seed():
    for seed in range(4):
        small, gradient = chapter.one_pass_each(seed=seed)
        assert (-0.08 * gradient - small).norm() < 0.2 * small.norm()
        assert (-0.01 / 8 * gradient - small).norm() > 0.9 * small.norm()


def test_two_seeds_give_different_runs():
    one, other = chapter.plateau_runs([0, 1], passes=2)[0]
    assert not torch.equal(one, other)
    again = chapter.plateau_runs([1], passes=2)[0][0]
    torch.testing.assert_close(again, other)


@pytest.mark.book
def test_five_runs_stand_in_the_order_of_the_caption():
    held = figure_data("F-12.1")
    losses, names = held["losses"], list(held["names"])
    assert losses.shape == (5, 10, 16)
    ends = dict(zip(names, losses[..., -1].mean(1), strict=True))
    order = ["large, then small", "good", "high", "low", "very high"]
    assert sorted(ends, key=ends.get) == order
    cut = losses[names.index("large, then small")]
    assert (cut[:, 11] < cut[:, 10]).all()  # the first pass after the cut
    assert (cut[:, -1] < losses[names.index("good"), :, -1]).all()
    assert not (losses[names.index("high")] < losses[names.index("good")]).all(0).any()
    assert len({tuple(row) for row in cut}) == 10


@pytest.mark.book
def test_dots_of_torch_lie_on_the_gallery_and_the_areas_are_those_of_the_text():
    held = figure_data("F-12.2")
    for name, rates in held["ours"].items():
        np.testing.assert_allclose(rates, held["torch"][name], atol=1e-12)
    mean = {name: float(np.mean(rates)) for name, rates in held["ours"].items()}
    assert mean["cosine"] == pytest.approx(mean["linear"], abs=1e-9)
    assert mean["cosine"] == pytest.approx(0.5, abs=0.01)
    assert mean["inverse root"] == pytest.approx(0.19, abs=0.005)
    assert held["ours"]["inverse root"][-1] == pytest.approx(0.1)
    low, high, _ = held["slider"]["range"]
    places = (high - low) // held["slider"]["step"] + 1
    assert {len(rows) for rows in held["curves"].values()} == {places}
    assert set(held["curves"]) == set(chapter.GALLERY)


@pytest.mark.book
def test_smooth_schedules_beat_the_constant_rate_and_the_step_drops_once():
    held = figure_data("F-12.3")
    names, final, losses = list(held["names"]), held["final"], held["losses"]
    ends = dict(zip(names, final.mean(1), strict=True))
    smooth = set(names) - {"constant", "step"}
    assert all(ends[name] < ends["constant"] for name in smooth)
    assert ends["step"] > ends["constant"] - 0.02  # three early cuts gain nothing here
    step = losses[names.index("step")].mean(0)
    first, second, third = (step[cut - 1] - step[cut] for cut in held["cuts"].astype(int))
    assert first > 5 * second > 5 * third
    assert len(set(held["tuned"])) > 1
    best = held["sweep"].mean(-1).argmin(-1)
    assert ((best > 0) & (best < len(held["rates"]) - 1)).all()  # no rate on the border
    assert [held["rates"][i] for i in best] == list(held["tuned"])


@pytest.mark.book
def test_warm_up_rescues_where_the_start_is_the_danger():
    held = figure_data("F-12.4")
    gain = {
        name: held[f"{name}_warm_stable"][0] / held[f"{name}_cold_stable"][0]
        for name in ("plain", "sharp", "adam")
    }
    assert gain["plain"] < 1.5  # one step of the sweep at most
    assert gain["sharp"] > 1.9 and gain["adam"] > 1.9
    for name in gain:
        assert held[f"{name}_warm"].shape[0] == 10
        assert held[f"{name}_warm_stable"][0] < held[f"{name}_rates"][-1]


@pytest.mark.book
def test_dividing_fails_first_and_each_rule_suits_its_optimizer():
    held = figure_data("F-12.5")
    budget, batches = held["budget"], list(held["batches"])
    passes = {
        (name, rule): held[f"{name} {rule}"].clip(max=2 * budget).mean(0)
        for name in ("SGD", "Adam")
        for rule in chapter.RULES
    }
    by_four, by_eight = batches.index(64), batches.index(128)
    for name in ("SGD", "Adam"):
        worst = max((rule for rule in chapter.RULES), key=lambda r: passes[name, r][by_four])
        assert worst == "÷ k"
        assert passes[name, "÷ k"][by_four] > budget
    linear = passes["SGD", "× k"]
    assert linear[1] < 1.1 * linear[0] and linear[by_four] < 1.25 * linear[0]
    assert (linear[1:3] < passes["SGD", "× √k"][1:3]).all()
    assert linear[by_eight] > 1.5 * linear[0]  # the limit
    cautious = held["SGD cautious"].mean(0)
    assert cautious[by_eight] < 1.25 * cautious[0]
    root = passes["Adam", "× √k"]
    assert (root[2:6] < passes["Adam", "× k"][2:6]).all()
    assert (root[1:6] < passes["Adam", "constant"][1:6]).all()
    assert 0.3 < held["Adam slope"][0] < 0.6 < held["SGD slope"][0] < 1.1


@pytest.mark.book
def test_each_cut_of_the_plateau_comes_after_the_patience():
    held = figure_data("F-12.6")
    errors, rates, patience = held["errors"], held["rates"], int(held["patience"])
    for row, rate in zip(errors, rates, strict=True):
        expected = chapter.plateau_rates(row.tolist(), 0.2, gamma=0.1, patience=patience)
        np.testing.assert_allclose(rate[1:], expected[:-1], rtol=1e-5)
    cut = int(held["cut_after"][0])
    assert errors[0, : cut - patience - 1].min() <= errors[0, cut - patience - 1 : cut].min()
    assert errors[0, cut] < errors[0, cut - 1] - 0.1
    firsts = {int((rate < 0.19).argmax()) for rate in rates}
    assert len(firsts) > 3  # noise decides
