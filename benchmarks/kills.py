"""Kill a grader at random moments, and grade on: ``python -m benchmarks.kills``.

A small class is graded once without a disturbance. Then a grader of the same class is killed, with
all its processes, at a moment drawn by chance, and started again, until it has been killed often
enough; whenever it ends before its moment, a fresh class follows. Most of so short a run is spent
on loading, so every second moment is drawn from the time in which submissions are graded. After
every kill nothing may be left running and nothing handed in may have changed; at every end the
gradebook must be that of the undisturbed run, and what had been graded before a kill must not have
been graded again.
"""

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_lib.editions.library import ROOT
from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.recipes import recipes
from course_lib.grading.release import release
from course_lib.grading.sample_class import hand_in, matches
from course_lib.grading.sealed import record
from course_lib.grading.sealed.keys import course_key
from course_lib.grading.sealed.rooms import PREFIX as ROOMS

ASSIGNMENT = "optimizers"
KEPT = ("*-solution", "adam-*-1", "adamw-*-1", "sgd-visible-*", "sgd-hidden-1", "written-*")
EXERCISES = ("adam", "adamw", "sgd", "written-momentum")
"""Cells of the small notebook, by their names and by the exercises they belong to."""

NAMES = (
    "perfect",
    "untouched",
    "averages-velocity",
    "crashes",
    "ends-kernel",
    "no-notebook",
    "other-file",
    "own-style",
    "solution-moved",
    "metadata-changed",
    "tests-edited",
    "broken-file",
)

SETTINGS = """
load_subconfig("nbgrader_config.py", path={assignments!r})
c.CourseDirectory.root = {root!r}
c.BoundedExecute.library = ""
"""

GRADE = """
import sys
from pathlib import Path
from course_lib.grading.course import Course
from course_lib.grading.sealed.pool import grade
root, build, jobs = sys.argv[1:]
print("ready", flush=True)
grade("optimizers", course=Course(Path(root), Path(build)), jobs=int(jobs), sandbox="available")
"""

LAST = 5.0
"""Seconds after a kill in which everything must have ended."""

GRADING = 0.5
"""Seconds around a record in which its marks and its page are written, and the next ones begun."""

LOOK = 0.005
"""Seconds between looks whether it is time to kill."""

DUMPS = (
    """SELECT student_id, base_cell.name, auto_score, manual_score, extra_credit,
    needs_manual_grade FROM grade JOIN base_cell ON base_cell.id = cell_id
    JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    ORDER BY 1, 2""",
    """SELECT student_id, base_cell.name, auto_comment, manual_comment
    FROM comment JOIN base_cell ON base_cell.id = cell_id
    JOIN submitted_notebook ON submitted_notebook.id = comment.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    ORDER BY 1, 2""",
    """SELECT student_id, late_submission_penalty, flagged, extension FROM submitted_assignment
    JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
    ORDER BY 1""",
    "SELECT id FROM student ORDER BY 1",
    "SELECT name, cell_type, source, checksum, locked FROM source_cell ORDER BY 1",
)


def small_class(folder: Path) -> Course:
    """A course of its own with a short notebook, and a class that has handed it in."""
    root = folder / "assignments"
    source = root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    source.parent.mkdir(parents=True)
    notebook = nbformat.read(ROOT / source.relative_to(folder), as_version=4)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if not (name := cells.name(cell))
        or (cells.exercise(name) in EXERCISES and matches(name, KEPT))
    ]
    nbformat.write(notebook, source)
    settings = SETTINGS.format(assignments=str(ROOT / "assignments"), root=str(root))
    (root / "nbgrader_config.py").write_text(settings)
    course = Course(root, folder / "_build")
    release(ASSIGNMENT, course)
    for recipe in recipes(ASSIGNMENT):
        if recipe.name in NAMES:
            hand_in(recipe, recipe.name, ASSIGNMENT, course)
    course_key(root)
    for made in ("gradebook.db", "release"):  # a killed grader may have had to make them, too
        path = root / made
        path.unlink() if path.is_file() else shutil.rmtree(path)
    shutil.rmtree(course.build / "released")
    return course


def copy(course: Course, folder: Path) -> Course:
    """The same course and class somewhere else."""
    shutil.copytree(course.root, folder / "assignments")
    shutil.copytree(course.build, folder / "_build")
    root = folder / "assignments"
    settings = SETTINGS.format(assignments=str(ROOT / "assignments"), root=str(root))
    (root / "nbgrader_config.py").write_text(settings)
    return Course(root, folder / "_build")


def started(course: Course, jobs: int) -> "subprocess.Popen[str]":
    """A grader in a session of its own, about to begin."""
    rooms = course.root.parent / "tmp"
    rooms.mkdir(exist_ok=True)
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADE, str(course.root), str(course.build), str(jobs)],
        env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(rooms)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert grader.stdout
    grader.stdout.readline()
    return grader


def finish(grader: "subprocess.Popen[str]") -> None:
    """Wait for a grader that must end well."""
    _, said = grader.communicate(timeout=900)
    if grader.returncode:
        raise AssertionError(f"the grader failed: {said[-2000:]}")


def gradebook(course: Course) -> list[list[tuple[object, ...]]]:
    """All that a gradebook says, without ids and times."""
    with closing(sqlite3.connect(course.root / "gradebook.db")) as book:
        return [book.execute(query).fetchall() for query in DUMPS]


