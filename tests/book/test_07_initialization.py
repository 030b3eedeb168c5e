"""Chapter 7: its functions against torch, its hand calculations, its captions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from tests.book.chapter import differs, fields_under, load
from tests.book.executed import as_array, figure_data

PAGE = "07_initialization"
chapter = load(PAGE)


def table_under(words: str) -> list[list[float]]:
    """Numbers of the first table after some words; 1/3 counts as one number."""
    return [[number(field) for field in row[1:]] for row in fields_under(PAGE, words)]


def number(field: str) -> float:
    over, _, under = field.partition("/")
    return float(over) / float(under or 1)


# The functions


@pytest.mark.parametrize("name", chapter.ACTIVATIONS)
def test_activation_and_its_slope_equal_torch(name: str) -> None:
    function, slope, by_torch = chapter.ACTIVATIONS[name]
    x = torch.linspace(-5, 5, 200, dtype=torch.float64, requires_grad=True)
    y = by_torch(x)
    (expected,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(function(x), y)
    torch.testing.assert_close(slope(x.detach()), expected)


@pytest.mark.parametrize(("a", "alpha"), [(0.1, 0.5), (0.3, 2.0)])
def test_slope_and_alpha_are_those_of_torch(a: float, alpha: float) -> None:
    x = torch.linspace(-3, 3, 60)
    torch.testing.assert_close(chapter.leaky_relu(x, a), torch.nn.functional.leaky_relu(x, a))
    torch.testing.assert_close(chapter.elu(x, alpha), torch.nn.functional.elu(x, alpha))


def test_maxout_is_a_linear_layer_and_a_maximum_and_can_be_a_relu() -> None:
    layer = torch.nn.Linear(5, 3)
    x = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    expected = layer(x).amax(-1)
    torch.testing.assert_close(chapter.maxout(x, layer.weight, layer.bias), expected)
    pieces = torch.stack([layer.weight[0], torch.zeros(5)])
    relu = torch.relu(x @ layer.weight[0])
    torch.testing.assert_close(chapter.maxout(x, pieces, torch.zeros(2)), relu)


def test_hand_calculation_of_the_activations_is_right() -> None:
    x = torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64)
    values = table_under("Three numbers by hand, $-1$")
    slopes = table_under("The slopes, at the two points")
    functions = chapter.ACTIVATIONS.values()
    for row, at, (function, slope, _) in zip(values, slopes, functions, strict=True):
        assert row == pytest.approx(function(x).tolist(), abs=5.1e-5)
        assert at == pytest.approx(slope(x[[0, 2]]).tolist(), abs=5.1e-5)


# Preprocessing


def test_hand_calculation_of_the_standard_form_is_right() -> None:
    x = torch.tensor([[1.0], [2.0], [6.0]], dtype=torch.float64)
    mean, deviation = chapter.fit(x)
    by_hand = [row[-1] for row in table_under("Take one feature with the values")]
    assert chapter.transform(x, mean, deviation).flatten().tolist() == pytest.approx(
        by_hand, abs=5e-5
    )


def test_standard_form_equals_scikit_learn_constant_features_included() -> None:
    images, test = chapter.IMAGES.double(), chapter.TEST_IMAGES.double()
    assert (images.std(0) == 0).any()
    scaler = StandardScaler().fit(images.numpy())
    for x in (images, test):
        ours = chapter.transform(x, *chapter.fit(images))
        np.testing.assert_allclose(ours, scaler.transform(x.numpy()), atol=1e-9)


def test_hessian_is_that_of_the_loss() -> None:
    points = chapter.clouds(3)["original"]
    found = torch.autograd.functional.hessian(
        lambda w: (points @ w).square().mean() / 2, torch.zeros(2, dtype=torch.float64)
    )
    torch.testing.assert_close(chapter.hessian(points), found)


def test_two_standardized_features_have_the_condition_number_of_their_correlation() -> None:
    points = chapter.clouds(3)["normalized"]
    r = float(np.corrcoef(points.T)[0, 1])
    ours = float(chapter.condition(chapter.hessian(points)))
    assert ours == pytest.approx((1 + r) / (1 - r))


# Initialization


def test_variances_are_those_of_torch() -> None:
    shape = (300, 500)  # out, in
    for rule, init in chapter.TORCH_RULES.items():
        weight = init(torch.empty(shape), generator=torch.Generator().manual_seed(0))
        ours = chapter.draw(rule, 500, 300, seed=1)
        assert ours.shape == (500, 300)
        for drawn in (weight, ours):
            expected = chapter.VARIANCES[rule](500, 300)
            assert float(drawn.var()) == pytest.approx(expected, rel=0.02)


def test_hand_calculation_of_the_rules_is_right() -> None:
    for row, rule in zip(
        table_under("A layer with the three inputs"), chapter.VARIANCES, strict=True
    ):
        variance = chapter.VARIANCES[rule](3, 3)
        squares = float(chapter.INPUTS.square().sum())
        assert row == pytest.approx([variance, squares * variance, squares * variance / 2])
        z = chapter.sums_by_code(rule)
        assert float(z.var()) == pytest.approx(row[1], rel=0.02)
        assert float(z.relu().square().mean()) == pytest.approx(row[2], rel=0.02)


def test_gradients_follow_the_chain_rule_of_the_text() -> None:
    weights = [w.double() for w in chapter.networks("Xavier", [0], depth=3)]
    x, labels = chapter.INPUT[:5].double(), chapter.LABELS[:5]
    leaves = [w.requires_grad_() for w in weights]
    logits, sums = chapter.forward(leaves, x, torch.tanh)
    deltas = torch.autograd.grad(chapter.loss_of(logits, labels).sum(), sums)
    for below in (0, 1):
        slope = 1 - sums[below].tanh() ** 2
        expected = slope * (deltas[below + 1] @ weights[below + 1].mT)
        torch.testing.assert_close(deltas[below], expected)


def test_loss_is_the_cross_entropy_of_torch() -> None:
    logits = torch.randn(2, 3, 7, 10, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(7).expand(2, 3, 7)
    expected = torch.nn.functional.cross_entropy(logits[1, 2], labels[1, 2])
    torch.testing.assert_close(chapter.loss_of(logits, labels)[1, 2], expected)


def test_default_of_a_linear_layer_has_a_third_of_the_linear_rule() -> None:
    assert chapter.variance_of_default(300, seed=0) == pytest.approx(1 / 3, rel=0.02)


def test_a_dead_unit_gets_no_gradient_and_a_leaky_one_does() -> None:
    x = torch.rand(50, 4, generator=torch.Generator().manual_seed(0))
    for activation, moves in ((torch.relu, False), (torch.nn.functional.leaky_relu, True)):
        weight = torch.full((4, 1), -1.0, requires_grad=True)
        activation(x @ weight).sum().backward()
        assert bool(weight.grad.abs().max() > 0) is moves
    params = [torch.full((4, 1), -1.0), torch.zeros(1, 1), torch.ones(1, 2), torch.zeros(1, 2)]
    assert chapter.dead_units(params, x).all()


# Chance


def test_other_seeds_give_other_data() -> None:
    assert differs(lambda seed: chapter.clouds(seed)["normalized"])
    assert differs(lambda seed: chapter.sums_by_code("He", seed))
    assert differs(lambda seed: chapter.signals("He", torch.relu, [seed], images=20)[1])
    assert differs(lambda seed: chapter.form_losses("centered", [0.1], [seed], epochs=1))
    assert differs(lambda seed: chapter.train("Xavier", torch.tanh, [0.1], [seed], count=5)[0])
    assert differs(lambda seed: chapter.dead_at_start(chapter.INPUT, [seed]))
    assert differs(lambda seed: chapter.dead_after(8, [0.3], [seed], epochs=2)[0])


# The captions


@pytest.mark.book
def test_figure_1_slopes_are_the_derivatives_and_stay_where_the_caption_says() -> None:
    data = figure_data("F-7.1")
    x = data["x"]
    for name, values in data["values"].items():
        slope = as_array(data["slopes"][name])
        difference = np.gradient(as_array(values), x)
        away = np.abs(x) > 0.1
        np.testing.assert_allclose(slope[away], difference[away], atol=0.01)
        if name in ("sigmoid", "tanh"):
            assert slope[0] < 0.02 > slope[-1]
        else:
            assert (slope[x > 0] == 1).all()
    assert max(data["slopes"]["sigmoid"]) == pytest.approx(0.25)
    assert max(as_array(data["slopes"]["ReLU"])[x < 0]) == 0


@pytest.mark.book
def test_figure_2_small_fades_large_saturates_and_the_right_rules_are_steady() -> None:
    data = figure_data("F-7.2")
    medians = {name: as_array(case["median_log_gradient"]) for name, case in data.items()}
    assert (np.diff(medians["tanh small"]) > 0.8).all()  # tenfold and more for each layer
    for steady in ("tanh Xavier", "ReLU He"):
        assert np.ptp(medians[steady]) < 0.7
    assert medians["ReLU Xavier"][-1] - medians["ReLU Xavier"][0] > 1
    counts = {name: as_array(case["activations"]) for name, case in data.items()}
    edge = counts["tanh large"][:, [*range(5), *range(-5, 0)]].sum(1)
    assert (edge > 0.5 * counts["tanh large"].sum(1)).all()
    middle = counts["tanh small"].shape[1] // 2
    assert (counts["tanh small"][4:].argmax(1) == middle).all()
    assert (np.count_nonzero(counts["tanh small"][4:], axis=1) == 1).all()


@pytest.mark.book
def test_figure_3_rounder_bowls_bring_the_path_nearer() -> None:
    data = figure_data("F-7.3")
    for name in chapter.SHAPES:
        assert len(data["conditions"][name]) == 10
    worst, middle, best = (as_array(data["conditions"][name]) for name in chapter.SHAPES)
    assert (worst > 2 * middle).all()
    assert (middle > 2 * best).all()
    ends = [data["distances"][name][-1] for name in chapter.SHAPES]
    assert ends[0] > 3 * ends[1] > 9 * ends[2]
    for points in data["points"].values():
        assert np.abs(as_array(points)).max() < 11


@pytest.mark.book
def test_figure_4_depth_and_rate_kill_and_some_units_return() -> None:
    data = figure_data("F-7.4")
    for share in data["starts"].values():
        mean = as_array(share).mean(0)
        assert len(as_array(share)) == 10
        assert mean[0] < 5 < 20 < mean[-1]
    first = {name: as_array(share)[:, :8].mean() for name, share in data["starts"].items()}
    assert first["0 to 1"] > 1.5 * first["standardized"]
    dead = {depth: np.nanmean(as_array(runs), 0) for depth, runs in data["dead"].items()}
    assert dead["2"][6] < 1 < 5 < dead["4"][6] < dead["8"][6]
    assert dead["2"][7] > 20
    assert max(dead["8"][:5]) < 6
    assert data["back"] > 0.4


@pytest.mark.book
def test_figure_5_each_layer_has_a_constant_factor_and_the_stated_one() -> None:
    data = figure_data("F-7.5")
    up = {name: as_array(runs).mean(0) for name, runs in data["activations"].items()}
    down = {name: as_array(runs).mean(0) for name, runs in data["gradients"].items()}
    assert all(len(as_array(runs)) == 10 for runs in data["activations"].values())
    np.testing.assert_allclose(up["tanh small"][1:] / up["tanh small"][:-1], 0.08, rtol=0.1)
    np.testing.assert_allclose(up["ReLU Xavier"][1:] / up["ReLU Xavier"][:-1], 0.5**0.5, rtol=0.1)
    np.testing.assert_allclose(down["tanh large"][:-1] / down["tanh large"][1:], 2.1, rtol=0.1)
    for steady in (up["ReLU He"], down["ReLU He"]):
        assert 0.7 < steady.min() < steady.max() < 1.4
    for falling in (up["tanh Xavier"], down["tanh Xavier"][::-1]):
        assert falling[0] > falling[-1] > 0.2
    assert down["tanh large"][0] > 500


@pytest.mark.book
def test_figure_6_only_the_right_rules_learn() -> None:
    data = figure_data("F-7.6")
    curves = {name: as_array(runs) for name, runs in data["curves"].items()}
    ends = {name: runs[:, -3:].mean(1) for name, runs in curves.items()}
    assert all(len(runs) == 10 for runs in curves.values())
    for small in ("tanh small", "ReLU small"):
        assert curves[small] == pytest.approx(math.log(10), abs=1e-3)
    assert ends["tanh Xavier"].max() < 0.1
    assert ends["tanh large"].min() > 1.5
    assert curves["tanh large"][:, 0].mean() > 5
    assert ends["ReLU He"].mean() < 0.4 * ends["ReLU Xavier"].mean()
    grid = chapter.DEEP_RATES
    for name, rate in data["rates"].items():
        assert "small" in name or grid[0] < rate < grid[-1]


@pytest.mark.book
def test_figure_7_centering_is_the_large_gain() -> None:
    data = figure_data("F-7.7")
    ends = {name: as_array(runs)[:, -3:].mean(1) for name, runs in data["curves"].items()}
    off = min(ends["raw, 0 to 16"].mean(), ends["scaled, 0 to 1"].mean())
    centered = [ends[name].mean() for name in ("centered", "standardized", "centered, one scale")]
    assert off > 3 * max(centered)
    assert max(centered) < 2 * min(centered)
    for rate in data["rates"].values():
        assert chapter.FORM_RATES[0] < rate < chapter.FORM_RATES[-1]
