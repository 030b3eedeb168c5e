"""Feedback without the hidden tests: messages stay, code goes."""

from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from course_lib.grading import cells


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Drop hidden blocks from test cells, and the lines of code a traceback shows."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clean one cell; called by nbgrader."""
        cell.source = cells.without_hidden(cell.source)
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            for output in cell.outputs:
                # A failed check renders itself without code.
                if output.output_type == "error" and output.ename != "CheckFailed":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources
