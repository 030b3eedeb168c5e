"""Ensembles: means of probabilities, Jensen's inequality, snapshots at the ends of cycles."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.training import (
    Ensemble,
    disagreement,
    evaluate,
    fit,
    fit_ensemble,
    fit_snapshots,
    make_optimizer,
    mean_log_probabilities,
    seeded,
)
from tests.training.models import data, mlp, weights


def logits(members: int = 5, scale: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(members)
    return scale * torch.randn(members, 40, 3, generator=generator, dtype=torch.float64)


def test_equals_the_mean_of_the_probabilities() -> None:
    expected = logits().softmax(-1).mean(0)
    torch.testing.assert_close(mean_log_probabilities(logits()).exp(), expected)


def test_is_neither_the_mean_of_logits_nor_of_log_probabilities() -> None:
    mean = mean_log_probabilities(logits(scale=5.0))
    for other in (logits(scale=5.0), logits(scale=5.0).log_softmax(-1)):
        assert not torch.allclose(mean, other.mean(0).log_softmax(-1), atol=0.1)


def test_probabilities_too_small_for_a_number_keep_their_logarithm() -> None:
    far = torch.tensor([[[0.0, -5000.0]], [[0.0, -5001.0]]])
    expected = -5000 + math.log((1 + math.exp(-1)) / 2)
    assert mean_log_probabilities(far)[0, 1].item() == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_the_loss_of_the_mean_is_never_above_the_mean_of_the_losses(scale: float) -> None:
    labels = torch.arange(40) % 3
    losses = [functional.cross_entropy(one, labels) for one in logits(scale=scale)]
    mean = functional.cross_entropy(mean_log_probabilities(logits(scale=scale)), labels)
    assert mean <= torch.stack(losses).mean()


def test_an_ensemble_is_a_model_like_any_other() -> None:
    members = [mlp(2, 8, 2, seed=seed, drop=0.5) for seed in range(3)]
    ensemble = Ensemble(members)
    values = evaluate(ensemble, data().test)
    with torch.no_grad():
        inputs, labels = data().test
        mean = torch.stack([member.eval()(inputs).softmax(-1) for member in members]).mean(0)
    assert values["loss"] == pytest.approx(-mean[range(50), labels].log().mean().item(), rel=1e-5)
    assert values["accuracy"] == (mean.argmax(1) == labels).double().mean().item()
    assert len(list(ensemble.parameters())) == 12


def test_an_ensemble_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needed at least 1 member, got none"):
        Ensemble([])


def constant(*answers: int) -> nn.Module:
    """A model that names these classes for the examples 0, 1, 2, ..."""
    model = nn.Linear(len(answers), 3, bias=False)
    one_hot = functional.one_hot(torch.tensor(answers), 3).T.float()
    model.load_state_dict({"weight": one_hot})
    return model


def test_disagreement_counts_different_answers() -> None:
    models = [constant(0, 1, 2, 0), constant(0, 1, 2, 1), constant(1, 2, 0, 0)]
    found = disagreement(models, torch.eye(4))
    assert found.tolist() == [[0, 0.25, 0.75], [0.25, 0, 1.0], [0.75, 1.0, 0]]


def test_disagreement_asks_without_dropout_and_leaves_modes_alone() -> None:
    model = mlp(2, 8, 2, drop=0.9)
    assert not disagreement([model, model], data().train[0]).any() and model.training


def test_members_differ_in_start_and_order_and_each_is_reproducible() -> None:
    train, validation, _ = data()
    options: dict[str, Any] = {"lr": 0.05, "steps": 30}
    ensemble, histories = fit_ensemble(mlp_now, train, validation, seeds=(3, 4), **options)
    (alone,) = fit_ensemble(mlp_now, train, validation, seeds=(4,), **options)[0].members
    first, second = ensemble.members
    with seeded(4):
        by_hand = mlp_now()
    optimizer = make_optimizer("torch.optim.Adam", by_hand.parameters(), lr=0.05)
    fit(by_hand, optimizer, train, validation, steps=30, seed=4)
    assert torch.equal(weights(second), weights(by_hand))
    assert torch.equal(weights(second), weights(alone))
    assert not torch.equal(weights(first), weights(second))
    assert histories[0].last("validation_accuracy") > 0.8 and len(histories) == 2


def mlp_now() -> nn.Module:
    """A network from the random state of the moment."""
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))


def test_snapshots_are_the_weights_at_the_end_of_each_cycle() -> None:
    model, kept = mlp(2, 8, 2), []
    options: dict[str, Any] = {"steps": 30, "cycles": 3, "lr": 0.5}
    ensemble, _ = fit_snapshots(model, *data()[:2], **options)
    for steps in (10, 20, 30):
        again = mlp(2, 8, 2)
        fit_one(again, steps)
        kept.append(weights(again))
    assert len(ensemble.members) == 3
    for member, expected in zip(ensemble.members, kept, strict=True):
        assert torch.equal(weights(member), expected)
    assert torch.equal(weights(model), kept[-1])


def fit_one(model: nn.Module, steps: int) -> None:
    """The same run written out, cut off after so many steps."""
    optimizer = make_optimizer("torch.optim.SGD", model.parameters(), lr=0.5)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: 0.5 * (math.cos(math.pi * (t % 10) / 10) + 1)
    )
    fit(model, optimizer, data().train, steps=steps, schedule=rates)


def test_the_rate_starts_anew_with_each_cycle() -> None:
    _, history = fit_snapshots(mlp(2, 4, 2), data().train, steps=12, cycles=3, lr=0.4)
    cycle = [0.2 * (math.cos(math.pi * t / 4) + 1) for t in range(4)]
    assert history["lr"] == pytest.approx(cycle * 3)


def test_snapshots_take_optimizer_and_schedule_by_name_or_builder() -> None:
    seen: list[int] = []

    def constant_rate(optimizer: torch.optim.Optimizer, *, T_0: int) -> Any:
        seen.append(T_0)
        return torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)

    _, history = fit_snapshots(
        mlp(2, 4, 2), data().train, steps=6, cycles=2, lr=0.1,
        optimizer="torch.optim.Adam", schedule=constant_rate,
    )  # fmt: skip
    assert seen == [3] and history["lr"] == [0.1] * 6


@pytest.mark.parametrize("cycles", [0, 4, 11])
def test_cycles_that_do_not_divide_the_steps_are_refused(cycles: int) -> None:
    message = f"steps must be a multiple of cycles, got 10 and {cycles}"
    with pytest.raises(ValueError, match=message):
        fit_snapshots(mlp(2, 2), data().train, steps=10, cycles=cycles, lr=0.1)


def test_a_run_without_a_whole_cycle_says_why() -> None:
    with pytest.raises(ValueError, match=r"needed a cycle of 25 steps .* the loss is nan at step"):
        fit_snapshots(mlp(2, 8, 2), data().train, steps=50, cycles=2, lr=1e30)


def test_the_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    with seeded(0):
        pass
    fit_ensemble(mlp_now, data().train, seeds=(0,), lr=0.1, steps=2)
    assert torch.equal(before, torch.get_rng_state())
