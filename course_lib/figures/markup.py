"""From a matplotlib figure to the HTML of one figure of the book."""

from __future__ import annotations

import html
import io
import json
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from course_lib.figures.style import STYLE

#: Where a test finds the plotted arrays: in the metadata of the cell's output.
DATA_KEY = "course_figure"

_KEY = re.compile(r"F-(\d+)\.(\d+)")
_LARGEST_SVG = 900_000


def figure_id(key: str) -> str:
    """Return the anchor of a figure.

    Raises:
        ValueError: If ``key`` is not of the form ``F-chapter.number``.

    Example:
        >>> figure_id("F-9.2")
        'fig-9-2'
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"needed a figure's key like 'F-9.2', got {key!r}")
    return f"fig-{match[1]}-{match[2]}"


def svg_of(figure: Figure, name: str, alt: str) -> str:
    """Return ``figure`` as an SVG element that takes the page's text colour, and close it.

    Args:
        figure: What to draw.
        name: Prefix of every id inside, so that two figures on a page never share one.
        alt: What the picture shows, for those who do not see it.

    Raises:
        ValueError: If the drawing is too heavy for a page.
    """
    buffer = io.StringIO()
    with plt.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = buffer.getvalue()
    if len(svg) > _LARGEST_SVG:
        raise ValueError(
            f"needed a picture under {_LARGEST_SVG} characters, got {len(svg)}: "
            "thin the curves or rasterize the fills"
        )
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    # The same image drawn twice would have one id; nothing points to it.
    svg = re.sub(r'(<image [^>]*?)\bid="[^"]*" ?', r"\1", svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\1{name}-", svg)
    svg = svg.replace("#000000", "currentColor")
    head = f'<svg class="course-svg" fill="currentColor" role="img" aria-label="{_quoted(alt)}"'
    return head + svg.removeprefix("<svg").rstrip()


def figure_html(key: str, body: str, caption: str, extra: str = "") -> str:
    """Wrap a drawing in a captioned ``<figure>``; ``extra`` is attributes of that element."""
    name = figure_id(key)
    number = name.removeprefix("fig-").replace("-", ".")
    return (
        f'<figure class="course-figure" id="{name}" data-key="{key}"{extra}>\n'
        f'<div class="course-stage" tabindex="0" role="group" aria-label="Figure {number}">'
        f"{body}</div>\n"
        f'<figcaption><span class="course-number">Figure {number}.</span> '
        f"{html.escape(caption, quote=False)}</figcaption>\n</figure>"
    )


def publish(markup: str, plain: str, **metadata: Any) -> None:
    """Display ``markup`` as a cell's output; ``plain`` stands where no HTML is shown."""
    # IPython is there wherever a cell runs; a library import must not need it.
    from IPython.display import display

    bundle = {"text/html": markup, "text/plain": plain}
    display(bundle, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]


def publish_figure(markup: str, key: str, alt: str, data: Mapping[str, Any]) -> None:
    """Display a figure, with the plotted numbers in the metadata of the output."""
    record = {"key": key, "alt": alt, "data": jsonable(data)}
    publish(markup, f"Figure {key}: {alt}", **{DATA_KEY: record})


def jsonable(value: Any) -> Any:
    """Return ``value`` as plain JSON data; numbers keep 9 digits, what is not finite is ``None``.

    Example:
        >>> jsonable({"loss": np.array([1.0, np.inf])})
        {'loss': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    return jsonable(_array(value).tolist())


def script_json(data: Mapping[str, Any]) -> str:
    """Return ``data`` as a JSON element that a page's script reads."""
    text = json.dumps(jsonable(data), separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'


def need_text(**texts: str) -> None:
    """Refuse an empty text.

    Raises:
        ValueError: Naming the first argument that is empty.
    """
    for name, text in texts.items():
        if not text.strip():
            raise ValueError(f"needed a text for {name}, got {text!r}")


def _array(value: ArrayLike) -> np.ndarray[Any, Any]:
    detach = getattr(value, "detach", None)
    return np.asarray(detach() if detach else value)


def _quoted(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=True)
