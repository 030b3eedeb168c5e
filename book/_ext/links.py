"""Links that Sphinx resolves once all pages are read, and complains about if it cannot."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes
from sphinx import addnodes


def link(
    docname: str,
    kind: str,
    target: str,
    text: str,
    *,
    shown: bool = True,
    classes: Sequence[str] = (),
) -> addnodes.pending_xref:
    """Link from a page to a label, ``ref``, another page, ``doc``, or a ``term`` of the glossary.

    ``shown`` keeps the text; otherwise the title of what is linked to takes its place.
    """
    return addnodes.pending_xref(
        "",
        nodes.inline("", text, classes=list(classes)),
        refdomain="std",
        reftype=kind,
        reftarget=target,
        refdoc=docname,
        refexplicit=shown,
        refwarn=True,
    )
