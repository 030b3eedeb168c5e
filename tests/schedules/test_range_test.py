"""The range test: its ramp, its smoothing, its suggestion, and that it leaves nothing behind."""

import copy
import math
from typing import Any

import matplotlib
import pytest
import torch
from matplotlib import pyplot as plt
from torch import nn

from course_lib import optim, schedules
from course_lib.schedules import LRRangeTest, range_test_lr, smoothed_losses, suggested_lr

SEED = 3


def _model() -> nn.Module:
    torch.manual_seed(SEED)
    layers = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 2)
    model = nn.Sequential(*layers)
    model.register_buffer("kept_out_of_files", torch.ones(2), persistent=False)
    return model


def _batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    generator = torch.Generator().manual_seed(SEED)
    return [
        (torch.randn(16, 4, generator=generator), torch.randint(2, (16,), generator=generator))
        for _ in range(5)
    ]


def _optimizers(model: nn.Module) -> list[torch.optim.Optimizer]:
    params = list(model.parameters())
    return [
        optim.SGD([{"params": params[:2], "lr": 0.3}, {"params": params[2:]}], momentum=0.9),
        optim.Adam(params, lr=torch.tensor(0.01), amsgrad=True),
        torch.optim.NAdam(params, lr=0.01),
    ]


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for inputs, targets in _batches()[:steps]:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()


def _test(model: nn.Module, optimizer: torch.optim.Optimizer, **options: Any) -> LRRangeTest:
    return LRRangeTest(model, optimizer, nn.functional.cross_entropy, **options)


def _everything(model: nn.Module, optimizer: torch.optim.Optimizer) -> Any:
    """A copy of all a run can change."""
    return copy.deepcopy(
        {
            "params": [param.detach() for param in model.parameters()],
            "buffers": list(model.buffers()),
            "grads": [param.grad for param in model.parameters()],
            "modes": [module.training for module in model.modules()],
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
    )


@pytest.mark.parametrize("choice", range(3))
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("end_lr", [1.0, 1e6])
def test_everything_is_put_back_exactly(choice: int, steps: int, end_lr: float) -> None:
    model = _model()
    optimizer = _optimizers(model)[choice]
    _train(model, optimizer, steps)
    model[1].eval()
    before = _everything(model, optimizer)
    test = _test(model, optimizer, end_lr=end_lr, steps=30)
    test.run(_batches())
    assert len(test.losses) > 3
    torch.testing.assert_close(_everything(model, optimizer), before, rtol=0, atol=0)


@pytest.mark.parametrize("choice", range(3))
def test_training_goes_on_as_if_there_had_been_no_test(choice: int) -> None:
    weights = []
    for tests in (False, True):
        model = _model()
        optimizer = _optimizers(model)[choice]
        _train(model, optimizer, 2)
        if tests:
            _test(model, optimizer, steps=20).run(_batches())
        _train(model, optimizer, 4)
        weights.append([param.detach() for param in model.parameters()])
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=0)


def test_objects_stay_the_same_objects() -> None:
    model = _model()
    optimizer = _optimizers(model)[1]
    _train(model, optimizer, 2)

    def objects() -> list[int]:
        entries = [v for state in optimizer.state.values() for v in state.values()]
        rates = [group["lr"] for group in optimizer.param_groups]
        grads = [param.grad for param in model.parameters()]
        return [id(one) for one in (*entries, *rates, *grads, *model.buffers())]

    before = objects()
    _test(model, optimizer, steps=10).run(_batches())
    assert objects() == before


