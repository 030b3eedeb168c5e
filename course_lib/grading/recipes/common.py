"""How a submission of the sample class is made: a recipe, and what can be done to a notebook."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from course_lib.checks.exercises import EXERCISES
from course_lib.grading import cells

ALL = ("*",)

Change = Callable[[NotebookNode], None]


def _as_it_is(notebook: NotebookNode) -> None:
    """Change nothing."""


def _save(notebook: NotebookNode, path: Path) -> None:
    nbformat.write(notebook, path)


@dataclass(frozen=True)
class Recipe:
    """How one submission is made from the release notebook.

    Args:
        name: The student.
        broken: Names of the graded cells that earn nothing; ``*`` stands for any text.
        variants: Slugs of wrong or right variants in the place of the library's solutions.
        unwritten: Names of the solution cells left as they were handed out.
        change: What else was done to the notebook.
        save: How the file was written.
        files: Files beside the notebook, by name, with their text.
    """

    name: str
    broken: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    change: Change = _as_it_is
    save: Callable[[NotebookNode, Path], None] = _save
    files: tuple[tuple[str, str], ...] = ()


def find(notebook: NotebookNode, name: str) -> Any:
    """A cell of a notebook, by its name or, for an ordinary one, by its id.

    Raises:
        LookupError: If there is none.
    """
    for cell in notebook.cells:
        if name in (cells.name(cell), cell.get("id")):
            return cell
    raise LookupError(f"the notebook has no cell {name!r}")


def replace(name: str, text: str) -> Change:
    """Put another text into a cell."""

    def change(notebook: NotebookNode) -> None:
        find(notebook, name).source = text

    return change


def in_function(name: str, function: str, line: str) -> Change:
    """Put a line at the start of a function, or method, that a cell defines.

    Args:
        name: Name of the cell.
        function: Name of the function.
        line: What it does first, below its docstring.

    Raises:
        LookupError: When the change is made to a notebook whose cell has no such function.
    """

    def change(notebook: NotebookNode) -> None:
        cell = find(notebook, name)
        place = _first_statement(cell.source, function)
        lines = cell.source.splitlines(keepends=True)
        lines.insert(place.lineno - 1, f"{' ' * place.col_offset}{line}\n")
        cell.source = "".join(lines)

    return change


def imports_only(notebook: NotebookNode) -> None:
    """Import the library's own classes and functions where they should be written."""
    homes = {exercise.name: exercise.target.rpartition(".")[0] for exercise in EXERCISES}
    for cell in notebook.cells:
        if cells.name(cell).endswith("-solution"):
            names = [getattr(part, "name", "") for part in ast.parse(cell.source).body]
            known = [name for name in names if name in homes]
            cell.source = "\n".join(f"from {homes[name]} import {name}" for name in known)


def _first_statement(source: str, function: str) -> ast.stmt:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
    raise LookupError(f"the cell defines no function {function!r}")


def small_zoo(
    *middle: Recipe,
    own_style: tuple[str, ...],
    half_done: tuple[str, ...],
) -> tuple[Recipe, ...]:
    """The students every assignment meets, around those that are its own.

    Args:
        *middle: One recipe for each misconception, and one whose code crashes.
        own_style: Slugs of right variants, at most one for each rule.
        half_done: Names of the cells that belong to the exercises nobody got to.

    Returns:
        The recipes, in the order of the class.
    """
    return (
        Recipe("perfect"),
        Recipe("own-style", variants=own_style),
        *middle,
        Recipe("half-done", unwritten=(*half_done, "written-*"), broken=half_done),
        Recipe("untouched", unwritten=ALL, broken=ALL),
        Recipe("imports-only", change=imports_only, broken=ALL),
    )
