"""Chapter 13: its schedules against torch and the library, its captions against their data."""

import inspect
import math
from functools import partial

import numpy as np
import pytest
import torch

from course_lib import schedules as ours
from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "13_cycles_and_restarts"
chapter = load(PAGE)

STEPS = range(40)
# Claims that are put right, one of them under another name.
NOT_SCHEDULES = {"there", "there_and_back"}
# Function of the page, and the library's function of the same schedule, both of the step alone.
PAIRS = {
    "linear_ramp": (
        partial(chapter.linear_ramp, start=1e-3, end=2.0, count=40),
        partial(ours.range_test_lr, start_lr=1e-3, end_lr=2.0, steps=40, mode="linear"),
    ),
    "exponential_ramp": (
        partial(chapter.exponential_ramp, start=1e-3, end=2.0, count=40),
        partial(ours.range_test_lr, start_lr=1e-3, end_lr=2.0, steps=40),
    ),
    "triangular": (
        partial(chapter.triangular, low=0.1, high=0.7, stepsize=3),
        partial(ours.cyclic_lr, base_lr=0.1, max_lr=0.7, step_size_up=3),
    ),
    "triangular2": (
        partial(chapter.triangular2, low=0.1, high=0.7, stepsize=3),
        partial(ours.cyclic_lr, base_lr=0.1, max_lr=0.7, step_size_up=3, mode="triangular2"),
    ),
    "exp_range": (
        partial(chapter.exp_range, low=0.1, high=0.7, stepsize=3, gamma=0.9),
        partial(
            ours.cyclic_lr, base_lr=0.1, max_lr=0.7, step_size_up=3, mode="exp_range", gamma=0.9
        ),
    ),
    "warm_restarts": (
        partial(chapter.warm_restarts, low=0.1, high=0.7, first=3, factor=2),
        partial(ours.cosine_annealing_warm_restarts, base_lr=0.7, T_0=3, T_mult=2, eta_min=0.1),
    ),
    "snapshot_rate": (  # the paper counts from 1
        lambda t: chapter.snapshot_rate(t + 1, 0.7, total=38, cycles=5),
        partial(ours.cosine_annealing_warm_restarts, base_lr=0.7, T_0=math.ceil(38 / 5)),
    ),
    "one_cycle": (
        partial(chapter.one_cycle, high=0.7, total=40),
        partial(ours.one_cycle_lr, max_lr=0.7, total_steps=40),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_displayed_schedule_is_that_of_the_library(name):
    displayed, library = PAIRS[name]
    rates = [displayed(t) for t in STEPS]
    assert rates == pytest.approx([library(t) for t in STEPS], rel=1e-12, abs=1e-15)
    assert len(set(rates)) > 3


def test_every_schedule_of_the_page_is_compared():
    functions = inspect.getmembers(chapter, inspect.isfunction)
    names = {
        name
        for name, function in functions
        if list(inspect.signature(function).parameters)[:1] == ["t"]
        and name != "cycle_and_height"  # a part of the triangles
    }
    assert names - NOT_SCHEDULES == set(PAIRS)


@pytest.mark.parametrize("options", [{}, {"rise": 0.5, "start_div": 5.0, "end_div": 2.0}])
def test_one_cycle_walks_with_torch(options):
    names = {"rise": "pct_start", "start_div": "div_factor", "end_div": "final_div_factor"}
    reference = chapter.torch_rates(
        torch.optim.lr_scheduler.OneCycleLR,
        30,
        max_lr=0.7,
        total_steps=30,
        cycle_momentum=False,
        **{names[key]: value for key, value in options.items()},
    )
    rates = [chapter.one_cycle(t, 0.7, 30, **options) for t in range(30)]
    assert rates == pytest.approx(reference, abs=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.98])
def test_the_displayed_mean_and_reading_are_the_librarys(beta):
    losses = torch.rand(50, generator=torch.Generator().manual_seed(1)).tolist()
    rates = [chapter.exponential_ramp(t, 1e-3, 1.0, 50) for t in range(50)]
    means = chapter.smooth(losses, beta)
    assert means == pytest.approx(ours.smoothed_losses(losses, beta), rel=1e-12)
    assert chapter.steepest(rates, means) == ours.suggested_lr(rates, means)


def test_both_bounds_of_a_known_curve_are_found():
    low, high = chapter.bounds(chapter.RAMP, chapter.CLIMB, beta=0.0)
    assert low == pytest.approx(10**-1.9, rel=0.15) and high == pytest.approx(10**-1.05, rel=0.15)


def test_the_displayed_average_is_the_mean_of_probabilities():
    logits = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(2))
    said = chapter.average(logits.softmax(-1))
    torch.testing.assert_close(said, sum(z.softmax(-1) for z in logits) / 3)
    labels = torch.tensor([0, 1, 2, 3, 0])
    loss = torch.nn.functional.nll_loss(said.log(), labels)
    losses = [torch.nn.functional.cross_entropy(z, labels) for z in logits]
    assert loss < sum(losses) / 3  # never above the mean of the members


