"""Look at a submission before nbgrader does: what cannot be read gets 0 points and a reason."""

import warnings
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from course_lib.grading.sanitize import NOTICES

MAX_BYTES = 20_000_000


class Unreadable(ValueError):
    """There is no notebook that can be run; the text is a sentence for the student."""


def read(folder: Path, assignment: str) -> nbformat.NotebookNode:
    """The notebook of a submission.

    Args:
        folder: What the student handed in.
        assignment: Name of the assignment and of its notebook.

    Raises:
        Unreadable: If it cannot be graded.
    """
    notebook = folder / f"{assignment}.ipynb"
    if not notebook.is_file():
        others = ", ".join(sorted(path.name for path in folder.glob("*.ipynb")))
        only = f", only {others}" if others else ""
        raise Unreadable(f"There is no {notebook.name} in the folder{only}.")
    if (size := notebook.stat().st_size) > MAX_BYTES:
        raise Unreadable(
            f"{notebook.name} has {size:,} bytes, more than {MAX_BYTES:,}: clear its outputs."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about older formats
            found: nbformat.NotebookNode = nbformat.read(notebook, as_version=4)
    except Exception as error:  # a parser that is given any bytes may raise anything
        said = str(error).strip().splitlines() or [type(error).__name__]
        reason = f"{notebook.name} is no notebook that can be read: {said[0][:200]}."
        raise Unreadable(reason) from error
    return found


def problem(folder: Path, assignment: str) -> str:
    """Why a submission cannot be graded; empty if its notebook can be run."""
    try:
        read(folder, assignment)
    except Unreadable as reason:
        return str(reason)
    return ""


def placeholder(reason: str) -> nbformat.NotebookNode:
    """A notebook that stands for a submission nobody could run, and says why."""
    text = f"**This submission was not run, so it has 0 points.** {reason}"
    notebook: nbformat.NotebookNode = new_notebook(metadata={NOTICES: [reason]})
    notebook.cells.append(new_markdown_cell(text, id="reason"))
    return notebook
