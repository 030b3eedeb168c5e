"""A submission with personal data and files of its own, in stock nbgrader, from end to end."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.grading.course import Course
from course_lib.grading.gradebook import marks
from course_lib.grading.results import rows
from course_lib.grading.sealed import record

from .conftest import nbgrader, new_course

pytestmark = pytest.mark.slow

NAME = "optimizers"  # a name the course knows; its notebook is the one below
CELLS = {
    "student": "STUDENT = 'your name'",
    "a-hidden-1": "assert STUDENT == 'ada', STUDENT",
    "b-hidden-1": "import my_course_lib\nassert my_course_lib.mine == 7",
    "c-hidden-1": "import course_lib.checks, torch\nassert torch.tensor(1).item() == 1",
}


def details(name: str) -> dict[str, object]:
    graded = "-" in name
    found = {"grade_id": name, "grade": graded, "locked": graded, "solution": False}
    return found | {"task": False, "schema_version": 3} | ({"points": 1} if graded else {})


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course whose one notebook asks who the student is."""
    course = new_course(tmp_path)
    notebook = new_notebook(
        cells=[
            new_code_cell(source, id=name, metadata={"nbgrader": details(name)})
            for name, source in CELLS.items()
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    nbformat.write(notebook, course.source(NAME))
    done = nbgrader(course, "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    return course


def hand_in(course: Course, student: str, **files: str) -> None:
    folder = course.submission(student, NAME)
    folder.mkdir(parents=True)
    notebook = nbformat.read(course.release(NAME), as_version=4)
    assert [cell.source for cell in notebook.cells] == list(CELLS.values())
    notebook.cells[0].source = "STUDENT = 'bob'"
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def earned(course: Course, student: str) -> dict[str, float]:
    return {name: mark.score for name, mark in marks(course.database, NAME, student).items()}


def test_the_name_is_set_and_the_students_library_is_there_and_nothing_else_is_in_the_way(
    course: Course,
) -> None:
    hand_in(course, "ada", my_course_lib="mine = 7", torch="1 / 0", course_lib="1 / 0")
    hand_in(course, "bob", **{"my_course_lib (1)": "mine = 7"})
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert earned(course, "ada") == {"a-hidden-1": 1, "b-hidden-1": 1, "c-hidden-1": 1}
    assert earned(course, "bob") == {"a-hidden-1": 0, "b-hidden-1": 0, "c-hidden-1": 1}
    said = {row.student: row.notices for row in rows(NAME, course)}
    assert said["ada"] == []
    assert "`my_course_lib (1).py` is not read" in said["bob"][0]


def test_the_record_of_a_sealed_run_holds_no_longer(course: Course) -> None:
    hand_in(course, "ada")
    old = record.place(course.root, "ada", NAME)
    record.replace(old, b"{}")
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    assert not old.exists()


def test_without_the_gpu_asked_for_stock_nbgrader_gives_no_marks(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_REQUIRE_CUDA", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    hand_in(course, "ada")
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode != 0
    assert "COURSE_REQUIRE_CUDA=1 needs a CUDA device, got none" in done.stderr
    assert not course.autograded("ada", NAME).exists()
    assert set(earned(course, "ada").values()) <= {0}
