"""Chapter 9: its rules, its hand calculations and its captions are true."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from course_lib.optim import conventions
from tests.book.chapter import fields_under, load, run_solution
from tests.book.executed import as_array, figure_data

PAGE = "09_momentum"
chapter = load(PAGE)


def random_gradients(steps: int, seed: int = 0) -> list[float]:
    return torch.randn(steps, generator=torch.Generator().manual_seed(seed)).double().tolist()


def assert_same(ours: object, theirs: object, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


# The rules


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        ("inside", {}),
        ("outside", {}),
        ("inside_flipped", {}),
        ("torch_form", {"nesterov": True}),
        ("reparametrized", {"nesterov": True}),
    ],
)
def test_rule_equals_torch_at_a_constant_rate(rule, options):
    gradients = random_gradients(50)
    ours = chapter.feed(getattr(chapter, rule), gradients, lr=0.07, mu=0.9)
    assert_same(ours, chapter.feed_torch(gradients, lr=0.07, mu=0.9, **options))


def test_averaged_rule_equals_torch_at_the_matched_rate():
    gradients = random_gradients(50)
    ours = chapter.feed(chapter.averaged, gradients, lr=0.7, mu=0.9)
    assert_same(ours, chapter.feed_torch(gradients, lr=0.7 * (1 - 0.9), mu=0.9))


def test_gradient_descent_equals_torch():
    gradients = random_gradients(20)
    ours = chapter.feed(chapter.gradient_descent, gradients, lr=0.07, mu=0.9)
    assert_same(ours, chapter.feed_torch(gradients, lr=0.07, mu=0.0))


def test_dampened_rule_equals_torch_from_the_first_step():
    gradients = random_gradients(50)
    buffer, theta, ours = None, 1.0, []
    for g in gradients:
        buffer, update = chapter.dampened(buffer, g, lr=0.07, mu=0.9, dampening=0.3)
        theta += update
        ours.append(theta)
    assert_same(ours, chapter.feed_torch(gradients, lr=0.07, mu=0.9, dampening=0.3))


@pytest.mark.parametrize(
    ("rule", "library"),
    [
        ("inside", "rate_inside"),
        ("outside", "rate_outside"),
        ("inside_flipped", "rate_inside_flipped"),
    ],
)
def test_rule_equals_the_library_when_the_rate_changes(rule, library):
    ours, theirs = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
    for lr, g in zip([0.1, 0.1, 0.01, 0.3, 0.3], random_gradients(5), strict=True):
        ours, update = getattr(chapter, rule)(ours, torch.tensor(g), lr, 0.9)
        theirs, expected = getattr(conventions, library)(theirs, torch.tensor(g), lr, 0.9)
        assert_same((ours, update), (theirs, expected))


def test_rate_outside_is_torch_also_when_the_rate_changes():
    theta = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=0.1, momentum=0.9)
    path = [1.0]
    for lr in chapter.RATES:
        optimizer.param_groups[0]["lr"] = lr
        theta.grad = theta.detach().clone()
        optimizer.step()
        path.append(theta.item())
    assert_same(chapter.along(chapter.outside, chapter.RATES), path)


def test_form_2_with_a_rescaled_velocity_is_form_1_under_any_schedule():
    rates = [0.1, 0.2, 0.05, 0.05, 0.3, 0.01]
    assert_same(chapter.rescaled_path(rates), chapter.along(chapter.inside, rates))


def test_look_ahead_points_are_the_parameters_of_torch():
    *forms, by_torch = chapter.paths_of_all_forms(**chapter.NESTEROV_TEST)
    assert len(by_torch) == 30
    for form in forms:
        assert_same(form, by_torch, 1e-15)


# The hand calculations


def table_under(words: str) -> list[list[float]]:
    """Numbers of the first table after some words; a field may hold several."""
    rows = [" | ".join(row) for row in fields_under(PAGE, words)]
    return [[float(number) for number in re.findall(r"-?\d+\.?\d*", row)] for row in rows]


def test_first_hand_calculation_is_right():
    rows = table_under("Now three gradients by hand")
    path = chapter.feed(chapter.inside, chapter.GRADIENTS, lr=0.1, mu=0.5)
    velocity = 0.0
    for (*_, by_hand, theta), g, expected in zip(rows, chapter.GRADIENTS, path, strict=True):
        velocity, _ = chapter.inside(velocity, g, 0.1, 0.5)
        assert_same((by_hand, theta), (velocity, expected))


def test_hand_calculation_of_the_four_forms_is_right():
    states = [0.0] * 4
    for (g, *fields), expected in zip(
        table_under("Each field holds the velocity"), chapter.GRADIENTS, strict=True
    ):
        assert g == expected
        for k, name in enumerate(("inside", "outside", "inside_flipped", "averaged")):
            states[k], update = getattr(chapter, name)(states[k], g, 0.1, 0.5)
            assert_same(fields[2 * k : 2 * k + 2], (states[k], update))


def test_hand_calculation_of_nesterov_is_right():
    theta, v = 1.0, 0.0
    for _, *by_hand in table_under("By hand on $f = "):
        theta, v, ahead = chapter.look_ahead(theta, v, lambda x: x, lr=0.5, mu=0.5)
        assert_same(by_hand, (ahead, v, theta))


def test_hand_calculation_of_dampening_is_right():
    buffer, mean = None, 0.0
    for g, *by_hand in table_under("again buffer, then update"):
        buffer, update = chapter.dampened(buffer, g, lr=0.1, mu=0.5)
        mean, averaged = chapter.averaged(mean, g, 0.1, 0.5)
        assert_same(by_hand, (buffer, update, mean, averaged))


def test_the_three_forms_of_the_exercise_are_those_of_the_page():
    any_form = run_solution(PAGE, "ex-9-notations")["any_form"]
    for form, rule in (("paper", "inside"), ("slide", "inside_flipped"), ("torch", "outside")):
        theirs = chapter.along(getattr(chapter, rule), chapter.RATES)[-1]
        assert_same(any_form(lambda x: x, 1.0, chapter.RATES, 0.9, form), theirs)


# The mathematics


def test_critical_momentum_shrinks_the_error_fastest():
    for eta in (0.01, 0.3, 1.7, 3.0):
        best = chapter.critical_momentum(eta, 1.0)
        momenta = np.linspace(0, 0.999, 500)
        others = chapter.shrink_factor(np.full_like(momenta, eta), momenta, 1.0)
        # a double eigenvalue is computed to half the digits only
        assert abs(chapter.shrink_factor(eta, best, 1.0) - abs(1 - math.sqrt(eta))) < 1e-6
        assert others.min() > abs(1 - math.sqrt(eta)) - 1e-6


def test_factor_of_the_matrix_is_that_of_the_rule():
    for eta, mu in ((0.1, 0.5), (1.0, 0.9), (3.3, 0.7)):
        one = torch.ones((), dtype=torch.float64)
        path = chapter.descend(chapter.outside, lambda x: x, one, [eta] * 400, mu).abs()
        measured = (path[300:].max() / path[100:200].max()) ** (1 / 200)
        assert abs(measured - chapter.shrink_factor(eta, mu, 1.0)) < 0.005


def test_nesterov_is_stable_up_to_the_stated_rate_and_no_further():
    for mu in (0.0, 0.5, 0.9):
        limit = (2 + 2 * mu) / (1 + 2 * mu)
        ends = []
        for eta in (0.99 * limit, 1.01 * limit):
            one = torch.ones((), dtype=torch.float64)
            path = chapter.descend(chapter.torch_form, lambda x: x, one, [eta] * 3000, mu)
            ends.append(path[-1].abs())
        assert ends[0] < 1e-6
        assert not ends[1] < 1e3


def test_stationary_variance_is_left_unchanged_by_a_step():
    for eta, mu, curvature in ((0.01, 0.9, 1.0), (0.5, 0.3, 2.0), (0.1, 0.99, 0.1)):
        m = chapter.iteration_matrix(eta, mu, curvature)
        q = np.array([1.0, -eta])
        flat = np.linalg.solve(np.eye(4) - np.kron(m, m), np.outer(q, q).ravel())
        expected = chapter.stationary_variance(eta, mu, curvature)
        assert_same(flat.reshape(2, 2)[1, 1], expected, 1e-6)


def test_nesterovs_momenta_grow_towards_one():
    t = chapter.growing_momenta(500)
    mu = (t[:-1] - 1) / t[1:]
    assert mu[0] == 0
    assert (np.diff(mu) > 0).all()
    assert 0.99 < mu[-1] < 1


def test_chain_gradient_is_that_of_its_gap_and_vanishes_at_the_optimum():
    x = torch.randn(chapter.LINKS, generator=torch.Generator().manual_seed(0)).double()
    x.requires_grad_()
    error = x - chapter.OPTIMUM
    bend = 2 * error
    bend = bend - torch.nn.functional.pad(error[1:], (0, 1))
    bend = bend - torch.nn.functional.pad(error[:-1], (1, 0))
    gap = (error * bend).sum() / 8
    (gradient,) = torch.autograd.grad(gap, x)
    assert_same(chapter.chain_gradient(x.detach()), gradient)
    assert_same(chapter.chain_gap(x.detach()), gap.detach())
    assert chapter.chain_gradient(chapter.OPTIMUM).abs().max() < 1e-15


# Chance


def test_other_seeds_give_other_data():
    def losses(seeds):
        return chapter.tuned(chapter.outside, "plateau", [0.01, 0.02], seeds, 20)[0]

    assert not torch.equal(losses([1, 2]), losses([3, 4]))
    assert torch.equal(losses([1, 2]), losses([1, 2]))
    heights = [chapter.bowl_heights(chapter.outside, [s], **chapter.OVERSHOOT) for s in (1, 2)]
    assert not torch.equal(*heights)
    hovering = [chapter.hover(0.1, 0.9, [s], steps=50) for s in (1, 2)]
    assert not np.array_equal(*hovering)
    noisy = [chapter.chain_run(0.0, 0.1, (s, s)) for s in (1, 2)]
    assert not np.array_equal(*noisy)
    curves = [chapter.digit_curves(chapter.outside, 8, [0.04], [s, s + 2], 40)[0] for s in (1, 2)]
    assert not torch.equal(*curves)


# The captions


@pytest.mark.book
def test_figure_1_best_pair_is_where_the_grid_says_and_arrives_first():
    data = figure_data("F-9.1")
    eta, mu, factor = data["best_on_grid"]
    assert abs(eta - chapter.ETA_BEST) < 0.1
    assert abs(mu - chapter.MU_BEST) < 0.03
    assert abs(factor - math.sqrt(chapter.MU_BEST)) < 0.01
    ends = {name: as_array(distance)[-1] for name, distance in data["distances"].items()}
    assert ends["best pair"] < 1e-3 * min(ends["too little"], ends["too much"])
    assert max(as_array(data["distances"]["best pair"])) > 2 * data["distances"]["best pair"][0]


@pytest.mark.book
def test_figure_1_regimes_follow_the_inequalities():
    data = figure_data("F-9.1")
    eta, mu = np.meshgrid(data["eta_grid"], data["mu_grid"])
    expected = np.select(
        [eta >= 2 + 2 * mu, eta > (1 + np.sqrt(mu)) ** 2, eta >= (1 - np.sqrt(mu)) ** 2],
        [3, 2, 1],
        0,
    )
    assert (data["regimes"] == expected).mean() > 0.999


@pytest.mark.book
def test_figure_2_areas_are_geometric_series_or_one():
    data = figure_data("F-9.2")
    assert_same(data["sum_area"], 1 / (1 - data["mu"]), 1e-6)
    assert_same(data["mean_area"], np.ones(3), 1e-6)
    assert_same(data["sum"][1][:4], 0.9 ** np.arange(4), 1e-8)


@pytest.mark.book
def test_figure_3_momentum_widens_at_the_same_rate_and_changes_nothing_when_matched():
    data = figure_data("F-9.3")
    measured = {name: as_array(value).mean() for name, value in data["measured"].items()}
    for name, expected in (("SGD", 0.0050), ("same rate", 0.050), ("matched rate", 0.0050)):
        assert abs(measured[name] / expected - 1) < 0.05
        assert abs(measured[name] / data["theory"][name] - 1) < 0.05
    momenta = data["momenta"]
    matched = [chapter.stationary_variance(0.01 * (1 - mu), mu) for mu in momenta]
    assert_same(data["matched_rate"].mean(1), matched, 0.05)
    assert_same(data["same_rate"].mean(1), chapter.stationary_variance(0.01, momenta), 0.05)
    roughness = {name: np.diff(trace).std() for name, trace in data["traces"].items()}
    assert roughness["matched rate"] < 0.5 * roughness["SGD"]


@pytest.mark.book
def test_figure_4_conventions_part_at_the_cut():
    data = figure_data("F-9.4")
    cut = int(data["cut"])
    inside, outside = data["inside"], data["outside"]
    assert_same(inside[: cut + 1], outside[: cut + 1], 1e-8)
    assert [round(inside[8], 2), round(outside[8], 3)] == [-0.64, -0.089]
    assert np.abs(inside).max() > 1.2
    assert np.abs(outside[cut:]).max() < 0.2


@pytest.mark.book
def test_figure_5_gradient_descent_is_stuck_where_the_others_arrive():
    data = figure_data("F-9.5")
    for place, level in (("plateau", 0.9), ("saddle", 0.2), ("shallow minimum", 0.2)):
        assert data[f"{place} GD"].shape[1] == 20
        assert data[f"{place} GD"][-1].min() > level
        for rule in ("momentum", "Nesterov"):
            assert np.quantile(data[f"{place} {rule}"][-1], 0.9) < 0.01


@pytest.mark.book
def test_figure_6_gradient_ahead_points_back_and_nesterov_climbs_less():
    data = figure_data("F-9.6")
    assert data["push ahead"][1] * data["coast"][1] < 0 < data["push here"][1] * data["coast"][1]
    climbs = {name: np.diff(data[name], axis=0).clip(0).sum(0) for name in ("momentum", "nesterov")}
    assert (climbs["nesterov"] < climbs["momentum"]).all()
    assert np.median(data["nesterov"][-1]) < 0.1 * np.median(data["momentum"][-1])


@pytest.mark.book
def test_figure_7_only_nesterovs_sequence_keeps_the_promise_and_noise_breaks_it():
    data = figure_data("F-9.7")
    exact = {name: as_array(gap) for name, gap in data["exact"].items()}
    noisy = {name: as_array(gap).mean(0) for name, gap in data["noisy"].items()}
    assert (exact["Nesterov's sequence"] <= data["bound"]).all()
    assert (exact["GD"] > data["bound"]).any()
    late = noisy["Nesterov's sequence"]
    assert late[-1] > 5 * data["bound"][-1]
    assert late[-1] > 1.5 * late.min()
    assert (late <= data["honest_bound"]).all()
    assert noisy["GD"][-1] < late[-1]


@pytest.mark.book
def test_figure_8_momentum_gains_little_with_small_batches_and_much_with_large_ones():
    data = figure_data("F-9.8")
    last = {name: runs[:, -3:].mean() for name, runs in data.items()}
    gains = {
        batch: last[f"GD {batch}"] / min(last[f"momentum {batch}"], last[f"Nesterov {batch}"])
        for batch in (8, 256)
    }
    assert 1 < gains[8] < 3
    assert gains[256] > 10