def test_everything_is_put_back_after_an_error() -> None:
    model = _model()
    optimizer = _optimizers(model)[0]
    before = _everything(model, optimizer)

    def breaks(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if len(test.losses) == 4:
            raise RuntimeError("broken")
        return nn.functional.cross_entropy(outputs, targets)

    test = LRRangeTest(model, optimizer, breaks, steps=10)
    with pytest.raises(RuntimeError, match="broken"):
        test.run(_batches())
    torch.testing.assert_close(_everything(model, optimizer), before, rtol=0, atol=0)


def test_a_buffer_that_a_forward_pass_replaces_is_put_back() -> None:
    class Counting(nn.Linear):
        def __init__(self) -> None:
            super().__init__(4, 2)
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            self.calls = self.calls + 1
            return super().forward(input)

    model = Counting()
    _test(model, optim.SGD(model.parameters()), steps=7).run(_batches())
    assert model.calls.item() == 0


def test_a_weight_that_only_the_optimizer_knows_is_put_back() -> None:
    model, scale = _model(), torch.ones((), requires_grad=True)
    optimizer = optim.SGD([*model.parameters(), scale])

    def scaled(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(scale * outputs, targets)

    LRRangeTest(model, optimizer, scaled, steps=5).run(_batches())
    assert scale.item() == 1.0 and scale.grad is None


def test_a_weight_that_the_optimizer_does_not_know_keeps_its_gradient() -> None:
    model = _model()
    optimizer = optim.SGD(model[4].parameters())
    _train(model, optimizer, 1)
    before = [param.grad for param in model.parameters()]
    copies = copy.deepcopy(before)
    _test(model, optimizer, steps=5).run(_batches())
    assert all(p.grad is grad for p, grad in zip(model.parameters(), before, strict=True))
    torch.testing.assert_close(before, copies, rtol=0, atol=0)


def test_an_entry_that_the_run_adds_to_a_group_is_gone() -> None:
    class Noting(optim.SGD):
        def step(self, closure: Any = None) -> Any:
            self.param_groups[0]["noted"] = True
            return super().step(closure)

    model = _model()
    optimizer = Noting(model.parameters())
    _test(model, optimizer, steps=5).run(_batches())
    assert "noted" not in optimizer.param_groups[0]


class _Slope:
    """A loss of slope 1 in one weight, so that the weight tells the sum of all rates."""

    def __init__(self) -> None:
        self.model = nn.Linear(1, 1, bias=False)
        self.seen: list[float] = []

    def __call__(self, outputs: torch.Tensor, targets: Any) -> torch.Tensor:
        self.seen.append(self.model.weight.item())
        assert self.model.training
        return outputs.sum() + 1e3


@pytest.mark.parametrize("mode", ["exponential", "linear"])
def test_each_step_is_taken_at_its_rate_in_every_group(mode: str) -> None:
    slope = _Slope()
    slope.model.eval()
    optimizer = torch.optim.SGD(slope.model.parameters(), lr=123.0)
    test = LRRangeTest(slope.model, optimizer, slope, 0.1, 2.0, steps=6, mode=mode)
    test.run([(torch.ones(1, 1), None)])
    moves = [a - b for a, b in zip(slope.seen, slope.seen[1:], strict=False)]
    expected = [range_test_lr(step, 0.1, 2.0, 6, mode) for step in range(6)]
    assert moves == pytest.approx(expected[:-1], rel=1e-4)
    assert test.rates == expected
    assert test.losses == pytest.approx([1e3 + weight for weight in slope.seen])


def _losses_of(series: list[float], **options: Any) -> LRRangeTest:
    """A test whose losses are those of a series."""
    model = nn.Linear(1, 1)
    left = iter(series)
    test = LRRangeTest(
        model,
        torch.optim.SGD(model.parameters()),
        lambda outputs, targets: outputs.sum() * 0 + next(left),
        steps=len(series),
        **options,
    )
    test.run([(torch.ones(1, 1), None)])
    return test


def test_it_stops_when_the_smoothed_loss_has_grown_too_much() -> None:
    series = [4.0, 2.0, 1.0, 4.0, 4.1, 1.0]
    assert _losses_of(series, beta=0.0).losses == pytest.approx(series[:5])
    assert len(_losses_of(series, beta=0.9).losses) == 6
    assert len(_losses_of(series, beta=0.0, diverge_at=3.0).losses) == 4
    assert len(_losses_of([1.0, 1.4, 1.6, 1.0], beta=0.0, diverge_at=1.5).losses) == 3


@pytest.mark.parametrize("bad", [math.inf, math.nan, -math.inf])
def test_it_stops_before_a_loss_that_is_not_finite(bad: float) -> None:
    assert _losses_of([1.0, 0.9, 0.8, bad, 0.7]).losses == pytest.approx([1.0, 0.9, 0.8])


def test_without_options_it_ramps_from_a_millionth_to_ten_in_a_hundred_steps() -> None:
    model = nn.Linear(1, 1)
    loss = lambda outputs, targets: 0 * outputs.sum() + 1.0
    test = LRRangeTest(model, torch.optim.SGD(model.parameters()), loss)
    test.run([(torch.ones(1, 1), None)])
    assert test.rates == [range_test_lr(step, 1e-6, 10.0, 100) for step in range(100)]
    assert (test.beta, test.diverge_at) == (0.98, 4.0)


def test_a_second_run_starts_afresh() -> None:
    model = _model()
    test = _test(model, optim.SGD(model.parameters()), steps=8)
    test.run(_batches())
    first = list(test.losses)
    test.run(_batches())
    assert len(first) == 8 and len(test.losses) == 8


def test_batches_are_read_again_when_they_end() -> None:
    model = _model()
    test = _test(model, optim.SGD(model.parameters()), steps=12)
    test.run(_batches())
    assert len(test.rates) == 12


@pytest.mark.parametrize("batches", [[], iter(_batches())], ids=["nothing", "an iterator"])
def test_batches_that_cannot_be_read_again_are_refused(batches: Any) -> None:
    model = _model()
    with pytest.raises(ValueError, match="batches must hold a batch each time"):
        _test(model, optim.SGD(model.parameters()), steps=12).run(batches)


def test_ramp_runs_from_start_to_end() -> None:
    for mode in ("exponential", "linear"):
        rates = [range_test_lr(step, 1e-5, 3.0, 41, mode) for step in range(41)]
        assert (rates[0], rates[-1]) == pytest.approx((1e-5, 3.0), rel=1e-14)
        assert rates == sorted(rates)
    assert range_test_lr(2, 1e-4, 1.0, 5) == pytest.approx(1e-2)
    assert range_test_lr(2, 1.0, 3.0, 5, "linear") == 2.0


def test_smoothing_is_the_weighted_mean_of_all_losses_so_far() -> None:
    losses = [3.0, -1.0, 4.0, 1.0, 5.0]
    for beta in (0.0, 0.5, 0.98):
        expected = []
        for count in range(1, 6):
            weights = [beta ** (count - 1 - i) for i in range(count)]
            total = sum(w * loss for w, loss in zip(weights, losses, strict=False))
            expected.append(total / sum(weights))
        assert smoothed_losses(losses, beta) == pytest.approx(expected)
    assert smoothed_losses([]) == []
    assert smoothed_losses(losses) == smoothed_losses(losses, 0.98)
    assert smoothed_losses([2.5] * 50) == pytest.approx([2.5] * 50)


@pytest.mark.parametrize(
    ("losses", "chosen"),
    [
        ([9.0, 5.0, 4.0, 3.9], 1),  # steepest at the first point, which does not count
        ([9.0, 8.9, 8.0, 1.0], 2),  # steepest towards the last
        ([5.0, 4.0, 3.0, 2.0, 1.0], 1),  # equal slopes: the earliest
        ([5.0, 5.0, 4.0, 2.0, 1.0, 9.0], 2),  # both neighbours count
        ([1.0, 2.0, 3.0, 3.5, 9.0], 2),  # never falls: where it grows least
        ([3.0, 2.0, 1.0], 1),
    ],
)
def test_suggestion_is_where_the_loss_falls_fastest(losses: list[float], chosen: int) -> None:
    rates = [10.0**power for power in range(-len(losses), 0)]
    assert suggested_lr(rates, losses) == rates[chosen]


def test_suggestion_of_a_run_uses_the_smoothed_losses() -> None:
    series = [5.0, 5.0, 1.0, 5.0, 4.0, 3.0, 2.5, 2.4]
    test = _losses_of(series, beta=0.9)
    assert test.smoothed == smoothed_losses(test.losses, 0.9)
    assert test.suggestion == suggested_lr(test.rates, test.smoothed)
    assert test.suggestion in test.rates[1:-1]


def test_suggestion_trains_a_network() -> None:
    """Between a rate that does not move the loss and one that diverges."""
    inputs = torch.randn(64, 4, generator=torch.Generator().manual_seed(SEED))
    targets = (inputs[:, 0] > 0).long()
    torch.manual_seed(SEED)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 2))
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    test = _test(model, optimizer, start_lr=1e-4, end_lr=100.0, beta=0.8)
    test.run([(inputs, targets)])
    assert 0.01 < test.suggestion < 20.0
    for group in optimizer.param_groups:
        group["lr"] = test.suggestion
    first = nn.functional.cross_entropy(model(inputs), targets).item()
    for _ in range(100):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    assert loss.item() < first / 2


