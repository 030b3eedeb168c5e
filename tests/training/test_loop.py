"""The loop: equal to the loop written out, seeded, on budget, stopped for a stated reason."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau

from course_lib.training import EarlyStopping, History, batches, evaluate, evaluating, fit, seeded
from tests.training.models import data, mlp, weights


def run(model: nn.Module, **changes: Any) -> History:
    optimizer = changes.pop("optimizer", None) or torch.optim.Adam(model.parameters(), lr=0.02)
    train, validation, _ = data()
    return fit(model, optimizer, train, validation, **{"steps": 20} | changes)


def test_equals_the_loop_written_out() -> None:
    ours, theirs = mlp(2, 8, 2), mlp(2, 8, 2)
    history = run(ours, steps=10, batch_size=64, seed=5)
    (inputs, labels), order = data().train, batches(200, 64, seed=5)
    optimizer, losses = torch.optim.Adam(theirs.parameters(), lr=0.02), []
    for _ in range(10):
        chosen = next(order)
        value = functional.cross_entropy(theirs(inputs[chosen]), labels[chosen])
        theirs.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert torch.equal(weights(ours), weights(theirs))
    assert history["loss"] == losses and history.steps("loss") == list(range(1, 11))


def test_the_body_fits_a_page() -> None:
    body = inspect.getsource(fit).rpartition('    """\n    advance')[2]
    assert len(body.splitlines()) <= 55


def test_one_seed_one_run_whatever_the_random_state() -> None:
    models = [mlp(2, 8, 2, drop=0.5) for _ in range(3)]
    for state, (model, seed) in enumerate(zip(models, (1, 1, 2), strict=True)):
        torch.manual_seed(state)
        run(model, seed=seed)
    assert torch.equal(weights(models[0]), weights(models[1]))
    assert not torch.equal(weights(models[0]), weights(models[2]))


