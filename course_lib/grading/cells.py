"""The names of graded cells, and the hidden blocks in them."""

import re

from nbformat.notebooknode import NotebookNode

from course_lib.editions.leaks import HIDDEN_BEGIN, HIDDEN_END

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_PURPOSE = re.compile(r"-(visible|hidden|solution|picture)(-\d+)?$")


def name(cell: NotebookNode) -> str:
    """The name nbgrader knows a cell by; empty for an ordinary cell."""
    details = cell.metadata.get("nbgrader")
    found = details.get("grade_id") if isinstance(details, dict) else None
    return found if isinstance(found, str) else ""


def exercise(cell_name: str) -> str:
    """The exercise a cell belongs to, which its name begins with.

    Example:
        >>> exercise("adam-hidden-2"), exercise("adam-solution"), exercise("")
        ('adam', 'adam', '')
    """
    return _PURPOSE.sub("", cell_name)


def without_hidden(source: str) -> str:
    r"""Text of a test cell without its hidden blocks, as students get it.

    Example:
        >>> without_hidden("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc")
        'a\nc'
    """
    kept, hidden = [], False
    for line in source.split("\n"):
        if HIDDEN_BEGIN in line:
            hidden = True
        elif HIDDEN_END in line:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def disarm(nb: NotebookNode) -> None:
    """Make text of what a browser would take for HTML in the Markdown of an executed notebook.

    Formgrader shows it as it is, on a page that may do whatever its reader may.
    """
    for cell in nb.cells:
        if cell.cell_type != "code":
            cell.source = _TAG.sub("&lt;", cell.source)
            cell.pop("attachments", None)
