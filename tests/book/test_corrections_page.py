"""The data file of the corrections, the cells that show them and the page agree, for all 77."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, SoupStrainer, Tag

from course_lib.editions.library import ROOT
from tests.book import covered
from tests.book.chapter import corrections
from tests.book.extensions import extension

correction_list = extension("correction_list")
LISTED = {correction.claim: correction for correction in correction_list.corrections(ROOT)}
PAGES = {place: page for place, page in covered.pages().items() if isinstance(place, int)}


#: What Sphinx sets for typed characters in running text, but not in what a cell displays.
TYPOGRAPHY = str.maketrans({"…": "...", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "--"})


def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def boxes_of(page: Path) -> BeautifulSoup:
    """The corrections that a chapter shows; to read no more of a page saves most of the time."""
    only = SoupStrainer("div", class_="course-correction")
    return BeautifulSoup(page.read_text("utf-8"), "html.parser", parse_only=only)


def typed(text: str) -> str:
    """A text as it was typed."""
    return text.translate(TYPOGRAPHY)


def said(box: Tag) -> str:
    """What a box in a chapter says is right, its second entry."""
    return covered.everything(box.select("dd")[1])


def right(entry: Tag) -> str:
    """What an entry of the page says is right, without the word before it."""
    return covered.everything(entry.find_all("p")[-1]).removeprefix("Right: ")


def test_the_data_file_holds_the_77_corrections_of_the_syllabus() -> None:
    wanted = covered.syllabus()["corrections"]
    assert len(LISTED) == 77 and set(LISTED) == set(wanted)
    misplaced = [c.claim for c in LISTED.values() if c.chapter not in wanted[c.claim]]
    assert misplaced == []


def test_every_entry_says_what_is_said_where_and_of_which_kind() -> None:
    for correction in LISTED.values():
        assert correction.kind in correction_list.KINDS, correction.claim
        assert len(correction.says.split()) >= 3 and correction.where, correction.claim


def test_each_correction_is_a_cell_of_its_chapter() -> None:
    cells = {(claim, place) for place, page in PAGES.items() for claim in corrections(page)}
    assert {(c.claim, c.chapter) for c in LISTED.values()} - cells == set()
    assert {claim for claim, _ in cells} <= set(LISTED)


def test_what_is_right_is_taken_from_the_cell() -> None:
    code = (
        'def rule():\n    """It is\n    so."""\n\n\ndef other():\n    """It is not."""\n\n\n'
        'correct("C-99", says=other, right=rule, holds=test, because="")\nincorrect("C-98")'
    )
    assert dict(correction_list.shown(code)) == {"C-99": "It is so."}


@pytest.mark.book
def test_the_page_lists_each_correction_once_in_the_words_of_its_cell(site: Path) -> None:
    entries = soup(site / "book" / "corrections.html").select("dl.course-corrections > dt")
    assert sorted(entry.get_text().split()[0] for entry in entries) == sorted(LISTED)
    boxes = {place: boxes_of(site / "book" / f"{page}.html") for place, page in PAGES.items()}
    for entry in entries:
        link, words = entry.find("a"), entry.find_next_sibling("dd")
        assert isinstance(link, Tag) and isinstance(words, Tag)
        correction = LISTED[link.get_text()]
        anchor = correction.claim.lower()
        assert link["href"] == f"{PAGES[correction.chapter]}.html#{anchor}"
        box = boxes[correction.chapter].find(id=anchor)
        assert isinstance(box, Tag) and typed(right(words)) == typed(said(box))
