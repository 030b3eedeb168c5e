"""Write what submissions earned into nbgrader's gradebook, a student at a time."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from nbgrader import api
from nbgrader.utils import parse_utc
from sqlalchemy import insert, update

from course_lib.grading.gradebook import (
    NotebookCells,
    Returned,
    opened,
    read_back,
    row_of,
    rows_of,
    submitted,
)

Penalty = Callable[[str, float, float], float | None]


@dataclass(frozen=True)
class Scores:
    """What is written of a graded submission.

    Args:
        student: Who handed it in.
        earned: Points by the name of the cell; None where a person has to mark it.
        unanswered: Names of the cells that were handed in as they were handed out.
        timestamp: When it was handed in, if a collector says so.
    """

    student: str
    earned: Mapping[str, float | None]
    unanswered: Collection[str] = ()
    timestamp: str | None = None


class Writer:
    """The one writer of a gradebook, which stays open; a context manager.

    Args:
        database: Address of the gradebook.
        assignment: Slug of the assignment.
        penalty: From a student, a score and the seconds too late to the points that costs.
        notebook: The one whose marks are written; all of the assignment's by default.
    """

    def __init__(
        self, database: str, assignment: str, penalty: Penalty, notebook: str | None = None
    ) -> None:
        self._opened = opened(database)
        self._assignment, self._penalty, self._only = assignment, penalty, notebook

    def __enter__(self) -> "Writer":
        self._book = self._opened.__enter__()
        found = self._book.find_assignment(self._assignment)
        self._id, self._due = found.id, found.duedate
        names = {self._only} if self._only else {notebook.name for notebook in found.notebooks}
        self._cells = [NotebookCells(one) for one in found.notebooks if one.name in names]
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)

    def write(self, scores: Scores) -> None:
        """Write what a student earned, all of it in one transaction."""
        db = self._book.db
        try:
            submission, late = self._submission(scores)
            for cells in self._cells:
                notebook = self._notebook(submission, cells)
                self._grade(notebook, cells, scores)
                penalty = self._late(notebook, cells, scores.student, late)
                row = {"id": notebook, "late_submission_penalty": penalty}
                db.execute(update(api.SubmittedNotebook), [row])
            db.commit()
        except BaseException:
            db.rollback()
            raise

    def returned(self, student: str) -> Returned:
        """What a student is given back."""
        return read_back(self._book.db, self._id, self._cells, student)

    def holds(self, scores: Scores) -> bool:
        """Whether the machine's points are those of ``scores``."""
        db = self._book.db
        found = {
            cells.names[row.cell_id]: row.auto_score
            for cells, notebook in submitted(db, self._id, self._cells, scores.student)
            for row in rows_of(db, api.Grade, cells.graded.values(), notebook.id, "auto_score")
        }
        return bool(found) and found == {name: scores.earned.get(name, 0) for name in found}

    # Only columns are asked for: a whole row of nbgrader's brings sums over the gradebook with it.

    def _submission(self, scores: Scores) -> tuple[str, float]:
        """The id of a submission, and by how many seconds it is late."""
        db, table = self._book.db, api.SubmittedAssignment
        if not row_of(db, api.Student, {"id": scores.student}, "id"):
            db.execute(insert(api.Student), [{"id": scores.student}])
        given = _handed_in(scores.timestamp)
        who = {"assignment_id": self._id, "student_id": scores.student}
        found = self._made(table, who, given)
        if given:
            db.execute(update(table), [{"id": found, **given}])
        when, extension = row_of(db, table, {"id": found}, "timestamp", "extension")
        if when is None or self._due is None:
            return found, 0.0
        return found, (when - self._due - (extension or timedelta())).total_seconds()

    def _made(self, table: Any, where: dict[str, Any], more: Mapping[str, Any]) -> str:
        """The id of the one row of a table, put there if need be."""
        db = self._book.db
        if found := row_of(db, table, where, "id"):
            return str(found.id)
        made = str(api.new_uuid())
        db.execute(insert(table), [{"id": made, **where, **more}])
        return made

    def _notebook(self, submission: str, cells: "NotebookCells") -> str:
        """The id of a notebook, which has a row for every grade and comment."""
        db = self._book.db
        where = {"assignment_id": submission, "notebook_id": cells.notebook}
        found = self._made(api.SubmittedNotebook, where, {})
        for kind, named in ((api.Grade, cells.graded), (api.Comment, cells.answers)):
            there = {row.cell_id for row in rows_of(db, kind, named.values(), found)}
            rows = [{"cell_id": id, "notebook_id": found} for id in named.values()]
            if missing := [row for row in rows if row["cell_id"] not in there]:
                db.execute(insert(kind), missing)
        return found

    def _grade(self, notebook: str, cells: "NotebookCells", scores: Scores) -> None:
        db, grade = self._book.db, api.Grade
        rows = [
            {
                "id": row.id,
                "auto_score": (earned := scores.earned.get(cells.names[row.cell_id], 0)),
                "needs_manual_grade": row.manual_score is not None or earned is None,
            }
            for row in rows_of(db, grade, cells.graded.values(), notebook, "manual_score")
        ]
        none = {cell for cell, name in cells.names.items() if name in scores.unanswered}
        said = [
            {"id": row.id, "auto_comment": "No response." if row.cell_id in none else None}
            for row in rows_of(db, api.Comment, cells.answers.values(), notebook)
        ]
        for kind, changed in ((grade, rows), (api.Comment, said)):
            if changed:
                db.execute(update(kind), changed)

    def _late(
        self, notebook: str, cells: "NotebookCells", student: str, late: float
    ) -> float | None:
        if late <= 0:
            return None
        found = rows_of(self._book.db, api.Grade, cells.graded.values(), notebook, "score")
        score = sum(row.score for row in found)
        asked = self._penalty(student, score, late)
        return None if asked is None else min(max(asked, 0.0), score)


def _handed_in(timestamp: str | None) -> dict[str, Any]:
    """When a submission came, for its row; nothing where its file holds no time at all."""
    try:
        return {"timestamp": parse_utc(timestamp)} if timestamp else {}
    except (ValueError, OverflowError):  # anybody may write anything into that file
        return {}
