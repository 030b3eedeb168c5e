"""Points of the plane in classes that no straight line parts: spirals and moons."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib.data.split import Split, shuffled_split


def spirals(
    *,
    classes: int = 3,
    examples: int = 600,
    validation: int = 100,
    test: int = 100,
    turns: float = 0.75,
    noise: float = 0.02,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Split:
    r"""Points along arms that wind around the origin, one arm for each class.

    .. math:: x = r\,(\cos\varphi, \sin\varphi) + \sigma\varepsilon, \qquad
        \varphi = 2\pi (n r + k / C), \qquad r \sim \mathcal U(0, 1)

    Args:
        classes: Arms, :math:`C`; at least 2.
        examples: Points in all, a multiple of ``classes``.
        validation: Points to choose settings by; at least 1.
        test: Points to report on once; at least 1.
        turns: Turns of an arm around the origin, :math:`n`.
        noise: Standard deviation :math:`\sigma` of each coordinate, in radii of the spiral; at
            least 0.
        seed: What the draws and the shuffle depend on.
        dtype: Floating-point type of the points.

    Returns:
        Three pairs of points ``(count, 2)`` and labels ``(count,)``, integers from 0 to C - 1.

    Raises:
        ValueError: If an argument lies outside its domain or a part would be empty.

    Example:
        >>> split = spirals(noise=0.0)
        >>> split.train[0].shape, bool((split.train[0].norm(dim=1) <= 1).all())
        (torch.Size([400, 2]), True)
    """
    if classes < 2 or examples % classes:
        raise ValueError(
            f"needed at least 2 classes and a multiple of them, got {classes} and {examples}"
        )
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(examples) % classes
    radius = torch.rand(examples, generator=generator, dtype=torch.float64)
    angle = 2 * math.pi * (turns * radius + labels / classes)
    points = _points(radius * angle.cos(), radius * angle.sin(), noise, generator)
    return shuffled_split(
        points.to(dtype), labels, validation=validation, test=test, seed=seed, what="point"
    )


def moons(
    *,
    examples: int = 600,
    validation: int = 100,
    test: int = 100,
    noise: float = 0.1,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Split:
    r"""Points along two half circles of radius 1 that reach into each other.

    .. math:: x_0 = (\cos\varphi, \sin\varphi) + \sigma\varepsilon, \qquad
        x_1 = (1 - \cos\varphi, \tfrac12 - \sin\varphi) + \sigma\varepsilon, \qquad
        \varphi \sim \mathcal U(0, \pi)

    Args:
        examples: Points in all, an even number.
        validation: Points to choose settings by; at least 1.
        test: Points to report on once; at least 1.
        noise: Standard deviation :math:`\sigma` of each coordinate, in radii of a moon; at least
            0.
        seed: What the draws and the shuffle depend on.
        dtype: Floating-point type of the points.

    Returns:
        Three pairs of points ``(count, 2)`` and labels ``(count,)``, 0 for the upper moon and 1
        for the lower one.

    Raises:
        ValueError: If an argument lies outside its domain or a part would be empty.

    Example:
        >>> split = moons()
        >>> split.train[0].shape, sorted(set(split.train[1].tolist()))
        (torch.Size([400, 2]), [0, 1])
    """
    if examples % 2:
        raise ValueError(f"examples must be even, got {examples}")
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(examples) % 2
    angle = math.pi * torch.rand(examples, generator=generator, dtype=torch.float64)
    x = torch.where(labels == 0, angle.cos(), 1 - angle.cos())
    y = torch.where(labels == 0, angle.sin(), 0.5 - angle.sin())
    return shuffled_split(
        _points(x, y, noise, generator).to(dtype),
        labels,
        validation=validation,
        test=test,
        seed=seed,
        what="point",
    )


def _points(x: Tensor, y: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Points ``(count, 2)`` with normal noise on both coordinates."""
    if noise < 0:
        raise ValueError(f"noise must be at least 0, got {noise}")
    points = torch.stack([x, y], dim=-1)
    return points + noise * torch.randn(points.shape, generator=generator, dtype=points.dtype)
