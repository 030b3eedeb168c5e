from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from course_lib.grading import run, submissions
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import marks
from course_lib.grading.release import release
from course_lib.grading.submissions import problem

from .conftest import new_course


def test_a_notebook_that_can_be_read_is_no_problem(tmp_path: Path) -> None:
    nbformat.write(new_notebook(), tmp_path / "a.ipynb")
    assert problem(tmp_path, "a") == ""


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"answer": 42}', '{"cells": 7, "nbformat": 4}', "[" * 200_000, "\x00"],
    ids=["empty", "cut", "list", "number", "other", "no cells", "deep", "zero"],
)
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    assert "a.ipynb" in problem(tmp_path, "a")


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b"\xff\xfe\xff")
    assert "a.ipynb" in problem(tmp_path, "a")


def test_a_renamed_notebook_is_pointed_at(tmp_path: Path) -> None:
    nbformat.write(new_notebook(), tmp_path / "a (1).ipynb")
    assert problem(tmp_path, "a") == "There is no a.ipynb in the folder, only a (1).ipynb."


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MAX_BYTES", 10)
    nbformat.write(new_notebook(), tmp_path / "a.ipynb")
    assert "clear its outputs" in problem(tmp_path, "a")


def test_a_placeholder_says_the_reason() -> None:
    assert "The reason." in submissions.placeholder("The reason.").cells[0].source


def test_nothing_one_submission_does_stops_the_class(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    release("optimizers", course)
    for student in ("ada", "bob", "cyd"):
        course.submission(student, "optimizers").mkdir(parents=True)

    def breaks_on_ada(folder: Path, assignment: str) -> str:
        if "ada" in str(folder):
            raise MemoryError("one too large")
        return problem(folder, assignment)

    monkeypatch.setattr(run, "problem", breaks_on_ada)
    ada, bob, _ = run.grade("optimizers", None, course)
    assert "one too large" in ada.reason
    assert "no optimizers.ipynb" in bob.reason
    assert {mark.score for mark in marks(course.database, "optimizers", "cyd").values()} == {0}
    assert "no optimizers.ipynb" in course.feedback("cyd", "optimizers").read_text()
    monkeypatch.undo()
    assert [outcome.state for outcome in run.grade("optimizers", None, course)] == [
        "not run",
        "kept",
        "kept",
    ]


def test_a_class_without_submissions_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(GradingError, match=r"submitted/<student>/optimizers/, found none: put"):
        run.grade("optimizers", course=new_course(tmp_path))
