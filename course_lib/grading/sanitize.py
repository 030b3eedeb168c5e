"""Put a submission's cells back in order before nbgrader grades it.

nbgrader finds cells by names in their metadata and stops, some cases for the whole class, where
these were changed. Here they are rebuilt from the gradebook, so that only what a student wrote in
the solution cells counts.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.preprocessors import NbGraderPreprocessor

from course_lib.grading import cells, files
from course_lib.grading.gradebook import MasterCell, master_cells
from course_lib.grading.personal import set_student

NOTICES = "course_notices"

# What an honest copy of the release has in common with the gradebook's cells.
_KEPT = ("points", "grade", "solution", "locked")


class RestoreCells(NbGraderPreprocessor):  # type: ignore[misc]
    """Restore names, points and test cells, set the student's own; say what was mended."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Rebuild what nbgrader relies on; called by nbgrader."""
        where = resources["nbgrader"]
        masters = master_cells(where["db_url"], where["assignment"], where["notebook"])
        mend(nb, masters, where["student"], files.notices(Path(resources["metadata"]["path"])))
        return nb, resources


def mend(
    nb: NotebookNode, masters: list[MasterCell], student: str, notices: Iterable[str] = ()
) -> None:
    """Restore a submission in place, and say in its first cell what was mended.

    Args:
        nb: A submission.
        masters: The named cells as the instructor wrote them, in order.
        student: The student's name in the gradebook.
        notices: What else is to be said.
    """
    said = set_student(nb, student)  # while its cell still has its name
    said += [*restore(nb, masters), *notices]
    if said:
        nb.metadata[NOTICES] = said
        text = "**What was mended before grading**\n\n" + "".join(f"- {n}\n" for n in said)
        nb.cells.insert(0, new_markdown_cell(text))


def restore(nb: NotebookNode, masters: list[MasterCell]) -> list[str]:
    """Rebuild the graded structure of a notebook in place.

    Args:
        nb: A submission.
        masters: The named cells as the instructor wrote them, in order.

    Returns:
        One sentence for each thing that had to be mended.
    """
    nb.metadata.pop(NOTICES, None)
    by_name = {master.grade_id: master for master in masters}
    notices = _drop_copies(nb, by_name)
    for cell in nb.cells:
        cell.metadata.pop("tags", None)  # a tag can make a cell be skipped or its error ignored
        if master := by_name.get(cells.name(cell)):
            notices += _mend(cell, master)
        else:
            cell.metadata.pop("nbgrader", None)
    return notices + _add_missing(nb, masters)


def _drop_copies(nb: NotebookNode, by_name: dict[str, MasterCell]) -> list[str]:
    """Make every copy of a named cell but the last an ordinary cell."""
    left = Counter(cells.name(cell) for cell in nb.cells)
    notices = []
    for cell in nb.cells:
        name = cells.name(cell)
        left[name] -= 1
        if name in by_name and left[name] > 0:
            del cell.metadata["nbgrader"]
            notices.append(f"Cell `{name}` was there more than once: its last copy is graded.")
    return notices


def _mend(cell: NotebookNode, master: MasterCell) -> list[str]:
    """Give a cell its master's metadata and, where it is locked, its master's text."""
    notices = []
    mended = _metadata(master)
    if any(cell.metadata["nbgrader"].get(key) != mended.get(key) for key in _KEPT):
        notices.append(f"The settings of cell `{master.grade_id}` were changed: they are restored.")
    cell.metadata["nbgrader"] = mended
    if cell.cell_type != master.cell_type:  # as it is, a hidden test would be shown as text
        notices.append(f"Cell `{master.grade_id}` was of another type: it is restored.")
        _turn_into(cell, master.cell_type)
    if master.locked:
        shown = cells.without_hidden(master.source)
        if cell.source.strip() not in (shown.strip(), master.source.strip()):
            notices.append(f"Test cell `{master.grade_id}` was changed: the original is graded.")
        cell.source = master.source
    return notices


def _turn_into(cell: NotebookNode, cell_type: str) -> None:
    cell.cell_type = cell_type
    for name in ("outputs", "execution_count", "attachments"):
        cell.pop(name, None)
    if cell_type == "code":
        cell.update(outputs=[], execution_count=None)


def _metadata(master: MasterCell) -> dict[str, Any]:
    details = {
        "cell_type": master.cell_type,
        "checksum": master.checksum,
        "grade": master.graded,
        "grade_id": master.grade_id,
        "locked": master.locked,
        "schema_version": 3,
        "solution": master.answer,
        "task": False,
    }
    return details | ({"points": master.points} if master.graded else {})


def _add_missing(nb: NotebookNode, masters: list[MasterCell]) -> list[str]:
    """Put each missing graded cell behind the named cell that stands before it in the release.

    A missing solution cell stays away: its code may stand in an ordinary cell.
    """
    notices = []
    names = [cells.name(cell) for cell in nb.cells]
    place = 0
    for master in masters:
        if master.grade_id in names:
            place = names.index(master.grade_id) + 1
        elif master.graded:
            nb.cells.insert(place, _fresh(master))
            names.insert(place, master.grade_id)
            place += 1
            notices.append(f"Cell `{master.grade_id}` was missing: it is back.")
        else:
            notices.append(f"Solution cell `{master.grade_id}` is missing.")
    return notices


def _fresh(master: MasterCell) -> NotebookNode:
    metadata = {"nbgrader": _metadata(master)}
    make = {"code": new_code_cell, "markdown": new_markdown_cell}[master.cell_type]
    cell: NotebookNode = make(master.source, metadata=metadata)  # type: ignore[no-untyped-call]
    return cell
