"""Digits and surfaces: what they promise."""

from __future__ import annotations

import math

import pytest
import torch

from course_lib import data

POINTS = torch.tensor([[0.3, -1.2], [2.5, 0.4], [-1.0, 1.0]], dtype=torch.float64)
OTHERS = ("Split", "digits", "generator", "mnist1d", "moons", "spirals")
SURFACES = [getattr(data, name) for name in data.__all__ if name not in OTHERS]
MINIMA = [
    (data.bowl, (0.0, 0.0)),
    (data.rosenbrock, (1.0, 1.0)),
    (data.beale, (3.0, 0.5)),
]


def test_the_parts_share_no_image_and_hold_every_digit() -> None:
    split = data.digits(seed=3)
    assert [len(x) for x, _ in split] == [1197, 300, 300]
    assert all(set(y.tolist()) == set(range(10)) for _, y in split)
    together = torch.cat([x for x, _ in split]).sort(dim=0).values
    other = torch.cat([x for x, _ in data.digits(seed=4)]).sort(dim=0).values
    assert torch.equal(together, other)


def test_the_seed_decides_the_split() -> None:
    one, same, other = (data.digits(seed=seed).train[1] for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_an_empty_part_is_refused() -> None:
    with pytest.raises(ValueError, match="needed three parts of at least 1 image, got 0"):
        data.digits(validation=1497, test=300)


@pytest.mark.parametrize("surface", SURFACES)
def test_a_surface_keeps_the_shape_and_type_of_its_points(surface) -> None:  # type: ignore[no-untyped-def]
    heights = surface(POINTS.reshape(3, 1, 2))
    assert heights.shape == (3, 1) and heights.dtype == torch.float64
    torch.testing.assert_close(heights[:, 0], torch.stack([surface(point) for point in POINTS]))


@pytest.mark.parametrize("surface", SURFACES)
def test_a_surface_has_the_gradient_of_its_formula(surface) -> None:  # type: ignore[no-untyped-def]
    assert torch.autograd.gradcheck(surface, POINTS.clone().requires_grad_())


@pytest.mark.parametrize(("surface", "minimum"), MINIMA)
def test_the_minimum_is_where_the_docstring_says(surface, minimum) -> None:  # type: ignore[no-untyped-def]
    point = torch.tensor(minimum, dtype=torch.float64, requires_grad=True)
    height = surface(point)
    height.backward()
    assert height.item() == 0 and point.grad is not None and not point.grad.any()


@pytest.mark.parametrize("angle", [0.0, math.pi / 4])
def test_the_condition_number_of_the_bowl_is_kappa(angle: float) -> None:
    point = torch.zeros(2, dtype=torch.float64)
    hessian = torch.autograd.functional.hessian(
        lambda p: data.bowl(p, kappa=50, angle=angle), point
    )
    assert torch.linalg.cond(hessian).item() == pytest.approx(50)


def test_a_bowl_flatter_than_round_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kappa must be at least 1, got 0\.5"):
        data.bowl(POINTS, kappa=0.5)
