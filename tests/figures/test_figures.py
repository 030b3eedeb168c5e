"""The house style, and what a displayed figure hands to the page and to the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from course_lib.figures import COLORS, band, contours, new, show, widget
from course_lib.figures.markup import DATA_KEY, figure_id, jsonable

LIGHT, DARK = "#ffffff", "#121212"
DRAWN = {"key": "F-9.2", "alt": "A line.", "caption": "See $a<b$."}


@pytest.fixture(autouse=True)
def _no_figure_left_open() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What cells would display: bundles and their metadata."""
    found: list[tuple[dict[str, str], dict[str, Any]]] = []
    monkeypatch.setattr(
        "IPython.display.display",
        lambda bundle, raw, metadata: found.append((bundle, metadata)),
    )
    return found


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", COLORS)
@pytest.mark.parametrize("ground", [LIGHT, DARK])
def test_every_colour_is_readable_on_light_and_dark(role: str, ground: str) -> None:
    assert contrast(COLORS[role], ground) >= 3


def test_a_figure_reaches_the_page_as_a_named_drawing_in_the_pages_colour(
    displayed: list[Any],
) -> None:
    figure, axes = new()
    axes.plot([0, 1], [1, 0], color="black")
    show(figure, **DRAWN, data={"y": [1, 0]})
    ((bundle, metadata),) = displayed
    markup = bundle["text/html"]
    assert 'id="fig-9-2"' in markup and 'aria-label="A line."' in markup
    assert "See $a&lt;b$." in markup
    assert "currentColor" in markup and "#000000" not in markup and "<?xml" not in markup
    assert metadata[DATA_KEY] == {"key": "F-9.2", "alt": "A line.", "data": {"y": [1, 0]}}
    assert plt.get_fignums() == []


def test_two_figures_on_a_page_share_no_id(displayed: list[Any]) -> None:
    for key in ("F-9.2", "F-9.3"):
        figure, axes = new()
        axes.plot([0, 1])
        show(figure, **DRAWN | {"key": key}, data={"y": [0, 1]})
    first, second = (set(re.findall(r'\bid="([^"]+)"', b["text/html"])) for b, _ in displayed)
    assert first and not first & second


def test_the_same_figure_is_the_same_text(displayed: list[Any]) -> None:
    for _ in range(2):
        figure, axes = new()
        axes.plot([0, 1])
        show(figure, **DRAWN, data={"y": [0, 1]})
    assert displayed[0] == displayed[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "9.2"}, "needed a figure's key like 'F-9.2', got '9.2'"),
        ({"alt": " "}, "needed a text for alt"),
        ({"caption": ""}, "needed a text for caption"),
        ({"data": {}}, "needed the plotted arrays in data, got none"),
    ],
)
def test_a_figure_without_key_words_or_data_is_refused(
    change: dict[str, Any], message: str
) -> None:
    figure, _ = new()
    with pytest.raises(ValueError, match=re.escape(message)):
        show(figure, **DRAWN | {"data": {"y": [1]}} | change)


def test_a_drawing_too_heavy_for_a_page_is_refused() -> None:
    figure, axes = new()
    with plt.rc_context({"path.simplify": False}):
        axes.plot(np.random.default_rng(0).normal(size=60_000))
        with pytest.raises(ValueError, match="thin the curves or rasterize the fills"):
            show(figure, **DRAWN, data={"y": [1]})


def test_a_band_holds_the_middle_four_fifths_of_the_runs() -> None:
    _, axes = new()
    runs = np.arange(11.0)[:, None] * np.ones((11, 3))
    band(axes, [0, 1, 2], runs, label="runs", color=COLORS["adam"])
    (area,), (line,) = axes.collections, axes.lines
    heights = area.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((1, 9))
    assert line.get_ydata() == pytest.approx([5, 5, 5])


@pytest.mark.parametrize("shape", [(3,), (1, 3), (4, 2)])
def test_a_band_refuses_runs_that_are_none(shape: tuple[int, ...]) -> None:
    _, axes = new()
    with pytest.raises(ValueError, match=r"needed runs of shape \(at least 2, 3\), got"):
        band(axes, [0, 1, 2], np.zeros(shape), label="runs", color=COLORS["adam"])


def test_a_widget_is_a_picture_with_data_for_the_script(displayed: list[Any]) -> None:
    figure, axes = new()
    axes.plot([0, 1])
    data = {"start": torch.tensor([1.0, 2.0]), "steps": 3, "sliders": {"eta": [0.1, 2, 1]}}
    widget("ravine", figure, **DRAWN, data=data)
    ((bundle, metadata),) = displayed
    markup = bundle["text/html"]
    assert 'data-widget="ravine"' in markup and "<svg" in markup
    source = re.search(r'<script type="application/json">(.*?)</script>', markup)
    assert source is not None
    assert json.loads(source[1]) == metadata[DATA_KEY]["data"]
    assert metadata[DATA_KEY]["data"]["start"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("lathe", {}, "needed a kind among .*, race, got 'lathe'"),
        ("ravine", {"steps": 3}, "got no start, sliders"),
    ],
)
def test_a_widget_refuses_what_the_script_could_not_play(
    kind: str, data: dict[str, Any], message: str
) -> None:
    figure, _ = new()
    with pytest.raises(ValueError, match=message):
        widget(kind, figure, **DRAWN, data=data)


def test_data_is_plain_json_whatever_holds_the_numbers() -> None:
    given = {"a": torch.tensor([1.5]), "b": np.float64(2), "c": [float("nan"), True, "x"], 3: None}
    assert jsonable(given) == {"a": [1.5], "b": 2.0, "c": [None, True, "x"], "3": None}


def test_contours_lie_at_their_level() -> None:
    lines = contours(lambda p: p.square().sum(-1), (-2, 2), (-2, 2), levels=[1.0, 2.0])
    radii = {round(float(np.hypot(*point)), 1) for line in lines for point in line}
    assert radii == {1.0, 1.4}


def test_a_figures_anchor_follows_from_its_key() -> None:
    assert figure_id("F-10.1") == "fig-10-1"
