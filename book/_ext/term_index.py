"""The ``{term-index}`` directive: the sections that use each term of the glossary.

Every section of a chapter is searched for the terms, so that the index needs no markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes
from glossary import CHAPTER, Entry, entries, letters, uses
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

#: Parts that every chapter has; who looks a term up does not want them.
PARTS = {"Check yourself", "Common mistakes", "Exercises", "Summary", "Where this comes from"}
#: A section that uses a term once only mentions it, and nobody follows fifty links.
FEWEST_USES, MOST_SECTIONS = 2, 12


class Use(NamedTuple):
    """How often a section of a chapter uses each term."""

    anchor: str
    title: str
    counts: Counter[str]


class term_index(nodes.General, nodes.Element):
    """Where the index goes, once all chapters are read."""


class TermIndexDirective(SphinxDirective):
    """List for each term the sections that use it: ``{term-index}``."""

    def run(self) -> list[nodes.Node]:
        """Keep the place until all chapters are read."""
        self.env.metadata[self.env.docname]["term-index"] = True
        return [term_index()]


def read_chapter(app: Sphinx, doctree: nodes.document) -> None:
    """Count the terms of a chapter section by section; Sphinx keeps a page's metadata."""
    if CHAPTER.match(app.env.docname):
        found = list(count_uses(str(app.srcdir), doctree))
        app.env.metadata[app.env.docname]["uses"] = found


def indexes(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have the index written anew whatever changed, since it is made from all chapters."""
    return [page for page in env.found_docs if env.metadata[page].get("term-index")]


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
    """Register the directive, what reads the chapters and what fills the index."""
    app.add_directive("term-index", TermIndexDirective)
    app.add_node(term_index)
    app.connect("doctree-read", read_chapter)
    app.connect("env-updated", indexes)
    app.connect("doctree-resolved", fill_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
