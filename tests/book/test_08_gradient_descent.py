"""Chapter 8: its rules against torch and closed forms, its captions against the plotted arrays."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from tests.book.chapter import load, run_solution
from tests.book.executed import figure_data

PAGE = "08_gradient_descent"


@pytest.fixture(scope="module")
def page() -> Any:
    return load(PAGE)


@pytest.fixture(autouse=True)
def double_precision() -> Any:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def log_slope(x: Any, y: Any) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def test_plain_steps_as_torch_does(page: Any) -> None:
    curvatures, start = torch.tensor([0.3, 1.0, 2.5]), torch.tensor([1.0, -2.0, 0.5])
    ours = page.descend(lambda x: curvatures * x, start, 0.7, 20)[-1]
    torch.testing.assert_close(ours, page.torch_on_quadratic(curvatures, start, 0.7, 20))


def test_an_epoch_of_batches_steps_as_torch_does(page: Any) -> None:
    examples = torch.randn(12)
    batches = [page.batch(examples, t, 3) for t in range(4)]
    assert page.epoch(examples, 3, 0.3) == pytest.approx(page.by_torch(batches, 0.3))


def test_batches_visit_each_example_once(page: Any) -> None:
    data = torch.arange(12)
    assert torch.equal(torch.cat([page.batch(data, t, 4) for t in range(3)]), data)


@pytest.mark.parametrize("maximize", [False, True])
def test_decay_enters_the_gradient_as_in_torch(page: Any, maximize: bool) -> None:
    numbers = (1.7, -0.4, 0.3, 0.2, maximize)
    assert page.decayed(*numbers) == pytest.approx(page.decayed_torch(*numbers), rel=1e-12)


def test_each_eigen_direction_has_a_factor_of_its_own(page: Any) -> None:
    basis, _ = torch.linalg.qr(torch.randn(4, 4))
    curvatures = torch.tensor([0.1, 0.5, 1.0, 3.0])
    hessian, start = basis @ torch.diag(curvatures) @ basis.T, torch.randn(4)
    end = page.descend(lambda x: hessian @ x, start, 0.4, 15)[-1]
    torch.testing.assert_close(
        basis.T @ end, page.factors(curvatures, 0.4) ** 15 * (basis.T @ start)
    )


def test_the_border_of_stability_is_two_over_the_largest_curvature(page: Any) -> None:
    curvatures, start = torch.tensor([0.2, 4.0]), torch.ones(2)
    border = 2 / 4.0
    inside, outside = (
        page.torch_on_quadratic(curvatures, start, factor * border, 500).norm().item()
        for factor in (0.99, 1.01)
    )
    assert inside < 1e-3 < 1e3 < outside


def test_best_rate_beats_every_other_fixed_rate(page: Any) -> None:
    curvatures = torch.tensor([0.2, 1.0, 4.0])
    rate, factor = page.best_rate(curvatures)
    kappa = 4.0 / 0.2
    assert float(factor) == pytest.approx((kappa - 1) / (kappa + 1))
    worst = [page.factors(curvatures, lr).abs().max() for lr in torch.linspace(0.01, 0.6, 500)]
    assert page.factors(curvatures, rate).abs().max() <= min(worst)


def test_noise_is_divided_by_the_batch_size(page: Any) -> None:
    values = torch.tensor([0.5, -1.0, 2.0, 4.0])
    single = values.var(correction=0).item()
    for size in (1, 2, 3, 4):
        assert page.variance_of_mean(values, size) == pytest.approx(single / size)


def test_stationary_variance_reproduces_itself(page: Any) -> None:
    for lr, curvature in ((0.1, 1.0), (1.5, 1.0), (0.4, 3.0)):
        variance = page.stationary_variance(lr, curvature, 0.7)
        once_more = (1 - lr * curvature) ** 2 * variance + lr**2 * 0.7**2
        assert once_more == pytest.approx(variance)


def test_first_order_floor_is_the_exact_one_for_small_rates(page: Any) -> None:
    inputs, targets = page.LINE
    best = torch.linalg.lstsq(inputs, targets[:, None]).solution
    gradients = (inputs @ best - targets[:, None]) * inputs
    hessian, noise = inputs.T @ inputs / page.POINTS, gradients.T.cov(correction=0) / 8
    lr, variance = 1e-3, torch.zeros(2, 2)
    step = torch.eye(2) - lr * hessian
    for _ in range(60_000):
        variance = step @ variance @ step + lr**2 * noise
    exact = float(torch.trace(hessian @ variance)) / 2
    assert page.floor_of_line(lr, 8) == pytest.approx(exact, rel=2e-3)


def test_simulation_agrees_with_the_exact_variance(page: Any) -> None:
    simulated = page.hover([0.2, 1.0, 1.5], 1.0, 2.0, seed=1, runs=60).mean(0)
    exact = [page.stationary_variance(lr, 1.0, 2.0) for lr in (0.2, 1.0, 1.5)]
    assert simulated.tolist() == pytest.approx(exact, rel=0.05)


def test_per_example_gradients_average_to_the_gradient(page: Any) -> None:
    network = [p[0] for p in page.perceptrons(page.NETWORK, [3])]
    inputs, labels = page.TRAIN
    leaves = [p.float().requires_grad_() for p in network]
    loss = page.cost(page.predict(leaves, inputs), labels)
    whole = torch.cat([g.flatten() for g in torch.autograd.grad(loss, leaves)])
    each = page.gradients_of_each([p.detach() for p in leaves])
    torch.testing.assert_close(each.mean(0), whole, rtol=1e-4, atol=1e-6)


def test_small_random_matrices_are_minima_as_often_as_theory_says(page: Any) -> None:
    assert page.share_of_minima(1, seed=0) == pytest.approx(0.5, abs=0.01)
    assert page.share_of_minima(2, seed=0) == pytest.approx((2 - math.sqrt(2)) / 4, abs=0.01)
    expected = (math.pi - 2 * math.sqrt(2)) / (4 * math.pi)
    assert page.share_of_minima(3, seed=0) == pytest.approx(expected, abs=0.004)


def test_the_solution_of_the_curvatures_says_what_the_text_says() -> None:
    names = run_solution(PAGE, "ex-8-hessian")
    assert float(names["border"]) == pytest.approx(0.175, abs=5e-4)
    assert float(names["curvatures"][-1]) == pytest.approx(11.4, abs=0.05)
    assert float(names["curvatures"][0]) == pytest.approx(0, abs=1e-12)
    pixels = names["x"][:, :-1]
    names["x"][:, :-1] = pixels - pixels.mean(0)
    centered = names["x"].T @ names["x"] / len(pixels)
    assert float(torch.linalg.eigvalsh(centered)[-1]) == pytest.approx(1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda page, seed: page.escape_time(0.01, seed).double(),
        lambda page, seed: page.share_of_minima(2, seed),
        lambda page, seed: page.sgd_path(8, seed, count=5),
        lambda page, seed: page.line_data(seed)[1],
        lambda page, seed: page.with_a_cut(seed, runs=2, count=4),
        lambda page, seed: page.hover([0.1], 1.0, 1.0, seed, burn=5, count=5),
        lambda page, seed: page.cosines(torch.eye(40, 3, dtype=torch.float32) + 1, seed)[0],
        lambda page, seed: page.training_loss(8, [0.5], [seed], [1, 3]),
        lambda page, seed: page.run_slice(0.3, 1.0, seed, count=8),
    ],
)
def test_two_seeds_give_different_data_and_one_seed_the_same(page: Any, draw: Any) -> None:
    torch.set_default_dtype(torch.float32)
    one, again, other = (torch.as_tensor(draw(page, seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(one, again)
    assert not torch.allclose(one, other)


@pytest.mark.book
def test_figure_1_shows_two_straight_lines_of_different_slope() -> None:
    data = figure_data("F-8.1")
    kappa, eta = data["sliders"]["kappa"][2], data["sliders"]["eta"][2]
    ratios = data["path"][1:] / data["path"][:-1]
    np.testing.assert_allclose(ratios[:, 0], 1 - eta / kappa, rtol=1e-6)
    np.testing.assert_allclose(ratios[:, 1], 1 - eta, rtol=1e-6)


@pytest.mark.book
def test_figure_2_one_stops_at_the_saddle_and_two_leave_it() -> None:
    data = figure_data("F-8.2")
    assert np.all(data["on_axis"][:, 1] == 0)
    assert np.linalg.norm(data["on_axis"][-1]) < 1e-4
    assert abs(data["off_axis"][-1, 1]) > 1 and abs(data["noisy"][-1, 1]) > 1


@pytest.mark.book
def test_figure_2_each_decade_of_noise_costs_the_same_number_of_steps() -> None:
    data = figure_data("F-8.2")
    mean = data["escapes"].mean(0)
    per_decade = math.log(10) / math.log(1.1)
    assert np.polyfit(np.log10(data["levels"]), mean, 1)[0] == pytest.approx(-per_decade, rel=0.1)
    np.testing.assert_allclose(mean, data["theory"], atol=20)


@pytest.mark.book
def test_figure_2_minima_become_rare_faster_than_coin_flips() -> None:
    data = figure_data("F-8.2")
    share = data["shares"].mean(0)
    assert share[0] == pytest.approx(0.5, abs=0.005) and share[4] < 1e-3
    assert np.all(share[1:] < 0.5 ** data["dimensions"][1:])
    assert np.all(np.diff(np.log(share), n=2) < 0)


@pytest.mark.book
def test_figure_3_larger_batches_agree_better_and_trained_networks_worse() -> None:
    data = figure_data("F-8.3")
    start, end = data["start"].mean(0), data["end"].mean(0)
    assert np.all(np.diff(start[0]) > 0) and np.all(np.diff(end[0]) > 0)
    assert np.all(end[0] < start[0])
    np.testing.assert_allclose(start[0], start[1], atol=0.06)
    np.testing.assert_allclose(end[0], end[1], atol=0.06)


@pytest.mark.book
def test_figure_3_variance_follows_one_over_b() -> None:
    data = figure_data("F-8.3")
    sizes, examples = data["all_sizes"], data["all_sizes"][-1]
    law = data["single"] / sizes
    np.testing.assert_allclose(data["with_replacement"], law, rtol=0.25)
    finite = law * (examples - sizes) / (examples - 1)
    np.testing.assert_allclose(data["without_replacement"][:-1], finite[:-1], rtol=0.25)
    assert data["without_replacement"][-1] < 1e-9 * data["single"]


@pytest.mark.book
def test_figure_3_paths_wander_less_in_larger_batches() -> None:
    data = figure_data("F-8.3")
    paths = [np.array(data["paths"][size]) for size in ("1", "8", "64", "512")]
    lengths = [np.linalg.norm(np.diff(path, axis=0), axis=1).sum() for path in paths]
    assert lengths == sorted(lengths, reverse=True)
    steps = np.linalg.norm(paths[-1] - data["solution"], axis=1)
    assert np.all(np.diff(steps) < 0)


@pytest.mark.book
def test_figure_4_floor_is_proportional_to_the_rate() -> None:
    data = figure_data("F-8.4")
    for runs, theory in (("one_direction", "exact"), ("line", "first_order")):
        mean = data[runs].mean(0)
        assert log_slope(data["rates"], mean) == pytest.approx(1, abs=0.1)
        np.testing.assert_allclose(mean, data[theory], rtol=0.25)


@pytest.mark.book
def test_figure_4_a_cut_takes_the_fast_start_and_the_low_floor() -> None:
    data = figure_data("F-8.4")
    large, small, cut = (data[name].mean(0) for name in ("large", "small", "cut"))
    early, late = data["steps"] < 100, data["steps"] > 550
    assert cut[early].mean() < 0.5 * small[early].mean()
    assert large[late].mean() / cut[late].mean() > 5
    assert cut[late].mean() == pytest.approx(small[late].mean(), rel=0.5)


@pytest.mark.book
def test_figure_5_a_step_of_a_larger_batch_is_worth_more() -> None:
    data = figure_data("F-8.5")
    for last in (50, 100):
        losses = [loss_after(data, size, last) for size in ("1", "8", "64", "1197")]
        assert losses == sorted(losses, reverse=True)


@pytest.mark.book
def test_figure_5_the_first_pass_over_the_data_belongs_to_small_batches() -> None:
    data = figure_data("F-8.5")
    eight, full = loss_after(data, "8", 1197 / 8), loss_after(data, "1197", 1)
    assert eight < loss_after(data, "64", 1197 / 64) < full


@pytest.mark.book
def test_figure_5_every_method_is_tuned_inside_its_grid() -> None:
    data = figure_data("F-8.5")
    for size, grid in data["grids"].items():
        assert min(grid) < data["rates"][size][-1] < max(grid)


@pytest.mark.book
def test_figure_5_all_batch_sizes_spend_the_same_time() -> None:
    data = figure_data("F-8.5")
    for size, seconds in data["seconds_per_step"].items():
        spent = data["marks"][size][-1] * seconds
        assert data["budget"] - seconds < spent <= data["budget"] * (1 + 1e-6)


@pytest.mark.book
def test_figure_6_the_start_decides_the_valley() -> None:
    data = figure_data("F-8.6")
    assert data["ends"][0] < data["ends"][1] - 0.2
    assert data["ends"][0] == pytest.approx(data["loss"].min(), abs=1e-3)
    curve = np.interp(float(data["after"]), data["theta"], data["loss"])
    assert curve < np.interp(float(data["before"]), data["theta"], data["loss"])


def loss_after(data: dict[str, Any], size: str, steps: float) -> float:
    marks = np.array(data["marks"][size])
    losses = np.array(data["loss"][size]).mean(0)
    return float(np.interp(math.log(steps), np.log(marks), losses))
