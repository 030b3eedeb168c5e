"""The one bibliography holds what the sources cite, and the links they hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_lib.editions.library import ROOT
from tests.book import covered

KEYS = re.findall(r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.M)
LINKS = 22


def test_every_reference_of_the_sources_is_in_the_bibliography() -> None:
    wanted = covered.syllabus()["references"]
    assert len(wanted) == 87 and [key for key in wanted if key not in KEYS] == []


def test_no_reference_stands_there_twice() -> None:
    assert [key for key in KEYS if KEYS.count(key) > 1] == []


def test_there_is_one_bibliography() -> None:
    pages = [page for page in (ROOT / "book").rglob("*.md") if "{bibliography}" in page.read_text()]
    assert [page.stem for page in pages] == ["bibliography"]


@pytest.mark.book
def test_the_page_shows_every_work_and_what_became_of_every_link(site: Path) -> None:
    text = (site / "book" / "bibliography.html").read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert len(page.select("div.citation")) == len(KEYS)
    rows = page.select("#sec-source-links ~ * tbody tr, section:has(#sec-source-links) tbody tr")
    assert len(rows) == LINKS
    assert all(row.select("td")[-1].get_text(strip=True) for row in rows)