def test_too_few_steps_give_no_suggestion() -> None:
    test = _losses_of([1.0, 0.5, math.nan])
    with pytest.raises(ValueError, match="needs 3 recorded steps, got 2"):
        _ = test.suggestion


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "quadratic"}, "mode must be one of exponential, linear, got quadratic"),
        ({"start_lr": 0.0}, r"needed 0 < start_lr < end_lr, got 0\.0 and"),
        ({"start_lr": 2.0, "end_lr": 1.0}, r"got 2\.0 and 1\.0"),
        ({"steps": 2}, "steps must be at least 3, got 2"),
        ({"beta": 1.0}, r"beta must be in \[0, 1\), got 1\.0"),
        ({"diverge_at": 1.0}, r"diverge_at must be above 1, got 1\.0"),
    ],
)
def test_arguments_outside_their_domain(options: dict[str, Any], message: str) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match=message):
        _test(model, optim.SGD(model.parameters()), **options)


@pytest.mark.parametrize("mode", ["exponential", "linear"])
def test_plot_shows_losses_and_suggestion(mode: str) -> None:
    matplotlib.use("agg")
    test = _losses_of([5.0, 4.0, 3.0, 1.0, 1.0, 40.0], beta=0.5, mode=mode)
    figure, axes = test.plot()
    raw, smoothed, mark = axes.get_lines()
    assert list(raw.get_ydata()) == test.losses
    assert list(smoothed.get_ydata()) == test.smoothed
    assert list(smoothed.get_xdata()) == test.rates
    assert mark.get_xdata()[0] == test.suggestion
    assert axes.get_xscale() == ("log" if mode == "exponential" else "linear")
    low, high = axes.get_ylim()
    assert low < min(test.smoothed) and max(test.smoothed) < high < 40.0
    assert axes.get_xlabel() and axes.get_ylabel() and axes.get_legend()
    plt.close(figure)


def test_functions_of_ones_own_take_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    module = schedules.range_test
    monkeypatch.setattr(module, "range_test_lr", lambda *args: 0.5)
    monkeypatch.setattr(module, "smoothed_losses", lambda losses, beta: [1.0] * len(losses))
    monkeypatch.setattr(module, "suggested_lr", lambda rates, losses: 7.0)
    test = _losses_of([1.0, 2.0, 3.0])
    assert test.rates == [0.5] * 3 and test.smoothed == [1.0] * 3 and test.suggestion == 7.0
