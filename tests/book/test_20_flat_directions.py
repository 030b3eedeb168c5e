"""Chapter 20: the products against torch, the law in four settings, captions against their data."""

import numpy as np
import pytest
import torch

from tests.book.chapter import differs, load
from tests.book.executed import figure_data

PAGE = "20_flat_directions"
chapter = load(PAGE)


@pytest.mark.parametrize("row", chapter.TABLE)
def test_the_column_of_the_slide_is_recomputed(row):
    _, rate, mu, decay, last, _ = row
    assert chapter.product(rate, mu, decay) == pytest.approx(last, rel=1e-9)
    pi, *rest = chapter.to_new(rate, mu, decay)
    assert chapter.to_old(pi, *rest) == pytest.approx((rate, mu, decay))


def test_torch_shrinks_by_the_product_and_moves_by_the_effective_rate():
    for rate, mu, decay in ((0.256, 0.5, 0.01), (0.1, 0.9, 1e-3)):
        shrinkage, moved = chapter.by_torch(rate, mu, decay)
        assert shrinkage == pytest.approx(rate * decay / (1 - mu), rel=0.03)
        assert moved == pytest.approx(rate / (1 - mu), rel=1e-3)


def test_the_stack_of_networks_trains_as_torch_does():
    """One network of the stack, step by step, beside torch's SGD on the same batches."""
    settings, steps = [(0.5, 0.5, 0.01), (0.25, 0.875, 0.02)], 5
    ours = chapter.train(settings, seeds=(3,), steps=steps)
    for number, (rate, mu, decay) in enumerate(settings):
        generator = torch.Generator().manual_seed(3)
        first, second = chapter.start(1, [generator])
        weights = [torch.nn.Parameter(first), torch.nn.Parameter(second)]
        optimizer = torch.optim.SGD(weights, lr=rate, momentum=mu, weight_decay=decay)
        inputs, labels = chapter.SPLIT.train
        order = torch.randperm(len(labels), generator=generator)
        for t in range(steps):
            optimizer.param_groups[0]["lr"] = rate * (1 - t / steps)
            chosen = order[32 * t : 32 * t + 32]
            scores = chapter.logits(*weights, inputs[chosen][None])[0, 0]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(scores, labels[chosen]).backward()
            optimizer.step()
        wide = ours[0].unflatten(-1, (-1, chapter.HIDDEN))[:, :, number]
        torch.testing.assert_close(wide, weights[0].detach(), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(
            ours[1][:, number], weights[1].detach()[:, 0], rtol=1e-3, atol=1e-4
        )


def test_the_network_does_not_see_the_length_of_its_weights():
    first, second = chapter.start(1, [torch.Generator().manual_seed(0)])
    inputs = chapter.SPLIT.validation[0][None, :50]
    torch.testing.assert_close(
        chapter.logits(first, second, inputs),
        chapter.logits(3 * first, 5 * second, inputs),
        rtol=1e-3,
        atol=1e-3,
    )


def test_a_move_in_the_new_coordinates_keeps_the_product():
    middle = (3, 3, 0)
    for move in chapter.MOVES["new"][1:]:
        places = middle, chapter.moved(middle, move, 1)
        products = [
            chapter.product(chapter.RATES[r], chapter.MOMENTA[m], chapter.DECAYS[d])
            for r, d, m in places
        ]
        assert products[0] == pytest.approx(products[1])


def test_doubling_climbs_a_hill_within_its_budget():
    r, d, m = torch.meshgrid(torch.arange(7), torch.arange(7), torch.arange(2), indexing="ij")
    hill = -((r + d + m - 7.0) ** 2)
    for way in chapter.MOVES:
        known = chapter.doubling(hill, (0, 2, 0), chapter.MOVES[way])
        assert len(known) <= 16 and max(known.values()) == 0


def test_two_seeds_give_different_data():
    options = {"settle": 20, "lags": 40}
    assert differs(lambda seed: chapter.turning(seed=seed, **options)[0])
    assert differs(lambda seed: chapter.train([(0.5, 0.5, 0.01)], (seed,), steps=3)[0])
    assert differs(lambda seed: chapter.staying((seed,), settle=2, lags=4, every=2))


@pytest.mark.book
def test_the_path_is_parallel_to_the_axes_in_the_new_coordinates_only():
    held = figure_data("F-20.1")
    logs = {name: np.log2(held[name]) for name in ("rates", "decays", "products")}
    momenta = np.diff(held["momenta"]) != 0

    def changed(name):
        return np.abs(np.diff(logs[name])) > 1e-3

    new = changed("products").astype(int) + changed("decays") + momenta
    old = changed("rates").astype(int) + changed("decays") + momenta
    assert (new == 1).all() and old.tolist() == [1, 2, 2, 1, 2]
    gains = np.diff(held["tests"])
    assert gains[0] > 60 and gains[1:].sum() == pytest.approx(1.2) and (gains > 0).all()


@pytest.mark.book
def test_the_valley_stands_upright_over_the_product():
    held = figure_data("F-20.2")
    table = held["table"].mean(-1)
    assert held["table"].shape == (2, 7, 7, 10)
    stripes = {int(key): np.array(values) for key, values in held["by product"]}
    ridge = np.concatenate([stripes[-7], stripes[-5]])
    others = np.concatenate([stripes[key] for key in (-1, 1, 3)])
    assert np.ptp(ridge) < 4 and ridge.min() > others.max() + 2
    assert np.ptp(stripes[-13]) > 2 * np.ptp(ridge)  # where the run is too short
    # over the rate the same heights lie far apart, and move with the momentum
    column = table[:, :, 3]
    assert (np.ptp(column, axis=1) > 8).all()


@pytest.mark.book
def test_no_coordinates_win_and_the_rate_alone_comes_near():
    held = figure_data("F-20.3")
    ends = {name: held[f"{name} mean"][-1] for name in ("old", "new", "rate alone", "random")}
    assert max(ends.values()) - min(ends.values()) < 1.5
    assert abs(ends["old"] - ends["new"]) < 0.5
    assert held["rate alone used"].mean() < held["new used"].mean() <= 16
    first = held["new mean"]
    assert first[7] - first[0] > 0.9 * (first[-1] - first[0])


@pytest.mark.book
def test_four_settings_forget_at_the_same_pace_and_differ_in_all_else():
    held = figure_data("F-20.4")
    np.testing.assert_allclose(held["decay rates"], 0.001, rtol=0.12)
    angles = held["angles"].mean(-1)
    np.testing.assert_allclose(angles, held["predicted angles"], rtol=0.03)
    assert angles[0] > 4 * angles[3]
    lengths = held["lengths"].mean(-1)
    assert lengths[3] > 3 * lengths[0] and np.ptp(lengths[:3]) < 0.05
    law = np.exp(-0.001 * held["k"])
    assert np.abs(held["cosines"].mean(1) - law).max() < 0.06


@pytest.mark.book
def test_in_a_network_four_settings_agree_two_lie_below_and_all_stay_above_the_law():
    held = figure_data("F-20.5")
    means = held["cosines"].mean(1)
    assert held["cosines"].shape[:2] == (6, 10)
    four, two = means[:4], means[4:]
    assert np.ptp(four, axis=0).max() < 0.06
    assert (four[:, 5:].min(0) > np.exp(-0.005 * held["k"][5:]) + 0.2).all()
    assert (two[:, 5:].max(0) < four[:, 5:].min(0) - 0.1).all()
    assert np.ptp(four, axis=0).max() < np.ptp(two, axis=0).max()  # larger steps part
