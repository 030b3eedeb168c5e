"""Show a figure that the reader can play with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from course_lib.figures.markup import (
    figure_html,
    figure_id,
    need_text,
    publish_figure,
    script_json,
    svg_of,
)

#: What the book's script can bring to life, and the data each kind needs.
KINDS: Mapping[str, tuple[str, ...]] = {
    "ravine": ("start", "steps", "sliders"),
    "neuron": ("sliders", "examples"),
    "curves": ("curves", "slider", "xlabel", "ylabel"),
    "models": ("coefficients", "x", "y", "sliders"),
    "race": ("surfaces",),
}


def widget(
    kind: str, fig: Figure, *, key: str, alt: str, caption: str, data: Mapping[str, Any]
) -> None:
    r"""Display an interactive figure: a complete picture, made live by the book's script.

    Without the script (in a notebook, or on paper) the picture ``fig`` stands alone.

    ``"ravine"`` runs gradient descent with momentum on the bowl
    :math:`f(x, y) = \tfrac12 (x^2 / \kappa + y^2)`. Its data: ``start`` ``(2,)``, ``steps``, and
    ``sliders``, a dict of ``kappa``, ``eta`` and, if wanted, ``mu``, each ``[low, high, value]``.

    ``"neuron"`` draws the sigmoid unit :math:`\sigma(wx + b)` and its difference from the same unit
    moved to the right. Its data: ``sliders``, a dict of ``w``, ``b`` and ``width``, each
    ``[low, high, value]``, and ``examples``, pairs of ``w`` and ``b``, the last one the start.

    ``"curves"`` draws one of several curves with values from 0 to 1, and tells its mean and last
    value. Its data: ``curves``, a dict from a name to one list of values for each position of the
    slider; ``slider`` with ``label``, ``range`` ``[low, high, value]`` and ``step``; ``xlabel`` and
    ``ylabel``.

    ``"models"`` draws the tangent and the parabola of a polynomial at a point, and a step by each.
    Its data: ``coefficients``, the lowest power first; ``x`` and ``y``, the limits ``(2,)`` each;
    ``sliders``, a dict of ``start`` and ``eta``, each ``[low, high, value]``.

    ``"race"`` plays recorded paths. Its data: ``surfaces``, a dict from a name to ``x`` and ``y``
    (the limits, ``(2,)`` each), ``contours`` (from ``contours``) and ``paths``, a dict from a
    method's name to ``points`` ``(frames, 2)``, ``loss`` ``(frames,)``, ``rate`` and ``color``.

    Args:
        kind: One of ``KINDS``.
        fig: The picture that stands where no script runs.
        key: Number of the figure, ``"F-chapter.number"``.
        alt: What the picture shows, in one or two sentences.
        caption: What to see and to try; ``$...$`` is mathematics.
        data: What the kind needs, as plain numbers, lists and arrays.

    Raises:
        ValueError: If the kind is unknown, a text is empty, or data lacks what the kind needs.
    """
    need_text(alt=alt, caption=caption)
    if kind not in KINDS:
        raise ValueError(f"needed a kind among {', '.join(KINDS)}, got {kind!r}")
    missing = [name for name in KINDS[kind] if name not in data]
    if missing:
        raise ValueError(f"needed {', '.join(KINDS[kind])} in data, got no {', '.join(missing)}")
    body = svg_of(fig, figure_id(key), alt) + script_json(data)
    publish_figure(figure_html(key, body, caption, f' data-widget="{kind}"'), key, alt, data)
