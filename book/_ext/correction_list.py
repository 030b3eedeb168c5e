"""The ``{corrections}`` directive: every correction of the book, linked to the cell that shows it.

``book/corrections.yml`` says what the sources say and where. What is right stands in the cell, as
the docstring of the function handed to ``correct``, and is taken from there.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course_lib.publish.execute import read
from course_lib.publish.pages import notebooks

DATA = "book/corrections.yml"
KINDS = {
    "false": "false",
    "partly": "true only in part",
    "dated": "dated",
    "slip": "a slip of the pen",
}


class Correction(NamedTuple):
    """One correction: what the source says and where, and the chapter that shows it."""

    claim: str
    kind: str
    chapter: int
    where: str
    says: str


def corrections(root: Path) -> list[Correction]:
    """Return the corrections of the book in a folder, chapter by chapter."""
    held = yaml.safe_load((root / DATA).read_text(encoding="utf-8"))
    found = [Correction(claim, **facts) for claim, facts in held.items()]
    return sorted(found, key=lambda correction: (correction.chapter, correction.claim))


class Chapter(NamedTuple):
    """A chapter, and what its cells hold to be right, by the claims they correct."""

    page: str
    title: str
    right: dict[str, str]


def chapters(root: Path) -> Iterator[tuple[int, Chapter]]:
    """Read what the chapters of the book in a folder correct, each with its number."""
    for page in notebooks(root):
        if page.stem[:2].isdigit():
            cells = read(page).cells
            prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
            code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
            title = re.search(r"^# (.+)$", prose, re.M)
            heading = title[1] if title else page.stem
            yield int(page.stem[:2]), Chapter(page.stem, heading, dict(shown(code)))


def shown(code: str) -> Iterator[tuple[str, str]]:
    """Find the calls of ``correct`` in the code of a page, and say what each holds to be right."""
    found = list(ast.walk(ast.parse(code)))
    words = {
        node.name: ast.get_docstring(node) or ""
        for node in found
        if isinstance(node, ast.FunctionDef)
    }
    for node in found:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "correct":
            (right,) = [option.value for option in node.keywords if option.arg == "right"]
            text = words[right.id] if isinstance(right, ast.Name) else ""
            yield ast.literal_eval(node.args[0]), " ".join(inspect.cleandoc(text).split())


class CorrectionsDirective(SphinxDirective):
    """List all corrections by chapter: ``{corrections}``."""

    def run(self) -> list[nodes.Node]:
        """Build a section a chapter; what no cell shows yet is left out."""
        self.env.note_dependency(DATA)
        root = Path(self.env.srcdir)
        written = dict(chapters(root))
        return [
            self.section(number, written[number], list(group))
            for number, group in groupby(corrections(root), key=lambda c: c.chapter)
            if number in written
        ]

    def section(self, number: int, chapter: Chapter, listed: list[Correction]) -> nodes.section:
        """Build the section of one chapter."""
        heading = nodes.title("", "", *self.words(f"{number} {chapter.title}"))
        entries = nodes.definition_list(classes=["course-corrections"])
        entries += [self.entry(c, chapter) for c in listed if c.claim in chapter.right]
        return nodes.section("", heading, entries, ids=[f"corrections-{number}"])

    def entry(self, correction: Correction, chapter: Chapter) -> nodes.definition_list_item:
        """Build one entry: what is said and where, and what is right."""
        claim = correction.claim
        said = nodes.paragraph("", "", nodes.strong("", "Said: "), *self.words(correction.says))
        said += nodes.inline("", f" ({correction.where})", classes=["course-where"])
        right = nodes.paragraph("", "", nodes.strong("", "Right: "))
        right += self.words(chapter.right[claim])
        # By page, not by label: a claim that two chapters correct is linked where the file says.
        address = f"{chapter.page}.html#{claim.lower()}"
        term = nodes.term("", "", nodes.reference("", claim, refuri=address, internal=True))
        term += nodes.inline("", f" {KINDS[correction.kind]}", classes=["course-kind"])
        return nodes.definition_list_item("", term, nodes.definition("", said, right))

    def words(self, text: str) -> list[nodes.Node]:
        """Return a text, with the mathematics in it."""
        parsed, messages = self.state.inline_text(text, self.lineno)
        return [*parsed, *messages]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("corrections", CorrectionsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