def test_snapshots_lie_at_the_ends_of_cycles():
    rates = [
        chapter.snapshot_rate(t + 1, 1.0, chapter.TOTAL, chapter.MEMBERS)
        for t in range(chapter.TOTAL)
    ]
    for k in range(1, chapter.MEMBERS):
        end = chapter.CYCLE * k
        assert rates[end - 1] < 1e-4 and rates[end] == 1.0
    assert rates[-1] < 1e-4


def test_property_tests_of_the_exercise_hold_for_other_seeds():
    for seed in range(3):
        chapter.hold_for_random_bounds(seed, trials=20)


def test_two_seeds_give_different_runs():
    _, both, _ = chapter.range_test("momentum", [0, 1], passes=1)
    assert not torch.equal(both[0], both[1])
    _, again, losses = chapter.range_test("momentum", [1], passes=1)
    torch.testing.assert_close(again[0], both[1])
    assert losses.shape == (1, chapter.PER_PASS)


@pytest.mark.book
@pytest.mark.parametrize("name", ["momentum", "Adam"])
def test_the_range_test_shows_both_bounds_and_the_linear_ramp_reads_higher(name):
    held = figure_data("F-13.1")
    exponential, linear = held[f"{name}_exponential"], held[f"{name}_linear"]
    assert exponential.shape[0] == linear.shape[0] == 10
    assert len({tuple(row) for row in exponential}) == 10
    mean = exponential.mean(0)
    assert mean[:3].max() < 0.11 < 0.28 < mean.max()  # from chance, up
    assert mean[-1] < 0.7 * mean.max()  # and down again
    bounds = np.exp(np.log(held[f"{name}_exponential_bounds"]).mean(0))
    others = np.exp(np.log(held[f"{name}_linear_bounds"]).mean(0))
    assert bounds[1] > 20 * bounds[0]
    assert others[1] > 1.8 * bounds[1] and others[0] > 10 * bounds[0]
    # The lower bound of the linear ramp is among its first few readings: it says little.
    assert others[0] <= held[f"{name}_linear_rates"][1] * 1.001
    rates = held[f"{name}_exponential_rates"]
    recomputed = [chapter.bounds(list(rates), row.tolist()) for row in exponential]
    np.testing.assert_allclose(recomputed, held[f"{name}_exponential_bounds"], rtol=1e-6)


@pytest.mark.book
@pytest.mark.parametrize("name", ["momentum", "Adam"])
def test_the_steepest_fall_of_a_noisy_loss_is_no_reading(name):
    held = figure_data("F-13.1")
    assert np.median(held[f"{name}_exponential_steepest"]) < 2 * chapter.TESTED[name][2]
    later = held[f"{name}_exponential_later"]
    assert max(later) > 10 * min(later)


