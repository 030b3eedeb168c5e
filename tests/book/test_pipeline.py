"""The strip of the pipeline: all stages in order, the current ones marked, links where there are
pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from course_lib.editions.library import ROOT
from course_lib.publish.build import BuildFailed, build
from tests.book import covered
from tests.book.extensions import extension
from tests.book.test_strict import write_book

pipeline = extension("pipeline")

#: The chapters that walk through the pipeline, and the stages each is about.
STANDS = {
    1: ["Problem statement"],
    2: ["Data collection", "Data preparation"],
    3: ["Metrics"],
    23: ["Performance", "Deployment"],
    24: [stage.title for stage in pipeline.STAGES.values()],
}


def strips(page: Path) -> list[Tag]:
    return list(BeautifulSoup(page.read_text("utf-8"), "html.parser").select("nav.pipeline"))


def marked(strip: Tag) -> list[str]:
    return [stage.get_text() for stage in strip.select("li[aria-current]")]


def test_the_stages_are_those_of_the_pipeline() -> None:
    titles = [stage.title for stage in pipeline.STAGES.values()]
    assert titles[:3] == ["Problem statement", "Data collection", "Metrics"]
    assert titles[3:] == ["Data preparation", "Training", "Performance", "Deployment"]


@pytest.mark.slow
def test_a_strip_marks_its_stages_and_links_to_pages_that_are_written(tmp_path: Path) -> None:
    bodies = {
        "01_harder_than_it_looks": "```{pipeline} problem\n```",
        "02_data": "```{pipeline} data preparation\n```\n\n(sec-preparation)=\n## A section\n\nIt.",
        "03_metrics": "```{pipeline} metrics\n```",
    }
    write_book(tmp_path, bodies)
    site = build(root=tmp_path)
    for name, number in zip(bodies, (1, 2, 3), strict=True):
        (strip,) = strips(site / "book" / f"{name}.html")
        assert [li.get_text() for li in strip.select("li")] == [
            stage.title for stage in pipeline.STAGES.values()
        ]
        assert marked(strip) == STANDS[number]
    links = {a.get_text(): a["href"] for a in strip.select("a")}
    assert links == {
        "Problem statement": "01_harder_than_it_looks.html",
        "Data collection": "02_data.html",
        "Data preparation": "02_data.html#sec-preparation",
    }


@pytest.mark.slow
def test_a_stage_that_is_none_is_refused(tmp_path: Path) -> None:
    write_book(tmp_path, {"wrong": "```{pipeline} data nosuch\n```"})
    with pytest.raises(BuildFailed, match=r"needed stages out of problem, .*, got nosuch"):
        build(root=tmp_path)


@pytest.mark.book
def test_the_chapters_of_the_pipeline_say_where_they_stand(site: Path) -> None:
    pages = {place: page for place, page in covered.pages().items() if place in STANDS}
    assert pages
    for place, page in pages.items():
        (strip,) = strips(site / "book" / f"{page}.html")
        assert marked(strip) == STANDS[int(place)], page
        built = BeautifulSoup((site / "book" / f"{page}.html").read_text("utf-8"), "html.parser")
        heading = built.select_one("article h1")
        assert heading is not None
        following = heading.find_next(["nav", "p"])
        assert isinstance(following, Tag) and following.get("class") == ["pipeline"], page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_marked_stage_stands_out_on_both_grounds(theme: str) -> None:
    style = (ROOT / "book" / "assets" / "course.css").read_text("utf-8")
    border = re.search(r"\.pipeline \[aria-current\].*border: 2px solid (#\w{6})", style)
    assert border is not None
    ground = {"light": "#ffffff", "dark": "#14181e"}[theme]
    assert contrast(border[1], ground) >= 3


def contrast(one: str, other: str) -> float:
    low, high = sorted(luminance(color) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
