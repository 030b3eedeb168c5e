"""The book's style sheet and script, and labels for the figures and corrections cells display."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

_FIGURE = re.compile(r'<figure [^>]*id="(fig-(\d+)-(\d+))"')
_CORRECTION = re.compile(r'id="(c-\d\d)" data-correction="(C-\d\d)"')


def register_labels(app: Sphinx, doctree: nodes.document) -> None:
    """Let the text refer to a displayed figure, ``[](#fig-9-2)``, or correction, ``[](#c-24)``."""
    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        for name, chapter, number in _FIGURE.findall(text):
            _register(app, doctree, name, f"Figure {chapter}.{number}")
        for name, claim in _CORRECTION.findall(text):
            _register(app, doctree, name, f"Correction {claim}")


def _register(app: Sphinx, doctree: nodes.document, name: str, title: str) -> None:
    labels = app.env.get_domain("std")
    labels.labels[name] = (app.env.docname, name, title)
    labels.anonlabels[name] = (app.env.docname, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register assets and labels with Sphinx."""
    app.add_css_file("course.css")
    app.add_js_file("course.js", loading_method="defer")
    app.connect("doctree-read", register_labels)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
