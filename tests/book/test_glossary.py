"""The glossary is whole, in two languages; chapters link to it; its index finds the sections."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from course_lib.editions.library import ROOT
from course_lib.publish.build import build
from tests.book import covered
from tests.book.extensions import extension
from tests.book.test_strict import write_book

glossary = extension("glossary")
term_index = extension("term_index")  # which imports the glossary
ENTRIES = {entry.term: entry for entry in glossary.entries(str(ROOT))}
CHAPTERS = [page for place, page in covered.pages().items() if place != "index"]


def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def found(text: str) -> list[str]:
    return [term for term, _ in glossary.uses(str(ROOT), text)]


def test_every_pair_of_the_syllabus_has_an_entry() -> None:
    wanted = covered.syllabus()["terms"]
    assert len(wanted) == 172 and set(ENTRIES) == set(wanted)
    assert [t for t in wanted if not ENTRIES[t].russian.startswith(wanted[t])] == []


def test_every_entry_explains_its_term_in_one_sentence() -> None:
    wrong = [e.term for e in ENTRIES.values() if not re.fullmatch(r"[A-Z][^.]{15,}\.", e.meaning)]
    assert wrong == []
    assert len({entry.meaning for entry in ENTRIES.values()}) == len(ENTRIES)


def test_no_form_stands_for_two_terms() -> None:
    forms = [glossary.plain(form) for entry in ENTRIES.values() for form in entry.forms]
    assert [form for form in forms if forms.count(form) > 1] == []


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The batch size of a batch", ["batch size", "batch"]),
        ("a Learning\nrate, two learning-rates", ["learning rate", "learning rate"]),
        ("by Newton's method or by Newton’s", ["Newton's method"]),
        ("mini-batch", ["mini-batch"]),
        ("a batched dropouts-like unweight", []),
    ],
)
def test_a_term_is_found_in_each_of_its_forms_and_within_no_other_word(
    text: str, terms: list[str]
) -> None:
    assert found(text) == terms


def chapter() -> nodes.document:
    """A page: a heading, code, a link and then running text, each with a term."""
    document = new_document("book/01_page")
    section = nodes.section(ids=["one"])
    document += section
    section += nodes.title("", "Momentum")
    section += nodes.paragraph("", "", nodes.literal("", "momentum"), nodes.Text(" or "))
    section[1] += nodes.reference("", "momentum", refuri="nowhere")
    section += nodes.paragraph("", "The momentum, momentum, and the velocity.")
    return document


def test_the_first_use_in_running_text_becomes_a_link() -> None:
    document = chapter()
    glossary.link_first_uses(str(ROOT), "book/01_page", document)
    links = list(document.findall(addnodes.pending_xref))
    assert [link["reftarget"] for link in links] == ["momentum", "velocity"]
    assert all(link.parent is document[0][2] for link in links)
    assert document[0][2].astext() == "The momentum, momentum, and the velocity."


def test_the_uses_of_a_section_are_those_of_its_words() -> None:
    (use,) = term_index.count_uses(str(ROOT), chapter())
    assert (use.anchor, use.title) == ("one", "Momentum")
    assert use.counts == {"momentum": 4, "velocity": 1}


BOOK = {
    "01_balls": "A ball has momentum.\n\n(sec-speed)=\n## Speed\n\nIts velocity is `momentum`.",
    "02_again": "## Momentum\n\n`velocity` and momentum.\n\n## Summary\n\nMomentum, momentum.",
    "glossary": "```{course-glossary}\n```",
    "terms": "```{term-index}\n```",
}
DATA = """\
- {term: momentum, russian: импульс, meaning: A thing that stays., taught: 01_balls}
- {term: velocity, russian: скорость, meaning: A thing that moves., taught: sec-speed}
"""


@pytest.mark.slow
def test_a_book_gets_its_glossary_its_links_and_its_index(tmp_path: Path) -> None:
    write_book(tmp_path, BOOK)
    (tmp_path / "book" / "glossary.yml").write_text(DATA, "utf-8")
    site = build(root=tmp_path) / "book"
    links = [(a.get_text(), a["href"]) for a in soup(site / "02_again.html").select("p a.internal")]
    assert links == [("momentum", "glossary.html#term-momentum")]
    (russian, _) = soup(site / "glossary.html").select("[lang=ru]")
    assert russian.get_text() == "импульс"
    entries = soup(site / "terms.html").select(".course-index dd")
    found = [[(a.get_text(), a["href"]) for a in entry.select("a")] for entry in entries]
    assert found == [
        [("1 A page called 01_balls", "01_balls.html"), ("2 Momentum", "02_again.html#momentum")],
        [("1 Speed", "01_balls.html#sec-speed")],
    ]


@pytest.mark.book
def test_the_page_shows_both_languages_and_leads_to_where_a_term_is_taught(site: Path) -> None:
    page = soup(site / "book" / "glossary.html")
    shown = page.select("dl.course-glossary > dt")
    assert len(shown) == len(ENTRIES)
    for term in shown:
        russian, meaning = term.select_one("[lang=ru]"), term.find_next_sibling("dd")
        assert russian is not None and isinstance(meaning, Tag)
        entry = next(e for e in ENTRIES.values() if e.russian == russian.get_text() in term.text)
        assert meaning.select_one("a[href]"), f"{entry.term}: {entry.taught} is not written"


@pytest.mark.book
@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_links_to_the_glossary_each_term_once(page: str, site: Path) -> None:
    article = soup(site / "book" / f"{page}.html").select_one("article")
    assert article is not None
    links = [str(mark.find_parent("a")["href"]) for mark in article.select(".course-term")]
    assert len(links) >= 5 and len(set(links)) == len(links)
    assert all(link.startswith("glossary.html#term-") for link in links)
    assert not article.select("h1 .course-term, h2 .course-term, pre .course-term, a a")


@pytest.mark.book
def test_the_index_leads_each_term_to_sections_that_use_it(site: Path) -> None:
    page = soup(site / "book" / "terms.html")
    listed = {dt.get_text(): dt.find_next_sibling("dd") for dt in page.select(".course-index dt")}
    assert set(listed) == set(ENTRIES)
    chapters = {name: soup(site / "book" / f"{name}.html") for name in CHAPTERS}
    for term, links in listed.items():
        assert isinstance(links, Tag)
        for link in links.select("a[href]"):
            if link.find_parent("strong") is None:
                name, _, anchor = str(link["href"]).partition(".html#")
                section = chapters[name].find(id=anchor)
                assert isinstance(section, Tag) and term in found(section.get_text(" "))
