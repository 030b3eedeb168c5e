"""Read what the executed chapters displayed."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from nbformat import NotebookNode

from course_lib.editions.library import ROOT
from course_lib.figures.markup import DATA_KEY
from course_lib.publish import execute
from course_lib.publish.pages import notebooks


@cache
def notebook(page: str) -> NotebookNode:
    """Return the executed notebook of a page, `09_momentum` for one; run it if need be."""
    return execute.executed(ROOT / "book" / f"{page}.md", execute.cache_folder())


@cache
def figures(page: str) -> dict[str, dict[str, Any]]:
    """Return the figures a page displayed, by key; a key shown twice is an error."""
    found: dict[str, dict[str, Any]] = {}
    for output in (o for cell in notebook(page).cells for o in cell.get("outputs", [])):
        record = output.get("metadata", {}).get(DATA_KEY)
        if record is not None:
            assert record["key"] not in found, f"{record['key']} is shown twice"
            found[record["key"]] = record
    return found


def figure_data(key: str) -> dict[str, Any]:
    """Return the plotted arrays of figure `F-9.2`, by name; lists of numbers come as arrays."""
    chapter = int(key.removeprefix("F-").split(".")[0])
    (page,) = [p.stem for p in notebooks() if p.stem.startswith(f"{chapter:02d}_")]
    return {name: as_array(value) for name, value in figures(page)[key]["data"].items()}


def as_array(value: Any) -> Any:
    """Return a list of numbers as an array (what is not finite as nan), all else as it is."""
    if not isinstance(value, list):
        return value
    try:
        return np.array(value, dtype=float)
    except (TypeError, ValueError):
        return value
