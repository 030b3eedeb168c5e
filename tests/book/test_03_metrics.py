"""Chapter 3: its metrics are scikit-learn's, its costs are least where told, its captions true."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support
from torch import nn

from course_lib.training import perceptrons, predict
from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "03_metrics"


@pytest.fixture(scope="module")
def chapter():
    return load(PAGE)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# The formulas


@pytest.mark.parametrize("seed", range(4))
def test_precision_recall_and_f1_are_those_of_scikit_learn(chapter, seed):
    said, truth = torch.rand(2, 60, generator=generator(seed)) < torch.tensor([[0.3], [0.4]])
    theirs = precision_recall_fscore_support(truth, said, average="binary")[:3]
    ours = [float(value) for value in chapter.precision_recall_f1(said, truth)]
    np.testing.assert_allclose(ours, theirs)


def test_the_hand_calculation_of_the_page_is_right(chapter):
    ours = [float(v) for v in chapter.precision_recall_f1(chapter.SAID, chapter.TRUE)]
    np.testing.assert_allclose(ours, [0.75, 0.6, 2 / 3])
    nothing = torch.zeros(100, dtype=torch.bool)
    assert [float(v) for v in chapter.precision_recall_f1(nothing, chapter.TRUE)] == [1, 0, 0]


def test_weights_on_classes_are_those_of_a_sum_over_the_batch(chapter):
    x, y = torch.randn(60, 5, generator=generator()), torch.arange(60) % 2
    weight = torch.tensor([1.0, 8.0])
    kept = chapter.train((x, y), (0.05,), (3,), (2, 4), classes=2, weights=weight, hidden=6)
    nets = [p[0].clone().requires_grad_() for p in perceptrons((5, 6, 2), (3,))]
    optimizer, source = torch.optim.SGD(nets, lr=0.05, momentum=0.9), generator(3)
    for step in range(1, 5):
        chosen = torch.randint(60, (50,), generator=source)
        optimizer.zero_grad()
        losses = nn.CrossEntropyLoss(weight, reduction="none")
        losses(predict(nets, x[chosen]), y[chosen]).mean().backward()
        optimizer.step()
        if step in kept:
            for ours, theirs in zip(kept[step], nets, strict=True):
                torch.testing.assert_close(ours[0, 0], theirs.detach(), rtol=1e-4, atol=1e-5)
    assert sorted(kept) == [2, 4]


def test_the_threshold_of_the_formula_is_the_cheapest_for_right_probabilities(chapter):
    p = torch.rand(200_000, generator=generator())
    truth = torch.rand(200_000, generator=generator(1)) < p
    for miss, alarm in ((20.0, 1.0), (1.0, 2.0), (1.0, 1.0)):
        grid = torch.linspace(0.01, 0.99, 99)
        costs = torch.stack([chapter.cost(p > t, truth, miss, alarm) for t in grid])
        assert abs(float(grid[costs.argmin()]) - chapter.ideal(miss, alarm)) < 0.05
    assert chapter.ideal(9, 1) == 0.1 and chapter.ideal(1, 2) == pytest.approx(2 / 3)
    assert chapter.ideal(99, 1) == 0.01


def test_the_best_threshold_for_letters_is_the_cheapest_of_all(chapter):
    right = torch.rand(1, 2, 50, generator=generator()) < 0.8
    sure = torch.rand(1, 2, 50, generator=generator(1)) + 0.3 * right
    best = chapter.coins(right, sure, chapter.best_threshold(right, sure))
    tried = [chapter.coins(right, sure, sure[..., i : i + 1]) for i in range(50)]
    torch.testing.assert_close(best, torch.stack(tried).amin(0))


def test_signals_are_those_of_mnist1d_with_small_shifts(chapter):
    labels = chapter.uniform(40, seed=1)
    first, other, again = (chapter.signals(labels, seed, 4)[0] for seed in (5, 6, 5))
    assert first.shape == (40, 40) and torch.equal(first, again)
    assert not torch.equal(first, other)
    rare = chapter.rare_labels(20_000, seed=2)
    assert (rare == 9).mean() == pytest.approx(chapter.RARE, abs=0.01)


def test_a_picture_is_most_similar_to_itself(chapter):
    original = chapter.ORIGINAL
    assert chapter.similarity(original, original) == pytest.approx(1.0)
    blurred = chapter.gaussian_filter(original, 1.0)
    brighter = original + 0.05
    assert chapter.similarity(brighter, original) > chapter.similarity(blurred, original)


def test_a_refined_metric_finds_the_weights_of_a_customer_who_has_them(chapter):
    weights = np.array([0.0, -1.0, 0.0, -2.0, 0.5])
    pairs = chapter.some_pairs(150, 0, chapter.SHOWN)
    score = chapter.MEASURED @ weights
    answers = score[pairs[:, 0]] > score[pairs[:, 1]]
    found = chapter.fit_opinion(pairs, answers, chapter.SQUARED_ERROR)
    fresh = chapter.some_pairs(400, 1, chapter.KEPT)
    truth = score[fresh[:, 0]] > score[fresh[:, 1]]
    first = chapter.agreement(chapter.SQUARED_ERROR, fresh, truth)
    assert chapter.agreement(found, fresh, truth) > max(0.9, first + 0.05)
    untouched = chapter.fit_opinion(pairs[:0], answers[:0], chapter.SQUARED_ERROR)
    np.testing.assert_allclose(untouched, chapter.SQUARED_ERROR, atol=1e-12)


def test_the_rule_of_three_and_the_demonstrations_of_the_page(chapter):
    assert round(-math.log(0.05), 3) == 2.996
    for n in (20, 300):
        assert (1 - chapter.largest_rate(n)) ** n == pytest.approx(0.05)
        assert chapter.largest_rate(n) < 3 / n
    for old, new in chapter.VERSIONS.values():
        assert chapter.chance_of_the_better(old, new, 20) == pytest.approx(
            chapter.tosses(old, new, 20), abs=0.02
        )
    assert chapter.chance_of_the_better(0.7, 0.7, 30) == pytest.approx(0.5)


def test_kappa_of_the_exercise_is_scikit_learns():
    customer = [1] * 75 + [1] * 15 + [0] * 5 + [0] * 5
    metric = [1] * 75 + [0] * 15 + [1] * 5 + [0] * 5
    assert np.mean(np.equal(customer, metric)) == 0.8
    assert cohen_kappa_score(customer, metric) == pytest.approx(0.06 / 0.26)


def test_other_seeds_give_other_answers(chapter):
    pairs = chapter.some_pairs(100, 0, chapter.SHOWN)
    first, other, again = (chapter.asked(pairs, seed) for seed in (1, 2, 1))
    assert (first != other).any() and (first == again).all()
    assert not np.array_equal(chapter.gallery(chapter.ORIGINAL, 1, 2)[0], chapter.PICTURES[0])


# The captions


@pytest.mark.book
def test_figure_1_the_lower_loss_has_the_worse_f1_at_one_half(chapter):
    data = figure_data("F-3.1")
    plain, heavy = data["f1"]
    half = abs(data["thresholds"] - 0.5).argmin()
    assert data["entropy"][0].mean() < data["entropy"][1].mean()
    before = heavy[:, half].mean() - plain[:, half].mean()
    after = heavy.mean(0).max() - plain.mean(0).max()
    assert before > 0.03 and abs(after) < before / 2
    at = data["thresholds"]
    assert at[plain.mean(0).argmax()] < 0.5 < at[heavy.mean(0).argmax()]
    assert plain.shape == (10, 49) and not np.array_equal(plain[0], plain[1])
    assert all(min(chapter.DETECTOR_RATES) < r < max(chapter.DETECTOR_RATES) for r in data["rates"])


@pytest.mark.book
def test_figure_2_each_customer_pays_least_at_another_threshold():
    data = figure_data("F-3.2")
    screening, alerting = data["bills"].mean(1)
    assert data["chosen"][0] < 0.2 < 0.5 < data["chosen"][1]
    at = [abs(data["thresholds"] - t).argmin() for t in data["chosen"]]
    assert screening[at[0]] < 1.02 * screening.min() and alerting[at[1]] < 1.02 * alerting.min()
    assert screening[at[1]] > 2 * screening[at[0]] and alerting[at[0]] > 2 * alerting[at[1]]
    recall, precision = data["recall"].mean(0), data["precision"].mean(0)
    assert (np.diff(recall) <= 1e-12).all() and precision[at[1]] > precision[at[0]]
    assert data["bills"].shape[1] == 10


@pytest.mark.book
def test_figure_3_agrees_far_away_and_not_among_the_best(chapter):
    data = figure_data("F-3.3")
    hits, losses, coins = (torch.tensor(data[k]).flatten() for k in ("accuracy", "loss", "coins"))
    assert len(hits) == 120

    def ranks(values):
        return values.argsort().argsort().double()

    def correlation(a, b):
        return float(torch.corrcoef(torch.stack([ranks(a), ranks(b)]))[0, 1])

    good = hits > hits.quantile(0.75)
    assert correlation(hits, -coins) > 0.8
    assert correlation(hits[good], -coins[good]) < 0.8
    assert correlation(-losses[good], -coins[good]) < 0.3
    by_accuracy, by_loss, by_coins = data["picked"].mean(1)
    assert by_loss > 1.02 * max(by_accuracy, by_coins)
    assert abs(by_accuracy / by_coins - 1) < 0.02


@pytest.mark.book
def test_figure_4_reactions_refine_the_metric(chapter):
    data = figure_data("F-3.4")
    agreement, place = data["agreement"].mean(0), data["place"].mean(0)
    assert agreement[-1] > agreement[0] + 0.07 and agreement[-1] < data["ceiling"][0]
    assert agreement[2] - agreement[0] > 0.5 * (agreement[-1] - agreement[0])
    assert place[-1] < place[0]
    error, customer = data["pair"].astype(int)
    assert data["errors"][error] > data["errors"][customer]
    assert data["opinion"][error] < data["opinion"][customer]
    shift = [abs(chapter.PICTURES[k].mean() - chapter.ORIGINAL.mean()) for k in (error, customer)]
    assert shift[1] > shift[0] + 0.03
    assert data["agreement"].shape == (20, 7)


@pytest.mark.book
def test_figure_5_the_eye_sees_large_steps_only():
    data = figure_data("F-3.5")
    large, middle, small = data["chances"]
    ten = list(data["examples"]).index(10)
    assert large[ten] > 0.95 > middle[ten] > 0.7 > 0.6 > small[ten] > 0.5
    assert small[-1] < 0.9
    assert abs(data["chances"] - data["tossed"]).max() < 0.02
