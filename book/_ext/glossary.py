"""The glossary: its page, the links of the chapters to it, and the index of its terms.

All three come from ``book/glossary.yml``. A chapter needs no markup: the first use of a term in its
running text becomes a link, and every section is searched for the terms it uses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import make_glossary_term
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

PAGE = "book/glossary"
CHAPTER = re.compile(r"book/(\d\d)_")
#: Parts that every chapter has; who looks a term up does not want them.
PARTS = {"Check yourself", "Common mistakes", "Exercises", "Summary", "Where this comes from"}
#: A section that uses a term once only mentions it, and nobody follows fifty links.
FEWEST_USES, MOST_SECTIONS = 2, 12


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


class Use(NamedTuple):
    """How often a section of a chapter uses each term."""

    anchor: str
    title: str
    counts: Counter[str]


class term_index(nodes.General, nodes.Element):
    """Where the index goes, once all chapters are read."""


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
        link = addnodes.pending_xref(
            "",
            nodes.inline("", entry.taught),
            refdomain="std",
            reftype=kind,
            reftarget=target,
            refdoc=self.env.docname,
            refexplicit=False,
            refwarn=True,
        )
        return [nodes.Text("See "), link]


class TermIndexDirective(SphinxDirective):
    """List for each term the sections that use it: ``{term-index}``."""

    def run(self) -> list[nodes.Node]:
        """Keep the place until all chapters are read."""
        return [term_index()]


def letters(anchors: Iterable[tuple[str, str]]) -> nodes.paragraph:
    """Build a line of letters, each a link to the first entry with it."""
    line = nodes.paragraph(classes=["course-letters"])
    for letter, anchor in {letter: a for letter, a in reversed(list(anchors))}.items():
        line.insert(0, [nodes.reference("", letter, refid=anchor, internal=True), nodes.Text(" ")])
    return line


def read_chapter(app: Sphinx, doctree: nodes.document) -> None:
    """Count the terms of a chapter section by section, then link the first use of each."""
    env = app.env
    if CHAPTER.match(env.docname):
        source = str(app.srcdir)
        env.metadata[env.docname]["uses"] = list(count_uses(source, doctree))
        if PAGE in env.found_docs:
            link_first_uses(source, env.docname, doctree)


def count_uses(source: str, doctree: nodes.document) -> Iterator[Use]:
    """Count the terms in the own text of each section, without its subsections."""
    for section in doctree.findall(nodes.section):
        title = section[0]
        if isinstance(title, nodes.title) and title.astext() not in PARTS:
            texts = [text for text in section.findall(nodes.Text) if section_of(text) is section]
            found = (term for text in texts if not is_code(text) for term, _ in uses(source, text))
            yield Use(section["ids"][0], title.astext(), Counter(found))


def section_of(node: nodes.Node) -> nodes.Node | None:
    """Return the innermost section that holds a node."""
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return node


def is_code(text: nodes.Text) -> bool:
    """Tell whether a text is code or a formula rather than words."""
    code = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
    return isinstance(text.parent, code)


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
        yield addnodes.pending_xref(
            "",
            nodes.inline("", match[0], classes=["course-term"]),
            refdomain="std",
            reftype="term",
            reftarget=term,
            refdoc=docname,
            refexplicit=True,
            refwarn=True,
        )
        end = match.end()
    if end < len(text):
        yield nodes.Text(text[end:])


def fill_index(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the index where it goes."""
    for place in list(doctree.findall(term_index)):
        anchors = []
        index = nodes.definition_list(classes=["course-index"])
        for entry in entries(str(app.srcdir)):
            if links := list(sections(app, docname, entry)):
                anchor = nodes.make_id(f"index-{entry.term}")
                anchors.append((entry.term[0].upper(), anchor))
                term = nodes.term("", "", to_glossary(app, docname, entry), ids=[anchor])
                where = nodes.paragraph("", "", *separated(links))
                index += nodes.definition_list_item("", term, nodes.definition("", where))
        place.replace_self([letters(anchors), index])


def to_glossary(app: Sphinx, docname: str, entry: Entry) -> nodes.Node:
    """Link a term of the index to its entry in the glossary."""
    target = app.env.get_domain("std").objects.get(("term", entry.term))
    name = nodes.Text(entry.term)
    return make_refnode(app.builder, docname, *target, name) if target else name


def separated(links: list[nodes.Node]) -> Iterator[nodes.Node]:
    """Put dots between links."""
    for number, link in enumerate(links):
        if number:
            yield nodes.Text(" · ")
        yield link


def sections(app: Sphinx, docname: str, entry: Entry) -> Iterator[nodes.Node]:
    """Link a term to where it is taught, then to the sections that use it most."""
    main = taught(app.env, entry)
    if main[0]:
        yield nodes.strong("", "", section_link(app, docname, *main))
    found = [
        (use.counts[entry.term], page, use)
        for page in sorted(app.env.found_docs & app.env.metadata.keys())
        for use in app.env.metadata[page].get("uses", [])
        if use.counts[entry.term] and (page, use.title) != (main[0], main[2])
    ]
    most = sorted(found, key=lambda one: -one[0])[:MOST_SECTIONS]
    least = min(FEWEST_USES, most[0][0] if most else 0)
    for count, page, use in found:
        if count >= least and (count, page, use) in most:
            yield section_link(app, docname, page, use.anchor, use.title)


def taught(env: BuildEnvironment, entry: Entry) -> tuple[str, str, str]:
    """Return page, anchor and title of the section that teaches a term; blanks if there is none."""
    page = f"book/{entry.taught}"
    if page in env.found_docs:
        return page, "", env.titles[page].astext()
    found: tuple[str, str, str] = env.get_domain("std").labels.get(entry.taught, ("", "", ""))
    return found


def section_link(app: Sphinx, docname: str, page: str, anchor: str, title: str) -> nodes.reference:
    """Link to a section by the number of its chapter and its title."""
    chapter = CHAPTER.match(page)
    text = nodes.Text(f"{int(chapter[1])} {title}" if chapter else title)
    return make_refnode(app.builder, docname, page, anchor, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives, and what reads the chapters and fills the index."""
    app.add_directive("course-glossary", GlossaryDirective)
    app.add_directive("term-index", TermIndexDirective)
    app.add_node(term_index)
    app.connect("doctree-read", read_chapter)
    app.connect("doctree-resolved", fill_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
