"""The three velocities: one path at a constant rate, told apart when the rate changes."""

from collections.abc import Callable

import pytest
import torch

from course_lib.optim import conventions
from tests.cases.optimizers import Case
from tests.optim.trajectory import gradients

Rule = Callable[..., tuple[torch.Tensor, torch.Tensor]]
NAMES = ("rate_inside", "rate_outside", "rate_inside_flipped")
CONSTANT = [0.1] * 30
CHANGED = [0.1] * 15 + [0.01] * 15


def _path(name: str, rates: list[float]) -> list[torch.Tensor]:
    rule = getattr(conventions, name)
    param, velocity = torch.ones(3, 2, dtype=torch.float64), torch.zeros(3, 2, dtype=torch.float64)
    path = []
    for lr, (grad, *_) in zip(rates, gradients(Case("")), strict=False):
        velocity, update = rule(velocity, grad, lr, 0.9)
        param = param + update
        path.append(param)
    return path


def _torchs(rates: list[float]) -> list[torch.Tensor]:
    param = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([param], momentum=0.9, foreach=False)
    path = []
    for lr, (grad, *_) in zip(rates, gradients(Case("")), strict=False):
        optimizer.param_groups[0]["lr"] = lr
        param.grad = grad
        optimizer.step()
        path.append(param.detach().clone())
    return path


@pytest.mark.parametrize("name", NAMES)
def test_at_a_constant_rate_all_are_torchs_sgd(name: str) -> None:
    torch.testing.assert_close(_path(name, CONSTANT), _torchs(CONSTANT), rtol=1e-12, atol=1e-12)


def test_at_a_changed_rate_only_rate_outside_is_torchs_sgd() -> None:
    expected = _torchs(CHANGED)[-1]
    torch.testing.assert_close(_path("rate_outside", CHANGED)[-1], expected, rtol=1e-12, atol=1e-12)
    assert (_path("rate_inside", CHANGED)[-1] - expected).abs().min() > 1e-3


def test_flipping_the_velocity_changes_no_path() -> None:
    torch.testing.assert_close(
        _path("rate_inside", CHANGED), _path("rate_inside_flipped", CHANGED), rtol=0.0, atol=1e-15
    )


@pytest.mark.parametrize(
    ("name", "velocity", "update"),
    [("rate_inside", 0.1, 0.1), ("rate_outside", 2.5, -0.5), ("rate_inside_flipped", 0.9, -0.9)],
)
def test_one_step_by_hand(name: str, velocity: float, update: float) -> None:
    """From velocity 1 and gradient 2 with rate 0.2 and momentum 0.5."""
    got = getattr(conventions, name)(torch.tensor(1.0), torch.tensor(2.0), 0.2, 0.5)
    assert [value.item() for value in got] == pytest.approx([velocity, update])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_changed_in_place(name: str) -> None:
    velocity, grad = torch.ones(3), torch.ones(3)
    getattr(conventions, name)(velocity, grad, 0.1, 0.9)
    assert torch.equal(velocity, torch.ones(3)) and torch.equal(grad, torch.ones(3))
