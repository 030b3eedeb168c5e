"""nbgrader's own ways into the sealed grader give the marks of ``course grade``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from benchmarks.kills import ASSIGNMENT, copy, gradebook, small_class
from course_lib.grading.cells import name
from course_lib.grading.course import Course
from course_lib.grading.gradebook import class_marks
from course_lib.grading.sealed.pool import grade
from course_lib.grading.sealed.room import room_of
from tests.grading.conftest import nbgrader

pytestmark = pytest.mark.slow

UNREADABLE = {"broken-file", "no-notebook", "other-file"}
"""Where nbgrader stops, and ``course grade`` gives 0 points and a reason."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_class(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def graded(template: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = copy(template, tmp_path_factory.mktemp("graded"))
    grade(ASSIGNMENT, course=course, jobs=2, sandbox="available")
    return course


@pytest.fixture(scope="module")
def plain(template: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class graded by nbgrader's command, among whom are a link and a shadowing module."""
    course = copy(template, tmp_path_factory.mktemp("plain"))
    link = course.submission("links", ASSIGNMENT)
    link.mkdir(parents=True)
    (link / f"{ASSIGNMENT}.ipynb").symlink_to(
        course.submission("perfect", ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
    )
    shadow = course.submission("perfect", ASSIGNMENT)
    (shadow / "torch.py").write_text("raise SystemExit")
    (shadow / "json").mkdir()
    (shadow / "json" / "__init__.py").write_text("raise SystemExit")
    (shadow / "table.csv").write_text("1,2")
    assert nbgrader(course, "generate_assignment", ASSIGNMENT).returncode == 0
    done = nbgrader(course, "autograde", ASSIGNMENT)
    assert done.returncode != 0 and "is a link" in done.stderr, done.stderr
    return course


def test_the_marks_are_those_of_course_grade(plain: Course, graded: Course) -> None:
    ours = class_marks(graded.database, ASSIGNMENT)
    theirs = class_marks(plain.database, ASSIGNMENT)
    assert set(theirs) >= set(ours) - UNREADABLE
    for student in set(ours) - UNREADABLE:
        assert theirs[student] == ours[student], student


def test_so_are_comments_and_the_rest_of_the_gradebook(plain: Course, graded: Course) -> None:
    def of_read(course: Course) -> list[object]:
        others = UNREADABLE | {"links"}
        return [row for table in gradebook(course) for row in table if row[0] not in others]

    assert of_read(plain) == of_read(graded)


def test_what_is_refused_was_never_copied(plain: Course) -> None:
    assert not plain.autograded("links", ASSIGNMENT).parent.exists()
    beside = {path.name for path in plain.autograded("perfect", ASSIGNMENT).parent.iterdir()}
    assert beside == {f"{ASSIGNMENT}.ipynb", "table.csv"}


def test_force_grades_again_and_gives_the_same(plain: Course) -> None:
    path = plain.root / "records" / "crashes" / f"{ASSIGNMENT}.json"
    before, marks = path.read_bytes(), class_marks(plain.database, ASSIGNMENT)
    options = ("--student", "crashes")
    assert nbgrader(plain, "autograde", ASSIGNMENT, *options).returncode == 0
    assert path.read_bytes() == before
    assert nbgrader(plain, "autograde", ASSIGNMENT, *options, "--force").returncode == 0
    assert path.read_bytes() != before
    assert class_marks(plain.database, ASSIGNMENT) == marks


def test_the_call_behind_formgraders_button_gives_the_same(
    plain: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(plain.root)
    path = plain.root / "records" / "own-style" / f"{ASSIGNMENT}.json"
    before, marks = path.read_bytes(), class_marks(plain.database, ASSIGNMENT)
    plain.call("autograde", ASSIGNMENT, "own-style")
    assert path.read_bytes() != before
    assert class_marks(plain.database, ASSIGNMENT) == marks


def test_generate_feedback_gives_the_page_of_course_grade(plain: Course, graded: Course) -> None:
    done = nbgrader(graded, "generate_feedback", ASSIGNMENT, "--student", "perfect")
    page = graded.feedback("perfect", ASSIGNMENT)
    before = page.read_text()
    assert done.returncode == 0, done.stderr
    done = nbgrader(graded, "generate_feedback", ASSIGNMENT, "--student", "perfect", "--force")
    assert done.returncode == 0, done.stderr
    assert page.read_text() == before and "Content-Security-Policy" in before


def test_stock_turns_it_off(tmp_path: Path) -> None:
    show = (
        "import json; from course_lib.grading.course import Course;"
        "from nbgrader.converters.autograde import Autograde as A;"
        "named = Course().config.Autograde.autograde_preprocessors;"
        "print(json.dumps([[str(n) for n in named], hasattr(A.init_assignment, '__wrapped__')]))"
    )
    for choice, sealed in (("stock", False), ("", True)):
        environment = os.environ | {"COURSE_GRADER": choice}
        command = [sys.executable, "-W", "ignore", "-c", show]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        names, checked = json.loads(said.stdout.splitlines()[-1])
        assert any("Sealed" in name for name in names) == sealed == checked
        assert any("BoundedExecute" in name for name in names) != sealed


def test_a_server_sees_that_a_changed_test_was_released(
    template: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = copy(template, tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    path = course.root / "records" / "perfect" / f"{ASSIGNMENT}.json"

    def tests_of_the_record() -> str:
        course.call("autograde", ASSIGNMENT, "perfect")
        return str(json.loads(path.read_bytes())["common"])

    course.call("generate_assignment", ASSIGNMENT)
    before = tests_of_the_record()
    source = course.source(ASSIGNMENT)
    notebook = nbformat.read(source, as_version=4)
    tests = [cell for cell in notebook.cells if name(cell).endswith("-hidden-1")]
    tests[0].source += "\nassert True"
    nbformat.write(notebook, source)
    assert tests_of_the_record() == before  # it is not released yet
    course.call("generate_assignment", ASSIGNMENT)
    assert tests_of_the_record() == room_of(course, ASSIGNMENT).common != before
