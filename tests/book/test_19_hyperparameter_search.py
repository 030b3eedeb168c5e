"""Chapter 19: its samplers and searches, the planted faults, its captions against their data."""

import numpy as np
import pytest
import torch

from course_lib.training.doctor import STEPS
from tests.book.chapter import differs, load
from tests.book.executed import figure_data

PAGE = "19_hyperparameter_search"
chapter = load(PAGE)


def test_a_place_on_the_logarithmic_scale_is_that_of_the_library():
    for u in (0.0, 0.1, 0.5, 1.0):
        ours = chapter.log_place(u, 1e-4, 1.0)
        assert ours == pytest.approx(chapter.Range(1e-4, 1.0).at(u))


def test_the_chance_is_what_is_counted():
    for share, draws in ((0.5, 2), (0.05, 20), (0.05, 60)):
        formula = chapter.chance(share, draws)
        assert chapter.counted(share, draws) == pytest.approx(formula, abs=0.015)


def test_the_stack_trains_as_torch_does():
    settings = [(0.01, 0.1), (0.1, 0.001)]
    ours = chapter.train(settings, (4,), steps=5)
    inputs, labels = chapter.SPLIT.train
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1004))
    for number, (rate, decay) in enumerate(settings):
        params = [torch.nn.Parameter(p) for p in chapter.perceptrons(chapter.SMALL, (4,))]
        optimizer = torch.optim.AdamW(params, lr=rate, weight_decay=decay)
        for t in range(5):
            chosen = order[32 * t : 32 * t + 32]
            optimizer.zero_grad()
            chapter.cost(chapter.predict(params, inputs[chosen]), labels[chosen]).sum().backward()
            optimizer.step()
        for mine, theirs in zip(ours, params, strict=True):
            torch.testing.assert_close(mine[number], theirs.detach(), rtol=1e-3, atol=1e-5)


def test_a_grid_repeats_its_values_and_random_draws_do_not():
    for way, distinct in (("grid", 3), ("random", 9), ("quasi-random", 9)):
        points = chapter.nine(way)
        assert len(points) == 9
        assert {len({point[k] for point in points}) for k in (0, 1)} == {distinct}


def test_two_seeds_give_different_data():
    assert differs(lambda seed: chapter.train([(0.01, 0.1)], (seed,), steps=3)[0])
    assert differs(lambda seed: [list(chapter.grid_space(3, seed)["lr"])])
    assert differs(lambda seed: chapter.shuffled(chapter.SPLIT.train, seed)[1])


@pytest.mark.book
def test_the_others_see_nine_rates_and_end_above_the_grid():
    held = figure_data("F-19.1")
    assert held["surface"].shape == (16, 5, 10)
    top = 100 * held["surface"].mean(-1).max()
    for budget in (9, 25):
        ends = {way: held[f"{way} {budget}"][:, -1] for way in chapter.WAYS}
        assert all(len(end) == 200 and end.max() <= top + 1e-6 for end in ends.values())
        assert ends["grid"].mean() < ends["random"].mean() < ends["quasi-random"].mean()
    rates = {way: {point[0] for point in held[f"{way} points"]} for way in chapter.WAYS}
    assert [len(rates[way]) for way in chapter.WAYS] == [3, 9, 9]


@pytest.mark.book
def test_linear_draws_go_to_the_last_decade_and_find_it_late():
    held = figure_data("F-19.2")
    assert held["linear share"][-1] == pytest.approx(0.9, abs=0.01)
    np.testing.assert_allclose(held["logarithmic share"], 0.2, atol=0.015)
    late = slice(4, None)
    assert (held["logarithmic success"][late] > held["linear success"][late] + 0.1).all()


@pytest.mark.book
def test_each_planted_fault_stops_at_its_step():
    held = figure_data("F-19.3")
    for name, marks in held["reports"].items():
        step = chapter.PLANTED[name][0] if name in chapter.PLANTED else None
        if step is None:
            assert marks == [True] * len(STEPS)
        else:
            assert marks == [True] * (step - 1) + [False]
    assert {chapter.PLANTED[name][0] for name in chapter.PLANTED} == set(range(1, 8))
    ends = {rate: held[f"rate {rate}"][-1] for rate in ("0.1", "0.01", "0.001", "0.0001")}
    assert max(ends["0.1"], ends["0.01"]) < 1.6 < ends["0.001"] < 2.1 < ends["0.0001"]
    assert held["AdamW, 0.01"][-1] < 0.1 and held["AdamW, 1e-6"][-1] > 2
    assert np.isnan(held["SGD, 100"][-1])


@pytest.mark.book
def test_boxes_are_a_third_as_wide_and_the_narrow_search_is_not_behind():
    held = figure_data("F-19.4")
    widths = [[np.log10(high / low) for low, high in box] for box in held["boxes"]]
    np.testing.assert_allclose(widths[1], np.array(widths[0]) / 3, rtol=1e-6)
    np.testing.assert_allclose(widths[2], np.array(widths[0]) / 9, rtol=1e-6)
    narrow, wide = held["coarse to fine"], held["random"]
    np.testing.assert_allclose(narrow[:, :9], wide[:, :9])
    assert narrow[:, -1].mean() > wide[:, -1].mean()


@pytest.mark.book
def test_the_winner_does_not_repeat_its_score():
    held = figure_data("F-19.5")
    (claimed, second), again = held["claimed"], held["again"]
    assert again.shape == (2, 100) and claimed > second
    assert claimed > again[0].mean() + 0.5
    assert abs(again[0].mean() - again[1].mean()) < again.std()
