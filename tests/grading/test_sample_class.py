"""The sample class, stock and sealed: every mark is the one its recipe states beforehand."""

import csv
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest

from course_lib.editions.leaks import find_leaks, hidden_secrets, solution_secrets
from course_lib.editions.student import derive
from course_lib.grading import report, results, run
from course_lib.grading.course import Course
from course_lib.grading.gradebook import marks
from course_lib.grading.recipes import Recipe, recipes
from course_lib.grading.sample_class import PREFIX, expected, make
from course_lib.grading.sealed import pool

from .conftest import nbgrader, new_course

RECIPES = recipes("optimizers")
UNREADABLE = ["broken-file", "no-notebook", "other-file"]
SEEN = (("no-bias-correction", "adam"), ("old-buffer-ahead", "nesterov"))
"""Misconceptions that a visible test already meets, and where."""

STOCK = (
    "perfect",
    "no-bias-correction",
    "old-buffer-ahead",
    "untouched",
    "half-done",
    "unbiased-everywhere",
    "drops-whole-rows",
    "counts-from-one",
    "two-mistakes",
)
"""Whom stock nbgrader grades where the whole class has sealed marks; it takes 20 s for each."""


def stated(course: Course, assignment: str, class_: Iterable[Recipe]) -> dict[str, float]:
    """The points each submission is worth, by the student."""
    source = nbformat.read(course.source(assignment), as_version=4)
    return {PREFIX + recipe.name: expected(recipe, source) for recipe in class_}


