"""What the source notebook of an assignment holds: solution cells, and every call of ``check``."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from course_lib.editions.leaks import HIDDEN_BEGIN, HIDDEN_END
from course_lib.editions.library import ROOT
from course_lib.editions.regions import read_regions


@dataclass(frozen=True)
class Case:
    """One call of ``check``.

    Args:
        cell: Name of the test cell.
        exercise: Slug of the exercise.
        parameters: The call's other arguments.
        hidden: Whether students never see it.
    """

    cell: str
    exercise: str
    parameters: dict[str, Any]
    hidden: bool


def source_notebook(assignment: str) -> Path:
    """Where the instructor's notebook of an assignment lies."""
    return ROOT / "assignments" / "source" / assignment / f"{assignment}.ipynb"


@cache
def _cells(assignment: str) -> tuple[NotebookNode, ...]:
    notebook = nbformat.read(source_notebook(assignment), as_version=4)
    return tuple(cell for cell in notebook.cells if cell.cell_type == "code")


def solution_cell(assignment: str, key: str) -> str:
    """Text of the cell that holds a solution region.

    Args:
        assignment: Slug of the assignment.
        key: Name of the region, as ``Adam.update``.

    Raises:
        LookupError: If no cell holds it.
    """
    for cell in _cells(assignment):
        regions = read_regions(cell.source, f"{assignment}.ipynb")
        if any(region.key == key for region in regions):
            return str(cell.source)
    raise LookupError(f"{assignment}.ipynb has no solution cell for {key}")


def cases(assignment: str) -> list[Case]:
    """Every case of an assignment, in the order of its notebook.

    Raises:
        ValueError: If an argument of a check is not a plain value.
    """
    return [
        case
        for cell in _cells(assignment)
        if cell.metadata.get("nbgrader", {}).get("grade")
        for case in _cases_of(cell.metadata["nbgrader"]["grade_id"], cell.source)
    ]


def _cases_of(cell: str, source: str) -> Iterator[Case]:
    lines = source.splitlines()
    begins, ends = (
        [number for number, line in enumerate(lines, start=1) if mark in line]
        for mark in (HIDDEN_BEGIN, HIDDEN_END)
    )
    blocks = list(zip(begins, ends, strict=True))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "check":
            hidden = any(begin < node.lineno < end for begin, end in blocks)
            exercise = ast.literal_eval(node.args[0])
            given = {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
            yield Case(cell, exercise, given, hidden)
