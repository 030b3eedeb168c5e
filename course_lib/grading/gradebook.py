"""nbgrader's gradebook: the only module that opens it."""

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import parse_utc
from sqlalchemy import insert, update

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
    with _opened(f"sqlite:///{fresh}"):
        pass
    fresh.replace(path)


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
    with _opened(database) as book:
        try:
            notebooks = book.find_assignment(assignment).notebooks
        except MissingEntry:
            return {}
        worth = {id: points for notebook in notebooks for id, points in _Cells(notebook).worth}
        grade, of = api.Grade, api.SubmittedAssignment
        asked = _of_cells(
            book.db, grade, grade.cell_id, grade.score, grade.needs_manual_grade, of.student_id
        ).filter(of.student_id == student if student else of.student_id.is_not(None))
        for row in asked.filter(grade.cell_id.in_(worth)):
            mark = Mark(row.score, worth[row.cell_id], row.needs_manual_grade)
            found.setdefault(row.student_id, {})[row.name] = mark
    return found


def returned(database: str, assignment: str, student: str) -> Returned:
    """What a student is given back; nothing where nothing was graded."""
    with _opened(database) as book:
        try:
            found = book.find_assignment(assignment)
        except MissingEntry:
            return Returned()
        worth = {
            id: points for notebook in found.notebooks for id, points in _Cells(notebook).worth
        }
        return _returned(book.db, found.id, student, worth)


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
        found = self._book.find_assignment(self._assignment)
        self._id, self._due = found.id, found.duedate
        self._cells = [_Cells(notebook) for notebook in found.notebooks]
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
        worth = {id: points for cells in self._cells for id, points in cells.worth}
        return _returned(self._book.db, self._id, student, worth)

    def holds(self, scores: Scores) -> bool:
        """Whether the machine's points are those of ``scores``."""
        of, grade = api.SubmittedAssignment, api.Grade
        found = dict(
            map(
                tuple,
                _of_cells(self._book.db, grade, grade.auto_score).filter(
                    of.assignment_id == self._id, of.student_id == scores.student
                ),
            )
        )
        return bool(found) and found == {name: scores.earned.get(name, 0) for name in found}

    # Only columns are asked for: a whole row of nbgrader's brings sums over the gradebook with it.

    def _submission(self, scores: Scores) -> tuple[str, float]:
        """The id of a submission, and by how many seconds it is late."""
        db, table = self._book.db, api.SubmittedAssignment
        if not db.query(api.Student.id).filter_by(id=scores.student).first():
            db.execute(insert(api.Student), [{"id": scores.student}])
        given = _handed_in(scores.timestamp)
        who = {"assignment_id": self._id, "student_id": scores.student}
        found = self._made(table, who, given)
        if given:
            db.execute(update(table), [{"id": found, **given}])
        when, extension = db.query(table.timestamp, table.extension).filter_by(id=found).one()
        if when is None or self._due is None:
            return found, 0.0
        return found, (when - self._due - (extension or timedelta())).total_seconds()

    def _made(self, table: Any, where: dict[str, Any], more: Mapping[str, Any]) -> str:
        """The id of the one row of a table, put there if need be."""
        db = self._book.db
        if not db.query(table.id).filter_by(**where).first():
            db.execute(insert(table), [{**where, **more}])
        found: str = db.query(table.id).filter_by(**where).one()[0]
        return found

    def _notebook(self, submission: str, cells: "_Cells") -> str:
        """The id of a notebook, which has a row for every grade and comment."""
        db = self._book.db
        where = {"assignment_id": submission, "notebook_id": cells.notebook}
        found = self._made(api.SubmittedNotebook, where, {})
        for kind, named in ((api.Grade, cells.graded), (api.Comment, cells.answers)):
            there = {row.cell_id for row in _rows(db, kind, named.values(), found)}
            rows = [{"cell_id": id, "notebook_id": found} for id in named.values()]
            if missing := [row for row in rows if row["cell_id"] not in there]:
                db.execute(insert(kind), missing)
        return found

    def _grade(self, notebook: str, cells: "_Cells", scores: Scores) -> None:
        db, grade = self._book.db, api.Grade
        rows = [
            {
                "id": row.id,
                "auto_score": (earned := scores.earned.get(cells.names[row.cell_id], 0)),
                "needs_manual_grade": row.manual_score is not None or earned is None,
            }
            for row in _rows(db, grade, cells.graded.values(), notebook, grade.manual_score)
        ]
        none = {cell for cell, name in cells.names.items() if name in scores.unanswered}
        said = [
            {"id": row.id, "auto_comment": "No response." if row.cell_id in none else None}
            for row in _rows(db, api.Comment, cells.answers.values(), notebook)
        ]
        for kind, changed in ((grade, rows), (api.Comment, said)):
            if changed:
                db.execute(update(kind), changed)

    def _late(self, notebook: str, cells: "_Cells", student: str, late: float) -> float | None:
        if late <= 0:
            return None
        found = _rows(self._book.db, api.Grade, cells.graded.values(), notebook, api.Grade.score)
        score = sum(row.score for row in found)
        asked = self._penalty(student, score, late)
        return None if asked is None else min(max(asked, 0.0), score)


