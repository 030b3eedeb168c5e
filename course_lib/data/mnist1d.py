"""MNIST-1D: ten short signals, one for each digit, padded, stretched, shifted and blurred.

The templates are those of the ``mnist1d`` package; the examples are drawn here, all at once and
from a generator of their own, so that nothing is downloaded and no global random state moves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.data.personal import personal_seed, variant
from course_lib.data.split import Split, shuffled_split

Array = NDArray[np.float64]

TEMPLATE, LONGEST_PAD, SHORTEST_PAD = 12, 60, 36
LENGTH = TEMPLATE + LONGEST_PAD  # points of a signal while it is worked on
POINTS = 40  # points of a finished signal


def mnist1d(
    *,
    examples: int = 5000,
    validation: int = 500,
    test: int = 1000,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    student: str | None = None,
) -> Split:
    """Draw MNIST-1D signals, ten classes with equally many of each, shuffled and split.

    Signals are standardized by the mean and the standard deviation of the training part, one of
    each for all points. A student's variant has draws of its own and values in a unit of its own:
    ``scale * (value + offset)``, where the id decides scale (from 1/4 to 4) and offset (from -1
    to 1).

    Args:
        examples: Signals in all, a multiple of 10.
        validation: Signals to choose settings by; at least 1.
        test: Signals to report on once; at least 1.
        seed: What the draws and the shuffle depend on.
        dtype: Floating-point type of the signals.
        student: A student's id for that student's variant; None for the common one.

    Returns:
        Three pairs of signals ``(count, 40)`` and labels ``(count,)``, integers from 0 to 9.

    Raises:
        ValueError: If ``examples`` is no multiple of 10, a part would be empty, or ``student`` is
            an empty text.

    Example:
        >>> split = mnist1d(examples=500, validation=50, test=100)
        >>> [tuple(signals.shape) for signals, _ in split]
        [(350, 40), (50, 40), (100, 40)]

    Source:
        Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, 2024, section 2; the
        constants are the defaults of the ``mnist1d`` package.
    """
    if examples % 10:
        raise ValueError(f"examples must be a multiple of 10, got {examples}")
    own_seed = personal_seed("mnist1d", seed, student)
    signals, labels = _drawn(examples, own_seed)
    split = shuffled_split(
        torch.tensor(signals),
        torch.tensor(labels),
        validation=validation,
        test=test,
        seed=own_seed,
        what="signal",
    )
    mean, std = split.train[0].mean(), split.train[0].std()
    measure = variant("mnist1d", student).measure
    return Split(*((measure((x - mean) / std).to(dtype), y) for x, y in split))


@lru_cache(maxsize=8)
def _drawn(examples: int, seed: int) -> tuple[Array, NDArray[np.int64]]:
    """Signals ``(examples, 40)`` and labels ``(examples,)``, class by class; kept in memory."""
    # The package draws in matplotlib and requests, and only this function needs it.
    from mnist1d.data import get_templates

    templates: Array = get_templates()["x"]
    labels = np.repeat(np.arange(len(templates)), examples // len(templates))
    return transformed(templates[labels], draw(examples, seed)), labels


def draw(examples: int, seed: int) -> dict[str, Any]:
    """All that chance decides about a number of signals.

    Args:
        examples: Number of signals.
        seed: Seed of the generator, which is made here.

    Returns:
        For each signal ``pad`` (zeros added at its end), ``stretch`` (factor on its height),
        ``shift`` (places it is turned to the right), ``tilt`` (drop from its first to its last
        point), each ``(examples,)``, and ``correlated`` and ``independent`` noise, each
        ``(examples, 72)`` before smoothing.
    """
    random = np.random.default_rng(seed)
    return {
        "pad": random.integers(SHORTEST_PAD, LONGEST_PAD, size=examples, endpoint=True),
        "stretch": 1 + 0.4 * (random.random(examples) - 0.5),
        "shift": random.integers(48, size=examples),
        "correlated": 0.25 * random.standard_normal((examples, LENGTH)),
        "independent": 0.02 * random.standard_normal((examples, LENGTH)),
        "tilt": 0.75 * (random.random(examples) - 0.5),
    }


def transformed(templates: Array, chance: dict[str, Any]) -> Array:
    """Signals made of templates as ``mnist1d`` makes them.

    Args:
        templates: One template for each signal, ``(examples, 12)``.
        chance: What :func:`draw` returns.

    Returns:
        Signals, ``(examples, 40)``, not yet standardized.
    """
    from scipy.ndimage import gaussian_filter1d

    padded = np.pad(templates, ((0, 0), (0, LENGTH + 1 - TEMPLATE)))
    places = np.linspace(0, 1, LENGTH) * (TEMPLATE + chance["pad"][:, None] - 1)
    signals = between(padded, places) * chance["stretch"][:, None]  # (examples, 72)
    turned = (np.arange(LENGTH) - chance["shift"][:, None]) % LENGTH
    signals, drawn = (
        np.take_along_axis(part, turned, axis=1) for part in (signals, places < TEMPLATE - 1e-9)
    )
    smooth = gaussian_filter1d(chance["correlated"], 2, axis=1)
    signals = np.where(drawn, signals, smooth) + chance["independent"]
    signals -= chance["tilt"][:, None] * np.linspace(-0.5, 0.5, LENGTH)
    ends = np.broadcast_to(np.linspace(0, LENGTH - 1, POINTS), (len(signals), POINTS))
    return between(signals, ends)  # (examples, 40)


def between(signals: Array, places: Array) -> Array:
    """Signals read at places between their points, along straight lines.

    Args:
        signals: ``(examples, points)``.
        places: Where to read, counted in points from 0; ``(examples, places)``.

    Returns:
        Values, ``(examples, places)``.
    """
    left = np.minimum(places.astype(int), signals.shape[1] - 2)
    low, high = (np.take_along_axis(signals, left + side, axis=1) for side in (0, 1))
    values: Array = low + (places - left) * (high - low)
    return values
