"""Colours and axes: the look every figure of the book shares."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

#: Colour of each role. Every one has a contrast of at least 3:1 on a white and on a dark page.
COLORS: Mapping[str, str] = MappingProxyType(
    {
        "gd": "#3d7fd0",
        "sgd": "#3d7fd0",
        "momentum": "#d9601a",
        "nesterov": "#1b9269",
        "adagrad": "#a06ac8",
        "adadelta": "#94763a",
        "rmsprop": "#d0508f",
        "adam": "#d43f3a",
        "adamw": "#5f7f1e",
        "nadam": "#128a9c",
        "theory": "#808080",
        "muted": "#808080",
        "good": "#1b9269",
        "bad": "#d43f3a",
        "surface": "#7a8794",
    }
)

_CYCLE = ("gd", "momentum", "nesterov", "adagrad", "adam", "adadelta", "nadam", "rmsprop")

# Transparent grounds and black ink: `show` turns the black into the colour of the page's text.
STYLE: Any = MappingProxyType(
    {
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.prop_cycle": cycler(color=[COLORS[role] for role in _CYCLE]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 11,
        "figure.facecolor": "none",
        "font.size": 10,
        "grid.alpha": 0.3,
        "grid.color": COLORS["muted"],
        "grid.linewidth": 0.6,
        "legend.framealpha": 0.0,
        "legend.fontsize": 9,
        "lines.linewidth": 1.6,
        "savefig.transparent": True,
        "svg.fonttype": "none",
    }
)

WIDTH = 6.6  # inches: the text column of the page, so that 10-point type stays 10-point type


def new(
    ncols: int = 1, nrows: int = 1, *, height: float = 3.2, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure and its axes in the house style.

    Args:
        ncols: Panels side by side; at least 1.
        nrows: Rows of panels; at least 1.
        height: Height of one row in inches.
        **options: Further arguments of ``matplotlib.pyplot.subplots``.

    Returns:
        The figure, and its axes: one ``Axes`` or, for several panels, an array of them.

    Example:
        >>> figure, axes = new(ncols=2)
        >>> axes.shape
        (2,)
        >>> plt.close(figure)
    """
    plt.rcParams.update(STYLE)
    options.setdefault("layout", "constrained")
    figure, axes = plt.subplots(nrows, ncols, figsize=(WIDTH, height * nrows), **options)
    return figure, axes


def band(ax: Axes, x: ArrayLike, runs: ArrayLike, *, label: str, color: str) -> None:
    """Draw the mean of several runs and the band that holds the middle four fifths of them.

    Quantiles bound the band, not standard deviations: they stay positive on a logarithmic axis.

    Args:
        ax: Axes to draw on.
        x: Positions, ``(points,)``.
        runs: One row per seed, ``(seeds, points)``; at least 2 rows.
        label: Name in the legend.
        color: A value of ``COLORS``.

    Raises:
        ValueError: If ``runs`` has no two rows or its columns do not match ``x``.
    """
    where, values = np.asarray(x), np.asarray(runs)
    if values.ndim != 2 or len(values) < 2 or values.shape[1:] != where.shape:
        raise ValueError(f"needed runs of shape (at least 2, {where.size}), got {values.shape}")
    low, high = np.quantile(values, (0.1, 0.9), axis=0)
    ax.plot(where, values.mean(axis=0), color=color, label=label)
    ax.fill_between(where, low, high, color=color, alpha=0.2, linewidth=0)
