"""nbgrader's gradebook: the only module that opens it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry


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


@contextmanager
def _opened(database: str) -> Iterator[Any]:
    with warnings.catch_warnings(), Gradebook(database) as book:
        # SQLAlchemy's, about the order in which nbgrader links its rows.
        warnings.simplefilter("ignore")
        yield book
