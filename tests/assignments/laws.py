"""What every assignment's source notebook must keep to; a class of tests to inherit from."""

import ast
import contextlib
import io
import re
from collections import Counter
from functools import cache
from typing import Any, ClassVar

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from course_lib.checks import CheckFailed
from course_lib.checks.exercises import EXERCISES
from course_lib.editions.leaks import HIDDEN_BEGIN
from course_lib.editions.regions import read_regions, replace_regions
from course_lib.figures.picture import GRADING
from course_lib.grading import cells
from course_lib.grading.course import Course
from tests.pages import assert_leads_somewhere


class NotebookLaws:
    """The laws; a subclass says which notebook and how its points are spread."""

    assignment: str
    machine: ClassVar[dict[str, int]]
    """Points of each exercise; those beyond have none."""
    written: str
    """Name of the written question's cell."""
    drawn: ClassVar[set[str]]
    """Names of the pictures, without ``-picture``."""

    @property
    def notebook(self) -> NotebookNode:
        return nbformat.from_dict(_read(self.assignment))

    def test_points_are_90_by_machine_as_stated_and_10_by_hand(self) -> None:
        points: Counter[str] = Counter()
        for cell in graded_cells(self.notebook):
            points[cells.exercise(cells.name(cell))] += cell.metadata["nbgrader"]["points"]
        assert points == self.machine
        assert sum(points.values()) == 90
        by_hand = [cell for cell in self.notebook.cells if cells.name(cell) == self.written]
        assert [cell.metadata["nbgrader"]["points"] for cell in by_hand] == [10]
        assert by_hand[0].metadata["nbgrader"]["solution"]

    def test_every_exercise_has_tests_seen_and_hidden_in_cells_of_their_own(self) -> None:
        graded = graded_cells(self.notebook)
        for exercise in self.machine:
            own = [cell for cell in graded if cells.exercise(cells.name(cell)) == exercise]
            hidden = [cell for cell in own if HIDDEN_BEGIN in cell.source]
            assert hidden, exercise
            assert len(own) > len(hidden), exercise

    def test_names_say_whether_a_test_is_hidden(self) -> None:
        for cell in graded_cells(self.notebook):
            assert ("-hidden-" in cells.name(cell)) == (HIDDEN_BEGIN in cell.source)

    def test_a_test_cell_holds_nothing_but_calls_of_check(self) -> None:
        for cell in graded_cells(self.notebook):
            first, *calls = ast.parse(cell.source).body
            assert cell.source.startswith("# ")
            assert ast.unparse(first) == "from course_lib.checks import check"
            for call in calls:
                assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
                assert ast.unparse(call.value.func) == "check"

    def test_hidden_cases_are_not_those_shown(self) -> None:
        def calls(text: str) -> set[str]:
            return {ast.unparse(node) for node in ast.parse(text).body[1:]}

        shown: set[str] = set()
        hidden: set[str] = set()
        for cell in graded_cells(self.notebook):
            shown |= calls(cells.without_hidden(cell.source))
            hidden |= calls(cell.source) - calls(cells.without_hidden(cell.source))
        assert shown and hidden
        assert not shown & hidden

    def test_every_exercise_is_drawn(self) -> None:
        ids = {cell.id for cell in self.notebook.cells if cell.id.endswith("-picture")}
        assert {f"{name}-picture" for name in self.drawn} <= ids

    def test_it_is_committed_without_outputs_for_the_plain_kernel(self) -> None:
        assert self.notebook.metadata["kernelspec"]["name"] == "python3"
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        assert not any(cell.outputs or cell.execution_count for cell in code)

    def test_links_lead_to_pages_and_headings_of_the_book(self) -> None:
        told = [cell.source for cell in self.notebook.cells if cell.cell_type == "markdown"]
        links = re.findall(r"\]\(book/(\w+)\.html(?:#([\w-]+))?\)", "\n".join(told))
        for page, label in links:
            assert_leads_somewhere(page, label)
        sections = {f"{page}#{label}" for page, label in links}
        assert {e.section for e in EXERCISES if e.assignment == self.assignment} <= sections

    @pytest.mark.usefixtures("fresh_session")
    @pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
    def test_the_source_passes_all_its_tests_and_draws_all_its_pictures(self) -> None:
        said = run(self.notebook)
        for cell in graded_cells(self.notebook):
            assert said[cell.id].startswith("passed"), said[cell.id]
        assert not any("No picture" in text for text in said.values())

    @pytest.mark.usefixtures("fresh_session")
    def test_unwritten_every_test_says_so_and_every_picture_is_one_line(self) -> None:
        said = run(unwritten(self.notebook))
        for cell in graded_cells(self.notebook):
            assert said[cell.id].lstrip().startswith("FAILED"), said[cell.id]
            assert "written" in said[cell.id], said[cell.id]
        for name in self.drawn:
            text = said[f"{name}-picture"]
            assert text.startswith("No picture yet."), text
            assert text.count("\n") == 1, text

    @pytest.mark.usefixtures("fresh_session")
    def test_while_it_is_graded_every_picture_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(GRADING, "1")
        monkeypatch.delattr(plt, "figure")  # every figure begins with it
        notebook, graded = self.notebook, graded_cells(self.notebook)
        notebook.cells = [cell for cell in notebook.cells if cell not in graded]
        drawn = {name: text for name, text in run(notebook).items() if name.endswith("-picture")}
        assert drawn
        for text in drawn.values():
            assert text.splitlines()[-1].endswith("not while grading."), text


@cache
def _read(assignment: str) -> NotebookNode:
    return nbformat.read(Course().source(assignment), as_version=4)


def graded_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells graded by machine."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    ]


def unwritten(notebook: NotebookNode) -> NotebookNode:
    """The notebook without its solutions."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and read_regions(cell.source, cell.id):
            cell.source = replace_regions(
                cell.source, cell.id, lambda region, indent: f"{indent}raise NotImplementedError\n"
            )
    return notebook


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
        plt.close("all")  # as inline figures are, when their cell is done
    return said
