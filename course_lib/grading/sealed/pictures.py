"""Figures become PNG pictures with one drawing, where IPython draws each of them twice.

IPython cuts a picture to what is on it, and draws it once to find that out. Here it is drawn with
room to spare, and cut along its pixels.
"""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from IPython.core import pylabtools
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.transforms import Bbox
from PIL import Image

Pixels = np.ndarray[Any, Any]

ROOM = 1.0
"""Inches around a figure that what stands out of it may take."""

MARGIN = 0.1
"""Inches left around what is on a picture, as IPython leaves."""

TABLES = (
    ("OS/2", "sTypoAscender", "sTypoDescender", "sTypoLineGap"),
    ("hhea", "ascent", "descent", "lineGap"),
)
"""Where fonts say how high they are, in the order in which matplotlib looks."""


def png(figure: Figure) -> Any:
    """The picture of a figure; None of an empty one."""
    if not figure.axes and not figure.lines:
        return None
    for axes in figure.axes:
        axes.apply_aspect()
    width, height = figure.get_size_inches()
    raw = io.BytesIO()
    figure.canvas.print_figure(
        raw,
        format="raw",
        dpi=figure.dpi,
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        bbox_inches=Bbox.from_extents(-ROOM, -ROOM, width + ROOM, height + ROOM),
    )
    sizes = (int((height + 2 * ROOM) * figure.dpi), int((width + 2 * ROOM) * figure.dpi))
    pixels = np.frombuffer(raw.getbuffer(), np.uint8).reshape(*sizes, 4)
    if any((edge != pixels[0, 0]).any() for edge in (pixels[0], pixels[-1], pixels[:, -1])):
        return by_ipython(figure)  # something stands out farther
    out = io.BytesIO()
    cut = cropped(pixels, round(MARGIN * figure.dpi))
    Image.fromarray(cut).save(out, format="png", compress_level=1)
    return out.getvalue()


by_ipython: Any = pylabtools.print_figure


def cropped(pixels: Pixels, margin: int) -> Pixels:
    """Pixels without the rows and columns outside that are all of the first one's colour.

    Example:
        >>> empty = np.zeros((9, 9, 4), np.uint8)
        >>> empty[4, 5] = 1
        >>> cropped(empty, 1).shape
        (3, 3, 4)
    """
    drawn = (pixels != pixels[0, 0]).any(2)
    cuts = []
    for axis in (1, 0):
        found = np.flatnonzero(drawn.any(axis))
        low, high = (found[0], found[-1]) if len(found) else (0, len(drawn))
        cuts.append(slice(max(low - margin, 0), high + 1 + margin))
    return np.ascontiguousarray(pixels[tuple(cuts)])


def prepare() -> None:
    """Let renderers remember how large a text is: every figure has a renderer of its own."""
    drawing: Any = RendererAgg
    measured = drawing.get_text_width_height_descent

    @lru_cache(4096)
    def size(text: str, font: FontProperties, math: Any, dpi: float) -> Any:
        return measured(_small(dpi), text, font, math)

    def remembered(renderer: Any, text: str, font: FontProperties, math: Any) -> Any:
        return size(text, font.copy(), math, renderer.dpi)

    def heights(renderer: Any, font: FontProperties) -> tuple[float | None, ...]:
        return _heights(font.copy(), renderer.dpi)

    drawing.get_text_width_height_descent = remembered
    drawing._get_font_height_metrics = heights


@lru_cache(8)
def _small(dpi: float) -> Any:
    """A renderer to measure with: one that is drawn on would be kept alive."""
    drawing: Any = RendererAgg
    return drawing(1, 1, dpi)


@lru_cache(256)
def _heights(properties: FontProperties, dpi: float) -> tuple[float | None, ...]:
    """Ascent, descent and gap of a font in pixels, as matplotlib finds them; None if it has none.

    Args:
        properties: Of the font.
        dpi: Pixels an inch.
    """
    manager: Any = fontManager
    font: Any = get_font(manager._find_fonts_by_props(properties))
    for name, ascent, descent, gap in TABLES:
        if (table := font.get_sfnt_table(name)) is not None:
            units = font.get_sfnt_table("head")["unitsPerEm"]
            scale = properties.get_size_in_points() * dpi / 72 / units
            return table[ascent] * scale, -table[descent] * scale, table[gap] * scale
    return None, None, None
