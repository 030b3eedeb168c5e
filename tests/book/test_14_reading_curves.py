"""Chapter 14: its smoothing and stopping by hand, its captions against their data."""

import math

import numpy as np
import pytest
import torch

from course_lib.training import EarlyStopping
from course_lib.training.tuning import stop_early
from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "14_reading_curves"
chapter = load(PAGE)


@pytest.mark.parametrize("patience", [1, 2, 3, 7])
@pytest.mark.parametrize("seed", range(6))
def test_the_rule_of_stopping_is_that_of_the_library(patience, seed):
    draws = torch.rand(25, generator=torch.Generator().manual_seed(seed))
    scores = [round(draw, 1) for draw in draws.tolist()]  # many of them equal
    assert chapter.stop(scores, patience) == stop_early([-s for s in scores], patience)
    model, stopping = torch.nn.Linear(1, 1), EarlyStopping(patience, mode="max")
    ended = next((t for t, s in enumerate(scores) if stopping.update(s, model, step=t)), 24)
    assert chapter.stop(scores, patience) == (stopping.best_step, ended)


@pytest.mark.parametrize("window", [1, 3, 10])
def test_the_running_mean_is_the_mean_of_the_window(window):
    losses = torch.rand(30, generator=torch.Generator().manual_seed(window))
    found = chapter.running_mean(losses, window)
    expected = [losses[max(0, t - window + 1) : t + 1].mean() for t in range(30)]
    torch.testing.assert_close(found, torch.stack(expected))


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_the_exponential_mean_is_the_first_moment_of_adam(beta):
    losses = torch.rand(20, generator=torch.Generator().manual_seed(1)) + 1
    found = chapter.exponential_mean(losses, beta)
    torch.testing.assert_close(found.tolist(), chapter.through_adam(losses, beta))
    raw = chapter.exponential_mean(losses, beta, corrected=False)
    weights = 1 - beta ** torch.arange(1, 21)
    torch.testing.assert_close(raw, found * weights)


def test_a_leaky_split_shares_images_and_a_sound_one_does_not():
    train = {tuple(image) for image in chapter.SOME[0].tolist()}
    shares = {
        letter: sum(tuple(image) in train for image in validation[0].tolist())
        for letter, (_, _, _, validation) in chapter.PLANTED.items()
    }
    assert shares["I"] == 300
    assert not any(count for letter, count in shares.items() if letter != "I")


def test_labels_are_drawn_by_lot_for_the_share_that_is_asked_for():
    labels = torch.arange(10).repeat(200)
    assert torch.equal(chapter.with_wrong_labels(labels, 0.0), labels)
    wrong = (chapter.with_wrong_labels(labels, 0.4) != labels).float().mean()
    assert wrong == pytest.approx(0.36, abs=0.03)  # one draw in ten is right by chance


def test_two_seeds_give_different_runs_and_a_seed_the_same_again():
    one, other = chapter.hinge((3, 4), passes=2)[0, 0]
    assert not torch.equal(one, other)
    torch.testing.assert_close(chapter.hinge((4,), passes=2)[0, 0, 0], other)


def test_moving_an_image_moves_it_by_a_pixel_at_most():
    image = torch.zeros(1, 5, 8, 8)
    image[..., 4, 4] = 9.0
    moved = chapter.moved(image.flatten(-2), [torch.Generator().manual_seed(0)])
    places = {divmod(int(k), 8) for k in moved[0].argmax(-1)}
    assert len(places) > 1 and all(abs(r - 4) <= 1 and abs(c - 4) <= 1 for r, c in places)


@pytest.mark.book
def test_the_hinge_turns_early_and_the_training_accuracy_reaches_the_top():
    held = figure_data("F-14.1")
    assert held["loss"].shape == held["accuracy"].shape == (2, 10, 60)
    train, validation = held["accuracy"].mean(1)
    assert train[-1] > 0.99 and held["loss"][0].mean(0)[-1] < 0.1
    assert 3 <= validation.argmax() <= 12
    assert validation[-1] < validation.max() - 0.08
    assert validation[-20:].mean() > validation[-1] - 0.005  # still sinking, never rising again
    assert len({tuple(run) for run in held["accuracy"][1]}) == 10


@pytest.mark.book
def test_each_animal_of_the_first_house_looks_like_its_cause():
    held = figure_data("F-14.2")
    loss = {a: held[f"{a} loss"].mean(1) for a in "ABCD"}
    hits = {a: held[f"{a} accuracy"].mean(1) for a in "ABCD"}
    assert np.abs(loss["A"][0] - loss["A"][1]).max() < 0.15  # close
    assert loss["A"][0, -1] < 0.95 * loss["A"][0, -4]  # and still moving
    assert hits["B"][1, -1] > 0.95 and 0 < hits["B"][0, -1] - hits["B"][1, -1] < 0.05
    assert abs(hits["C"][1, -1] - 0.1) < 0.05 and hits["C"][0, -1] > 0.3
    assert max(hits["D"][:, -1]) < 0.5
    rough = {a: np.diff(held[f"{a} loss"][0], axis=-1).clip(min=0).mean() for a in "ABCD"}
    assert rough["D"] > 5 * max(rough[a] for a in "ABC")


