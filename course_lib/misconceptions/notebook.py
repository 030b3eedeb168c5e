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

STUDENT = "STUDENT"
"""The one name an argument of a check may be: data made from it belong to one student."""

SOURCE_STUDENT = "sample-student"
"""Whose data the source notebooks are solved for."""


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


@cache
def solution_cells(assignment: str) -> tuple[str, ...]:
    """Texts of the cells that hold solution regions, in the order of the notebook."""
    every = (str(cell.source) for cell in _cells(assignment))
    return tuple(text for text in every if read_regions(text, f"{assignment}.ipynb"))


@cache
def solution_cell(assignment: str, key: str) -> str:
    """Text of the cell that holds a solution region.

    Args:
        assignment: Slug of the assignment.
        key: Name of the region, as ``Adam.update``.

    Raises:
        LookupError: If no cell holds it.
    """
    for text in solution_cells(assignment):
        if any(region.key == key for region in read_regions(text, f"{assignment}.ipynb")):
            return text
    raise LookupError(f"{assignment}.ipynb has no solution cell for {key}")


@cache
def imports(assignment: str) -> str:
    """The imports of the notebook's first cell of code: what every solution may use."""
    tree = ast.parse(_cells(assignment)[0].source)
    kept: list[ast.stmt] = [
        node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    return ast.unparse(ast.Module(kept, type_ignores=[]))


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
            given = {str(word.arg): _plain(word.value) for word in node.keywords}
            yield Case(cell, exercise, given, hidden)


def _plain(node: ast.expr) -> Any:
    """A plain value; ``STUDENT``, which grading sets, stands for the student of the source."""
    if isinstance(node, ast.Name) and node.id == STUDENT:
        return SOURCE_STUDENT
    return ast.literal_eval(node)
