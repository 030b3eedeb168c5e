"""Show a figure that stands still."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.figures.markup import figure_html, figure_id, need_text, publish_figure, svg_of


def show(fig: Figure, *, key: str, alt: str, caption: str, data: Mapping[str, ArrayLike]) -> None:
    """Display a figure with its number, its caption and a text for those who do not see it.

    The drawing goes into the page as SVG and follows its light or dark text colour. The figure is
    closed. The plotted arrays travel with the cell's output, where a test reads them.

    Args:
        fig: The drawing, from ``new``.
        key: Number of the figure, ``"F-chapter.number"``.
        alt: What the picture shows, in one or two sentences.
        caption: What to see in it; ``$...$`` is mathematics.
        data: The plotted arrays, by name; at least one.

    Raises:
        ValueError: If the key is no figure's key, a text is empty, or there is no data.
    """
    need_text(alt=alt, caption=caption)
    if not data:
        raise ValueError("needed the plotted arrays in data, got none")
    drawing = svg_of(fig, figure_id(key), alt)
    publish_figure(figure_html(key, drawing, caption), key, alt, data)
