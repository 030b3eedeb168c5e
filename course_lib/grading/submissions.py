"""Look at a submission before nbgrader does: what cannot be read gets 0 points and a reason."""

import warnings
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from course_lib.grading.sanitize import NOTICES

MAX_BYTES = 20_000_000


def problem(folder: Path, assignment: str) -> str | None:
    """Say why a submission cannot be graded.

    Args:
        folder: What the student handed in.
        assignment: Name of the assignment and of its notebook.

    Returns:
        A sentence for the student, or None if the notebook can be run.
    """
    notebook = folder / f"{assignment}.ipynb"
    if not notebook.is_file():
        others = ", ".join(sorted(path.name for path in folder.glob("*.ipynb")))
        return f"There is no {notebook.name} in the folder" + (
            f", only {others}." if others else "."
        )
    if (size := notebook.stat().st_size) > MAX_BYTES:
        return f"{notebook.name} has {size:,} bytes, more than {MAX_BYTES:,}: clear its outputs."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about older formats
            nbformat.read(notebook, as_version=4)
    except Exception as error:  # a parser that is given any bytes may raise anything
        said = str(error).strip().splitlines() or [type(error).__name__]
        return f"{notebook.name} is no notebook that can be read: {said[0][:200]}."
    return None


def placeholder(reason: str) -> nbformat.NotebookNode:
    """A notebook that stands for a submission nobody could run, and says why."""
    text = f"**This submission was not run, so it has 0 points.** {reason}"
    notebook: nbformat.NotebookNode = new_notebook(metadata={NOTICES: [reason]})
    notebook.cells.append(new_markdown_cell(text, id="reason"))
    return notebook
