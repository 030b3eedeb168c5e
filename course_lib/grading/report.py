"""Show what a class earned and where it went wrong: on the screen, in a browser, as CSV."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table

from course_lib.grading.course import Course
from course_lib.grading.pages import Page, write_csv, write_html
from course_lib.grading.results import Row, rows

OVERVIEW = "index"
"""Name of the page that holds students by assignments."""


def show(assignments: Iterable[str], course: Course | None = None) -> None:
    """Print the tables, write them as CSV and HTML, and say which paths to open.

    Args:
        assignments: Which to show, each in a table of students by exercises. A last table, of
            students by assignments, has every assignment that was graded.
        course: The course root; this repository's by default.
    """
    course = course or Course()
    folder = course.build / "grades"
    folder.mkdir(parents=True, exist_ok=True)
    console = Console()
    console.width = max(console.width, 120)  # the tables do not fit the 80 of a pipe
    found = {name: rows(name, course) for name in course.assignments()}
    for assignment in assignments:
        _show_one(console, assignment, found[assignment])
        page = _page(assignment, found[assignment])
        write_html(folder / f"{assignment}.html", page)
        write_csv(folder / f"{assignment}.csv", _sheet(found[assignment]))
    whole = _overview({name: of for name, of in found.items() if of})
    write_html(folder / f"{OVERVIEW}.html", whole)
    head = [name.replace("\n", " ") for name in whole.head]
    write_csv(folder / f"{OVERVIEW}.csv", [head, *whole.body])
    if sum(map(bool, found.values())) > 1:
        console.print(_table(whole))
    for name, path in (
        ("Feedback", course.root / "feedback"),
        ("Grade tables", folder / f"{OVERVIEW}.html"),
        ("for a spreadsheet", folder / f"{OVERVIEW}.csv"),
    ):
        console.print(f"{name:<18} {path}", highlight=False, soft_wrap=True)


def _show_one(console: Console, assignment: str, found: list[Row]) -> None:
    """Print the table of an assignment, and below it what its numbers and gaps stand for."""
    page = _page(assignment, found)
    console.print(_table(page))
    notes = [f"[{number}] {hint}" for number, hint in enumerate(page.hints, start=1)]
    for line in (*notes, *page.notices, *_earned_on(found), ""):
        console.print(line, markup=False, highlight=False)


def _table(page: Page) -> Table:
    table = Table(title=page.title, padding=(0, 0), pad_edge=False)
    for number, name in enumerate(page.head):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for line in page.body:
        table.add_row(*(text.replace("[", r"\[") for text in line))
    return table


def _page(assignment: str, found: list[Row]) -> Page:
    """Students by exercises."""
    numbers = {hint: number for number, hint in enumerate(_all_hints(found), start=1)}
    possible = found[0].points.items() if found else ()
    names = [f"{exercise}\n/ {points:g}" for exercise, (_, points) in possible]
    body = [
        [
            row.student,
            *(_cell(row, exercise, numbers) for exercise in row.points),
            f"{row.total:g}",
            "open" if row.by_hand else "",
        ]
        for row in found
    ]
    return Page(
        f"{assignment}: points, with the numbers of the hints below",
        ["student", *names, "total", "by hand"],
        body,
        hints=list(numbers),
        notices=[f"{row.student}: {notice}" for row in found for notice in row.notices],
        devices=list(_earned_on(found)),
    )


def _overview(found: dict[str, list[Row]]) -> Page:
    """Students by assignments; a dash where nothing was handed in."""
    students = sorted({row.student for of in found.values() for row in of})
    totals = {
        name: {row.student: f"{row.total:g}{'*' if row.by_hand else ''}" for row in of}
        for name, of in found.items()
    }
    heads = [f"{name}\n/ {of[0].possible:g}" for name, of in found.items()]
    return Page(
        "All assignments: points; * where a question still waits for a person",
        ["student", *heads],
        [[student, *(of.get(student, "–") for of in totals.values())] for student in students],
        links=[f"{name}.html" for name in found],
    )


def _sheet(found: list[Row]) -> Iterator[list[object]]:
    """Rows for a spreadsheet, the header first."""
    exercises = list(found[0].points) if found else []
    yield ["student", *exercises, "total", "by hand", "hints", "devices", "notices"]
    for row in found:
        given = [hint for earned in row.hints.values() for hint in earned]
        yield [
            row.student,
            *(earned for earned, _ in row.points.values()),
            row.total,
            "open" if row.by_hand else "",
            "\n".join(given),
            "\n".join(f"{name}: {', '.join(on)}" for name, on in row.devices.items()),
            "\n".join(row.notices),
        ]


def _all_hints(found: Iterable[Row]) -> list[str]:
    every = (hint for row in found for earned in row.hints.values() for hint in earned)
    return list(dict.fromkeys(every))


def _cell(row: Row, exercise: str, numbers: dict[str, int]) -> str:
    """Points of one student in one exercise, with the numbers of the hints earned."""
    earned = "".join(f"[{numbers[hint]}]" for hint in row.hints.get(exercise, ()))
    return f"{row.points[exercise][0]:g}" + (f" {earned}" if earned else "")


def _earned_on(found: Iterable[Row]) -> Iterator[str]:
    """On which devices marks were earned: the usual ones first, then what differs.

    An exercise stands alone where all its marks were earned on the same devices.
    """
    marks = [
        (" and ".join(devices), exercise, row.student)
        for row in found
        for exercise, devices in row.devices.items()
    ]
    places: dict[str, set[str]] = {}
    for on, exercise, _ in marks:
        places.setdefault(exercise, set()).add(on)
    groups = Counter(on for on, _, _ in marks).most_common()
    for rank, (here, _) in enumerate(groups):
        names = dict.fromkeys(
            exercise if len(places[exercise]) == 1 else f"{exercise} of {student}"
            for on, exercise, student in marks
            if on == here
        )
        most = "all marks but these" if len(groups) > 1 else "all marks"
        yield f"Earned on {here}: {', '.join(names) if rank else most}"
