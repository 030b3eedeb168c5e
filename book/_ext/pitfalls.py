"""The ``{pitfalls}`` directive: a box of common mistakes, generated from the catalogue of them."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class PitfallsDirective(SphinxDirective):
    """List the beliefs and hints of the named exercises: ``{pitfalls} optimizers adam adamw``."""

    required_arguments = 2
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Build the box; each entry is a belief and the hint that answers it."""
        assignment, exercises = self.arguments[0], self.arguments[1].split()
        rows = catalogue(assignment, Path(self.env.doctreedir))
        found = [row[1:] for name in exercises for row in rows if row[0] == name]
        if not found:
            raise self.error(f"no misconception of {assignment} is about {self.arguments[1]}")
        box = nodes.admonition(classes=["warning", "pitfalls"])
        box += nodes.title("", "Common mistakes")
        entries = nodes.definition_list()
        for belief, hint in dict.fromkeys(map(tuple, found)):
            entries += nodes.definition_list_item(
                "", self.term(belief), nodes.definition("", self.paragraph(hint))
            )
        box += entries
        return [box]

    def term(self, text: str) -> nodes.term:
        """Return the belief as a definition's term."""
        return nodes.term("", "", *self.paragraph(text).children)

    def paragraph(self, text: str) -> nodes.paragraph:
        """Return a text of the catalogue, with its Markdown, as one paragraph."""
        parsed, messages = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", *parsed, *messages)


def catalogue(assignment: str, folder: Path) -> list[list[str]]:
    """Return exercise, belief and hint of each misconception of an assignment.

    Importing them loads PyTorch, which takes seconds; so they are kept beside the pages read, in a
    folder that is cleared when the library has changed.
    """
    kept = folder / f"pitfalls-{assignment}.json"
    if not kept.exists():
        found = importlib.import_module(f"course_lib.misconceptions.{assignment}").MISCONCEPTIONS
        fresh = kept.with_suffix(f".{os.getpid()}")  # several processes read pages
        fresh.write_text(json.dumps([(m.exercise, m.belief, m.hint) for m in found]), "utf-8")
        fresh.replace(kept)
    return json.loads(kept.read_text("utf-8"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("pitfalls", PitfallsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
