"""Contour lines of a surface as plain polylines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt


def contours(
    surface: Callable[[torch.Tensor], torch.Tensor],
    x: tuple[float, float],
    y: tuple[float, float],
    *,
    levels: Sequence[float],
    points: int = 81,
) -> list[list[list[float]]]:
    """Return the contour lines of a surface, for a ``"race"`` widget.

    Args:
        surface: A function from ``(..., 2)`` to ``(...)``, as in ``course_lib.data.surfaces``.
        x: Limits of the first coordinate.
        y: Limits of the second coordinate.
        levels: Heights to draw, in increasing order.
        points: Grid points along each axis; at least 2.

    Returns:
        Polylines, each a list of ``[x, y]``.

    Example:
        >>> ring = contours(lambda p: p.square().sum(-1), (-2, 2), (-2, 2), levels=[1.0])
        >>> len(ring), round(float(np.hypot(*ring[0][0])), 2)
        (1, 1.0)
    """
    across, up = np.linspace(*x, points), np.linspace(*y, points)
    grid = torch.tensor(np.stack(np.meshgrid(across, up), axis=-1))
    figure, axes = plt.subplots()
    drawn = axes.contour(across, up, surface(grid).numpy(), levels=list(levels))
    plt.close(figure)
    lines = [line for level in drawn.allsegs for line in level if len(line) > 1]
    return [np.round(line, 4).tolist() for line in lines]