@pytest.mark.book
def test_policies_are_drawn_between_their_bounds_and_shrink():
    held = figure_data("F-13.2")
    drawn = held["drawn"]
    assert [max(drawn["triangular"][k : k + 40]) for k in (0, 40, 80)] == pytest.approx([1.0] * 3)
    peaks = [drawn["triangular2"][k] - 0.1 for k in (20, 60, 100)]
    assert peaks == pytest.approx([0.9, 0.45, 0.225])
    assert drawn["triangular"][20] == 1.0 and drawn["triangular"][40] == pytest.approx(0.1)
    heights = [drawn["exp_range"][k] - 0.1 for k in (20, 60)]
    assert heights[1] / heights[0] == pytest.approx(0.985**40)
    low, high, _ = held["slider"]["range"]
    places = (high - low) // held["slider"]["step"] + 1
    assert {len(rows) for rows in held["curves"].values()} == {places}
    assert set(held["curves"]) == set(chapter.SHAPES)


@pytest.mark.book
def test_the_loss_jumps_at_restarts_and_each_cycle_ends_lower():
    held = figure_data("F-13.3")
    seen, losses, ends = list(held["steps"]), held["losses"], list(held["ends"])
    assert losses.shape[0] == 10 and len({tuple(row) for row in losses}) == 10
    minima = held["minima"]
    assert (np.diff(minima, axis=1) < 0).all()
    for k, end in enumerate(ends[:-1]):
        bump = losses[:, seen.index(end) + 1 : seen.index(end) + 5].max(1)
        assert (bump > minima[:, k]).all()
    np.testing.assert_allclose(held["kept"].T, minima, rtol=1e-5)  # the weights are those
    best = held["sweep"].mean(1).argmin()
    assert 0 < best < len(held["rates"]) - 1 and held["rates"][best] == held["tuned"][0]


@pytest.mark.book
def test_snapshots_together_beat_one_long_run_of_the_same_cost():
    held = figure_data("F-13.4")
    ensemble, alone, long, short = (held[k] for k in ("ensemble", "alone", "long", "short"))
    assert ensemble.shape == alone.shape == short.shape == (10, 5)
    assert (ensemble[:, -1] > long).all()
    assert (np.diff(ensemble.mean(0)) > 0).all() and (np.diff(alone.mean(0)) > 0).all()
    assert ensemble.mean(0)[-1] > max(short.mean(0)[-1], alone.mean(0)[-1]) + 0.01
    assert abs(alone.mean(0)[-1] - long.mean()) < 0.015
    differ = held["differ"]
    np.testing.assert_allclose(differ, differ.T)
    assert (differ.diagonal() == 0).all()
    for row in range(4):  # neighbors agree the most, the further apart the less
        assert (np.diff(differ[row, row:]) > 0).all()
    for name, sweep in held["sweeps"].items():
        best = np.asarray(sweep).mean(1).argmax()
        assert 0 < best < len(held["rates"]) - 1, name


@pytest.mark.book
def test_the_lower_bound_moves_with_the_length_and_the_upper_one_much_less():
    held = figure_data("F-13.5")
    for name in ("momentum", "Adam"):
        brief, long = (
            np.exp(np.log(held[f"{name}_{passes}_bounds"]).mean(0)) for passes in (2, 32)
        )
        assert brief[0] / long[0] > 5 > 2.5 > brief[1] / long[1] > 1
        low, high = np.exp(np.log(held[f"{name}_8_bounds"]).mean(0))
        best = held[f"{name}_best"][0]
        assert high / 3 < best < high and best > 10 * low
        assert held[f"{name}_constant"].shape == (13, 10)


@pytest.mark.book
def test_every_cycle_beats_the_constant_rate_and_none_a_plain_descent():
    held = figure_data("F-13.6")
    names = list(held["names"])
    final = dict(zip(names, held["final"], strict=True))
    assert held["final"].shape == (8, 10)
    cycles = [n for n in names if n.startswith("triangular") or n == "warm restarts"]
    assert len(cycles) == 4
    for name in cycles:
        assert final[name].mean() < final["constant"].mean() - 0.03
        assert final[name].mean() > max(final[n].mean() for n in ("cosine", "straight line"))
    assert (final["triangular"] < final["constant"]).all()
    best = held["sweep"].mean(-1).argmin(-1)
    assert ((best > 0) & (best < len(held["rates"]) - 1)).all()  # no rate on the border
    assert [held["rates"][i] for i in best] == list(held["tuned"])