def test_the_seed_decides_what_layers_draw() -> None:
    drawn: list[list[float]] = [[], []]

    class Draws(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            drawn[seed].append(torch.rand(()).item())
            return inputs

    for seed in range(2):
        run(nn.Sequential(mlp(2, 8, 2), Draws()), seed=seed, steps=3)
        torch.manual_seed(seed)
        assert drawn[seed][0] == torch.rand(()).item()


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    run(mlp(2, 8, 2, drop=0.5))
    assert torch.equal(before, torch.get_rng_state())


def test_every_example_is_used_once_in_a_pass() -> None:
    order = batches(10, 3, seed=1)
    first, second = ([i for _ in range(3) for i in next(order).tolist()] for _ in range(2))
    assert len(set(first)) == len(set(second)) == 9 and first != second
    assert [next(batches(10, 3, seed=seed)).tolist() for seed in (1, 2)][1] != first[:3]


def test_evaluates_before_the_first_step_and_after_the_last() -> None:
    model = mlp(2, 8, 2)
    at_start = evaluate(model, data().validation)
    history = run(model, steps=10, every=4)
    assert history.steps("validation_loss") == [0, 4, 8, 10]
    assert history["validation_loss"][0] == at_start["loss"]
    assert history.last("validation_accuracy") == evaluate(model, data().validation)["accuracy"]
    assert history.last("train_loss") == evaluate(model, data().train)["loss"]


def test_evaluates_once_a_pass_unless_told() -> None:
    assert run(mlp(2, 8, 2), steps=7, batch_size=64).steps("train_loss") == [0, 3, 6, 7]


def test_evaluation_changes_no_run() -> None:
    rare, often = (mlp(2, 8, 2, drop=0.5, norm=True) for _ in range(2))
    run(rare, every=20), run(often, every=1)
    assert torch.equal(weights(rare), weights(often))


def test_evaluation_uses_no_dropout_and_no_batch_statistics_and_keeps_modes() -> None:
    model = mlp(2, 8, 2, drop=0.5, norm=True)
    model[1].eval()
    before = weights(model)
    one, same = (evaluate(model, data().train) for _ in range(2))
    assert one == same and torch.equal(before, weights(model))
    assert model.training and not model[1].training and model[3].training


def test_evaluation_builds_no_graph() -> None:
    class Spy(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            assert not torch.is_grad_enabled()
            return inputs

    evaluate(Spy(), data().train)


def test_modes_come_back_after_an_error() -> None:
    model = mlp(2, 8, 2)
    with pytest.raises(RuntimeError, match="planted"), evaluating(model):
        raise RuntimeError("planted")
    assert all(module.training for module in model.modules())


def test_trains_in_training_mode() -> None:
    model = mlp(2, 8, 2, norm=True).eval()
    run(model)
    assert model[1].num_batches_tracked.item() == 20


def test_numbers_as_labels_have_a_loss_and_no_accuracy() -> None:
    inputs = torch.linspace(-1, 1, 20)[:, None]
    pair, model = (inputs, 3 * inputs), mlp(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    history = fit(model, optimizer, pair, pair, steps=60, batch_size=20, loss=functional.mse_loss)
    assert history.last("validation_loss") < 1e-4
    assert set(history) == {"loss", "lr", "train_loss", "validation_loss"}


def test_without_a_validation_part_nothing_is_evaluated() -> None:
    model = mlp(2, 8, 2)
    history = fit(model, torch.optim.SGD(model.parameters()), data().train, steps=5)
    assert set(history) == {"loss", "lr"}


def test_a_schedule_is_stepped_after_every_step() -> None:
    model = mlp(2, 8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    history = run(model, optimizer=optimizer, schedule=ExponentialLR(optimizer, 0.5), steps=4)
    assert history["lr"] == [1.0, 0.5, 0.25, 0.125]


def test_a_schedule_that_wants_a_metric_gets_the_validation_loss_at_every_evaluation() -> None:
    model = mlp(2, 8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-12)
    plateau = ReduceLROnPlateau(optimizer, factor=0.1, patience=0, threshold=0.1)
    history = run(model, optimizer=optimizer, schedule=plateau, steps=4, every=1)
    assert history["lr"] == pytest.approx([1e-12, 1e-12, 1e-13, 1e-14])
    assert plateau.best == history["validation_loss"][1] and plateau.last_epoch == 4


def test_a_loss_that_is_not_finite_ends_the_run_before_the_step() -> None:
    model = mlp(2, 8, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e25)
    history = run(model, optimizer=optimizer, steps=50)
    assert not math.isfinite(history.last("loss")) and len(history["loss"]) < 50
    step = history.steps("loss")[-1]
    assert history.stopped == f"the loss is {history.last('loss')} at step {step}"


def test_the_watcher_sees_every_step_and_its_gradients() -> None:
    seen: list[tuple[int, bool]] = []
    run(mlp(2, 8, 2), steps=3, watch=lambda step, m: seen.append((step, m[0].weight.grad.any())))
    assert [step for step, _ in seen] == [1, 2, 3] and all(moved for _, moved in seen)


def overfitting(**changes: Any) -> tuple[nn.Module, History, EarlyStopping]:
    """A run whose validation labels are wrong, so that every step makes it worse."""
    model = mlp(2, 32, 2)
    (inputs, labels), (unseen, right), _ = data()
    options: dict[str, Any] = {"steps": 40, "stopping": EarlyStopping(3), "every": 1} | changes
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    history = fit(model, optimizer, (inputs, labels), (unseen, 1 - right), **options)
    return model, history, options["stopping"]


def test_early_stopping_ends_the_run_and_gives_the_best_weights_back() -> None:
    model, history, stopping = overfitting()
    best_step, best = history.best("validation_loss")
    assert history.steps("loss")[-1] == best_step + 3 < 40
    assert history.stopped == f"validation_loss has not improved since step {best_step}"
    (unseen, right) = data().validation
    assert evaluate(model, (unseen, 1 - right))["loss"] == best == stopping.best


def test_the_best_weights_come_back_where_the_budget_ends_first() -> None:
    model, history, _ = overfitting(stopping=EarlyStopping(100), steps=10)
    assert history.stopped == "all 10 steps taken"
    (unseen, right) = data().validation
    found = evaluate(model, (unseen, 1 - right))["loss"]
    assert found == history.best("validation_loss")[1] < history.last("validation_loss")


def test_early_stopping_by_accuracy_watches_the_accuracy() -> None:
    _, history, stopping = overfitting(stopping=EarlyStopping(3, mode="max"))
    assert stopping.best == max(history["validation_accuracy"])
    assert history.stopped.startswith("validation_accuracy has not improved")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"every": 0}, "every must be at least 1, got 0"),
        ({"batch_size": 0}, r"batch_size must lie in 1\.\.200, got 0"),
        ({"batch_size": 201}, r"batch_size must lie in 1\.\.200, got 201"),
    ],
)
def test_what_lies_outside_its_domain_is_refused(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(mlp(2, 8, 2), **changes)


def test_who_has_nothing_to_look_at_is_refused() -> None:
    model = mlp(2, 2)
    optimizer = torch.optim.SGD(model.parameters())
    for name, value in (("stopping", EarlyStopping(1)), ("schedule", ReduceLROnPlateau(optimizer))):
        with pytest.raises(ValueError, match=f"{name} needs a validation part"):
            fit(model, optimizer, data().train, steps=1, **{name: value})


def test_seeded_blocks_give_the_state_back_after_an_error() -> None:
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="planted"), seeded(3):
        torch.rand(4)
        raise RuntimeError("planted")
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_trains_where_it_is_told() -> None:
    model = mlp(2, 8, 2, drop=0.5)
    history = run(model, device="cuda", stopping=EarlyStopping(5))
    assert all(p.is_cuda for p in model.parameters()) and history.last("train_loss") > 0
