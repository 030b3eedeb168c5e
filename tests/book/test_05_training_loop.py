"""Chapter 5: its formulas, its hand calculations and its captions are true."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.training import cost, perceptrons, predict
from tests.book.chapter import fields_under, load
from tests.book.executed import figure_data

PAGE = "05_training_loop"
chapter = load(PAGE)
FRACTIONS = {"¼": 0.25, "½": 0.5, "¾": 0.75, "⅛": 0.125, "⅜": 0.375}


def assert_same(ours: object, theirs: object, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def number(text: str) -> float:
    text = text.replace("−", "-")
    for sign, value in FRACTIONS.items():
        text = text.replace(sign, str(value))
    return float(text)


# The formulas


def test_the_loop_in_two_lines_is_torch_sgd():
    ours = chapter.vanilla(lambda w: 2 * (2 * w - 1), 1.0, step_size=0.1, steps=6)
    assert_same(ours, chapter.vanilla_torch(1.0, step_size=0.1, steps=6))


def test_cross_entropy_is_its_sum_and_splits_into_entropy_and_divergence():
    p, q = (torch.softmax(drawn(7, 4, seed=seed), -1) for seed in (1, 2))
    by_sum = [
        -sum(a * math.log(b) for a, b in zip(*pair, strict=True))
        for pair in zip(p.tolist(), q.tolist(), strict=True)
    ]
    assert_same(chapter.cross_entropy(p, q), by_sum)
    entropy = torch.distributions.Categorical(p).entropy()
    assert_same(chapter.cross_entropy(p, q), entropy + chapter.divergence(p, q))
    assert_same(chapter.divergence(p, q), functional.kl_div(q.log(), p, reduction="none").sum(-1))
    assert (chapter.divergence(p, q) > 0).all()
    assert_same(chapter.divergence(p, p), np.zeros(7))


def test_an_impossible_answer_costs_nothing_where_it_never_comes():
    one_hot = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert chapter.cross_entropy(one_hot, one_hot) == 0
    assert chapter.divergence(one_hot, torch.tensor([0.5, 0.5]).double()) == math.log(2)


@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
def test_loss_and_gradient_of_logits_are_those_of_torch(scale):
    z, y = (scale * drawn(5, 4)).requires_grad_(), torch.tensor([0, 3, 1, 2, 2])
    value, gradient = chapter.loss_and_gradient(z.detach(), y)
    theirs = functional.cross_entropy(z, y, reduction="none")
    assert_same(value, theirs.detach(), 1e-11)
    assert_same(gradient, torch.autograd.grad(theirs.sum(), z)[0], 1e-11)
    assert_same(chapter.log_softmax(z.detach()), torch.log_softmax(z, -1).detach(), 1e-11)


@pytest.mark.parametrize("high", [True, False])
def test_the_naive_softmax_fails_where_the_page_says(high):
    logits = torch.tensor([1000.0, 999.0] if high else [0.0, -200.0])
    assert not chapter.naive_log_softmax(logits).isfinite().all()
    assert chapter.log_softmax(logits).isfinite().all()
    assert torch.tensor(88.7).exp().isfinite() and torch.tensor(88.8).exp().isinf()


def test_slopes_of_both_losses_are_their_formulas():
    q = torch.linspace(0.01, 0.99, 33, dtype=torch.float64)
    for ours, theirs in zip(chapter.slopes(q), chapter.slopes_by_torch(q), strict=True):
        assert_same(ours, theirs, 1e-9)


def test_minus_the_probability_has_the_gradient_of_the_page():
    z, y = drawn(6, 3).requires_grad_(), torch.tensor([0, 1, 2, 0, 1, 2])
    (gradient,) = torch.autograd.grad(6 * chapter.likeliest(z, y), z)
    q = torch.softmax(z, -1).detach()[torch.arange(6), y]
    assert_same(gradient[torch.arange(6), y], -q * (1 - q), 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_step_by_hand_is_autograd_and_central_differences(seed):
    x, w1, w2 = drawn(4, 3, seed=seed), drawn(3, 5, seed=seed + 9), drawn(5, 4, seed=seed + 18)
    y = torch.tensor([0, 3, 1, 2])
    loss, kept = chapter.forward(x, w1, w2, y)
    ours = chapter.backward(x, w2, y, kept)
    assert_same(loss, functional.cross_entropy((x @ w1).relu() @ w2, y))
    for gradient, theirs in zip(
        (ours["w1"], ours["w2"]), chapter.by_torch(x, w1, w2, y), strict=True
    ):
        assert_same(gradient, theirs, 1e-10)
    numeric = chapter.by_differences(lambda w: chapter.forward(x, w, w2, y)[0], w1)
    assert_same(numeric, ours["w1"], 1e-7)
    assert not torch.allclose(chapter.too_soon(x, w1, w2, y, lr=1.0), ours["w1"])
    assert_same(chapter.too_soon(x, w1, w2, y, lr=0.0), ours["w1"])


@pytest.mark.parametrize("seed", [0, 1])
def test_the_loop_of_the_page_is_fit(seed):
    losses, judgments, history = chapter.both(seed, steps=40, every=20)
    assert losses == history["loss"] and len(losses) == 40
    assert [value for value, _ in judgments] == history["validation_loss"]
    assert [share for _, share in judgments] == history["validation_accuracy"]


def test_the_simplest_loop_is_the_other_one_with_a_single_batch():
    x, y = drawn(20, 3).float(), torch.arange(20) % 2
    model, theirs = nn.Linear(3, 2), nn.Linear(3, 2)
    theirs.load_state_dict(model.state_dict())
    losses = chapter.simplest(model, torch.optim.SGD(model.parameters(), lr=0.5), x, y, 4)
    chapter.simplest(theirs, torch.optim.SGD(theirs.parameters(), lr=0.5), x, y, 3)
    assert losses[-1] == pytest.approx(functional.cross_entropy(theirs(x), y).item())
    assert losses[-1] < losses[0]


def test_a_loop_ends_at_a_loss_that_is_no_number():
    model = nn.Linear(2, 2)
    data = torch.full((64, 2), math.inf), torch.zeros(64, dtype=torch.long)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    losses, _ = chapter.loop(model, optimizer, data, data, steps=5, every=1, seed=0)
    assert len(losses) == 1


def torch_run(zeroed: bool, steps: int = 6, lr: float = 0.1) -> list[torch.Tensor]:
    """Weights of one perceptron after a loop of torch, with `zero_grad` or without."""
    inputs, labels = chapter.draw(256, [3])
    weights = [p[0].clone().requires_grad_() for p in perceptrons((2, 8, 3), [3])]
    optimizer, order = torch.optim.SGD(weights, lr=lr), chapter.batches(256, 64, 3)
    for _ in range(steps):
        chosen = next(order)
        if zeroed:
            optimizer.zero_grad()
        cost(predict(weights, inputs[0][chosen]), labels[0][chosen]).backward()
        optimizer.step()
    return [w.detach() for w in weights]


@pytest.mark.parametrize("zeroed", [True, False])
def test_a_stack_trains_as_torch_does_with_zero_grad_and_without(zeroed):
    rule = chapter.plain if zeroed else chapter.never_zeroed
    data = chapter.draw(256, [3])
    *_, (_, params) = chapter.train(data, (2, 8, 3), [0.1], [3], 6, rule=rule)
    for ours, theirs in zip(params, torch_run(zeroed), strict=True):
        assert_same(ours[0, 0], theirs, 1e-5)


@pytest.mark.parametrize("zero_first", [True, False])
def test_torch_does_not_let_a_step_come_before_backward(zero_first):
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
    before = [p.clone() for p in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def step() -> None:
        if zero_first:
            optimizer.zero_grad()
        loss = functional.cross_entropy(model(torch.ones(3, 2)), torch.tensor([0, 1, 1]))
        optimizer.step()
        if not zero_first:
            optimizer.zero_grad()
        loss.backward()

    step()
    if zero_first:
        step()
        assert all(torch.equal(p, q) for p, q in zip(model.parameters(), before, strict=True))
    else:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            step()


def test_a_shuffle_seeded_in_the_loop_gives_the_same_batch_again():
    firsts = [next(chapter.shuffled(1000, 64, 3)) for _ in range(3)]
    data = torch.arange(1000), torch.arange(1000) % 7
    for first in firsts:
        assert torch.equal(chapter.same_batch(data, 3)[0], data[0][first])


def test_a_missing_zero_grad_is_momentum_without_friction():
    grads = drawn(9).tolist()
    theta = torch.tensor([0.0], dtype=torch.float64, requires_grad=True)
    momentum, total, place = torch.optim.SGD([theta], lr=0.1, momentum=1.0), 0.0, 0.0
    for grad in grads:
        theta.grad = torch.full_like(theta, grad)
        momentum.step()
        total, update = chapter.never_zeroed(total, grad, 0.1)
        place += update
    assert_same(place, theta.item())


@pytest.mark.parametrize("classes", [2, 10])
def test_two_softmaxes_cannot_do_better_than_the_formula(classes):
    perfect = 1000.0 * torch.eye(classes)
    twice = chapter.softmax_twice(perfect, torch.arange(classes))
    assert twice.item() == pytest.approx(chapter.lowest_twice(classes), abs=1e-6)
    assert round(chapter.lowest_twice(10), 3) == 1.461


def test_first_losses_are_those_of_the_page():
    for row in fields_under(PAGE, "L_0 = \\log C"):
        assert round(math.log(int(row[0])), 3) == float(row[1])
        assert_same(chapter.uninformed(int(row[0])), math.log(int(row[0])))
    for spread in (0.1, 0.3, 0.5):
        measured = chapter.loss_of_random_logits(spread, draws=100_000)
        assert measured == pytest.approx(chapter.expected_first_loss(spread), abs=0.01)
    assert round(64 * math.log(10)) == 147


def test_the_hinge_starts_at_one_less_than_the_classes_and_is_torchs():
    logits, labels = drawn(6, 5), torch.tensor([0, 1, 2, 3, 4, 0])
    theirs = nn.MultiMarginLoss()(logits, labels) * 5
    assert_same(chapter.hinge(logits, labels), theirs)
    assert chapter.hinge(torch.zeros(6, 5), labels) == 4


def test_weight_decay_of_an_optimizer_is_not_in_the_loss():
    for optimizer in (torch.optim.SGD, torch.optim.AdamW):
        model = nn.Linear(3, 2)
        with_decay = optimizer(model.parameters(), lr=0.1, weight_decay=0.5)
        x, y = drawn(8, 3).float(), torch.arange(8) % 2
        expected = functional.cross_entropy(model(x), y).item()
        assert chapter.simplest(model, with_decay, x, y, 1) == [expected]


def test_starts_have_the_size_the_page_says():
    sizes, seeds = (64, 32, 10), range(3)
    assert (predict(chapter.silent(sizes, seeds), torch.rand(5, 64)) == 0).all()
    weights = chapter.unscaled(sizes, seeds)[::2]
    assert all(abs(float(w.var()) - 1) < 0.1 for w in weights)


# By hand


def test_hand_calculation_of_the_loop_is_right():
    w = Fraction(1)
    for row in fields_under(PAGE, "by hand:\n\n| step"):
        loss, slope = (2 * w - 1) ** 2 / 2, 2 * (2 * w - 1)
        w -= slope / 10
        for field, value in zip(row[1:], (loss, slope, w), strict=True):
            assert number(field.split("= ")[-1]) == float(value)


def test_hand_calculation_of_cross_entropy_is_right():
    p, q = chapter.P, chapter.Q
    ours = chapter.cross_entropy(p, q), chapter.cross_entropy(p, p), chapter.divergence(p, q)
    for row, nats in zip(fields_under(PAGE, "By hand in bits"), ours, strict=True):
        assert number(row[1].split("= ")[-1]) == pytest.approx(float(nats) / math.log(2))
        assert float(row[2]) == round(float(nats), 4)


def test_hand_calculation_of_the_gradient_is_right():
    value, slope = chapter.loss_and_gradient(chapter.HAND_LOGITS, chapter.HAND_LABEL)
    assert round(value.item(), 4) == 1.3863
    assert_same(slope, [[1 / 8, -3 / 4, 5 / 8]])
    assert [round(float(s), 4) for s in chapter.slopes(0.01)] == [-0.99, -0.0196]


def test_hand_calculation_of_the_step_is_right():
    loss, kept = chapter.forward(chapter.X, chapter.W1, chapter.W2, chapter.LABELS)
    gradients = chapter.backward(chapter.X, chapter.W2, chapter.LABELS, kept)
    held = {"z_1": kept["z1"], "h$": kept["h"], "$q$": kept["q"], "delta_2": gradients["z2"]}
    rows = {row[0]: row[1:] for row in fields_under(PAGE, "Follow the numbers by hand")}
    for name, values in held.items():
        (fields,) = [f for key, f in rows.items() if re.match(rf"\$?\\?{re.escape(name)}", key)]
        expected = [[number(part) for part in field.split(", ")] for field in fields]
        assert_same(values, expected)
    assert_same(loss, math.log(16 / 3) / 2)
    assert round(float(loss), 3) == 0.837
    assert_same(gradients["w2"][0, 0], 3 / 4)


def test_numbers_of_the_quizzes_are_right():
    spread = -0.9 * math.log(0.9) - 0.1 * math.log(0.1 / 9)
    one = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    assert (round(spread, 3), round(one, 3)) == (0.545, 0.325)
    assert round(math.log(1000), 3) == 6.908


def test_other_seeds_give_other_data():
    first, other, again = (chapter.draw(100, [seed]) for seed in (1, 2, 1))
    assert not torch.equal(first[0], other[0]) and not torch.equal(first[1], other[1])
    assert torch.equal(first[1], again[1])
    ends = []
    for seed in (1, 2, 1):
        *_, (losses, _) = chapter.train(first, (2, 4, 3), [0.1], [seed], 3)
        ends.append(losses)
    assert not torch.equal(ends[0], ends[1]) and torch.equal(ends[0], ends[2])


# The captions


@pytest.mark.book
def test_figure_1_holds_values_and_gradients_of_the_same_shapes():
    data = figure_data("F-5.1")
    values, gradients = data["forward"], data["backward"]
    for name, gradient in gradients.items():
        assert np.shape(gradient) == np.shape(values[name])
    off = np.array(values["h"]) == 0
    assert off.any() and (np.array(gradients["z1"])[off] == 0).all()
    w1, w2 = chapter.by_torch(chapter.X, chapter.W1, chapter.W2, chapter.LABELS)
    assert_same(gradients["w1"], w1, 1e-6)
    assert_same(gradients["w2"], w2, 1e-6)


@pytest.mark.book
def test_figure_2_the_squared_error_lets_go_of_the_sure_and_wrong():
    data = figure_data("F-5.2")
    assert_same(data["entropy"], -np.log(data["q"]), 1e-6)
    assert_same(data["square"], (1 - data["q"]) ** 2, 1e-6)
    assert data["entropy_slope"][0] < -0.99 and abs(data["square_slope"][0]) < 0.005
    assert abs(data["square_slope"][-1]) < 0.005
    assert (np.diff(data["entropy_slope"]) > 0).all()
    assert data["q"][data["square_slope"].argmin()] == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.book
def test_figure_3_cross_entropy_ends_at_the_truth_and_no_lower():
    data = figure_data("F-5.3")
    q = {name: np.array(values) for name, values in data["q"].items()}
    fresh = {name: np.array(values) for name, values in data["fresh"].items()}
    assert q["many"].shape[0] == 10 and not np.array_equal(q["many"][0], q["many"][1])
    gaps = {name: abs(values - data["truth"]).mean() for name, values in q.items()}
    assert gaps["many"] < 0.05 < 0.15 < gaps["likeliest"]
    assert (fresh["many"] > data["floor"]).all()
    assert fresh["many"][:, -1].mean() < data["floor"] + 0.02
    floor = chapter.cross_entropy(chapter.truth(chapter.GRID), chapter.truth(chapter.GRID))
    assert data["floor"] == pytest.approx(float(floor.mean()), abs=1e-4)
    decided = (q["likeliest"].max(-1) > 0.9).mean()
    assert decided > 0.8
    few = fresh["few"].mean(0)
    assert few[-1] > few.min() + 0.05 and few.argmin() < 10
    assert np.mean(data["sure"]["few"]) > np.mean(data["right"]["few"]) + 0.02


@pytest.mark.book
def test_figure_4_a_silent_layer_starts_at_log_c_and_a_large_one_far_above():
    curves = {name: np.array(runs) for name, runs in figure_data("F-5.4")["curves"].items()}
    assert all(runs.shape == (10, 50) for runs in curves.values())
    assert_same(curves["last layer zero"][:, 0], math.log(10), 1e-6)
    first = {name: runs[:, 0].mean() for name, runs in curves.items()}
    assert math.log(10) < first["He"] < math.log(10) + 0.5
    assert 8 * math.log(10) < first["variance 1"] < 15 * math.log(10)
    late = {name: runs[:, -10:].mean() for name, runs in curves.items()}
    assert late["variance 1"] > late["He"] > late["last layer zero"]


@pytest.mark.book
def test_figure_5_all_loops_learn_and_two_softmaxes_stop_at_the_line():
    data = figure_data("F-5.5")
    ends = {name: np.array(runs)[:, -3:].mean() for name, runs in data["loss"].items()}
    shares = {name: np.mean(runs) for name, runs in data["accuracy"].items()}
    assert min(shares.values()) > 0.7 and max(shares, key=shares.__getitem__) == "right"
    assert min(shares, key=shares.__getitem__) == "same batch"
    assert ends["same batch"] < 0.2 * ends["right"] and ends["right"] < ends["no zero_grad"] < 1
    assert data["least"] < ends["softmax twice"] < data["least"] + 0.1
    assert data["rates"]["no zero_grad"] < 0.01 * data["rates"]["right"]
    assert data["rates"]["softmax twice"] > data["rates"]["right"]


@pytest.mark.book
@pytest.mark.parametrize(
    ("key", "tried"),
    [("F-5.5", chapter.LOOP_RATES), ("F-5.3", chapter.NOISY_RATES)],
)
def test_chosen_rates_are_not_at_the_end_of_the_search(key, tried):
    rates = figure_data(key)["rates"].values()
    assert min(tried) < min(rates) and max(rates) < max(tried)
