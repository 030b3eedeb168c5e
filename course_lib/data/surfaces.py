r"""Surfaces of two variables: functions from points ``(..., 2)`` to heights ``(...)``.

Each works with autograd, in any floating-point type and on any device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def bowl(point: Tensor, *, kappa: float = 20.0, angle: float = 0.0) -> Tensor:
    r"""Elongated bowl with its minimum 0 at the origin.

    .. math:: f(x, y) = \tfrac12 \left(u^2 / \kappa + w^2\right)

    where :math:`(u, w)` are the coordinates turned back by ``angle``. The curvatures are
    :math:`1/\kappa` and 1, so the condition number is :math:`\kappa`.

    Args:
        point: Points, ``(..., 2)``.
        kappa: Condition number; at least 1.
        angle: Angle in radians from the first axis to the flat direction.

    Returns:
        Heights, ``(...)``.

    Raises:
        ValueError: If ``kappa < 1``.

    Example:
        >>> bowl(torch.tensor([2.0, 1.0]), kappa=4.0)
        tensor(1.)
    """
    if kappa < 1:
        raise ValueError(f"kappa must be at least 1, got {kappa}")
    x, y = point.unbind(-1)
    along = math.cos(angle) * x + math.sin(angle) * y
    across = math.cos(angle) * y - math.sin(angle) * x
    return (along.square() / kappa + across.square()) / 2


def saddle(point: Tensor) -> Tensor:
    r"""Saddle at the origin: :math:`f(x, y) = x^2 - y^2`, without a minimum.

    Args:
        point: Points, ``(..., 2)``.

    Returns:
        Heights, ``(...)``.

    Example:
        >>> saddle(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        tensor([ 1., -1.])
    """
    x, y = point.unbind(-1)
    return x.square() - y.square()


def plateau_cliff(point: Tensor) -> Tensor:
    r"""Plateau on the left, cliff near :math:`x = 0`, valley on the right.

    .. math:: f(x, y) = \frac{1}{1 + e^{4x}} + \tfrac{1}{20} (x - 2)^2 \,[x > 2]
        + \tfrac1{20} y^2

    Args:
        point: Points, ``(..., 2)``.

    Returns:
        Heights, ``(...)``.

    Example:
        >>> plateau_cliff(torch.tensor([0.0, 0.0]))
        tensor(0.5000)
    """
    x, y = point.unbind(-1)
    return torch.sigmoid(-4 * x) + (x - 2).clamp(min=0).square() / 20 + y.square() / 20


def rosenbrock(point: Tensor, *, steepness: float = 100.0) -> Tensor:
    r"""Curved valley with its minimum 0 at :math:`(1, 1)`.

    .. math:: f(x, y) = (1 - x)^2 + b (y - x^2)^2

    Args:
        point: Points, ``(..., 2)``.
        steepness: Steepness of the valley's walls, :math:`b`; above 0.

    Returns:
        Heights, ``(...)``.

    Example:
        >>> rosenbrock(torch.tensor([[1.0, 1.0], [0.0, 0.0]]))
        tensor([0., 1.])

    Source:
        Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.
    """
    x, y = point.unbind(-1)
    return (1 - x).square() + steepness * (y - x.square()).square()


def beale(point: Tensor) -> Tensor:
    r"""Flat plain with steep corners and its minimum 0 at :math:`(3, 1/2)`.

    .. math:: f(x, y) = (1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2

    Args:
        point: Points, ``(..., 2)``.

    Returns:
        Heights, ``(...)``.

    Example:
        >>> beale(torch.tensor([3.0, 0.5]))
        tensor(0.)

    Source:
        Beale, On an iterative method for finding a local minimum, 1958.
    """
    x, y = point.unbind(-1)
    terms = (constant - x + x * y**power for constant, power in ((1.5, 1), (2.25, 2), (2.625, 3)))
    return torch.stack([term.square() for term in terms]).sum(0)


def two_valleys(point: Tensor, *, tilt: float = 0.15) -> Tensor:
    r"""Two valleys, the one on the left lower: a local and a global minimum.

    .. math:: f(x, y) = \tfrac14 (x^2 - 1)^2 + \text{tilt}\cdot x + \tfrac12 y^2

    Args:
        point: Points, ``(..., 2)``.
        tilt: How much the right valley is raised; from 0 to 0.3, so that both stay valleys.

    Returns:
        Heights, ``(...)``.

    Example:
        >>> two_valleys(torch.tensor([[-1.0, 0.0], [1.0, 0.0]]))
        tensor([-0.1500,  0.1500])
    """
    x, y = point.unbind(-1)
    return (x.square() - 1).square() / 4 + tilt * x + y.square() / 2
