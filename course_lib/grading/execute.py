"""Run a submission within bounds: of time, of output, and with the right library."""

import os
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade
from traitlets import Dict, Integer, Unicode

import course_lib
from course_lib.grading import cells, files
from course_lib.grading.machine import machine

_SUBMISSION_LAST = "--IPKernelApp.exec_lines=import sys; sys.path.append('')"
_CUT = "\n... cut here: the cell printed too much ...\n"


class BoundedExecute(Execute):  # type: ignore[misc]
    """nbgrader's ``Execute``, for code nobody has read yet."""

    library = Unicode("", help="Folder that comes first on the kernel's path.").tag(config=True)
    max_output = Integer(200_000, help="Characters of output kept per cell.").tag(config=True)
    timeouts = Dict({}, help="Seconds for a cell, by assignment; else ``timeout``.").tag(
        config=True
    )
    later_timeout = Integer(
        5, help="Seconds for a cell after one timed out; at least a sixth of its own time."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any], km: Any = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run all cells; called by nbgrader.

        Raises:
            GradingError: If ``COURSE_REQUIRE_CUDA=1`` and there is no GPU.
        """
        machine()
        files.leave_out(Path(resources["metadata"]["path"]))
        assignment = resources["nbgrader"]["assignment"]
        self.timeout_func = lambda _: self.timeouts.get(assignment, self.timeout)
        self._timed_out: set[str] = set()
        self._lost = ""
        self._room: dict[int, int] = {}
        return super().preprocess(nb, resources, km)  # type: ignore[no-any-return]

    def start_new_kernel(self, **options: Any) -> None:
        """Start the kernel with one thread, the library first on its path, the submission last.

        What is handed in beside the notebook can so be imported (``my_course_lib.py``), but takes
        nobody's place, whatever it is called.
        """
        first = self.library or str(Path(course_lib.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (first, os.environ.get("PYTHONPATH"))))
        bounds = {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
        given = [argument for argument in self.extra_arguments if argument != _SUBMISSION_LAST]
        self.set_trait("extra_arguments", [*given, _SUBMISSION_LAST])
        super().start_new_kernel(env=os.environ | bounds, **options)

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run one cell, unless its exercise already ran out of time or the kernel is gone."""
        exercise = cells.exercise(cells.name(cell))
        if cell.cell_type != "code":
            return cell, resources
        if self._lost or exercise in self._timed_out:
            _not_run(cell, self._lost or "an earlier cell of this exercise ran out of time")
            return cell, resources
        try:
            cell, resources = super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            self._lost = "the code ended the kernel"
            _not_run(cell, self._lost)
        except CellTimeoutError:
            self._lost = "the code ran out of time and could not be interrupted"
            _not_run(cell, self._lost)
        if any(output.get("ename") == "CellTimeoutError" for output in cell.outputs):
            self._timed_out.add(exercise or "an ordinary cell")
        return cell, resources

    def _get_timeout(self, cell: NotebookNode | None) -> int | None:
        seconds: int | None = super()._get_timeout(cell)
        if seconds and self._timed_out:
            return max(self.later_timeout, seconds // 6)
        return seconds

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take in one message of the kernel, within the bounds of output; called by nbclient."""
        content = msg["content"]
        kind = msg["msg_type"]
        if kind == "stream":
            content["text"] = self._within(content["text"], cell_index)
            if is_grade(cell):  # nbgrader gives no points where a test cell wrote to stderr
                content["name"] = "stdout"
            if not content["text"]:
                return None
        elif kind in ("display_data", "execute_result", "update_display_data"):
            data = content["data"].items()
            kept = {kind: value for kind, value in data if self._fits(value, cell_index)}
            content["data"] = kept or {"text/plain": _CUT}
        elif kind == "error":
            content["evalue"] = self._within(content["evalue"], cell_index)
            content["traceback"] = [self._within(t, cell_index) for t in content["traceback"]]
        return super().process_message(msg, cell, cell_index)  # type: ignore[no-any-return]

    def _fits(self, value: Any, cell_index: int) -> bool:
        text = str(value)
        return self._within(text, cell_index) == text

    def _within(self, text: str, cell_index: int) -> str:
        """As much of a text as the cell has room for; the first cut is marked."""
        room = self._room.setdefault(cell_index, self.max_output)
        self._room[cell_index] = max(0, room - len(text))
        return text if len(text) <= room else text[:room] + (_CUT if room else "")


def _not_run(cell: NotebookNode, reason: str) -> None:
    message = f"Not run: {reason}."
    cell.outputs = [new_output("error", ename="NotRun", evalue=message, traceback=[message])]