def handed_in(course: Course) -> str:
    """A digest of all submissions."""
    files = sorted(path for path in (course.root / "submitted").rglob("*") if path.is_file())
    return record.digest(*(part for path in files for part in (str(path), path.read_bytes())))


def graded(course: Course) -> dict[str, bytes]:
    """The whole records there are, by path."""
    key = course_key(course.root)
    paths = sorted((course.root / "records").glob("*/*.json"))
    for path in paths:
        if record.read(path, key) is None:
            raise AssertionError(f"{path.parent.name} has a record that is not whole")
    return {str(path): path.read_bytes() for path in paths}


def running(course: Course) -> list[int]:
    """The processes that belong to a course: its folder stands in their commands."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if os.fsencode(course.root.parent) in command and state != "Z":
            found.append(int(folder.name))
    return found


def left(course: Course) -> list[str]:
    """Partial files and rooms of students' processes."""
    folder = course.root.parent
    every = [*folder.rglob("*.part"), *(folder / "tmp").glob(f"{ROOMS}*")]
    return [str(path.relative_to(folder)) for path in every]


@dataclass(frozen=True)
class Moment:
    """When to kill: some seconds after a grader has made so many records.

    Args:
        records: How many.
        seconds: After these; after its start where ``records`` is 0.
    """

    records: int
    seconds: float

    @classmethod
    def drawn(cls, draw: random.Random, whole: float, grading: bool) -> "Moment":
        """A moment of a run that takes ``whole`` seconds, or of the part in which it grades."""
        if not grading:
            return cls(0, draw.uniform(0, whole))
        return cls(draw.randrange(1, len(NAMES) // 2), draw.uniform(0, GRADING))

    def reached(self, grader: "subprocess.Popen[str]", course: Course) -> bool:
        """Wait for it; False if the grader ended before."""
        records, began = course.root / "records", time.monotonic()
        already = len(list(records.glob("*/*.json")))
        while grader.poll() is None:
            made = len(list(records.glob("*/*.json"))) - already
            if made < self.records:
                began = time.monotonic()
            elif time.monotonic() - began >= self.seconds:
                return True
            time.sleep(LOOK)
        return False


@dataclass
class Trial:
    """What came of killing.

    Args:
        kills: Moments at which a grader was killed, in seconds, and how many records there were.
        finished: How often a class was finished, and compared.
        faults: What was not as it must be.
    """

    kills: list[tuple[float, int]] = field(default_factory=list)
    finished: int = 0
    faults: list[str] = field(default_factory=list)


def trial(folder: Path, kills: int, seed: int, jobs: int = 2) -> Trial:
    """Kill graders of a class ``kills`` times.

    Args:
        folder: An empty one to work in.
        kills: How often.
        seed: Of the moments.
        jobs: Submissions at a time.
    """
    draw, found = random.Random(seed), Trial()
    template = small_class(folder / "template")
    undisturbed = copy(template, folder / "undisturbed")
    grader, began = started(undisturbed, jobs), time.monotonic()
    finish(grader)
    whole = time.monotonic() - began
    right = gradebook(undisturbed)
    for number in range(10 * kills):
        if len(found.kills) == kills:
            break
        course = copy(template, folder / f"class-{number}")
        _until_done(course, right, found, kills, lambda: _moment(draw, whole, found), jobs)
        shutil.rmtree(course.root.parent)
    return found


def _moment(draw: random.Random, whole: float, found: Trial) -> Moment:
    return Moment.drawn(draw, whole, grading=len(found.kills) % 2 == 1)


def _until_done(course, right, found, kills, moment, jobs) -> None:  # type: ignore[no-untyped-def]
    before, records = handed_in(course), dict[str, bytes]()
    while True:
        grader, began = started(course, jobs), time.monotonic()
        if len(found.kills) == kills or not moment().reached(grader, course):
            finish(grader)
            break
        os.killpg(grader.pid, signal.SIGKILL)
        at = time.monotonic() - began
        grader.communicate()
        records |= _look(course, before, records, found)
        found.kills.append((at, len(records)))
    _look(course, before, records, found)
    if gradebook(course) != right:
        found.faults.append("the gradebook differs from that of the undisturbed run")
    if rest := left(course):
        found.faults.append(f"left behind: {rest}")
    found.finished += 1


def _look(course: Course, before: str, records: dict[str, bytes], found: Trial) -> dict[str, bytes]:
    """After a kill, or at the end: what must hold at any time."""
    deadline = time.monotonic() + LAST
    while running(course) and time.monotonic() < deadline:
        time.sleep(0.1)
    if still := running(course):
        found.faults.append(f"{len(still)} processes went on")
    if handed_in(course) != before:
        found.faults.append("a submission changed")
    now = graded(course)
    if again := [path for path, made in records.items() if now.get(path) != made]:
        found.faults.append(f"graded twice, or lost: {again}")
    return now


def main() -> None:
    """Kill as often as asked, and say what came of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=30)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--folder", type=Path, default=ROOT / "_build" / "kills")
    options = asked.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    found = trial(options.folder, options.kills, options.seed)
    for at, records in found.kills:
        print(f"killed after {at:5.1f} s, {records:2} of {len(NAMES)} graded")
    print(f"{len(found.kills)} kills, {found.finished} classes finished, seed {options.seed}")
    print("\n".join(found.faults) or "every gradebook is that of an undisturbed run")
    shutil.rmtree(options.folder)
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
