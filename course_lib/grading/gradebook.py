"""nbgrader's gradebook: the only module that opens it. ``gradebook_writer`` writes marks."""

import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import bindparam, select


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
        every = list(map(NotebookCells, notebooks))
        worth = {id: points for cells in every for id, points in cells.worth}
        names = {id: name for cells in every for id, name in cells.names.items()}
        grade, of = api.Grade, api.SubmittedAssignment
        asked = (
            book.db.query(grade.cell_id, grade.score, grade.needs_manual_grade, of.student_id)
            .select_from(grade)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.id == grade.notebook_id)
            .join(of, of.id == api.SubmittedNotebook.assignment_id)
            .filter(of.student_id == student if student else of.student_id.is_not(None))
        )
        for row in asked.filter(grade.cell_id.in_(worth)):
            mark = Mark(row.score, worth[row.cell_id], row.needs_manual_grade)
            found.setdefault(row.student_id, {})[names[row.cell_id]] = mark
    return found


def returned(database: str, assignment: str, student: str) -> Returned:
    """What a student is given back; nothing where nothing was graded."""
    with opened(database) as book:
        try:
            found = book.find_assignment(assignment)
        except MissingEntry:
            return Returned()
        return read_back(book.db, found.id, map(NotebookCells, found.notebooks), student)


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


def read_back(
    db: Any, assignment: str, notebooks: Iterable[NotebookCells], student: str
) -> Returned:
    """Scores and comments, those of a person before those of the machine."""
    grade, comment = api.Grade, api.Comment
    cells: dict[str, Given] = {}
    penalty = 0.0
    for own, row in submitted(db, assignment, notebooks, student):
        worth = dict(own.worth)
        graded = rows_of(db, grade, own.graded.values(), row.id, "score")
        scores = {own.names[g.cell_id]: (g.score, worth.get(g.cell_id, 0.0)) for g in graded}
        said = rows_of(db, comment, own.answers.values(), row.id, "comment")
        comments = {own.names[c.cell_id]: c.comment for c in said}
        for name in {**scores, **comments}:
            cells[name] = Given(*scores.get(name, (None, 0.0)), comments.get(name))
        penalty += row.late_submission_penalty or 0.0
    return Returned(cells, penalty)


# These ask in the way that nbgrader's tables are indexed: any other goes through the whole class.
# Each query is made once: to make one takes as long as to ask it.


def submitted(
    db: Any, assignment: str, notebooks: Iterable[NotebookCells], student: str
) -> Iterator[tuple[NotebookCells, Any]]:
    """The notebooks that a student handed in: their cells, and ``id`` and penalty of each."""
    who = {"assignment_id": assignment, "student_id": student}
    found = row_of(db, api.SubmittedAssignment, who, "id")
    for cells in notebooks if found else ():
        where = {"notebook_id": cells.notebook, "assignment_id": found.id}
        if row := row_of(db, api.SubmittedNotebook, where, "id", "late_submission_penalty"):
            yield cells, row


def row_of(db: Any, table: Any, where: Mapping[str, Any], *columns: str) -> Any:
    """Columns of the one row of a table that has the values given; None if there is none."""
    return db.execute(_row(table, tuple(where), columns), where).first()


def rows_of(db: Any, kind: Any, cells: Collection[str], notebook: str, *columns: str) -> Any:
    """Grades or comments of a submitted notebook: ``id``, ``cell_id`` and other columns."""
    return db.execute(_rows(kind, columns), {"cells": list(cells), "notebook": notebook})


@cache
def _row(table: Any, where: tuple[str, ...], columns: tuple[str, ...]) -> Any:
    asked = select(*(getattr(table, name) for name in columns))
    return asked.where(*(getattr(table, name) == bindparam(name) for name in where))


@cache
def _rows(kind: Any, columns: tuple[str, ...]) -> Any:
    asked = select(kind.id, kind.cell_id, *(getattr(kind, name) for name in columns))
    of_it = kind.cell_id.in_(bindparam("cells", expanding=True))
    return asked.where(of_it, kind.notebook_id == bindparam("notebook"))


@contextmanager
def opened(database: str) -> Iterator[Any]:
    """Open a gradebook, an ``nbgrader.api.Gradebook``, and close it again."""
    with warnings.catch_warnings(), Gradebook(database) as book:
        # SQLAlchemy's, about the order in which nbgrader links its rows.
        warnings.simplefilter("ignore")
        yield book
