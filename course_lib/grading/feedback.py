"""Feedback without the hidden tests: messages stay, code goes."""

import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from course_lib.grading import cells

# A claim ends with the case's parameters, "..., lr=0.1, steps changed (cpu, 20 steps)". Those of a
# hidden test are what is hidden.
_PARAMETERS = re.compile(r",\s\w+=.*?(?=\s\((?:cpu|cuda|fake))", re.DOTALL)


class HideTests(NbGraderPreprocessor):  # type: ignore[misc]
    """Drop hidden blocks and their parameters from test cells, and the code in tracebacks."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clean one cell; called by nbgrader."""
        shown = cells.without_hidden(cell.source)
        if cell.cell_type == "code" and shown != cell.source:
            for output in cell.outputs:
                _hide_parameters(output)
        cell.source = shown
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            for output in cell.outputs:
                # A failed check renders itself without code.
                if output.output_type == "error" and output.ename != "CheckFailed":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


def _hide_parameters(output: NotebookNode) -> None:
    for field in {"text", "evalue"} & output.keys():
        output[field] = _PARAMETERS.sub("", output[field])
    if "traceback" in output:
        output.traceback = [_PARAMETERS.sub("", line) for line in output.traceback]
