"""Chapter 16: its forms against torch, its hand calculations, its captions against their data."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.training import predict
from tests.book.chapter import differs, fields_under, load
from tests.book.executed import as_array, figure_data

PAGE = "16_dropout"
chapter = load(PAGE)
X = torch.randn(40, 30, generator=torch.Generator().manual_seed(0))


def table_under(words: str) -> list[list[float]]:
    """Numbers of the first table after some words; the first column is a name."""
    return [[float(field) for field in row[1:]] for row in fields_under(PAGE, words)]


# The forms


@pytest.mark.parametrize("q", [0.9, 0.8, 0.5])
def test_inverted_dropout_and_its_way_back_are_those_of_torch(q: float) -> None:
    x = X.clone().requires_grad_()
    with chapter.seeded(1):
        y = functional.dropout(x, 1 - q)
    mask = (y != 0).float()
    torch.testing.assert_close(chapter.inverted(x, mask, q), y)
    (expected,) = torch.autograd.grad(y, x, X.cos())
    torch.testing.assert_close(chapter.back(X.cos(), mask, q), expected)
    assert chapter.inverted(x, None, q) is x


@pytest.mark.parametrize("q", [0.9, 0.8, 0.5])
def test_published_dropout_is_inverted_dropout_times_q_in_both_modes(q: float) -> None:
    mask = chapter.coins(X.shape, q, torch.Generator().manual_seed(0))
    for of_mode in (mask, None):
        torch.testing.assert_close(
            chapter.published(X, of_mode, q), q * chapter.inverted(X, of_mode, q)
        )


def test_coins_are_kept_with_probability_q_and_fall_each_for_itself() -> None:
    mask = chapter.coins((300, 400), 0.8, torch.Generator().manual_seed(0))
    assert float(mask.mean()) == pytest.approx(0.8, abs=0.01)
    for axis in (0, 1):
        assert 0.005 < float(mask.mean(axis).std()) < 0.04


def test_a_net_with_all_coins_kept_is_the_plain_one() -> None:
    params = chapter.perceptrons((30, 5, 4, 3), [0])
    flat = [p[0] for p in params]
    found = chapter.three_layers(X, flat, 1.0, torch.Generator())
    torch.testing.assert_close(found, predict(params, X)[0])


def test_hand_calculation_of_both_forms_is_right() -> None:
    rows = table_under("Four divided by 0.8 is 5")
    h, mask = chapter.H, chapter.MASK
    expected = [
        form(h, of_mode, 0.8).tolist()
        for form in (chapter.published, chapter.inverted)
        for of_mode in (mask, None)
    ]
    for row, numbers in zip(rows, expected, strict=True):
        assert row == pytest.approx(numbers)


def test_hand_calculation_of_the_four_masks_is_right() -> None:
    rows = table_under("By hand with $q = 0.8$, $w_1")
    assert sum(row[0] for row in rows) == pytest.approx(1)
    assert all(chance * value == pytest.approx(term) for chance, value, term in rows)
    mean = float(chapter.mean_over_masks(torch.sum, chapter.TWO, 0.8))
    assert sum(row[2] for row in rows) == pytest.approx(mean) == pytest.approx(2.4)


def test_drop_connect_has_the_moments_of_the_text() -> None:
    w, x = X[:4, :6], X[5, :6]
    many = x.expand(60_000, -1)
    sums = chapter.drop_connect(w, many, 0.7, torch.Generator().manual_seed(0))
    torch.testing.assert_close(sums.mean(0), 0.7 * w @ x, atol=0.03, rtol=0)
    variance = 0.7 * 0.3 * w.square() @ x.square()
    torch.testing.assert_close(sums.var(0), variance, rtol=0.05, atol=0)
    inverted = chapter.drop_connect(w, many, 0.7, torch.Generator().manual_seed(0), inverted=True)
    torch.testing.assert_close(inverted, sums / 0.7)


def test_mean_of_a_rectified_gaussian_is_that_of_draws() -> None:
    w, x = X[:4, :6], X[5:6, :6].abs()
    mean, variance = 0.5 * x @ w.T, 0.25 * x.square() @ w.square().T
    draws = torch.randn(200_000, 4, generator=torch.Generator().manual_seed(0))
    expected = torch.relu(mean + variance.sqrt() * draws).mean(0)
    torch.testing.assert_close(chapter.matched_gaussian(w, x, 0.5)[0], expected, atol=0.01, rtol=0)


@pytest.mark.parametrize("last", [0.5, 0.8, 1.0])
def test_survival_falls_on_a_line_and_sums_to_the_formula(last: float) -> None:
    line = chapter.survival(20, last)
    assert line[-1] == pytest.approx(last)
    assert np.ptp(np.diff(line)) < 1e-12
    assert sum(line) == pytest.approx(20 - 21 * (1 - last) / 2)


def test_regions_are_one_or_two_wide_and_torch_pools_as_we_do_where_they_are_equal() -> None:
    borders = chapter.cuts(24, 17, torch.Generator().manual_seed(0))
    assert set(np.diff(borders)) == {1, 2} and borders[-1] == 24 and len(borders) == 18
    whole = [0, 2, 4, 6]
    image = X[:6, :6]
    expected = functional.max_pool2d(image[None], 2)[0]
    torch.testing.assert_close(chapter.fractional_pool(image, whole, whole), expected)


def test_calibration_error_of_a_certain_liar_and_of_an_honest_coin() -> None:
    labels = torch.tensor([0, 1] * 50)
    sure = torch.tensor([[[1.0, 0.0]] * 100])
    assert float(chapter.calibration_error(sure, labels)) == pytest.approx(0.5)
    honest = torch.tensor([[[0.501, 0.499]] * 100])
    assert float(chapter.calibration_error(honest, labels)) < 0.01


def test_half_of_a_mean_over_masks_is_not_the_unit() -> None:
    ones = torch.ones(2)
    assert chapter.whole_unit(chapter.UNIT, ones, 0.5) == 0
    assert chapter.mean_unit(chapter.UNIT, ones, 0.5) == pytest.approx(0.5)


# Chance


def test_other_seeds_give_other_data() -> None:
    assert differs(lambda seed: chapter.small_net(seed)[1])
    assert differs(lambda seed: chapter.test_over_training("inverted", 0.5, seed))
    assert differs(lambda seed: chapter.train(0.8, [0.02], [seed], passes=2)[1][0])
    assert differs(lambda seed: chapter.layer_and_truth(seed, draws=5)[2])
    assert differs(lambda seed: chapter.train_residual([(0.5, 0.01)], [seed], passes=1)[0][0])
    assert differs(lambda seed: chapter.digit_draws(seed)[1][0][2])


# The captions


@pytest.mark.book
def test_figure_1_scaling_is_the_mean_of_a_linear_net_and_not_of_a_bent_one() -> None:
    data = figure_data("F-16.1")
    assert len(data["linear_outputs"]) == len(data["relu_outputs"]) == 256
    np.testing.assert_allclose(data["linear_mean"], data["linear_scaled"], atol=1e-5)
    gap = np.abs(data["relu_mean"] - data["relu_scaled"])
    assert len(gap) == 10 and np.median(gap / np.abs(data["relu_mean"])) > 0.01
    assert len(set(np.round(data["sampled"], 6))) > 3


@pytest.mark.book
def test_figure_2_the_first_losses_cost_less_with_dropout() -> None:
    data = figure_data("F-16.2")
    lost = {}
    for name in ("with", "without"):
        accuracy = data[f"{name}_accuracy"]
        assert accuracy.shape == (10, len(data["removed"]))
        lost[name] = 1 - accuracy[:, 2] / accuracy[:, 0]
        assert accuracy[:, -1].mean() < 0.25
    assert list(data["removed"][:3]) == [0, 4, 8]
    assert lost["with"].mean() < 0.75 * lost["without"].mean()
    assert data["with_roughness"].mean() > data["without_roughness"].mean()


@pytest.mark.book
def test_figure_3_training_falls_with_q_and_validation_has_its_best_in_between() -> None:
    data = figure_data("F-16.3")
    ends = {
        part: [data[f"{part}_{q:g}"][:, -1].mean() for q in chapter.KEEPS]
        for part in ("train", "validation")
    }
    assert ends["train"] == sorted(ends["train"], reverse=True)
    assert int(np.argmax(ends["validation"])) == 1
    assert data["test_0.8"].mean() > data["test_1"].mean() > data["test_0.5"].mean()
    assert data["loss_1"].mean(0).min() > data["loss_0.8"].mean(0)[-1]
    for q, rate in zip(chapter.KEEPS, data["rates"], strict=True):
        assert chapter.RATES[0] < rate < chapter.RATES[-1] or q == 0.25


@pytest.mark.book
def test_figure_4_right_forms_give_one_and_the_wrong_factor_hides_at_one_half() -> None:
    data = figure_data("F-16.4")
    q = data["q"]
    for form in ("inverted", "as published"):
        assert np.abs(data[form] - 1).max() < 0.05
    np.testing.assert_allclose(data["scale forgotten"].mean(0), 1 / q, rtol=0.02)
    np.testing.assert_allclose(data["times $p$, not $q$"].mean(0), (1 - q) / q, rtol=0.02)


@pytest.mark.book
def test_figure_5_many_passes_gain_accuracy_at_one_half_and_no_calibration() -> None:
    data = figure_data("F-16.5")
    for q in ("0.8", "0.5"):
        passes, scaled = data[f"passes_{q}"], data[f"scaled_{q}"]
        assert passes.shape == (len(data["counts"]), 4, 10)
        assert passes[0, 0].mean() < scaled[0].mean()
        assert passes[-1, 2].mean() > scaled[2].mean()
        assert passes[-1, 3].mean() < passes[-1, 0].mean()
    assert abs(data["passes_0.8"][-1, 0].mean() - data["scaled_0.8"][0].mean()) < 0.01
    assert data["passes_0.5"][-1, 0].mean() > data["scaled_0.5"][0].mean() + 0.02
    assert data["plain"][2].mean() > 0.2


@pytest.mark.book
def test_figure_6_blocks_survive_on_a_line_and_their_absence_saves_time() -> None:
    data = figure_data("F-16.6")
    line = data["survival"]
    np.testing.assert_allclose(np.mean(data["alive"], 0), line, atol=0.04)
    assert sum(line) / len(line) == pytest.approx(0.75, abs=0.03)
    times = np.median(data["times"], 0)
    assert 0.6 < times[1] / times[0] < 0.97
    assert data["unscaled"][0, 1].mean() > data["test"][0, 1].mean()
    assert math.isclose(data["unscaled"][0, 0].mean(), data["test"][0, 0].mean(), rel_tol=1e-6)
    for rate in data["rates"]:
        assert chapter.DEPTH_RATES[0] < rate < chapter.DEPTH_RATES[-1]


@pytest.mark.book
def test_figure_7_four_draws_of_one_digit_differ_and_keep_its_maximum() -> None:
    data = figure_data("F-16.7")
    pooled = as_array(data["pooled"])
    assert pooled.shape == (4, 17, 17)
    assert all((pooled[0] != other).any() for other in pooled[1:])
    assert pooled.max((1, 2)) == pytest.approx([data["image"].max()] * 4)
    for borders in (*data["rows"], *data["columns"]):
        assert set(np.diff(borders)) == {1, 2}
