"""What a class earned and where it went wrong: students by exercises, with points and hints."""

import csv
import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbconvert.filters import strip_ansi
from rich.console import Console
from rich.table import Table

from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.gradebook import Mark, marks
from course_lib.grading.sanitize import NOTICES


@dataclass
class Row:
    """One student's results.

    Args:
        student: Who it is.
        points: Points earned and possible by exercise, in the notebook's order.
        hints: Hints earned, by exercise.
        notices: What was mended in the submission, or why it could not be run.
        by_hand: Whether a person still has to mark something.
    """

    student: str
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    hints: dict[str, list[str]] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    by_hand: bool = False

    @property
    def total(self) -> float:
        """Points earned so far."""
        return sum(earned for earned, _ in self.points.values())


def rows(assignment: str = "optimizers", course: Course | None = None) -> list[Row]:
    """Read the results of everyone who handed in and was graded.

    Args:
        assignment: Name of the assignment's folder.
        course: The course root; this repository's by default.

    Returns:
        One row for each student, sorted by name.
    """
    course = course or Course()
    order = _exercises(course.source(assignment))
    return [
        _row(student, order, found, course.autograded(student, assignment))
        for student in course.students(assignment)
        if (found := marks(course.database, assignment, student))
    ]


def show(assignment: str = "optimizers", course: Course | None = None) -> None:
    """Print the table, write it as CSV and HTML, and say which paths to open."""
    course = course or Course()
    found = rows(assignment, course)
    folder = course.build / "grades"
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(folder / f"{assignment}.csv", found)
    _write_html(folder / f"{assignment}.html", assignment, found)
    console = Console()
    console.width = max(console.width, 120)  # the table does not fit the 80 of a pipe
    console.print(_table(assignment, found))
    for number, hint in enumerate(_all_hints(found), start=1):
        console.print(f"[{number}] {hint}", markup=False, highlight=False)
    for row in found:
        for notice in row.notices:
            console.print(f"{row.student}: {notice}", markup=False, highlight=False)
    for name, path in (
        ("Feedback", course.root / "feedback"),
        ("Grade table", folder / f"{assignment}.html"),
        ("for a spreadsheet", folder / f"{assignment}.csv"),
    ):
        console.print(f"{name:<18} {path}", highlight=False, soft_wrap=True)


def hint_lines(cell: nbformat.NotebookNode) -> list[str]:
    """The hints in the outputs of an executed cell, each once."""
    return list(dict.fromkeys(line for line in _lines(cell) if line.startswith("Hint: ")))


def _hints(executed: nbformat.NotebookNode) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in executed.cells:
        earned = found.setdefault(cells.exercise(cells.name(cell)), [])
        earned += [line for line in hint_lines(cell) if line not in earned]
    return {exercise: earned for exercise, earned in found.items() if earned}


def _stops(executed: nbformat.NotebookNode) -> list[str]:
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


def _row(student: str, order: list[str], found: dict[str, Mark], notebook: Path) -> Row:
    row = Row(student, dict.fromkeys(order, (0.0, 0.0)))
    for name, mark in found.items():
        exercise = cells.exercise(name)
        if exercise in row.points:
            earned, possible = row.points[exercise]
            row.points[exercise] = (earned + mark.score, possible + mark.points)
        row.by_hand |= mark.by_hand
    if notebook.is_file():
        executed = nbformat.read(notebook, as_version=4)
        row.hints = _hints(executed)
        row.notices = [*executed.metadata.get(NOTICES, []), *_stops(executed)]
    return row


def _all_hints(found: Iterable[Row]) -> list[str]:
    every = (hint for row in found for earned in row.hints.values() for hint in earned)
    return list(dict.fromkeys(every))


def _cell(row: Row, exercise: str, numbers: dict[str, int]) -> str:
    """Points of one student in one exercise, with the numbers of the hints earned."""
    earned = "".join(f"[{numbers[hint]}]" for hint in row.hints.get(exercise, ()))
    return f"{row.points[exercise][0]:g}" + (f" {earned}" if earned else "")


def _numbers(found: list[Row]) -> dict[str, int]:
    return {hint: number for number, hint in enumerate(_all_hints(found), start=1)}


def _header(found: list[Row]) -> list[str]:
    possible = found[0].points.items() if found else ()
    names = [f"{exercise}\n/ {points:g}" for exercise, (_, points) in possible]
    return ["student", *names, "total", "by hand"]


def _body(found: list[Row]) -> Iterator[list[str]]:
    numbers = _numbers(found)
    for row in found:
        points = [_cell(row, exercise, numbers) for exercise in row.points]
        yield [row.student, *points, f"{row.total:g}", "open" if row.by_hand else ""]


def _table(assignment: str, found: list[Row]) -> Table:
    title = f"{assignment}: points, with the numbers of the hints below"
    table = Table(title=title, padding=(0, 0), pad_edge=False)
    for number, name in enumerate(_header(found)):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for line in _body(found):
        table.add_row(*(text.replace("[", r"\[") for text in line))
    return table


def _write_csv(path: Path, found: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        exercises = list(found[0].points) if found else []
        writer.writerow(["student", *exercises, "total", "by hand", "hints", "notices"])
        for row in found:
            points = [earned for earned, _ in row.points.values()]
            given = [hint for earned in row.hints.values() for hint in earned]
            texts = ["open" if row.by_hand else "", "\n".join(given), "\n".join(row.notices)]
            writer.writerow([row.student, *points, row.total, *map(_no_formula, texts)])


def _no_formula(text: str) -> str:
    """Keep a spreadsheet from taking a student's text for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _write_html(path: Path, assignment: str, found: list[Row]) -> None:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in _header(found))
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>"
        for line in _body(found)
    )
    given = "\n".join(f"<li>{html.escape(hint)}</li>" for hint in _all_hints(found))
    notices = "\n".join(
        f"<li>{html.escape(f'{row.student}: {notice}')}</li>"
        for row in found
        for notice in row.notices
    )
    path.write_text(
        _PAGE.format(
            title=html.escape(assignment), head=head, body=body, hints=given, notices=notices
        ),
        encoding="utf-8",
    )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Grades: {title}</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .3em .6em; border-bottom: 1px solid #8886; text-align: right; }}
th:first-child, td:first-child {{ text-align: left; white-space: nowrap; }}
</style>
<h1>Grades: {title}</h1>
<div style="overflow-x: auto"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table></div>
<h2>Hints</h2>
<ol>{hints}</ol>
<h2>Submissions that needed mending</h2>
<ul>{notices}</ul>
</html>
"""
