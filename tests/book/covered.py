"""What the syllabus asks of each page, what the page says it covers, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup, Tag

from course_lib.publish.pages import ROOT

FOLDER = Path(__file__).with_name("coverage")
#: A section that covers a row says something about it.
FEWEST_WORDS = 80
BLOCK = re.compile(r"^(p|h\d|li|d[dt]|t[dh]|pre|div|fig\w+|section)$")

Row = dict[str, Any]


@cache
def syllabus() -> dict[str, dict[Any, Any]]:
    """Rows, figures and corrections of the sources, with the places they belong to."""
    return read("syllabus")


def read(name: str) -> dict[str, dict[Any, Any]]:
    """One file of coverage: the syllabus', or a page's own."""
    held: dict[str, dict[Any, Any]] = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))
    return held


def pages() -> dict[int | str, str]:
    """The pages that are written, by chapter: `9` is `09_momentum`, `index` the first page."""
    toc = (ROOT / "_toc.yml").read_text("utf-8")
    stems = re.findall(r"file: book/(\d\d_\w+)$", toc, re.M)
    return {"index": "index"} | {int(stem[:2]): stem for stem in stems}


def asked(kind: str, place: int | str) -> set[str]:
    """Ids of the rows or corrections that the syllabus gives to a chapter."""
    return {name for name, places in syllabus()[kind].items() if place in places}


def faults(page: BeautifulSoup, rows: dict[str, Row]) -> Iterator[str]:
    """What a built page lacks of the rows it says it covers."""
    for name, row in rows.items():
        section = section_at(page, row["anchor"])
        if section is None:
            yield f"{name}: no section at #{row['anchor']}"
            continue
        if (words := len(prose(section))) < FEWEST_WORDS:
            yield f"{name}: {words} words at #{row['anchor']}, needed {FEWEST_WORDS}"
        text = everything(section)
        for fact in row["facts"]:
            if spaced(fact) not in text:
                yield f"{name}: {fact!r} is not at #{row['anchor']}"


def section_at(page: BeautifulSoup, anchor: str) -> Tag | None:
    """The section of that id, or the innermost one that holds the id; never the whole page."""
    found = page.find(id=anchor)
    section = found if found is None or found.name == "section" else found.find_parent("section")
    return section if section is not None and section.find_parent("section") else None


def prose(section: Tag) -> list[str]:
    """The words a section says: no code, no formulas, no drawings."""
    text = without(section, ["pre", "script", "style", "svg", "summary", ".math", ".katex"])
    return [word for word in text.split() if re.search(r"[^\W\d_]{2}", word)]


def everything(section: Tag) -> str:
    """All a section shows, code and captions included; a formula stands as its TeX."""
    return without(section, ["script", "style", "svg", ".katex-html", "semantics > mrow"])


def without(section: Tag, selectors: list[str]) -> str:
    copy = BeautifulSoup(str(section), "html.parser")
    for unwanted in copy.select(", ".join(selectors)):
        unwanted.decompose()
    for block in copy.find_all(BLOCK):
        block.append(" ")  # so that the last word of one and the first of the next stay two
    return spaced(copy.get_text())


def spaced(text: str) -> str:
    """A text with single spaces and no line breaks."""
    return " ".join(text.split())