@pytest.fixture(scope="class")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The class, graded by one stock command, and then by ours for what is left."""
    course = new_course(tmp_path_factory.mktemp("class"))
    make("optimizers", course)
    nbgrader(course, "autograde", "optimizers")
    run.grade("optimizers", [PREFIX + name for name in UNREADABLE], course)
    return course


@pytest.mark.slow
class TestStockClass:
    def test_every_mark_is_the_one_stated(self, graded: Course) -> None:
        right = stated(graded, "optimizers", RECIPES)
        earned = {
            student: sum(
                mark.score for mark in marks(graded.database, "optimizers", student).values()
            )
            for student in right
        }
        assert earned == right

    def test_only_a_question_somebody_answered_waits_for_a_person(self, graded: Course) -> None:
        rows = {row.student: row for row in results.rows("optimizers", graded)}

        def answered(recipe: Recipe) -> bool:
            return not recipe.unwritten and recipe.name not in UNREADABLE

        assert {name for name, row in rows.items() if row.by_hand} == {
            PREFIX + recipe.name for recipe in RECIPES if answered(recipe)
        }

    def test_what_could_not_be_run_says_why(self, graded: Course) -> None:
        rows = {row.student: row for row in results.rows("optimizers", graded)}
        for name in UNREADABLE:
            assert rows[PREFIX + name].notices
        assert "missing" in " ".join(rows[f"{PREFIX}tests-deleted"].notices)
        assert "changed" in " ".join(rows[f"{PREFIX}tests-edited"].notices)
        for name, said in (
            ("endless-loop", "rmsprop-visible-1: it ran out of time."),
            ("ends-kernel", "adamw-visible-1: Not run: the code ended the kernel."),
            ("syntax-error", "adagrad-solution: SyntaxError"),
        ):
            assert said in " ".join(rows[PREFIX + name].notices)
        honest = ("perfect", "own-style", "untouched", "dampens-first-step")
        assert not any(rows[PREFIX + name].notices for name in honest)

    def test_misconceptions_seen_by_visible_tests_earn_their_hints(self, graded: Course) -> None:
        rows = {row.student: row for row in results.rows("optimizers", graded)}
        for name, exercise in SEEN:
            assert rows[PREFIX + name].hints.get(exercise), name

    def test_no_autograded_notebook_is_huge(self, graded: Course) -> None:
        sizes = [path.stat().st_size for path in (graded.root / "autograded").rglob("*.ipynb")]
        assert len(sizes) == len(RECIPES)
        assert max(sizes) < 10_000_000

    def test_feedback_keeps_messages_and_shows_nothing_hidden(self, graded: Course) -> None:
        done = nbgrader(graded, "generate_feedback", "optimizers", "--force")
        assert done.returncode == 0, done.stderr
        student = f"{PREFIX}tests-deleted"
        page = graded.feedback(student, "optimizers")
        assert "FAILED adam" in page.read_text(encoding="utf-8")
        secrets = hidden_secrets([graded.source("optimizers")])
        assert not list(find_leaks(graded.root / "feedback", secrets))
        assert list(find_leaks(graded.source("optimizers").parent, secrets))
        untouched = graded.feedback(f"{PREFIX}untouched", "optimizers").parent
        assert not list(find_leaks(untouched, [*secrets, *solution_secrets()]))

    def test_the_table_is_shown_and_written(
        self, graded: Course, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report.show(["optimizers"], graded)
        shown = capsys.readouterr().out
        assert "Hint: " in shown
        assert "Earned on cpu and " in shown
        assert str(graded.build / "grades" / "index.html") in shown.replace("\n", "")
        with (graded.build / "grades" / "optimizers.csv").open(newline="") as file:
            table = {row["student"]: row for row in csv.DictReader(file)}
        assert float(table[f"{PREFIX}perfect"]["total"]) == 90
        assert "adam: cpu, " in table[f"{PREFIX}perfect"]["devices"]
        assert "adam: " not in table[f"{PREFIX}no-bias-correction"]["devices"]
        assert table[f"{PREFIX}untouched"]["devices"] == ""
        assert f"{PREFIX}perfect" in (graded.build / "grades" / "optimizers.html").read_text()

    def test_stock_export_has_every_student(self, graded: Course, tmp_path: Path) -> None:
        done = nbgrader(graded, "export", "--to", str(tmp_path / "grades.csv"))
        assert done.returncode == 0, done.stderr
        with (tmp_path / "grades.csv").open(newline="") as file:
            scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        assert len(scores) == len(RECIPES)
        assert scores[f"{PREFIX}perfect"] == 90


def stock(course: Course, assignment: str) -> list[Recipe]:
    """Grade a few of the class by a stock command; whom."""
    chosen = [recipe for recipe in recipes(assignment) if recipe.name in STOCK]
    for submission in (course.root / "submitted").iterdir():
        if submission.name.removeprefix(PREFIX) not in STOCK:
            shutil.rmtree(submission)
    done = nbgrader(course, "autograde", assignment)
    assert done.returncode == 0, done.stderr
    return chosen


def sealed(course: Course, assignment: str) -> list[Recipe]:
    """Grade all of the class as ``course grade`` does; whom."""
    pool.grade(assignment, course=course, jobs=1, sandbox="available")
    return recipes(assignment)


@pytest.mark.slow
@pytest.mark.parametrize("grade", [stock, sealed])
@pytest.mark.parametrize("assignment", [a for a in Course().assignments() if a != "optimizers"])
def test_every_mark_of_a_small_class_is_the_one_stated(
    assignment: str, grade: Callable[[Course, str], list[Recipe]], tmp_path: Path
) -> None:
    course = new_course(tmp_path)
    make(assignment, course)
    class_ = grade(course, assignment)
    rows = {row.student: row for row in results.rows(assignment, course)}
    assert {name: row.total for name, row in rows.items()} == stated(course, assignment, class_)
    honest = {"perfect", "own-style", "untouched"}
    assert not any(row.notices for name, row in rows.items() if name.removeprefix(PREFIX) in honest)
    assert {name for name, row in rows.items() if row.by_hand} == {
        PREFIX + recipe.name for recipe in class_ if not recipe.unwritten
    }


@pytest.mark.slow
def test_on_the_student_edition_marks_and_hints_are_the_same(tmp_path: Path) -> None:
    derive(tmp_path / "library")
    course = new_course(tmp_path, tmp_path / "library")
    make("optimizers", course)
    class_ = stock(course, "optimizers")
    rows = {row.student: row for row in results.rows("optimizers", course)}
    assert {name: row.total for name, row in rows.items()} == stated(course, "optimizers", class_)
    for name, exercise in SEEN:
        assert rows[PREFIX + name].hints.get(exercise), name