def _rows(db: Any, kind: Any, cells: Collection[str], notebook: str, *columns: Any) -> Any:
    """Grades or comments of a notebook, by cell and notebook, as their tables are indexed."""
    of_it = kind.cell_id.in_(cells), kind.notebook_id == notebook
    return db.query(kind.id, kind.cell_id, *columns).filter(*of_it)


class _Cells:
    """The cells of a notebook for which a submission has grades and comments, by name."""

    def __init__(self, notebook: Any) -> None:
        tasks = {cell.name: cell.id for cell in notebook.task_cells}
        self.notebook: str = notebook.id
        self.graded: dict[str, str] = {cell.name: cell.id for cell in notebook.grade_cells} | tasks
        self.answers = {cell.name: cell.id for cell in notebook.solution_cells} | tasks
        graded = (*notebook.grade_cells, *notebook.task_cells)
        self.worth = [(cell.id, float(cell.max_score)) for cell in graded]
        named = [*self.graded.items(), *self.answers.items()]
        self.names = {cell: name for name, cell in named}


def _returned(db: Any, assignment: str, student: str, worth: Mapping[str, float]) -> Returned:
    """Scores and comments, those of a person before those of the machine."""
    of = api.SubmittedAssignment
    of_it = of.assignment_id == assignment, of.student_id == student
    grade, comment = api.Grade, api.Comment
    scores = {
        row.name: (row.score, worth.get(row.cell_id, 0.0))
        for row in _of_cells(db, grade, grade.cell_id, grade.score).filter(*of_it)
    }
    comments = dict(map(tuple, _of_cells(db, comment, comment.comment).filter(*of_it)))
    penalties = (
        db.query(api.SubmittedNotebook.late_submission_penalty)
        .join(of, of.id == api.SubmittedNotebook.assignment_id)
        .filter(*of_it)
    )
    names = {**scores, **comments}
    cells = {name: Given(*scores.get(name, (None, 0.0)), comments.get(name)) for name in names}
    return Returned(cells, sum(row[0] or 0.0 for row in penalties))


def _of_cells(db: Any, kind: Any, *columns: Any) -> Any:
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
def _opened(database: str) -> Iterator[Any]:
    with warnings.catch_warnings(), Gradebook(database) as book:
        # SQLAlchemy's, about the order in which nbgrader links its rows.
        warnings.simplefilter("ignore")
        yield book


def _handed_in(timestamp: str | None) -> dict[str, Any]:
    """When a submission came, for its row; nothing where its file holds no time at all."""
    try:
        return {"timestamp": parse_utc(timestamp)} if timestamp else {}
    except (ValueError, OverflowError):  # anybody may write anything into that file
        return {}
