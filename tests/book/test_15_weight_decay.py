"""Chapter 15: its penalties and rules against torch, its captions against their data."""

import numpy as np
import pytest
import torch

from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "15_weight_decay"
chapter = load(PAGE)


@pytest.mark.parametrize("kind", chapter.PULLS)
def test_each_pull_is_the_derivative_of_its_penalty(kind):
    penalty, pull = chapter.PULLS[kind]
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(100, generator=generator, dtype=torch.float64).requires_grad_()
    penalty(w).sum().backward()
    torch.testing.assert_close(pull(w.detach()), w.grad)


def test_elimination_pulls_hardest_at_w0_over_root_three_and_costs_at_most_a_half():
    w = torch.linspace(0, 4, 4001, dtype=torch.float64)
    pull = chapter.PULLS["elimination"][1](w)
    assert float(w[pull.argmax()]) == pytest.approx(3**-0.5, abs=1e-3)
    assert chapter.elimination(torch.tensor(1e4)) == pytest.approx(0.5)


def test_the_hinge_is_that_of_torch():
    scores = torch.randn(50, 7, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(50) % 7
    ours = torch.stack([chapter.hinge(s, y) for s, y in zip(scores, labels, strict=True)])
    theirs = torch.nn.functional.multi_margin_loss(scores, labels, reduction="none")
    torch.testing.assert_close(ours, 7 * theirs)


@pytest.mark.parametrize(
    ("rule", "optimizer"),
    [(chapter.l2_in_adam, torch.optim.Adam), (chapter.adamw, torch.optim.AdamW)],
)
def test_the_rules_walk_with_torch(rule, optimizer):
    generator = torch.Generator().manual_seed(1)
    grads = torch.randn(10, 4, generator=generator, dtype=torch.float64)
    ours, state = torch.ones(4, dtype=torch.float64), chapter.START
    theirs = torch.nn.Parameter(ours.clone())
    stepper = optimizer([theirs], lr=0.1, weight_decay=0.3)
    for grad in grads:
        state, ours = rule(state, grad, ours, lr=0.1, lam=0.3)
        theirs.grad = grad.clone()
        stepper.step()
    torch.testing.assert_close(ours, theirs.detach())


def test_shrinking_solves_the_problem_of_one_weight():
    w = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    for start in (-1.7, -0.3, 0.2, 0.9):
        best = w[(0.5 * (w - start) ** 2 + 0.5 * w.abs()).argmin()]
        assert chapter.shrink(torch.tensor(start), 0.5) == pytest.approx(float(best), abs=1e-3)


def test_two_seeds_give_different_networks_and_a_seed_the_same_again():
    options = {"state": None, "sizes": (64, 8, 10), "passes": 1, "batch": 50}
    rule = chapter.penalized("L2")
    pair, _ = chapter.train(rule, [(0.1, 0.0)], chapter.DIGITS.train, seeds=(3, 4), **options)
    one, _ = chapter.train(rule, [(0.1, 0.0)], chapter.DIGITS.train, seeds=(4,), **options)
    assert not torch.equal(pair[0][:, 0], pair[0][:, 1])
    torch.testing.assert_close(pair[0][:, 1:], one[0])


def test_biases_go_free():
    options = {"state": None, "sizes": (64, 8, 10), "passes": 2, "batch": 50, "seeds": (0,)}

    def only_decay(state, grad, w, *, lr, lam):
        return state, (1 - lr * lam) * w + 1

    params, _ = chapter.train(only_decay, [(1.0, 1.0)], chapter.DIGITS.train, **options)
    assert (params[0] == 1).all() and (params[1] > 1).all()


@pytest.mark.book
def test_large_weights_are_pulled_hardest_by_l2_and_hardly_by_elimination():
    held = figure_data("F-15.1")
    w = held["w"]
    at = {x: int(np.abs(w - x).argmin()) for x in (0.02, 0.6, 3.0)}
    pulls = {k: held[f"pull of {k}"] for k in ("L2", "L1", "elimination")}
    assert pulls["L2"][at[3.0]] > pulls["L1"][at[3.0]] > 10 * pulls["elimination"][at[3.0]]
    assert pulls["L1"][at[0.02]] > 10 * pulls["L2"][at[0.02]]


@pytest.mark.book
def test_corners_give_zeros_and_elimination_lets_the_large_one_grow():
    held = figure_data("F-15.2")
    assert (held["L2"] != 0).all()
    for kind in ("L1", "elastic net"):
        zero = held[kind][:, 1] == 0
        assert zero.any() and held[kind][zero][0, 0] > 0.4
        assert (np.diff(zero.astype(int)) >= 0).all()  # once gone, it stays away
    small, large = held["elimination"][:, 1], held["elimination"][:, 0]
    dropped = int((small < 0.1).argmax())
    assert large[dropped] > 2.0 and large[-2] - large[-1] > 1  # the jump
    solved = [np.linalg.solve(H + lam * np.eye(2), H @ BEST) for lam in held["lams"]]
    np.testing.assert_allclose(held["L2"], solved, atol=1e-6)


H, BEST = chapter.HESSIAN.numpy(), chapter.BEST.numpy()


@pytest.mark.book
def test_only_the_proximal_step_gives_zeros_and_what_is_small_can_go():
    held = figure_data("F-15.3")
    exact = {kind: held[f"{kind} exact"].mean() for kind in chapter.KINDS}
    assert exact.pop("L1, proximal") > 0.5 and max(exact.values()) < 0.001
    assert held["L1, plain small"].mean() > 0.3
    tenth = list(held["shares"]).index(0.1)
    pruned = {kind: held[f"{kind} pruned"][:, tenth].mean() for kind in chapter.KINDS}
    full = held["L1, proximal pruned"][:, 0].mean()
    assert pruned["L1, proximal"] > full - 0.02
    assert pruned["none"] < pruned["elimination"] < pruned["L1, proximal"]
    assert abs(pruned["L2"] - pruned["none"]) < 0.06
    for kind in chapter.KINDS:
        assert held[f"{kind} pruned"].shape[0] == 10
        assert held[f"{kind} validation"].max() > 0.9


@pytest.mark.book
def test_training_falls_with_the_penalty_and_validation_peaks_between():
    held = figure_data("F-15.4")
    train, validation = held["scores"].mean(-1)
    best = int(held["best"])
    assert 0 < best < len(held["lams"]) - 1
    assert validation[best] > validation[0] + 0.05 and validation[best] > validation[-1] + 0.2
    assert train[0] > train[best] > train[-1]
    assert abs(validation[1] - validation[0]) < 0.01  # the recipe's 1e-4


@pytest.mark.book
def test_the_maps_have_their_best_inside_and_the_shares_follow_the_algebra():
    held = figure_data("F-15.5")
    for name in chapter.GRIDS:
        mean = held[f"{name} table"].mean(-1)
        row, column = np.unravel_index(mean.argmax(), mean.shape)
        assert 0 < row < mean.shape[0] - 1 and 0 < column < mean.shape[1] - 1
        assert held[f"{name} table"].shape[-1] == 10
        best = np.array(held[f"{name} lams"])[mean.argmax(1)]
        assert best[-1] < best[2]  # both bend at the largest rate
    size, share = held["L2 in Adam size"], held["L2 in Adam share"]
    np.testing.assert_allclose(share * (size + 1e-8), 0.01 * 3e-3, rtol=1e-4)
    assert len(set(held["AdamW share"])) == 1
    gap = held["L2 in Adam test"].mean() - held["AdamW test"].mean()
    assert abs(gap) < 0.01
