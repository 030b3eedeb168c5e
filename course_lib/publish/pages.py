"""Where the book is, and which of its pages are notebooks."""

from __future__ import annotations

from pathlib import Path

from course_lib.editions.library import ROOT


def notebooks(root: Path = ROOT) -> list[Path]:
    """Return the pages in the table of contents of ``root`` that hold code cells, in its order."""
    # The reader's libraries take a second to import, and only a build needs them.
    from sphinx_external_toc.parsing import parse_toc_yaml

    names = parse_toc_yaml(root / "_toc.yml")
    pages = [(root / name).with_suffix(".md") for name in names]
    return [page for page in pages if page.exists() and _is_notebook(page)]


def _is_notebook(page: Path) -> bool:
    front_matter = page.read_text(encoding="utf-8").split("\n---", 1)[0]
    return front_matter.startswith("---") and "file_format: mystnb" in front_matter
