"""What a class earned: read from the gradebook and the records.

Where there is no record, because nbgrader graded in its own way, the notebook as it was run says
what a record would.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbconvert.filters import strip_ansi

from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.gradebook import Mark, class_marks
from course_lib.grading.sanitize import NOTICES
from course_lib.grading.sealed import record
from course_lib.grading.sealed.keys import NAME, course_key

_PASSED = re.compile(r"passed [\w-]+: .* \((cpu|fake cuda|cuda:\d+), .*\)$")


@dataclass
class Row:
    """One student's results.

    Args:
        student: Who it is.
        points: Points earned and possible by exercise, in the notebook's order.
        hints: Hints earned, by exercise.
        devices: Where the tests that earned points were passed, by exercise.
        notices: What was mended in the submission, or why it could not be run.
        by_hand: Whether a person still has to mark something.
    """

    student: str
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    hints: dict[str, list[str]] = field(default_factory=dict)
    devices: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    by_hand: bool = False

    @property
    def total(self) -> float:
        """Points earned so far."""
        return sum(earned for earned, _ in self.points.values())

    @property
    def possible(self) -> float:
        """Points there are."""
        return sum(points for _, points in self.points.values())


def rows(assignment: str, course: Course | None = None) -> list[Row]:
    """Read the results of everyone who handed in and was graded.

    Args:
        assignment: Name of the assignment's folder.
        course: The course root; this repository's by default.

    Returns:
        One row for each student, sorted by name.
    """
    course = course or Course()
    order = _exercises(course.source(assignment))
    found = class_marks(course.database, assignment)
    key = course_key(course.root) if (course.root / NAME).is_file() else None
    rows = []
    for student in course.students(assignment):
        if student in found:
            row = _row(student, order, found[student])
            made = key and record.read(record.place(course.root, student, assignment), key)
            notebook = course.autograded(student, assignment)
            if made:
                _tell(row, made, found[student])
            elif notebook.is_file():
                _read(row, notebook, found[student])
            rows.append(row)
    return rows


def hint_lines(cell: nbformat.NotebookNode) -> list[str]:
    """The hints in the outputs of an executed cell, each once."""
    return list(dict.fromkeys(line for line in _lines(cell) if line.startswith("Hint: ")))


def devices_passed(cell: nbformat.NotebookNode) -> list[str]:
    """The devices on which the checks of an executed cell were passed, each once.

    They stand at the end of each line that a passed check prints, as in ``(cuda:0, 20 steps)``.
    """
    found = (_PASSED.match(line) for line in _lines(cell))
    return list(dict.fromkeys(match[1] for match in found if match))


def _devices(executed: nbformat.NotebookNode, found: dict[str, Mark]) -> dict[str, list[str]]:
    earned: dict[str, list[str]] = {}
    for cell in executed.cells:
        mark = found.get(cells.name(cell))
        if mark and mark.score:
            known = earned.setdefault(cells.exercise(cells.name(cell)), [])
            known += [device for device in devices_passed(cell) if device not in known]
    return {exercise: devices for exercise, devices in earned.items() if devices}


def _hints(executed: nbformat.NotebookNode) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in executed.cells:
        earned = found.setdefault(cells.exercise(cells.name(cell)), [])
        earned += [line for line in hint_lines(cell) if line not in earned]
    return {exercise: earned for exercise, earned in found.items() if earned}


def stops(executed: nbformat.NotebookNode) -> list[str]:
    """What kept the cells of an exercise from running, for each the first that tells."""
    found: dict[str, str] = {}
    for cell in executed.cells:
        if name := cells.name(cell):
            for output in cell.get("outputs", ()):
                if said := _stop(name, output):
                    found.setdefault(cells.exercise(name), f"{name}: {said}")
    return list(found.values())


def _stop(name: str, output: nbformat.NotebookNode) -> str:
    """What an output of a cell says about why it did not run; empty if it did."""
    error = output.get("ename", "")
    if error == "CellTimeoutError":
        return "it ran out of time."
    if error == "NotRun":
        return str(output.evalue)
    first = strip_ansi(output.get("evalue", "")).partition("\n")[0]
    return f"{error}: {first}" if error and name.endswith("-solution") else ""


def _lines(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Every line of text a cell put out, without colours."""
    for output in cell.get("outputs", ()):
        texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
        for text in texts:
            yield from strip_ansi(text).splitlines()


def _exercises(source: Path) -> list[str]:
    """The exercises that carry points, in the order of the source notebook."""
    found = nbformat.read(source, as_version=4).cells
    graded = (cell for cell in found if cell.metadata.get("nbgrader", {}).get("points"))
    return list(dict.fromkeys(cells.exercise(cells.name(cell)) for cell in graded))


def _row(student: str, order: list[str], found: dict[str, Mark]) -> Row:
    row = Row(student, dict.fromkeys(order, (0.0, 0.0)))
    for name, mark in found.items():
        exercise = cells.exercise(name)
        if exercise in row.points:
            earned, possible = row.points[exercise]
            row.points[exercise] = (earned + mark.score, possible + mark.points)
        row.by_hand |= mark.by_hand
    return row


def _tell(row: Row, made: record.Record, found: dict[str, Mark]) -> None:
    """What a record says beside the points."""
    for cell in made["cells"]:
        exercise = cells.exercise(cell["cell"])
        mark = found.get(cell["cell"])
        for check in cell["checks"]:
            if hint := check.get("hint"):
                _add(row.hints, exercise, [hint])
            if mark and mark.score and check["outcome"] == "passed":
                _add(row.devices, exercise, check["devices"])
    row.notices = [*made["notices"], *made["stops"]]


def _add(known: dict[str, list[str]], exercise: str, more: Iterable[str]) -> None:
    kept = known.setdefault(exercise, [])
    kept += [one for one in dict.fromkeys(more) if one not in kept]


def _read(row: Row, notebook: Path, found: dict[str, Mark]) -> None:
    """What a notebook that nbgrader ran says beside the points."""
    executed = nbformat.read(notebook, as_version=4)
    row.hints = _hints(executed)
    row.devices = _devices(executed, found)
    row.notices = [*executed.metadata.get(NOTICES, []), *stops(executed)]
