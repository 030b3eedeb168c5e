import ast
import contextlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import matplotlib
import nbformat
import pytest
from matplotlib import pyplot as plt
from nbformat.notebooknode import NotebookNode

from course_lib import session
from course_lib.checks import CheckFailed
from course_lib.editions.leaks import HIDDEN_BEGIN
from course_lib.editions.library import ROOT
from course_lib.editions.regions import read_regions, replace_regions
from course_lib.grading import cells
from course_lib.grading.course import Course

SOURCE = Course().source("optimizers")
MACHINE = {
    "conventions": 10,
    "sgd": 20,
    "nesterov": 10,
    "adagrad": 10,
    "rmsprop": 12,
    "adam": 16,
    "adamw": 12,
    "adadelta": 0,
    "nadam": 0,
}


@pytest.fixture(scope="module")
def notebook() -> NotebookNode:
    return nbformat.read(SOURCE, as_version=4)


def graded_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells graded by machine."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    ]


def test_points_are_90_by_machine_as_stated_and_10_by_hand(notebook: NotebookNode) -> None:
    points: Counter[str] = Counter()
    for cell in graded_cells(notebook):
        points[cells.exercise(cells.name(cell))] += cell.metadata["nbgrader"]["points"]
    assert points == MACHINE
    assert sum(points.values()) == 90
    by_hand = [cell for cell in notebook.cells if cells.name(cell) == "written-momentum"]
    assert [cell.metadata["nbgrader"]["points"] for cell in by_hand] == [10]
    assert by_hand[0].metadata["nbgrader"]["solution"]


def test_every_exercise_has_tests_seen_and_hidden_in_cells_of_their_own(
    notebook: NotebookNode,
) -> None:
    for exercise in MACHINE:
        own = [c for c in graded_cells(notebook) if cells.exercise(cells.name(c)) == exercise]
        hidden = [cell for cell in own if HIDDEN_BEGIN in cell.source]
        assert hidden, exercise
        assert len(own) > len(hidden), exercise


def test_names_say_whether_a_test_is_hidden(notebook: NotebookNode) -> None:
    for cell in graded_cells(notebook):
        assert ("-hidden-" in cells.name(cell)) == (HIDDEN_BEGIN in cell.source)


def test_a_test_cell_holds_nothing_but_calls_of_check(notebook: NotebookNode) -> None:
    for cell in graded_cells(notebook):
        first, *calls = ast.parse(cell.source).body
        assert ast.unparse(first) == "from course_lib.checks import check"
        for call in calls:
            assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
            assert ast.unparse(call.value.func) == "check"


def test_hidden_cases_are_not_those_shown(notebook: NotebookNode) -> None:
    def calls(text: str) -> set[str]:
        return {ast.unparse(node) for node in ast.parse(text).body[1:]}

    shown: set[str] = set()
    hidden: set[str] = set()
    for cell in graded_cells(notebook):
        shown |= calls(cells.without_hidden(cell.source))
        hidden |= calls(cell.source) - calls(cells.without_hidden(cell.source))
    assert shown and hidden
    assert not shown & hidden


def test_every_exercise_is_drawn(notebook: NotebookNode) -> None:
    drawn = {cell.id.removesuffix("-picture") for cell in notebook.cells if "picture" in cell.id}
    assert {*MACHINE} - {"adadelta", "nadam"} | {"beyond"} <= drawn


def test_it_is_committed_without_outputs_for_the_plain_kernel(notebook: NotebookNode) -> None:
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_links_lead_to_pages_and_headings_of_the_book(notebook: NotebookNode) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(book/(\w+)\.html(?:#([\w-]+))?\)", text)
    assert len(links) >= len(MACHINE)
    for page, anchor in links:
        chapter = (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
        assert not anchor or f"({anchor})=" in chapter, f"{page}#{anchor}"


@pytest.fixture
def fresh_session() -> Iterator[None]:
    backend = matplotlib.get_backend()
    matplotlib.use("Agg")
    yield
    session.reset()
    plt.close("all")
    matplotlib.use(backend)


def run(notebook: NotebookNode) -> dict[str, str]:
    """Run the code cells in this process; what each printed, or the message of its check."""
    said: dict[str, str] = {}
    namespace: dict[str, Any] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(cell.source, cell.id, "exec"), namespace)
        except CheckFailed as failed:
            printed.write(str(failed))
        said[cell.id] = printed.getvalue()
    return said


@pytest.mark.usefixtures("fresh_session")
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_the_source_passes_all_its_tests_and_draws_all_its_pictures(
    notebook: NotebookNode,
) -> None:
    said = run(notebook)
    for cell in graded_cells(notebook):
        assert said[cell.id].startswith("passed"), said[cell.id]
    assert not any("No picture" in text for text in said.values())


@pytest.mark.usefixtures("fresh_session")
def test_unwritten_every_test_says_so_and_every_picture_is_one_line(
    notebook: NotebookNode,
) -> None:
    unwritten = notebook.copy()
    unwritten.cells = [nbformat.from_dict(dict(cell)) for cell in notebook.cells]
    for cell in unwritten.cells:
        if cell.cell_type == "code" and read_regions(cell.source, cell.id):
            cell.source = replace_regions(
                cell.source, cell.id, lambda region, indent: f"{indent}raise NotImplementedError\n"
            )
    said = run(unwritten)
    for cell in graded_cells(unwritten):
        assert said[cell.id].lstrip().startswith("FAILED"), said[cell.id]
        assert "written" in said[cell.id], said[cell.id]
    pictures = [text for name, text in said.items() if name.endswith("-picture")]
    assert all(text.startswith("No picture yet.") for text in pictures)
    assert all(text.count("\n") == 1 for text in pictures)
