from collections.abc import Callable

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator

from course_lib.grading import cells
from course_lib.grading.gradebook import MasterCell
from course_lib.grading.sanitize import restore

HIDDEN = "### BEGIN HIDDEN TESTS\nhidden()\n### END HIDDEN TESTS"
MASTERS = [
    MasterCell("a-solution", "code", "# yours", "s" * 32, False, False, True, 0.0),
    MasterCell("a-visible-1", "code", f"seen()\n{HIDDEN}", "v" * 32, True, True, False, 3.0),
    MasterCell("a-hidden-1", "code", HIDDEN, "h" * 32, True, True, False, 4.0),
    MasterCell("question", "markdown", "your answer", "q" * 32, False, True, True, 10.0),
]


def submission() -> NotebookNode:
    """A notebook as a student hands it in, nothing wrong with it."""

    def metadata(master: MasterCell) -> dict[str, dict[str, object]]:
        details = {
            "grade": master.graded,
            "grade_id": master.grade_id,
            "locked": master.locked,
            "schema_version": 3,
            "solution": master.answer,
            "task": False,
        }
        return {"nbgrader": details | ({"points": master.points} if master.graded else {})}

    return new_notebook(
        cells=[
            new_markdown_cell("Explanation"),
            new_code_cell("my_work()", metadata=metadata(MASTERS[0])),
            new_code_cell("seen()", metadata=metadata(MASTERS[1])),
            new_code_cell("", metadata=metadata(MASTERS[2])),
            new_markdown_cell("my answer", metadata=metadata(MASTERS[3])),
        ]
    )


def names(notebook: NotebookNode) -> list[str]:
    return [cells.name(cell) for cell in notebook.cells]


def details(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in notebook.cells if cells.name(cell) == name)


def test_an_honest_submission_is_not_mentioned_and_gets_the_hidden_tests() -> None:
    notebook = submission()
    assert restore(notebook, MASTERS) == []
    assert details(notebook, "a-visible-1").source == MASTERS[1].source
    assert details(notebook, "a-hidden-1").cell_type == "code"
    assert details(notebook, "a-solution").source == "my_work()"
    assert details(notebook, "question").source == "my answer"


def delete_test(notebook: NotebookNode) -> None:
    del notebook.cells[2]


def delete_all_but_text(notebook: NotebookNode) -> None:
    notebook.cells = notebook.cells[:1]


def copy_test(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, submission().cells[2])


def copy_solution(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, submission().cells[1])


def edit_test(notebook: NotebookNode) -> None:
    notebook.cells[2].source = "pass"


def raise_points(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"]["points"] = 99


def points_as_word(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"]["points"] = "many"


def type_toggled(notebook: NotebookNode) -> None:
    cell = details(notebook, "a-hidden-1")
    cell.cell_type = "raw"
    del cell["outputs"], cell["execution_count"]


def turn_flags(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"].update(grade=False, solution=True, locked=False)


def lock_solution(notebook: NotebookNode) -> None:
    notebook.cells[1].metadata["nbgrader"].update(locked=True, grade=True)


def strip_metadata(notebook: NotebookNode) -> None:
    del notebook.cells[2].metadata["nbgrader"]


def metadata_as_word(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"] = "mine"


def unknown_name(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"]["grade_id"] = "z-visible-1"


def name_as_number(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"]["grade_id"] = 7


def future_schema(notebook: NotebookNode) -> None:
    notebook.cells[2].metadata["nbgrader"]["schema_version"] = 99


def delete_question(notebook: NotebookNode) -> None:
    del notebook.cells[4]


CHANGES = (
    delete_test,
    delete_all_but_text,
    copy_test,
    copy_solution,
    edit_test,
    raise_points,
    points_as_word,
    turn_flags,
    type_toggled,
    lock_solution,
    strip_metadata,
    metadata_as_word,
    unknown_name,
    name_as_number,
    delete_question,
)


@pytest.mark.parametrize("change", [*CHANGES, future_schema])
def test_every_graded_cell_is_there_once_in_order_and_valid(
    change: Callable[[NotebookNode], None],
) -> None:
    notebook = submission()
    change(notebook)
    restore(notebook, MASTERS)
    graded = [name for name in names(notebook) if name and name != "a-solution"]
    assert graded == ["a-visible-1", "a-hidden-1", "question"]
    assert details(notebook, "a-visible-1").source == MASTERS[1].source
    assert details(notebook, "a-hidden-1").cell_type == "code"
    assert details(notebook, "a-visible-1").metadata["nbgrader"]["points"] == 3.0
    MetadataValidator().validate_nb(notebook)


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_mended_is_said(change: Callable[[NotebookNode], None]) -> None:
    notebook = submission()
    change(notebook)
    assert restore(notebook, MASTERS)


def test_a_copied_solution_stays_as_an_ordinary_cell() -> None:
    notebook = submission()
    copy_solution(notebook)
    restore(notebook, MASTERS)
    assert [cell.source for cell in notebook.cells].count("my_work()") == 2
    assert names(notebook).count("a-solution") == 1


def test_a_deleted_solution_is_not_replaced() -> None:
    notebook = submission()
    del notebook.cells[1]
    assert restore(notebook, MASTERS) == ["Solution cell `a-solution` is missing."]
    assert "a-solution" not in names(notebook)


def test_tags_are_dropped() -> None:
    notebook = submission()
    notebook.cells[3].metadata["tags"] = ["skip-execution"]
    restore(notebook, MASTERS)
    assert not any("tags" in cell.metadata for cell in notebook.cells)
