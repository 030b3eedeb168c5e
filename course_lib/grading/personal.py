"""Data that belong to one student: the name they are made from is set before grading."""

import ast

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell

from course_lib.grading import cells

CELL = "student"
"""Name of the cell in which a student says who they are; an ordinary one, without points."""

NAME = "STUDENT"
"""The variable that cell sets."""

ENTRY = "course_student"
"""Where a notebook keeps the name in its metadata; ungraded cells lose their own names."""


def set_student(nb: NotebookNode, student: str) -> list[str]:
    """Set ``STUDENT`` in place, in a first cell of its own if the cell for it is gone.

    Args:
        nb: A notebook; one that never mentions ``STUDENT`` stays as it is.
        student: The student's name in the gradebook.

    Returns:
        A sentence if another cell sets ``STUDENT`` as well: somebody should look at it.
    """
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    own = [cell for cell in code if cells.name(cell) == CELL]
    others = [cell for cell in code if cells.name(cell) != CELL]
    line = f"{NAME} = {student!r}"
    for cell in own:
        cell.source = line
    if not own and any(NAME in cell.source for cell in others):
        nb.cells.insert(0, new_code_cell(line))
    nb.metadata.pop(ENTRY, None)
    if own or any(NAME in cell.source for cell in others):
        nb.metadata[ENTRY] = student
    if any(_sets(cell.source) for cell in others):
        return [f"`{NAME}` is also set outside of the cell `{CELL}`: look at it."]
    return []


def given(nb: NotebookNode) -> dict[str, str]:
    """What a test may take for granted: ``STUDENT``, as :func:`set_student` has set it.

    Args:
        nb: A notebook in which grading has set it.

    Returns:
        The name and its value; empty where the notebook has none.
    """
    return {NAME: nb.metadata[ENTRY]} if ENTRY in nb.metadata else {}


def _sets(source: str) -> bool:
    """Whether a cell assigns ``STUDENT``; False for what is no Python."""
    if NAME not in source:
        return False
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(
        isinstance(node, ast.Name) and node.id == NAME and isinstance(node.ctx, ast.Store)
        for node in nodes
    )
