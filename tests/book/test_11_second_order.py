"""Chapter 11: its rules against torch and scipy, its captions against their data."""

import numpy as np
import pytest
import torch
from scipy.optimize import LbfgsInvHessProduct
from scipy.optimize import newton as scipy_newton
from torch.autograd.functional import hessian

from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "11_second_order"
chapter = load(PAGE)
DOUBLE = torch.float64


def draws(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def pairs(count, params, seed=0):
    curvatures = chapter.positive(params, seed)
    return [(s, curvatures @ s) for s in draws(count, params, seed=seed)]


def test_the_steps_in_one_dimension_are_those_of_autograd():
    theta = torch.linspace(-1.6, 1.6, 9, dtype=DOUBLE)

    def loss(t):
        return sum(c * t**k for k, c in enumerate(chapter.LOSS_1D)) + 0 * t

    slope = torch.func.vmap(torch.func.grad(loss))(theta)
    curvature = torch.stack([hessian(loss, t) for t in theta])
    np.testing.assert_allclose(chapter.first_order_step(theta.numpy()), theta - 0.4 * slope)
    np.testing.assert_allclose(chapter.second_order_step(theta.numpy()), theta - slope / curvature)


@pytest.mark.parametrize("start", [1.0, 3.0, 0.2])
def test_newton_walks_as_scipy_does(start):
    path = chapter.newton(chapter.cubic, torch.tensor([start], dtype=DOUBLE), 12)
    root = scipy_newton(lambda t: t**2 - 2, start, fprime=lambda t: 2 * t)
    assert path[-1].item() == pytest.approx(root, rel=1e-12)
    assert path[1].item() == pytest.approx((start + 2 / start) / 2)


def test_a_step_of_newton_is_the_displayed_product():
    matrix, grad = chapter.positive(4, 1), draws(4)
    torch.testing.assert_close(chapter.newton_step(grad, matrix), -(matrix.inverse() @ grad))
    torch.testing.assert_close(chapter.absolute_step(grad, matrix), -(matrix.inverse() @ grad))
    damped = chapter.damped_step(grad, matrix, 1e9)
    torch.testing.assert_close(damped, -grad / 1e9, rtol=1e-6, atol=0)


def test_absolute_values_turn_the_negative_directions():
    axes = torch.linalg.qr(draws(3, 3)).Q
    grad, curvatures = draws(3, seed=1), torch.tensor([2.0, -0.5, -4.0], dtype=DOUBLE)
    step = chapter.absolute_step(grad, axes * curvatures @ axes.T)
    torch.testing.assert_close(axes.T @ step, -(axes.T @ grad) / curvatures.abs())


def test_the_derivatives_of_the_surfaces_are_torchs():
    points = draws(5, 2)
    by_torch = torch.func.vmap(torch.func.grad(chapter.four_valleys))(points)
    torch.testing.assert_close(chapter.valley_slopes(points), by_torch)
    by_torch = torch.stack([hessian(chapter.four_valleys, p) for p in points])
    torch.testing.assert_close(chapter.valley_curvatures(points), by_torch)
    for point in points:
        by_torch = torch.func.grad(chapter.rosenbrock)(point)
        torch.testing.assert_close(chapter.valley_gradient(point), by_torch)
        by_torch = hessian(chapter.rosenbrock, point)
        torch.testing.assert_close(chapter.valley_hessian(point), by_torch)


@pytest.mark.parametrize("seed", range(3))
def test_the_update_of_bfgs_is_scipys_and_keeps_its_promises(seed):
    inverse = chapter.positive(5, seed + 10)
    ((s, y),) = pairs(1, 5, seed)
    mended = chapter.bfgs_update(inverse, s, y)
    torch.testing.assert_close(mended @ y, s)
    assert torch.linalg.eigvalsh(mended).min() > 0
    from_identity = chapter.bfgs_update(torch.eye(5, dtype=DOUBLE), s, y)
    np.testing.assert_allclose(from_identity, chapter.scipy_update(s, y), rtol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_the_two_loops_are_the_mended_matrix_and_scipys_product(seed):
    assert chapter.gap_to_dense(seed) < 1e-12
    held, grad = pairs(4, 6, seed), draws(6, seed=seed + 5)
    steps, changes = (torch.stack(part).numpy() for part in zip(*held, strict=True))
    # scipy starts from the identity, the two loops from the newest pair's scale.
    scale = float(held[-1][0] @ held[-1][1] / (held[-1][1] @ held[-1][1]))
    root = scale**0.5  # a change of units turns the one start into the other
    product = LbfgsInvHessProduct(steps / root, changes * root).matvec(grad.numpy() * root)
    np.testing.assert_allclose(chapter.two_loop(held, grad), product * root, rtol=1e-9)


@pytest.mark.parametrize("memory", [2, 10])
@pytest.mark.parametrize("lr", [0.3, 1.0])
def test_lbfgs_walks_as_torch_does(memory, lr):
    matrix = chapter.positive(6, 3)

    def loss(theta):
        return theta @ matrix @ theta / 2 + (theta**4).sum() / 10

    start = draws(6, seed=7)
    ours = chapter.lbfgs_path(torch.func.grad(loss), start, lr, 15, memory)
    torchs = chapter.torch_lbfgs_path(loss, start, lr, 15, memory)
    torch.testing.assert_close(ours, torchs, rtol=1e-6, atol=1e-8)


def test_a_pair_that_curves_down_is_replaced():
    ((s, y), (t, z)) = pairs(2, 3)
    held = chapter.remember(chapter.remember([], s, y), t, -z)
    for kept, old in zip(held[1], (s, y), strict=True):
        torch.testing.assert_close(kept, old)
    grad = draws(3, seed=2)
    torch.testing.assert_close(chapter.two_loop(held, grad), chapter.two_loop(held[:1], grad))
    fresh = chapter.remember([], s, -y)  # no pair before: the identity
    torch.testing.assert_close(chapter.two_loop(fresh, grad), grad)
    assert len(chapter.remember([(s, y)] * 10, t, z)) == 10


def test_the_stack_of_networks_takes_the_steps_of_torchs_lbfgs():
    everything = len(chapter.DIGITS[0])
    _, theta = chapter.train("L-BFGS, fresh batch", [4], everything, [0.5], budget=8)
    start = chapter.flatten(chapter.perceptrons(chapter.DIGIT_SIZES, [4]))[0]
    path = chapter.torch_lbfgs_path(chapter.full_loss, start, 0.5, 8)
    torch.testing.assert_close(theta[0, 0], path[-1], rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize(("name", "optimizer", "options"), [
    ("momentum", torch.optim.SGD, {"momentum": 0.9}),
    ("Adam", torch.optim.Adam, {}),
])  # fmt: skip
def test_the_other_rules_take_the_steps_of_torch(name, optimizer, options):
    makers = {"momentum": chapter.momentum_runs, "Adam": chapter.adam_runs}
    theta = torch.zeros(3, requires_grad=True)
    rule, stepper, ours = makers[name](theta.detach(), 0.1), optimizer([theta], 0.1, **options), 0
    for grad in draws(6, 3).float():
        theta.grad = grad
        stepper.step()
        ours = ours + rule(grad)
    torch.testing.assert_close(ours, theta.detach())


def test_products_and_kronecker_factors_are_the_dense_ones():
    theta, v = draws(2), draws(2, seed=1)
    dense = hessian(chapter.rosenbrock, theta) @ v
    torch.testing.assert_close(chapter.hessian_product(chapter.rosenbrock, theta, v), dense)
    left, right, grad = draws(3, 3), draws(4, 4, seed=1), draws(3, 4, seed=2)
    dense = chapter.newton_step(grad.flatten(), torch.kron(left, right.T.contiguous()))
    torch.testing.assert_close(chapter.kronecker_step(left, right, grad).flatten(), dense)


def test_the_prices_are_those_of_the_text():
    assert 4 * chapter.numbers_kept(1e6)["Newton"] / 2**30 == pytest.approx(3725, abs=1)
    assert 4 * chapter.numbers_kept(1e7)["Newton"] == pytest.approx(400e12)
    assert chapter.operations(1e7)["Newton"] == pytest.approx(7e20, rel=0.05)


def test_two_seeds_give_different_runs():
    assert not torch.equal(chapter.random_starts(0), chapter.random_starts(1))
    one, other = chapter.train("momentum", [0, 1], 32, [0.1], budget=8)[0][-1, 0]
    assert one != other
    assert chapter.trained_on_spirals(0).ne(chapter.trained_on_spirals(1)).any()
    fresh, same = chapter.what_y_sees(32, [0, 1], draws=2)
    assert fresh[0] != fresh[1] and same[0] != same[1]


@pytest.mark.book
def test_the_parabola_goes_uphill_only_where_the_caption_says():
    held = figure_data("F-11.1")
    down = held["curvature"] < 0
    assert (held["after_tangent"] <= held["loss"] + 1e-3).all()
    assert (held["after_parabola"][down] > held["loss"][down]).mean() > 0.9
    steep = held["curvature"] > 1.5
    assert (held["after_parabola"][steep] < held["loss"][steep]).all()
    assert (np.sign(held["parabola_step"]) == np.sign(-held["slope"] / held["curvature"])).all()
    places = {name: chapter.derivatives(x)[2] for name, x in
              {"up": 1.5, "straight": 0.65, "down": 0.3}.items()}  # fmt: skip
    assert places["up"] > 5 > 0.5 > places["straight"] > 0 > places["down"]


@pytest.mark.book
def test_newton_needs_fewest_iterations_and_momentum_is_near_on_the_bowl_only():
    held = figure_data("F-11.2")
    median = {
        (place, name): np.median(held[f"iterations {place} {name}"])
        for place in ("bowl", "valley")
        for name in held["racers"]
    }
    for place in ("bowl", "valley"):
        assert min(held["racers"], key=lambda name: median[place, name]) == "Newton"
        for name in held["racers"]:
            assert (held[f"last {place} {name}"] <= chapter.TARGET).all()
            assert len(held[f"iterations {place} {name}"]) == 10
    assert (held["iterations bowl Newton"] == 1).all()
    assert median["bowl", "momentum"] < 2 * median["bowl", "L-BFGS"]
    assert median["valley", "momentum"] > 10 * median["valley", "BFGS"]
    assert median["bowl", "gradient descent"] > 10 * median["bowl", "momentum"]
    times = {name: np.median(held[f"milliseconds bowl {name}"]) for name in held["racers"]}
    assert times["momentum"] < times["BFGS"] and times["momentum"] < times["L-BFGS"]


@pytest.mark.book
def test_lbfgs_wins_on_the_full_batch_and_loses_with_small_ones():
    held = figure_data("F-11.3")
    assert np.median(held["full L-BFGS"][:, -1]) < 1e-6 * held["full Adam"][:, -1].min()
    assert (held["full L-BFGS"][:, -1] < held["full momentum"][:, -1]).all()
    best = min(held[f"tuning small {name}"].min() for name in ("momentum", "Adam"))
    for name in ("L-BFGS, fresh batch", "L-BFGS, same batch"):
        assert (held[f"tuning small {name}"] > 2 * best).all()  # at every rate
        assert (held[f"small {name}"][:, -1] > held["small Adam"][:, -1]).mean() >= 0.9
    for key, means in held.items():
        if key.startswith("tuning"):
            assert 0 < means.argmin() < len(means) - 1  # no rate on the border
    assert len(set(held["small Adam"][:, -1])) == 10


@pytest.mark.book
def test_the_prices_drawn_are_those_of_torchs_objects():
    held = figure_data("F-11.4")
    sizes = held["state_sizes"]
    np.testing.assert_array_equal(held["measured"]["Adam"], 2 * sizes)
    np.testing.assert_array_equal(held["measured"]["L-BFGS"], 22 * sizes)
    slopes = {
        name: np.polyfit(np.log(held["sizes"]), np.log(values), 1)[0]
        for name, values in held["operations"].items()
    }
    assert slopes == pytest.approx({"Newton": 3, "BFGS": 2, "L-BFGS": 1, "Adam": 1})
    assert held["bytes"]["Newton"] == held["bytes"]["BFGS"]


@pytest.mark.book
def test_newton_ends_at_saddles_and_hills_and_the_others_at_minima():
    held = figure_data("F-11.5")
    newton = held["shares Newton"]
    assert newton.shape == (10, 3)
    assert (newton[:, 0] < 0.5).all() and (newton[:, 1] > 0.3).all() and (newton[:, 2] > 0).all()
    assert (held["basins Newton"] >= 0).all()
    for name in ("gradient descent", "absolute values"):
        assert (held[f"shares {name}"][:, 0] > 0.98).all()
        assert (held[f"basins {name}"] == 0).mean() > 0.95  # not the ridges themselves
    assert len({tuple(row) for row in newton}) > 5


@pytest.mark.book
def test_y_points_better_with_the_batch_and_large_batches_turn_the_race():
    held = figure_data("F-11.6")
    fresh, same = (held[f"angle {name} batch"].mean(0) for name in ("fresh", "same"))
    assert (np.diff(fresh) > 0).all() and (np.diff(same) > 0).all()
    assert (same > fresh + 0.3).all() and fresh[1] < 0.2 < 0.7 < same[1]
    ends = {
        name: held[f"ends {name}"]
        for name in ("momentum", "L-BFGS, fresh batch", "L-BFGS, same batch")
    }
    for name in ("L-BFGS, fresh batch", "L-BFGS, same batch"):
        assert (np.median(ends[name], 0)[:2] > np.median(ends["momentum"], 0)[:2]).all()
    wins = ends["L-BFGS, fresh batch"][:, -1] < ends["momentum"][:, -1]
    assert wins.sum() >= 8
    sizes = list(held["race_sizes"])
    for size, rates in chapter.CHOSEN.items():
        place = sizes.index(size)
        found = [held[f"rates {name}"][place] for name in ("momentum", "L-BFGS, fresh batch")]
        assert tuple(found) == rates
