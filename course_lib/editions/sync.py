"""Keep the solution cells of the source notebooks in step with the library."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat

from course_lib.editions.library import ROOT, library_regions
from course_lib.editions.regions import (
    BEGIN,
    END,
    Region,
    RegionError,
    read_regions,
    replace_regions,
)

SOURCES = ROOT / "assignments" / "source"


@dataclass(frozen=True)
class Difference:
    """A solution region of a notebook that differs from the library's.

    Args:
        notebook: The source notebook.
        cell: Number of the cell, counted from 0.
        key: Name of the region.
    """

    notebook: Path
    cell: int
    key: str

    def __str__(self) -> str:
        return f"{self.notebook.name}, cell {self.cell}: {self.key} differs from the library"


def sync(*, check: bool = False, sources: Path = SOURCES) -> list[Difference]:
    """Copy the text between the marks from the library into the source notebooks.

    Args:
        check: Only report the differences; write nothing.
        sources: Folder with one sub-folder an assignment.

    Returns:
        The regions that differed.

    Raises:
        RegionError: If a mark is stray, nested, unclosed or misspelled, or if a notebook has a
            region that the library does not have.
    """
    return [
        difference
        for notebook in sorted(sources.glob("*/*.ipynb"))
        for difference in _sync_notebook(notebook, check)
    ]


def _sync_notebook(path: Path, check: bool) -> list[Difference]:
    notebook = nbformat.read(path, as_version=4)
    differences = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        where = f"{path.name}, cell {number}"
        stale = [
            region.key
            for region in read_regions(cell.source, where)
            if region.text != _library_text(region, where)
        ]
        if stale:
            cell.source = replace_regions(cell.source, where, partial(_library_region, where=where))
        differences += [Difference(path, number, key) for key in stale]
    if differences and not check:
        nbformat.write(notebook, path)
    return differences


def _library_region(region: Region, indent: str, where: str) -> str:
    return f"{indent}{BEGIN}\n{_library_text(region, where)}{indent}{END}\n"


def _library_text(region: Region, where: str) -> str:
    if region.key not in library_regions():
        raise RegionError(
            f"{where}, line {region.begin}: the library has no solution region {region.key!r}"
        )
    return library_regions()[region.key][1].text
