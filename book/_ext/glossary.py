"""The glossary: its page, and the links of the chapters to it, both from ``book/glossary.yml``.

A chapter needs no markup: the first use of a term in its running text becomes a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from links import link
from sphinx.application import Sphinx
from sphinx.domains.std import make_glossary_term
from sphinx.util.docutils import SphinxDirective

PAGE = "book/glossary"
CHAPTER = re.compile(r"book/(\d\d)_")


class Entry(NamedTuple):
    """A term, and where the book teaches it: the label of a section, or a page."""

    term: str
    russian: str
    meaning: str
    taught: str
    words: list[str] | None = None

    @property
    def forms(self) -> list[str]:
        """How the term is written in the chapters."""
        return [self.term] if self.words is None else self.words


@cache
def entries(source: str) -> list[Entry]:
    """Return the entries of the book in a folder, in the order of the alphabet."""
    path = Path(source) / f"{PAGE}.yml"
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return sorted((Entry(**entry) for entry in found), key=lambda entry: entry.term.casefold())


@cache
def terms_by_form(source: str) -> dict[str, str]:
    """Return the term that each form stands for, both plain: small letters, single spaces."""
    return {plain(form): entry.term for entry in entries(source) for form in entry.forms}


@cache
def pattern(source: str) -> re.Pattern[str]:
    """Return what finds any form; the longest wins, so `batch size` is no use of `batch`."""
    forms = sorted(terms_by_form(source), key=len, reverse=True)
    escaped = [re.escape(form).replace(r"\ ", r"[\s-]").replace("'", "['’]") for form in forms]
    return re.compile(rf"(?<![\w-])({'|'.join(escaped)})s?(?![\w-])", re.I)


def plain(form: str) -> str:
    """Return a form with small letters, and spaces for hyphens and line breaks."""
    return re.sub(r"[\s-]+", " ", form).replace("’", "'").casefold()


def uses(source: str, text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Find the terms in a text.

    Args:
        source: Folder of the book.
        text: What to search.

    Yields:
        Each term that is used, and where.
    """
    if terms := terms_by_form(source):
        for match in pattern(source).finditer(text):
            yield terms[plain(match[1])], match


class GlossaryDirective(SphinxDirective):
    """Show all terms: ``{course-glossary}``."""

    def run(self) -> list[nodes.Node]:
        """Build the letters to jump to and the list of terms."""
        self.env.note_dependency(f"{PAGE}.yml")
        items = [self.item(entry) for entry in entries(str(self.env.srcdir))]
        glossary = nodes.definition_list("", *items, classes=["glossary", "course-glossary"])
        anchors = [(item[0].astext()[0].upper(), item[0]["ids"][0]) for item in items]
        return [letters(anchors), glossary]

    def item(self, entry: Entry) -> nodes.definition_list_item:
        """Build one entry."""
        source, line = self.get_source_info()
        name = nodes.Text(entry.term)
        term = make_glossary_term(self.env, [name], None, source, line, None, self.state.document)
        term += [nodes.Text(" "), nodes.inline("", entry.russian, classes=["language-ru"])]
        taught = self.link(entry)
        meaning = nodes.paragraph("", f"{entry.meaning} ", *taught)
        return nodes.definition_list_item("", term, nodes.definition("", meaning))

    def link(self, entry: Entry) -> list[nodes.Node]:
        """Link to where the term is taught; to nothing where that is not written yet."""
        page = f"book/{entry.taught}"
        chapter = bool(CHAPTER.match(page))
        if chapter and page not in self.env.found_docs:
            return []
        kind, target = ("doc", f"/{page}") if chapter else ("ref", entry.taught)
        taught = link(self.env.docname, kind, target, entry.taught, shown=False)
        return [nodes.Text("See "), taught]


def letters(anchors: Iterable[tuple[str, str]]) -> nodes.paragraph:
    """Build a line of letters, each a link to the first entry with it."""
    line = nodes.paragraph(classes=["course-letters"])
    for letter, anchor in {letter: a for letter, a in reversed(list(anchors))}.items():
        line.insert(0, [nodes.reference("", letter, refid=anchor, internal=True), nodes.Text(" ")])
    return line


def link_chapter(app: Sphinx, doctree: nodes.document) -> None:
    """Link a chapter to the glossary, in a book that has one."""
    if CHAPTER.match(app.env.docname) and PAGE in app.env.found_docs:
        link_first_uses(str(app.srcdir), app.env.docname, doctree)


def link_first_uses(source: str, docname: str, doctree: nodes.document) -> None:
    """Turn the first use of each term in running text into a link to the glossary."""
    seen: set[str] = set()
    for text in list(doctree.findall(nodes.Text)):
        if in_running_text(text):
            found = [(t, m) for t, m in uses(source, text) if t not in seen and not seen.add(t)]
            if found:
                text.parent.replace(text, list(linked(text, found, docname)))


def in_running_text(text: nodes.Text) -> bool:
    """Tell whether a text stands in a paragraph, and in no link or name within it."""
    parent = text.parent
    if isinstance(parent, nodes.emphasis | nodes.strong):
        parent = parent.parent
    return isinstance(parent, nodes.paragraph)


def linked(
    text: nodes.Text, found: list[tuple[str, re.Match[str]]], docname: str
) -> Iterator[nodes.Node]:
    """Cut a text into pieces, those with a term as links."""
    end = 0
    for term, match in found:
        if match.start() > end:
            yield nodes.Text(text[end : match.start()])
        yield link(docname, "term", term, match[0], classes=["course-term"])
        end = match.end()
    if end < len(text):
        yield nodes.Text(text[end:])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and what links the chapters."""
    app.add_directive("course-glossary", GlossaryDirective)
    app.connect("doctree-read", link_chapter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
