"""Stock nbgrader's commands, and ours around them, on the optimizers notebook."""

import json
import shutil

import nbformat
import pytest

from course_lib.editions.leaks import find_leaks, hidden_secrets, solution_secrets
from course_lib.grading import run
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import marks, master_cells
from course_lib.grading.release import release

from .conftest import nbgrader, new_course

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with the release, and the source notebook as a submission."""
    course = new_course(tmp_path_factory.mktemp("course"))
    done = nbgrader(course, "generate_assignment", "optimizers")
    assert done.returncode == 0, done.stderr
    folder = course.submission("solved", "optimizers")
    shutil.copytree(course.source("optimizers").parent, folder)
    return course


def test_the_release_holds_no_solution_and_no_hidden_test(course: Course) -> None:
    folder = course.release("optimizers").parent
    secrets = [*solution_secrets(), *hidden_secrets([course.source("optimizers")])]
    assert not list(find_leaks(folder, secrets))


def test_the_gradebook_keeps_the_notebooks_order(course: Course) -> None:
    source = nbformat.read(course.source("optimizers"), as_version=4)
    named = [c.metadata["nbgrader"]["grade_id"] for c in source.cells if "nbgrader" in c.metadata]
    kept = [cell.grade_id for cell in master_cells(course.database, "optimizers", "optimizers")]
    assert kept == named


def test_the_source_validates(course: Course) -> None:
    done = nbgrader(course, "validate", str(course.source("optimizers")))
    assert "Success! Your notebook passes all the tests." in done.stdout


def test_the_untouched_release_validates_with_clear_messages(course: Course) -> None:
    done = nbgrader(course, "validate", str(course.release("optimizers")))
    assert "VALIDATION FAILED ON" in done.stdout
    assert "FAILED adam: " in done.stdout
    assert "Traceback" not in done.stdout


def test_the_source_earns_90_and_waits_for_10(course: Course) -> None:
    first = run.grade("optimizers", ["solved"], course)
    assert [outcome.state for outcome in first] == ["graded"]
    earned = marks(course.database, "optimizers", "solved")
    assert sum(mark.score for mark in earned.values()) == 90
    assert sum(mark.points for mark in earned.values()) == 100
    assert [name for name, mark in earned.items() if mark.by_hand] == ["written-momentum"]


def test_a_second_run_keeps_what_is_graded_and_grades_what_changed(course: Course) -> None:
    run.grade("optimizers", ["solved"], course)
    before = course.autograded("solved", "optimizers").stat().st_mtime_ns
    assert [outcome.state for outcome in run.grade("optimizers", None, course)] == ["kept"]
    assert course.autograded("solved", "optimizers").stat().st_mtime_ns == before
    (course.submission("solved", "optimizers") / "notes.txt").write_text("one more file")
    assert [outcome.state for outcome in run.grade("optimizers", None, course)] == ["graded"]


def test_a_release_that_is_unchanged_is_not_made_again(course: Course) -> None:
    release("optimizers", course)
    before = course.release("optimizers").stat().st_mtime_ns
    release("optimizers", course)
    assert course.release("optimizers").stat().st_mtime_ns == before


def test_formgrader_lists_the_assignment_and_its_submissions(course: Course) -> None:
    run.grade("optimizers", ["solved"], course)
    assignment = course.api.get_assignment("optimizers")
    assert assignment["status"] == "draft"
    assert (assignment["max_code_score"], assignment["max_written_score"]) == (90, 10)
    (submission,) = course.api.get_submissions("optimizers")
    assert submission["autograded"] and submission["needs_manual_grade"]
    json.dumps([assignment, submission])


def test_new_cells_after_submissions_are_refused_with_a_way_out(course: Course) -> None:
    run.grade("optimizers", ["solved"], course)
    source = course.source("optimizers")
    text = source.read_text(encoding="utf-8")
    try:
        source.write_text(text.replace('"adam-visible-1"', '"adam-visible-9"'), encoding="utf-8")
        with pytest.raises(GradingError, match=r"gradebook\.db"):
            release("optimizers", course)
    finally:
        source.write_text(text, encoding="utf-8")
