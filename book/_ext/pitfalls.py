"""The ``{pitfalls}`` directive: a box of common mistakes, generated from the catalogue of them."""

from __future__ import annotations

import importlib
import importlib.util

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
        found = [m for name in exercises for m in catalogue(assignment) if m.exercise == name]
        if not found:
            raise self.error(f"no misconception of {assignment} is about {self.arguments[1]}")
        box = nodes.admonition(classes=["warning", "pitfalls"])
        box += nodes.title("", "Common mistakes")
        entries = nodes.definition_list()
        for belief, hint in dict.fromkeys((m.belief, m.hint) for m in found):
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


def catalogue(assignment: str) -> list[object]:
    """Return the misconceptions of one assignment."""
    name = f"course_lib.misconceptions.{assignment}"
    return list(importlib.import_module(name).MISCONCEPTIONS)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("pitfalls", PitfallsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
