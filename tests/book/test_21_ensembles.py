"""Chapter 21: its averages against the library, its law by algebra, its captions against data."""

import math

import numpy as np
import pytest
import torch

from course_lib.training import mean_log_probabilities
from course_lib.training.tuning import average_probabilities
from tests.book.chapter import differs, load
from tests.book.executed import figure_data

PAGE = "21_ensembles"
chapter = load(PAGE)
KINDS = ("seeds", "approaches", "folds", "snapshots", "dropout")


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_average_is_that_of_the_library():
    logits = drawn(4, 20, 10)
    torch.testing.assert_close(chapter.average(logits), mean_log_probabilities(logits))
    torch.testing.assert_close(chapter.average(logits).exp(), average_probabilities(logits))


def test_the_mean_of_logits_is_the_geometric_mean_and_a_vote_counts_heads():
    logits = drawn(5, 20, 10)
    mean = logits.softmax(-1).log().mean(0).exp()
    found = chapter.geometric(logits).exp()
    torch.testing.assert_close(found, mean / mean.sum(-1, keepdim=True))
    votes = chapter.vote(logits).exp() * 5
    expected = torch.stack([torch.bincount(n, minlength=10) for n in logits.argmax(-1).T])
    torch.testing.assert_close(votes, expected.float())


def test_no_member_is_louder_than_one_voice_of_many():
    logits = drawn(3, 400, 10)
    changed = (chapter.average(chapter.loud(logits)) - chapter.average(logits)).exp()
    assert changed.isfinite().all()
    moved = chapter.average(chapter.loud(logits)).exp() - chapter.average(logits).exp()
    assert moved.abs().max() <= 1 / 3 + 1e-6
    free = chapter.geometric(chapter.loud(logits)).exp() - chapter.geometric(logits).exp()
    assert free.abs().max() > 0.9


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_law_is_exact_over_all_choices_of_members(count):
    logits, labels = drawn(5, 1, 30, 10), torch.arange(30) % 10
    choices = torch.combinations(torch.arange(5), count)
    mean = torch.stack([chapter.squared_error(logits[c], labels) for c in choices]).mean()
    law = chapter.variance_of_mean(*chapter.size_and_correlation(logits, labels), count)
    torch.testing.assert_close(law[0], mean)


@pytest.mark.parametrize("groups", [(0,), (3, 8)])
def test_each_member_does_without_its_own_fold(groups):
    pools = chapter.leave_one_fold_out(groups)
    everything = set(range(len(chapter.SPLIT.train[0])))
    missing = [everything - set(pool.tolist()) for pool in pools]
    for start in range(0, len(missing), chapter.MEMBERS):
        folds = missing[start : start + chapter.MEMBERS]
        assert set().union(*folds) == everything
        assert sum(map(len, folds)) == len(everything)


def test_sources_of_diversity_are_switched_one_at_a_time():
    apart = {}
    for kind in ("order only", "start only"):
        starts, orders, _ = chapter.KINDS[kind]
        apart[kind] = [len(set(seeds((0, 1)))) for seeds in (starts, orders)]
    every = 2 * chapter.MEMBERS
    assert apart == {"order only": [2, every], "start only": [every, 2]}


def test_two_seeds_give_different_networks_and_a_seed_the_same_again():
    few = tuple(part[:100] for part in chapter.SPLIT.train)

    def weights(seed: int) -> torch.Tensor:
        return chapter.train(few, [seed], [seed], [0.1], passes=1)[0][0]

    assert differs(weights)


def test_cycles_keep_a_network_each_and_rates_are_those_of_the_networks():
    few = tuple(part[:100] for part in chapter.SPLIT.train)
    kept = chapter.train(few, [0, 0], [0, 0], [0.0, 0.1], passes=4, cycles=2)
    assert len(kept) == 2
    assert torch.equal(kept[0][0][0], kept[1][0][0])  # a rate of 0
    assert not torch.equal(kept[0][0][1], kept[1][0][1])


def test_renumbered_units_change_no_answer():
    params, x = chapter.perceptrons((4, 6, 3), [0]), drawn(7, 4)
    alone = [p[0] for p in params]
    twin = chapter.renumbered(alone, torch.tensor([3, 1, 0, 5, 4, 2]))
    torch.testing.assert_close(chapter.predict(twin, x), chapter.predict(alone, x))


def test_agreeing_members_do_not_disagree():
    one = drawn(1, 2, 50, 10)
    assert torch.equal(chapter.disagree(one.expand(4, -1, -1, -1)), torch.zeros(2))
    other = torch.cat([one, -one])
    expected = (one[0].argmax(-1) != (-one[0]).argmax(-1)).float().mean(-1)
    torch.testing.assert_close(chapter.disagree(other), expected)


@pytest.mark.book
def test_every_member_helps_and_the_vote_stays_behind():
    held = figure_data("F-21.3")
    means = {k: v.mean(0) for k, v in held.items() if k not in ("sizes", "no vote")}
    for name in ("mean of probabilities", "mean of logits"):
        assert (np.diff(means[f"{name} accuracy"]) > 0).all()
        assert (np.diff(means[f"{name} loss"]) < 0).all()
        steps = np.diff(means[f"{name} accuracy"])
        assert steps[0] == steps.max()
    vote = means["majority vote accuracy"]
    assert vote[1] < vote[0] < vote[2]
    assert (vote[1:] < means["mean of probabilities accuracy"][1:]).all()
    assert held["no vote"].min() > 0.05
    assert means["mean of probabilities loss"][-1] < means["mean of logits loss"][-1]


@pytest.mark.book
def test_approaches_begin_last_and_end_first_in_accuracy_alone():
    held = figure_data("F-21.1")
    accuracy = {kind: held[f"{kind} accuracy"].mean(0) for kind in KINDS}
    loss = {kind: held[f"{kind} loss"].mean(0)[-1] for kind in KINDS}
    assert min(KINDS, key=lambda kind: accuracy[kind][0]) == "approaches"
    assert max(KINDS, key=lambda kind: accuracy[kind][-1]) == "approaches"
    assert min(KINDS, key=loss.get) == "seeds"
    assert all(held[f"{kind} accuracy"].shape == (10, 6) for kind in KINDS)
    assert len({tuple(row) for row in held["seeds accuracy"]}) == 10


@pytest.mark.book
def test_the_law_lies_on_the_curves_where_members_are_of_one_kind():
    held = figure_data("F-21.1")
    for kind in ("seeds", "folds", "dropout"):
        law, found = (held[f"{kind} {what}"].mean(0) for what in ("law", "square"))
        assert np.abs(law - found).max() < 0.01
        assert math.isclose(law[-1], found[-1], rel_tol=1e-4)


@pytest.mark.book
def test_disagreement_buys_gain_and_not_accuracy():
    held = figure_data("F-21.2")
    columns = [
        np.concatenate([held[f"{kind} {what}"] for kind in held["kinds"]])
        for what in ("differ", "gain", "together")
    ]
    assert columns[0].shape == (80,)
    gain, together = (np.corrcoef(columns[0], column)[0, 1] for column in columns[1:])
    assert gain > 0.8 and together < 0.6
    mean = {k: v.mean() for k, v in held.items() if k != "kinds"}
    assert mean["bootstrap differ"] > mean["seeds differ"]
    assert mean["bootstrap gain"] > mean["seeds gain"]
    assert mean["bootstrap together"] < mean["seeds together"] - 0.01
    for kind in ("order only", "start only"):
        assert abs(mean[f"{kind} differ"] - mean["seeds differ"]) < 0.01
        assert abs(mean[f"{kind} together"] - mean["seeds together"]) < 0.01
