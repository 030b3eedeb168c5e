"""Chapter 2: its formulas, splits and sources do what they say, and its captions are true."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.training import perceptrons, predict
from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "02_data"
chapter = load(PAGE)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# The formulas


def test_a_stack_trains_as_torch_does():
    x, y = torch.rand(2, 80, 6, generator=generator()), torch.arange(80).expand(2, 80) % 10
    params = chapter.train(x, y, (0.1,), (4, 5), steps=5, hidden=8, batch=20)
    weights = [p[1].clone().requires_grad_() for p in perceptrons((6, 8, 10), (4, 5))]
    optimizer = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
    for chosen in chapter.drawn(100, (5,), 80)[0].split(20):
        optimizer.zero_grad()
        nn.CrossEntropyLoss()(predict(weights, x[1][chosen]), y[1][chosen]).backward()
        optimizer.step()
    for ours, theirs in zip(params, weights, strict=True):
        torch.testing.assert_close(ours[0, 1], theirs.detach(), rtol=1e-4, atol=1e-5)


def test_classes_and_certain_probabilities_are_the_same_targets():
    x, y = torch.rand(2, 40, 6, generator=generator()), torch.arange(40).expand(2, 40) % 10
    soft = functional.one_hot(y, 10).float()
    runs = [chapter.train(x, t, (0.1,), (1, 2), steps=3) for t in (y, soft)]
    assert all(torch.equal(a, b) for a, b in zip(*runs, strict=True))


def test_half_width_is_the_hand_calculation_and_the_table_of_the_lecture():
    assert chapter.half_width(0.9, 1000) == pytest.approx(0.0186, abs=5e-5)
    rounded = [
        round(100 * chapter.half_width(a, n), 2)
        for a, n in ((0.9, 10_000), (0.99, 1000), (0.99, 10_000))
    ]
    assert rounded == [0.59, 0.62, 0.2]
    assert chapter.half_width(0.9, 200) == pytest.approx(0.04, abs=0.002)


def test_bias_and_variance_by_hand_and_together_are_the_mean_square():
    by_hand = torch.tensor([[2.0], [3.0], [7.0]], dtype=torch.float64)
    truth = torch.tensor([3.0], dtype=torch.float64)
    assert chapter.bias_variance(by_hand, truth) == pytest.approx((1, 14 / 3))
    random = torch.randn(50, 7, generator=generator(), dtype=torch.float64)
    total = sum(chapter.bias_variance(random, torch.ones(7).double()))
    assert total == pytest.approx(float(((random - 1) ** 2).mean()))


def test_polynomials_of_the_page_are_fits_of_least_squares():
    curve = chapter.fitted(3, sets=1)[0]
    random = generator(chapter.SEED)
    x = (torch.arange(20) + torch.rand(1, 20, generator=random, dtype=torch.float64)) / 20
    noise = torch.randn(1, 20, generator=random, dtype=torch.float64)
    y = chapter.sine(x) + chapter.NOISE * noise
    theirs = np.polyval(np.polyfit(x[0].numpy(), y[0].numpy(), 3), chapter.WHERE.numpy())
    np.testing.assert_allclose(curve, theirs, atol=1e-8)


def test_a_wide_layer_fits_all_labels_and_is_the_smallest_that_does():
    random = generator(1)
    inside = torch.randn(20, 50, generator=random, dtype=torch.float64)
    y = torch.randn(20, 3, generator=random, dtype=torch.float64)
    fit = torch.linalg.pinv(inside) @ y
    torch.testing.assert_close(inside @ fit, y)
    torch.testing.assert_close(fit, torch.linalg.lstsq(inside, y, driver="gelsd").solution)


@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.4])
def test_answers_are_wrong_as_often_as_told_and_votes_help(wrong):
    labels = torch.arange(10).repeat(2000)
    answers = chapter.answered(labels, wrong, seed=3)
    assert (answers != labels).float().mean().item() == pytest.approx(wrong, abs=0.01)
    one, three, five = (
        (chapter.majority(labels, wrong, votes, seed=3) == labels).float().mean()
        for votes in (1, 3, 5)
    )
    assert one <= three <= five and (wrong == 0 or one < five)


def test_prices_of_the_sources_are_the_same():
    sizes = {name: labels.shape[1] for name, labels in chapter.bought(1080, 0).items()}
    assert sizes == {
        "assessors": 270,
        "crowd, 1 vote": 1080,
        "crowd, 3 votes": 360,
        "crowd, 5 votes": 216,
    }


def test_standard_form_forgets_brightness_contrast_and_sign():
    x = chapter.X[:200]
    for foreign in (1 - x, 0.4 + 0.3 * x, 5 * x - 2):
        torch.testing.assert_close(
            chapter.standard_form(foreign), chapter.standard_form(x), rtol=1e-3, atol=1e-3
        )


def test_domains_keep_what_they_should():
    x = chapter.X[:20]
    torch.testing.assert_close(chapter.turned(x, 0.0, 1), x)
    moved = chapter.shifted(x).reshape(-1, 8, 8)
    assert torch.equal(moved[:, :, 1:], x.reshape(-1, 8, 8)[:, :, :-1])
    assert (moved[:, :, 0] == 0).all()
    inner = torch.zeros(1, 64)
    inner[0, 27] = 1.0
    assert chapter.blurred(inner).sum().item() == pytest.approx(1.0)
    assert chapter.blurred(inner).max() < 0.3


def test_forms_and_splits_keep_people_apart():
    assert int(chapter.FORM.max()) == 13
    for seed in range(4):
        parts = chapter.by_forms(seed)
        people = [set(chapter.FORM[part].tolist()) for part in parts]
        assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
        assert [len(part) for part in parts] == list(chapter.PARTS)
        rows = torch.cat(chapter.by_rows(seed))
        assert len(rows.unique()) == len(rows) == sum(chapter.PARTS)


def test_a_choice_loses_less_on_a_larger_set_and_nothing_on_all():
    hits = torch.rand(12, 4000, generator=generator()) < torch.linspace(0.5, 0.7, 12)[:, None]
    lost = [chapter.choices(hits, n, draws=50)[0].mean() for n in (20, 2000)]
    assert lost[0] > lost[1] >= 0


def test_a_found_label_is_one_of_the_largest_losses():
    losses = chapter.WRONG.float()
    assert torch.equal(chapter.found(losses), torch.ones(10))
    assert chapter.found(-losses).max() == 0


def test_other_seeds_give_other_data():
    first, other, again = (chapter.fitted(2, sets=3, seed=seed) for seed in (1, 2, 1))
    assert not torch.equal(first, other) and torch.allclose(first, again)
    assert chapter.copies(1) != chapter.copies(2)
    assert chapter.chosen_features(1) != chapter.chosen_features(2)
    labels = chapter.Y[chapter.POOL]
    assert not torch.equal(labels[0], labels[1])


# The captions


@pytest.mark.book
def test_figure_1_bias_falls_and_the_variance_peaks_where_the_fit_is_possible():
    data = figure_data("F-2.1")
    bias2, variance = data["parts"].T
    assert (np.diff(variance) > 0).all()
    assert bias2[0] > bias2[1] > 10 * bias2[3] > 100 * bias2[5:9].max()
    assert 2 < data["parts"].sum(1).argmin() < 9
    assert data["widths"][data["wide_parts"][:, 1].argmax()] == 200
    wrong = data["wide_wrong"].mean(1)
    assert wrong[-1] < wrong[:7].min() < 0.3 < wrong.max()
    assert data["wide_wrong"].shape[1] == 10
    fans = {degree: np.array(runs) for degree, runs in data["fans"].items()}
    assert fans["12"].var(0).mean() > 10 * fans["1"].var(0).mean()


@pytest.mark.book
def test_figure_2_the_wrong_development_set_picks_the_wrong_network():
    data = figure_data("F-2.2")
    raw, formed = (
        dict(zip(data["domains"], data[name].mean(1), strict=True)) for name in ("raw", "formed")
    )
    assert all(raw[name] < raw["public"] - 0.1 for name in raw if name != "public")
    for name in ("inverted", "dim"):
        assert abs(formed[name] - formed["public"]) < 0.01
    for name in ("tilted", "blurred", "shifted"):
        assert formed[name] < formed["public"] - 0.1
    tilts, dev = data["tilts"], data["public_dev"].mean(1)
    assert tilts[dev.argmax()] == 0
    pick = data["customer_dev"].mean(1).argmax()
    assert 20 < tilts[pick] < 90
    test = data["customer_test"].mean(1)
    assert test[pick] > test[0] + 0.2 and test[pick] > test.max() - 0.01
    assert data["public_test"].mean(1)[0] < np.sort(test)[2]


@pytest.mark.book
def test_figure_3_holds_the_half_widths():
    data = figure_data("F-2.3")
    for a, widths in zip(data["accuracies"], data["widths"], strict=True):
        np.testing.assert_allclose(widths, chapter.half_width(a, data["n"]), rtol=1e-6)


@pytest.mark.book
def test_figure_4_finds_planted_labels_unless_they_were_learned_by_heart():
    data = figure_data("F-2.4")
    itself, others = data["itself"].mean(0), data["others"].mean(0)
    assert data["itself"].shape[0] == 10
    assert itself[-1] < itself.max() - 0.08
    assert others[-1] > itself[-1] + 0.08 and others[1] > 0.95
    assert np.mean(data["planted"]) > 0.85
    with_errors, mended = data["scores"].mean(1)
    assert mended > with_errors + 0.005
    assert (chapter.GIVEN[0] != chapter.GIVEN[1]).any()


@pytest.mark.book
def test_figure_5_more_data_help_and_a_winner_flatters():
    data = figure_data("F-2.5")
    assert (np.diff(data["errors"].mean(0)) < 0).all() and data["errors"].shape[0] == 10
    for name in ("lost", "flattered"):
        means = data[name].mean(1)
        assert (means > -0.001).all() and means[0] > 5 * means[-1]
    assert len(data["truth"]) == 40
    assert data["lost"].shape == (6, 300) and len(np.unique(data["lost"][0])) > 1


@pytest.mark.book
def test_figure_6_the_network_is_better_than_the_single_crowd_answers():
    data = figure_data("F-2.6")
    learned, labels = (
        dict(zip(data["names"], data[name].mean(1), strict=True)) for name in ("learned", "labels")
    )
    assert learned["crowd, 1 vote"] > labels["crowd, 1 vote"] + 0.2
    assert labels["crowd, 1 vote"] < labels["crowd, 3 votes"] < labels["crowd, 5 votes"]
    assert learned["crowd, 3 votes"] < learned["crowd, 1 vote"] < learned["assessors"]
    assert abs(learned["another system"] - learned["assessors"]) < 0.01
    assert data["learned"].shape == (5, 10)


@pytest.mark.book
def test_figure_7_three_mistakes_flatter_and_one_does_nothing():
    data = figure_data("F-2.7")
    flattery = (data["estimate"] - data["new"]).mean(1)
    assert (flattery[:3] > 0.03).all() and abs(flattery[3]) < 0.01
    assert flattery[2] > 0.3 and abs(data["new"][2].mean() - 0.5) < 0.03
    rows, forms = 1 - data["neighbor"].mean(1)
    assert forms > 2 * rows
    assert data["estimate"].shape == (4, 10)
