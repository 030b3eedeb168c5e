"""Nbgrader finds the next submission judged, if it is still the same, and its own judge if not."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from benchmarks.kills import ASSIGNMENT, copy, small_class
from course_lib.grading.course import Course
from course_lib.grading.gradebook import class_marks, create
from course_lib.grading.release import release
from course_lib.grading.sealed import plugin
from course_lib.grading.sealed.ahead import Ahead
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import execute
from course_lib.grading.sealed.intake import Intake, take_in
from course_lib.grading.sealed.one import executed, seed
from course_lib.grading.sealed.pool import grade
from course_lib.grading.sealed.room import Room, room_of

pytestmark = pytest.mark.slow

STUDENT, OTHER = "crashes", "perfect"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with pytest.MonkeyPatch.context() as patch:  # nbgrader calls a program of its environment
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        course = small_class(tmp_path_factory.mktemp("class"))
        create(course.database)
        release(ASSIGNMENT, course)
        yield course


@pytest.fixture(scope="module")
def room(course: Course) -> Room:
    return room_of(course, ASSIGNMENT, "available")


@pytest.fixture(scope="module")
def ahead(room: Room, desk: Desk) -> Iterator[Ahead]:
    with pytest.MonkeyPatch.context() as patch:
        closed: list[Callable[[], None]] = []
        patch.setattr("atexit.register", closed.append)
        yield Ahead(room, desk)
        closed[0]()


@pytest.fixture(scope="module")
def known(room: Room, desk: Desk) -> tuple[NotebookNode, Intake, dict[str, float | None]]:
    """A submission judged in the ordinary way."""
    intake = handed_in(room, STUDENT)
    drawn = seed(room, STUDENT, intake)
    assert intake.notebook
    nb, body = executed(room, desk, STUDENT, intake, intake.notebook, drawn)
    return nb, intake, body["earned"]


def handed_in(room: Room, student: str) -> Intake:
    return take_in(room.course.submission(student, ASSIGNMENT), ASSIGNMENT)


def emptied(nb: NotebookNode) -> NotebookNode:
    nb = nb.copy()
    nb.cells = [cell.copy() for cell in nb.cells]
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return nb


def test_what_was_judged_ahead_is_what_is_judged(
    ahead: Ahead, known: tuple[NotebookNode, Intake, dict[str, float | None]]
) -> None:
    executed, intake, earned = known
    nb = emptied(executed)
    ahead.begin(STUDENT)
    body = ahead.take(STUDENT, intake.digest, nb)
    assert body and body["earned"] == earned
    assert [cell.get("outputs") for cell in nb.cells] == [c.get("outputs") for c in executed.cells]


def nothing_begun(ahead: Ahead, nb: NotebookNode) -> None:
    pass


def another(ahead: Ahead, nb: NotebookNode) -> None:
    ahead.begin(OTHER)


def changed_since(ahead: Ahead, nb: NotebookNode) -> None:
    ahead.begin(STUDENT)
    next(cell for cell in nb.cells if cell.cell_type == "code").source += "\n# changed"


def judge_ended(ahead: Ahead, nb: NotebookNode) -> None:
    ahead.begin(STUDENT)
    ((_, process),) = ahead._judges._judges.values()
    os.kill(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("odd", [nothing_begun, another, changed_since, judge_ended])
def test_where_it_was_not_nbgraders_own_turn_remains(
    odd: Callable[[Ahead, NotebookNode], None],
    ahead: Ahead,
    known: tuple[NotebookNode, Intake, dict[str, float | None]],
) -> None:
    executed, intake, earned = known
    nb = emptied(executed)
    odd(ahead, nb)
    assert ahead.take(STUDENT, intake.digest, nb) is None
    ahead.begin(STUDENT)  # and it goes on as ever
    body = ahead.take(STUDENT, intake.digest, emptied(executed))
    assert body and body["earned"] == earned


def test_a_submission_handed_in_again_is_judged_again(
    ahead: Ahead, known: tuple[NotebookNode, Intake, dict[str, float | None]]
) -> None:
    ahead.begin(STUDENT)
    assert ahead.take(STUDENT, "another digest", emptied(known[0])) is None


@pytest.mark.filterwarnings("ignore::Warning")  # of what nbgrader is built on
def test_nbgrader_judges_only_the_first_of_several_itself(
    course: Course, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = copy(course, tmp_path_factory.mktemp("several"))
    names = [STUDENT, OTHER, "own-style"]
    own = []
    monkeypatch.setattr(plugin, "execute", lambda *given: own.append(given) or execute(*given))
    settings = mine.config.copy()
    settings.CourseDirectory.assignment_id = ASSIGNMENT
    settings.SealedExecute.sandbox = "available"
    for path in (mine.root / "submitted").iterdir():
        if path.name not in names:
            path.rename(mine.build / path.name)
    Autograde(coursedir=CourseDirectory(config=settings), config=settings).start()
    assert len(own) == 1
    ahead = class_marks(mine.database, ASSIGNMENT)
    theirs = copy(course, tmp_path_factory.mktemp("theirs"))
    grade(ASSIGNMENT, names, course=theirs, jobs=1, sandbox="available")
    assert ahead == {name: class_marks(theirs.database, ASSIGNMENT)[name] for name in names}
