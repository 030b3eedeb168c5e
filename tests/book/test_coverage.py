"""The book holds what its sources hold: every row, every figure, every correction, by id."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book import covered
from tests.book.chapter import corrections
from tests.book.executed import figures

PAGES = covered.pages()
CHAPTERS = {place: page for place, page in PAGES.items() if place != "index"}
SIZES = {"rows": 181, "figures": 106, "corrections": 77}


def wanted_figures(chapter: int | str) -> set[str]:
    return set(covered.syllabus()["figures"].get(chapter, []))


@cache
def claims(page: str) -> set[str]:
    return set(corrections(page)) if page != "index" else set()


def test_the_syllabus_is_whole() -> None:
    held = covered.syllabus()
    listed = [key for keys in held["figures"].values() for key in keys]
    assert {
        "rows": len(held["rows"]),
        "figures": len(set(listed)),
        "corrections": len(held["corrections"]),
    } == SIZES
    assert list(held["figures"]) == list(range(1, 25)) and len(listed) == len(set(listed))
    named = [place for kind in ("rows", "corrections") for p in held[kind].values() for place in p]
    assert set(named) == {"index", *range(1, 25)}
    assert all(p for kind in ("rows", "corrections") for p in held[kind].values())


def test_no_file_of_coverage_is_for_a_page_that_is_none() -> None:
    files = {path.stem for path in covered.FOLDER.glob("*.yml")}
    assert files - {"syllabus"} == set(PAGES.values())


@pytest.mark.parametrize("place", PAGES)
def test_a_page_covers_the_rows_that_the_syllabus_gives_it(place: int | str) -> None:
    assert set(covered.read(PAGES[place])["rows"]) == covered.asked("rows", place)


@pytest.mark.parametrize("place", PAGES)
def test_each_row_names_one_to_four_facts(place: int | str) -> None:
    rows = covered.read(PAGES[place])["rows"]
    assert all(1 <= len(row["facts"]) <= 4 and all(row["facts"]) for row in rows.values())


@pytest.mark.book
@pytest.mark.parametrize("page", PAGES.values())
def test_each_row_stands_in_the_section_that_is_said_to_cover_it(page: str, site: Path) -> None:
    built = (site / "book" / f"{page}.html").read_text("utf-8")
    rows = covered.read(page)["rows"]
    assert list(covered.faults(BeautifulSoup(built, "html.parser"), rows)) == []


@pytest.mark.parametrize("place", PAGES)
def test_figures_of_the_syllabus_are_shown_or_a_better_one_is(place: int | str) -> None:
    held = covered.read(PAGES[place])
    replaced = held["replaced"]
    assert wanted_figures(place) - set(replaced) <= set(held["figures"])
    assert set(replaced) <= wanted_figures(place) - set(held["figures"])
    assert all(len(reason.split()) >= 5 for reason in replaced.values())


@pytest.mark.book
@pytest.mark.parametrize("page", CHAPTERS.values())
def test_a_chapter_shows_the_figures_it_says_it_shows_once(page: str) -> None:
    assert sorted(figures(page)) == sorted(covered.read(page)["figures"])


@pytest.mark.parametrize("page", CHAPTERS.values())
def test_a_chapter_corrects_what_it_says_it_corrects(page: str) -> None:
    assert sorted(claims(page)) == sorted(covered.read(page)["corrections"])


@pytest.mark.parametrize("page", CHAPTERS.values())
def test_a_chapter_corrects_only_claims_that_the_syllabus_gives_it(page: str) -> None:
    assert claims(page) <= covered.asked("corrections", int(page[:2]))


@pytest.mark.parametrize("claim", covered.syllabus()["corrections"])
def test_a_correction_is_a_cell_once_its_chapters_are_written(claim: str) -> None:
    places = covered.syllabus()["corrections"][claim]
    cells = [place for place in places if place in PAGES and claim in claims(PAGES[place])]
    assert cells or not set(places) <= set(PAGES)


def test_the_count_of_what_is_covered_so_far() -> None:
    held = covered.syllabus()
    corrected = {claim for page in CHAPTERS.values() for claim in claims(page)}
    done = {
        "rows": sum(set(places) <= set(PAGES) for places in held["rows"].values()),
        "figures": sum(len(wanted_figures(place)) for place in PAGES),
        "corrections": len(corrected & set(held["corrections"])),
    }
    print(f"{len(CHAPTERS)} of 24 chapters:", ", ".join(f"{done[k]}/{SIZES[k]} {k}" for k in SIZES))
    assert done == SIZES if len(CHAPTERS) == 24 else all(done.values())


SECTION = (
    '<section id="top"><h1>Page</h1><p id="loose">words</p>'
    '<section id="part"><h2>Part</h2><p>The number is forty <b>two</b>.</p>'
    '<span class="math"><span class="katex-mathml"><semantics><mrow>x</mrow>'
    "<annotation>\\eta &lt; 2</annotation></semantics></span></span>"
    '<figure id="fig">A <svg>drawn fact</svg></figure><pre>{code}</pre><p>{words}</p>'
    "</section></section>"
)


def lacking(words: int = 80, anchor: str = "part", fact: str = "forty two") -> list[str]:
    text = SECTION.replace("{words}", "word " * words).replace("{code}", "code " * 200)
    rows = {"000-1": {"anchor": anchor, "facts": [fact]}}
    return list(covered.faults(BeautifulSoup(text, "html.parser"), rows))


@pytest.mark.parametrize("anchor", ["part", "fig"])
@pytest.mark.parametrize("fact", ["forty two", r"\eta < 2", "code code"])
def test_a_section_that_covers_a_row_is_found_sound(anchor: str, fact: str) -> None:
    assert lacking(anchor=anchor, fact=fact) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"fact": "forty three"}, "000-1: 'forty three' is not at #part"),
        ({"fact": "drawn fact"}, "000-1: 'drawn fact' is not at #part"),
        ({"words": 70}, "000-1: 76 words at #part, needed 80"),
        ({"anchor": "nowhere"}, "000-1: no section at #nowhere"),
        ({"anchor": "loose"}, "000-1: no section at #loose"),
        ({"anchor": "top"}, "000-1: no section at #top"),
    ],
)
def test_a_row_that_is_not_covered_would_be_seen(change: dict[str, str], fault: str) -> None:
    assert lacking(**change) == [fault]
