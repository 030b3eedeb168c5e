"""Trim the built pages: what they load in vain, and the theme's faults for screen readers."""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    return {"parallel_read_safe": True, "parallel_write_safe": True}
