"""nbgrader's gradebook: the only module that opens it. ``gradebook_writer`` writes marks."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader import api
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


@dataclass(frozen=True)
class Given:
    """What a student is given back for a cell.

    Args:
        score: Points, a person's before the machine's; None where the cell carries none.
        points: What it is worth.
        comment: What was said of it, a person's words before the machine's.
    """

    score: float | None = None
    points: float = 0.0
    comment: str | None = None


@dataclass(frozen=True)
class Returned:
    """What a student is given back for a notebook.

    Args:
        cells: By name.
        penalty: Points taken for handing in late.
    """

    cells: Mapping[str, Given] = field(default_factory=dict)
    penalty: float = 0.0

    @property
    def score(self) -> float:
        """Points in all."""
        return sum(cell.score or 0.0 for cell in self.cells.values()) - self.penalty

    @property
    def possible(self) -> float:
        """Points there are."""
        return sum(cell.points for cell in self.cells.values())


def create(database: str) -> None:
    """Make the gradebook if there is none: as a whole, or not at all."""
    path = Path(database.removeprefix("sqlite:///"))
    if not database.startswith("sqlite:///") or path.exists():
        return
    fresh = path.with_name(f".{path.name}.part")
    fresh.unlink(missing_ok=True)
    with opened(f"sqlite:///{fresh}"):
        pass
    fresh.replace(path)


def master_cells(database: str, assignment: str, notebook: str) -> list[MasterCell]:
    """Every named cell of a notebook, in the notebook's order."""
    with opened(database) as book:
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
    with opened(database) as book:
        try:
            return bool(book.find_assignment(assignment).notebooks)
        except MissingEntry:
            return False


def marks(database: str, assignment: str, student: str) -> dict[str, Mark]:
    """What a student earned, by the name of the cell; empty where nothing was graded."""
    return class_marks(database, assignment, student).get(student, {})


def class_marks(
    database: str, assignment: str, student: str | None = None
) -> dict[str, dict[str, Mark]]:
    """What was earned, by student and the name of the cell; nothing where nothing was graded.

    Args:
        database: Address of the gradebook.
        assignment: Slug of the assignment.
        student: Whose marks to read; everyone's by default.
    """
    found: dict[str, dict[str, Mark]] = {}
    with opened(database) as book:
        try:
            notebooks = book.find_assignment(assignment).notebooks
        except MissingEntry:
            return {}
        worth = {
            id: points for notebook in notebooks for id, points in NotebookCells(notebook).worth
        }
        grade, of = api.Grade, api.SubmittedAssignment
        asked = query_by_cell(
            book.db, grade, grade.cell_id, grade.score, grade.needs_manual_grade, of.student_id
        ).filter(of.student_id == student if student else of.student_id.is_not(None))
        for row in asked.filter(grade.cell_id.in_(worth)):
            mark = Mark(row.score, worth[row.cell_id], row.needs_manual_grade)
            found.setdefault(row.student_id, {})[row.name] = mark
    return found


def returned(database: str, assignment: str, student: str) -> Returned:
    """What a student is given back; nothing where nothing was graded."""
    with opened(database) as book:
        try:
            found = book.find_assignment(assignment)
        except MissingEntry:
            return Returned()
        worth = {
            id: points
            for notebook in found.notebooks
            for id, points in NotebookCells(notebook).worth
        }
        return read_back(book.db, found.id, student, worth)


def record_zero(database: str, assignment: str, student: str) -> None:
    """Give a submission that cannot be run 0 points in every cell, with nothing left to mark."""
    with opened(database) as book:
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(assignment, student)
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = 0
                grade.needs_manual_grade = False
        book.db.commit()


class NotebookCells:
    """The cells of a notebook for which a submission has grades and comments, by name.

    Args:
        notebook: As the gradebook knows it; kept are ids, never its rows.
    """

    def __init__(self, notebook: Any) -> None:
        tasks = {cell.name: cell.id for cell in notebook.task_cells}
        self.notebook: str = notebook.id
        self.graded: dict[str, str] = {cell.name: cell.id for cell in notebook.grade_cells} | tasks
        self.answers = {cell.name: cell.id for cell in notebook.solution_cells} | tasks
        graded = (*notebook.grade_cells, *notebook.task_cells)
        self.worth = [(cell.id, float(cell.max_score)) for cell in graded]
        named = [*self.graded.items(), *self.answers.items()]
        self.names = {cell: name for name, cell in named}


def read_back(db: Any, assignment: str, student: str, worth: Mapping[str, float]) -> Returned:
    """Scores and comments, those of a person before those of the machine."""
    of = api.SubmittedAssignment
    of_it = of.assignment_id == assignment, of.student_id == student
    grade, comment = api.Grade, api.Comment
    scores = {
        row.name: (row.score, worth.get(row.cell_id, 0.0))
        for row in query_by_cell(db, grade, grade.cell_id, grade.score).filter(*of_it)
    }
    comments = dict(map(tuple, query_by_cell(db, comment, comment.comment).filter(*of_it)))
    penalties = (
        db.query(api.SubmittedNotebook.late_submission_penalty)
        .join(of, of.id == api.SubmittedNotebook.assignment_id)
        .filter(*of_it)
    )
    names = {**scores, **comments}
    cells = {name: Given(*scores.get(name, (None, 0.0)), comments.get(name)) for name in names}
    return Returned(cells, sum(row[0] or 0.0 for row in penalties))


def query_by_cell(db: Any, kind: Any, *columns: Any) -> Any:
    """A query for columns of grades or comments, the name of their cell first."""
    return (
        db.query(api.BaseCell.name, *columns)
        .select_from(kind)
        .join(api.BaseCell, api.BaseCell.id == kind.cell_id)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == kind.notebook_id)
        .join(
            api.SubmittedAssignment,
            api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id,
        )
    )


@contextmanager
def opened(database: str) -> Iterator[Any]:
    """Open a gradebook, an ``nbgrader.api.Gradebook``, and close it again."""
    with warnings.catch_warnings(), Gradebook(database) as book:
        # SQLAlchemy's, about the order in which nbgrader links its rows.
        warnings.simplefilter("ignore")
        yield book