@pytest.mark.book
def test_validation_is_better_in_one_animal_and_another_sinks():
    held = figure_data("F-14.6")
    hits = {a: held[f"{a} accuracy"].mean(1) for a in "EFG"}
    assert (hits["E"][1] > hits["E"][0]).all()
    assert hits["F"][1, -1] < 0.7 and abs(hits["F"][1, -1] - hits["F"][1, -30]) < 0.03
    assert hits["G"][1].max() > hits["G"][1, -1] + 0.1
    assert (hits["G"][1, :20] > hits["G"][0, :20]).all()


@pytest.mark.book
def test_the_flat_start_the_leak_and_the_forgotten_switch():
    held = figure_data("F-14.7")
    sound = figure_data("F-14.2")["B accuracy"].mean(1)
    assert np.abs(held["H loss"][:, :, :2] - math.log(10)).max() < 0.01
    assert held["H accuracy"].mean(1)[1, -1] > 0.9
    leak = held["I accuracy"].mean(1)
    assert leak[1, -1] > 0.999 and sound[1, -1] < 0.97
    assert held["J accuracy"].mean(1)[1, -1] < sound[1, -1] - 0.03


@pytest.mark.book
def test_the_lags_are_those_of_the_formulas_and_long_memories_are_calm():
    held = figure_data("F-14.3")
    lags = {name: lag[-1] for name, lag in held["lags"].items()}
    assert lags.pop("running") == pytest.approx((held["window"] - 1) / 2)
    for name, lag in lags.items():
        assert lag == pytest.approx(float(name) / (1 - float(name)), rel=0.005)
    rough = held["rough"]
    assert rough["0.9"] > rough["0.98"] > rough["0.995"]
    one, other = chapter.batch_losses((0, 1), passes=1).T
    assert not torch.equal(one, other)


@pytest.mark.book
def test_impatience_costs_and_the_last_epoch_costs_more():
    held = figure_data("F-14.4")
    worth = dict(zip(held["patience"], held["worth"].mean(1), strict=True))
    assert held["worth"].shape == (6, 20)
    assert worth[1] < worth[2] < worth[5]
    assert abs(worth[20] - worth[5]) < 0.005 and abs(worth[100] - worth[5]) < 0.01
    assert held["last"].mean() < worth[1] - 0.05
    for patience, kept in zip(held["patience"], held["worth"], strict=True):
        for scores, truth, score in zip(held["validation"], held["test"], kept, strict=True):
            assert truth[chapter.stop(scores.tolist(), int(patience))[0]] == score


@pytest.mark.book
def test_the_second_descent_goes_below_the_first_on_every_seed():
    held = figure_data("F-14.5")
    noisy, first, rise, second = (held[name] for name in ("noisy", "first", "rise", "second"))
    first, rise, second = int(first), int(rise), int(second)
    assert first < rise < second
    middle = noisy.mean(0)
    assert middle[rise] > middle[first] + 0.03
    assert (noisy[:, second] < noisy[:, first]).all()
    assert len({tuple(row) for row in noisy}) == 10
    assert chapter.error_path(torch.tensor([1.0]), 0) != chapter.error_path(torch.tensor([1.0]), 1)


@pytest.mark.book
def test_the_formula_of_the_path_is_gradient_descent():
    inputs, answers, *_ = chapter.two_scales(0)
    theta = torch.zeros(inputs.shape[1], 10, dtype=torch.float64)
    for _ in range(400):
        theta = theta - 0.01 * inputs.T @ (inputs @ theta - answers) / len(inputs)
    u, s, vt = torch.linalg.svd(inputs, full_matrices=False)
    learned = -torch.expm1(-4.0 * s**2 / len(inputs)) / s
    exact = vt.T @ (learned[:, None] * (u.T @ answers))
    assert (theta - exact).norm() < 0.01 * exact.norm()


@pytest.mark.book
def test_the_score_that_chose_climbs_and_the_others_do_not():
    scores = figure_data("F-14.8")["scores"].mean(-1)  # (counts, kinds)
    assert (np.diff(scores[:, 0]) > 0).all() and scores[-1, 0] > scores[0, 0] + 0.05
    assert np.abs(scores[:, 1] - scores[:, 2]).max() < 0.01
    assert 0 <= scores[-1, 2] - scores[0, 2] < 0.02
