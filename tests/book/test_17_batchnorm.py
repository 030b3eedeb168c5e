"""Chapter 17: its formulas against torch, its hand calculations, its captions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.book.chapter import differs, fields_under, load
from tests.book.executed import figure_data

PAGE = "17_batchnorm"
chapter = load(PAGE)
X, G = torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
SCALE = torch.tensor([0.5, 1.0, 2.0, -1.0, 3.0], dtype=torch.float64)


def table_under(words: str) -> list[list[float]]:
    """Numbers of the first table after some words."""
    return [[float(field) for field in row] for row in fields_under(PAGE, words)]


# The formulas


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_forward_and_back_are_those_of_torch(eps: float) -> None:
    x, scale = X.clone().requires_grad_(), SCALE.clone().requires_grad_()
    shift = torch.zeros_like(SCALE, requires_grad=True)
    y = functional.batch_norm(x, None, None, scale, shift, training=True, eps=eps)
    torch.testing.assert_close(chapter.in_training(X, SCALE, 0.0, eps), y)
    expected = torch.autograd.grad(y, (x, scale, shift), G)
    found = chapter.back(G, X, SCALE, eps)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(found[0].sum(0), torch.zeros_like(SCALE), atol=1e-10, rtol=0)


def test_running_statistics_and_use_are_those_of_torch() -> None:
    layer = torch.nn.BatchNorm1d(5, momentum=0.3, dtype=torch.float64)
    running = (torch.zeros_like(SCALE), torch.ones_like(SCALE))
    for batch in (X, G, X * 2 + 1):
        layer(batch)
        running = chapter.follow(running, batch, alpha=0.3)
    torch.testing.assert_close(running, (layer.running_mean, layer.running_var))
    layer.eval()
    torch.testing.assert_close(chapter.in_use(X, running, 1.0, 0.0), layer(X).detach())


def test_images_are_normalized_as_torch_does() -> None:
    x = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        chapter.normalized_images(x), functional.batch_norm(x, None, None, training=True)
    )


@pytest.mark.parametrize("group", [None, 4, 8])
def test_stack_normalizes_each_group_as_torch_and_keeps_the_first_ones_statistics(
    group: int | None,
) -> None:
    z = torch.randn(2, 3, 16, 5, generator=torch.Generator().manual_seed(0)) * 2 + 1
    size = group or 16
    state = [make(2, 3, 16 // size, 5) for make in (torch.zeros, torch.ones)]
    found = chapter.batch_norm(z, state, "train", group)
    for rate in range(2):
        for seed in range(3):
            layer = torch.nn.BatchNorm1d(5)
            for start in range(0, 16, size):
                part = z[rate, seed, start : start + size]
                expected = functional.batch_norm(part, None, None, training=True)
                torch.testing.assert_close(found[rate, seed, start : start + size], expected)
            layer(z[rate, seed, :size])
            torch.testing.assert_close(state[0][rate, seed, 0], layer.running_mean)
            torch.testing.assert_close(state[1][rate, seed, 0], layer.running_var)
            layer.eval()
            used = chapter.batch_norm(z, state, "use", group)[rate, seed]
            torch.testing.assert_close(used, layer(z[rate, seed]).detach())
    before = [numbers.clone() for numbers in state]
    chapter.batch_norm(z, state, "batch", group)
    torch.testing.assert_close(state, before)


@pytest.mark.parametrize("place", ["none", "before", "after", "layer"])
def test_a_network_of_the_stack_is_the_same_in_torch(place: str) -> None:
    net, _, _ = chapter.train(place, [0.05, 0.1], [0, 1], passes=1)
    weights, affine, states = net
    x, layers = chapter.SPLIT.test[0][:20], []
    for k in range(len(weights) // 2):
        linear = torch.nn.Linear(*weights[2 * k].shape[-2:])
        linear.weight.data = weights[2 * k][1, 0].T
        linear.bias.data = weights[2 * k + 1][1, 0, 0]
        layers.append(linear)
        if k == len(weights) // 2 - 1:
            break
        units = linear.out_features
        norm = torch.nn.LayerNorm(units) if place == "layer" else torch.nn.BatchNorm1d(units)
        norm.weight.data, norm.bias.data = affine[2 * k][1, 0, 0], affine[2 * k + 1][1, 0, 0]
        if place != "layer":
            norm.running_mean, norm.running_var = (s[1, 0, 0] for s in states[k])
        relu = torch.nn.ReLU()
        layers += {"none": [relu], "after": [relu, norm]}.get(place, [norm, relu])
    model = torch.nn.Sequential(*layers).eval()
    found = chapter.logits_of(net, x, place)[1, 0]
    torch.testing.assert_close(found, model(x).detach(), rtol=1e-4, atol=1e-4)


def test_hand_calculation_of_the_forward_pass_is_right() -> None:
    for row, x in zip(table_under("With $\\gamma = 2$ and"), chapter.THREE[:, 0], strict=True):
        hat = chapter.normalized(chapter.THREE)[0]
        place = chapter.THREE[:, 0].tolist().index(float(x))
        expected = [float(x), float(x) - 1, float(hat[place]), 2 * float(hat[place]) + 1]
        assert row == pytest.approx(expected, abs=1e-4)


def test_hand_calculation_of_the_way_back_is_right() -> None:
    rows = np.array(table_under("By hand, for 0, 0, 3 again"))
    by_code = chapter.back(chapter.FROM_ABOVE, chapter.THREE, 1.0)[0][:, 0]
    np.testing.assert_allclose(rows[:, 4], by_code, atol=1e-4)
    np.testing.assert_allclose(rows[:, 3], rows[:, 1] - rows[:, 2], atol=1e-4)
    np.testing.assert_allclose(rows[:, 3] / 2**0.5, rows[:, 4], atol=1e-4)


def test_longer_weights_have_smaller_gradients_at_right_angles() -> None:
    y1, g1, w1 = chapter.gradient_at_scale(1.0, 3)
    y5, g5, _ = chapter.gradient_at_scale(5.0, 3)
    torch.testing.assert_close(y1, y5)
    torch.testing.assert_close(g5, g1 / 5)
    assert float((g1 * w1).sum().abs()) < 1e-8 * float(g1.norm() * w1.norm())


def test_noise_of_the_mates_falls_as_one_over_the_root() -> None:
    large, small = (chapter.noise_of_mates(size, 0) for size in (256, 16))
    assert small / large == pytest.approx(4, rel=0.1)


# Chance


def test_other_seeds_give_other_data() -> None:
    assert differs(lambda seed: chapter.train("before", [0.1], [seed], passes=1)[1])
    assert differs(lambda seed: chapter.noise_of_mates(8, seed, draws=10))
    assert differs(lambda seed: chapter.variance_shift(0.5, seed))
    net = chapter.train("before", [0.1], [0], passes=1)[0]
    assert differs(lambda seed: chapter.with_mates(net, 3, 8, seed, count=5))
    assert differs(lambda seed: chapter.changed_answers(net, 4, seed))


# The captions


@pytest.mark.book
def test_figure_1_signals_grow_without_and_start_at_one_with_normalization() -> None:
    data = figure_data("F-17.1")
    for step in (0, 100, 1000):
        assert data[f"none_deviation_{step}"].shape == (6, 10)
        assert data[f"none_counts_{step}"].shape == (6, 64)
    none, bn = ({s: data[f"{p}_deviation_{s}"] for s in (0, 1000)} for p in ("none", "before"))
    assert 1.6 < none[1000][-1].mean() / none[0][-1].mean() < 2.2
    np.testing.assert_allclose(bn[0], 1, atol=0.01)
    assert 0.7 < bn[1000].mean(1).min() < bn[1000].mean(1).max() < 1.6
    assert bn[1000].mean(1).argmax() == 0


@pytest.mark.book
def test_figure_2_a_narrow_window_of_starts_becomes_wide() -> None:
    data = figure_data("F-17.2")
    none, bn = data["none_accuracy"].mean(0), data["bn_accuracy"].mean(0)
    assert (none > 0.9 * none.max()).sum() <= 3
    assert (bn > 0.9 * bn.max()).sum() >= 6
    assert none[0] < 0.15 and none[-1] < 0.2 and bn[0] > 0.9 * bn.max()
    assert bn[-1] < 0.9 * bn.max()
    assert data["output_too"].mean() < bn[-1]


@pytest.mark.book
def test_figure_3_larger_rates_work_and_moderate_ones_bring_more() -> None:
    data = figure_data("F-17.3")
    assert data["bn_last"][0] >= 3 * data["none_last"][0]
    assert data["bn_last"][0] < data["rates"][-1]
    none, bn = data["none_accuracy"].mean(0), data["bn_accuracy"].mean(0)
    assert (bn > none)[:6].all()


@pytest.mark.book
def test_figure_4_nothing_at_one_little_at_two_and_enough_at_thirty_two() -> None:
    data = figure_data("F-17.4")
    use, batch = data["use"].mean(0), data["batch"].mean(0)
    assert list(data["groups"]) == [1, 2, 4, 8, 16, 32, 64]
    assert use[0] == pytest.approx(0.1, abs=0.03) and use[1] < 0.2
    assert (np.diff(use[:6]) > 0).all()
    assert use[5] > data["without"].mean() > use[3]
    assert (batch[2:] < use[2:]).all()
    assert (np.diff(data["error"].mean(0)[1:]) < 0).all()
    assert data["layer normalization"].mean() < use[-1]


@pytest.mark.book
def test_figure_5_answers_depend_on_the_mates_and_not_after_eval() -> None:
    data = figure_data("F-17.5")
    changed = data["changed"]
    assert changed.shape == (10, 7) and (changed > 0).all()
    assert (np.diff(changed.mean(0)) < 0).all()
    spread = np.ptp(data["spread"], axis=1)
    assert spread[0] > 0.5 > spread[-1]
    assert data["sure"] > 0.9


@pytest.mark.book
def test_figure_6_before_is_ahead_by_little() -> None:
    data = figure_data("F-17.6")
    gaps = data["gaps"]
    np.testing.assert_allclose(gaps, data["after"] - data["before"], atol=1e-6)
    assert len(gaps) == 10 and (gaps < 0).sum() > 5
    assert 0 < -gaps.mean() < 0.05
    assert min(data["before"].mean(), data["after"].mean()) > data["none"].mean()
