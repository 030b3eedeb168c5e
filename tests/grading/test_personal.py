"""The name from which a student's data are made."""

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.grading.personal import given, set_student
from course_lib.grading.sanitize import restore

USES = "print(STUDENT, data(student=STUDENT, n=3) == STUDENT)"


def notebook(*sources: str, name: str | None = "student") -> NotebookNode:
    """A notebook whose first cell is the student's."""
    found = new_notebook(cells=[new_code_cell(source) for source in sources])
    if name:
        found.cells[0].metadata["nbgrader"] = {"grade_id": name, "solution": False, "grade": False}
    return found


def sources(nb: NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells]


@pytest.mark.parametrize("written", ["STUDENT = 'bob'", "", "STUDENT = (", "%%bash\nrm -r x"])
def test_whatever_stands_in_the_cell_the_name_is_the_gradebooks(written: str) -> None:
    nb = notebook(written, USES)
    assert set_student(nb, "ada") == []
    assert sources(nb) == ["STUDENT = 'ada'", USES]


@pytest.mark.parametrize("student", ["o'neil", 'a"; import os; "', "zoë\n", "\\"])
def test_any_name_is_a_name_and_nothing_else(student: str) -> None:
    nb = notebook("", USES)
    set_student(nb, student)
    namespace: dict[str, object] = {}
    exec(nb.cells[0].source, namespace)
    assert namespace["STUDENT"] == student


def test_a_cell_that_is_gone_comes_back_first() -> None:
    nb = notebook("x = 1", USES, name=None)
    set_student(nb, "ada")
    assert sources(nb) == ["STUDENT = 'ada'", "x = 1", USES]


def test_copies_of_the_cell_are_set_too() -> None:
    nb = notebook("STUDENT = 'bob'", "STUDENT = 'cyd'", USES)
    nb.cells[1].metadata = nb.cells[0].metadata
    set_student(nb, "ada")
    assert sources(nb) == ["STUDENT = 'ada'", "STUDENT = 'ada'", USES]


def test_a_notebook_without_personal_data_stays_as_it_is() -> None:
    nb = notebook("x = 1", name=None)
    assert set_student(nb, "ada") == []
    assert sources(nb) == ["x = 1"]


@pytest.mark.parametrize("trick", ["STUDENT = 'bob'", "if 1:\n    x = STUDENT = 'bob'"])
def test_another_cell_that_sets_it_is_reported(trick: str) -> None:
    (said,) = set_student(notebook("", trick), "ada")
    assert said == "`STUDENT` is also set outside of the cell `student`: look at it."


def test_the_cell_becomes_an_ordinary_one_for_nbgrader() -> None:
    nb = notebook("")
    set_student(nb, "ada")
    assert restore(nb, []) == []
    assert "nbgrader" not in nb.cells[0].metadata


def test_tests_are_given_the_name_that_grading_has_set() -> None:
    nb = notebook("", USES)
    set_student(nb, "o'neil")
    assert given(nb) == {"STUDENT": "o'neil"}
    for cell in nb.cells:
        cell.metadata.pop("nbgrader", None)  # as `restore` does with cells that have no points
    assert given(nb) == {"STUDENT": "o'neil"}


def test_nobody_gives_a_test_another_name() -> None:
    nb = notebook("1 + 1", name=None)
    nb.metadata["course_student"] = "ada"
    set_student(nb, "bob")
    assert given(nb) == {}
    nb.cells.append(new_code_cell(USES))
    nb.metadata["course_student"] = "ada"
    set_student(nb, "bob")
    assert given(nb) == {"STUDENT": "bob"}
