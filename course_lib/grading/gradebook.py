"""nbgrader's gradebook: the only module that opens it."""

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

Penalty = Callable[[str, float, float], float | None]


@dataclass(frozen=True)
class MasterCell:
    """A cell as the instructor wrote it, hidden tests included.

    Args:
        grade_id: Its name.
        cell_type: ``"code"`` or ``"markdown"``.
        source: Its text.
        checksum: nbgrader's checksum of it.
        locked: Whether students may not change it.
        graded: Whether it carries points.
        answer: Whether students write in it.
        points: What it is worth; 0 where it is not graded.
    """

    grade_id: str
    cell_type: str
    source: str
    checksum: str
    locked: bool
    graded: bool
    answer: bool
    points: float


@dataclass(frozen=True)
class Mark:
    """What a student earned in one graded cell.

    Args:
        score: Points earned.
        points: Points possible.
        by_hand: Whether a person still has to mark it.
    """

    score: float
    points: float
    by_hand: bool


def master_cells(database: str, assignment: str, notebook: str) -> list[MasterCell]:
    """Every named cell of a notebook, in the notebook's order."""
    with _opened(database) as book:
        found = book.find_notebook(notebook, assignment)
        graded = {cell.name: cell.max_score for cell in found.grade_cells}
        answers = {cell.name for cell in found.solution_cells}
        return [
            MasterCell(
                grade_id=cell.name,
                cell_type=cell.cell_type,
                source=cell.source,
                checksum=cell.checksum,
                locked=cell.locked,
                graded=cell.name in graded,
                answer=cell.name in answers,
                points=graded.get(cell.name, 0.0),
            )
            for cell in found.source_cells
        ]


def is_released(database: str, assignment: str) -> bool:
    """Whether the gradebook knows the assignment."""
    with _opened(database) as book:
        try:
            return bool(book.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def marks(database: str, assignment: str, student: str) -> dict[str, Mark]:
    """What a student earned, by the name of the cell; empty where nothing was graded."""
    with _opened(database) as book:
        try:
            submission = book.find_submission(assignment, student)
        except MissingEntry:
            return {}
        return {
            grade.name: Mark(grade.score, grade.max_score, grade.needs_manual_grade)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def record_zero(database: str, assignment: str, student: str) -> None:
    """Give a submission that cannot be run 0 points in every cell, with nothing left to mark."""
    with _opened(database) as book:
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(assignment, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = 0
                grade.needs_manual_grade = False
        book.db.commit()


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
    """

    def __init__(self, database: str, assignment: str, penalty: Penalty) -> None:
        self._opened = _opened(database)
        self._assignment, self._penalty = assignment, penalty

    def __enter__(self) -> "Writer":
        self._book = self._opened.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opened.__exit__(*error)

    def write(self, scores: Scores) -> None:
        """Write what a student earned, all of it or nothing."""
        given = {"timestamp": scores.timestamp} if scores.timestamp else {}
        self._book.update_or_create_student(scores.student)
        submission = self._book.update_or_create_submission(
            self._assignment, scores.student, **given
        )
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = scores.earned.get(grade.name, 0)
                unsure = grade.manual_score is not None or grade.auto_score is None
                grade.needs_manual_grade = unsure
            for comment in notebook.comments:
                none = comment.name in scores.unanswered
                comment.auto_comment = "No response." if none else None
            notebook.late_submission_penalty = self._late(notebook, submission, scores.student)
        self._book.db.commit()

    def _late(self, notebook: Any, submission: Any, student: str) -> float | None:
        late = submission.total_seconds_late
        if late <= 0:
            return None
        self._book.db.flush()
        self._book.db.refresh(notebook)  # its score is a sum the database makes
        asked = self._penalty(student, notebook.score, late)
        return None if asked is None else min(max(asked, 0.0), notebook.score)

    def has(self, student: str) -> bool:
        """Whether a student's submission is in the gradebook."""
        try:
            return bool(self._book.find_submission(self._assignment, student).notebooks)
        except MissingEntry:
            return False


@contextmanager
def _opened(database: str) -> Iterator[Any]:
    with warnings.catch_warnings(), Gradebook(database) as book:
        # SQLAlchemy's, about the order in which nbgrader links its rows.
        warnings.simplefilter("ignore")
        yield book
