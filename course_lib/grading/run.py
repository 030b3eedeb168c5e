"""Grade a class one student at a time: nothing one submission does stops the others."""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nbformat
from rich.progress import Progress

from course_lib.editions.student import stamp as library_stamp
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import marks, record_zero
from course_lib.grading.machine import machine
from course_lib.grading.sealed import record
from course_lib.grading.submissions import placeholder, problem


@dataclass(frozen=True)
class Outcome:
    """What became of one submission.

    Args:
        student: Who handed it in.
        state: Graded now, kept from an earlier run, or not possible to run.
        reason: Why it could not be run; empty otherwise.
    """

    student: str
    state: Literal["graded", "kept", "not run"]
    reason: str = ""


def grade(
    assignment: str,
    students: Iterable[str] | None = None,
    course: Course | None = None,
) -> list[Outcome]:
    """Grade submissions with nbgrader and write their feedback.

    Args:
        assignment: Name of the assignment's folder.
        students: Whom to grade; everyone who handed in by default.
        course: The course root; this repository's by default.

    Returns:
        One outcome for each student, in the order given.

    Raises:
        GradingError: If nobody has handed in anything, or ``COURSE_REQUIRE_CUDA=1`` asks for a GPU
            that is not there.
    """
    course = course or Course()
    names = course.students(assignment) if students is None else list(students)
    if not names:
        raise GradingError(
            f"needed submissions in {course.root}/submitted/<student>/{assignment}/, found none:"
            " put them there, or try the grader on `make sample-class`"
        )
    common = _common_stamp(course, assignment)
    outcomes = []
    with Progress() as progress:
        task = progress.add_task(f"Grading {assignment}", total=len(names))
        for name in names:
            progress.update(task, description=f"Grading {assignment}: {name}")
            outcome = _grade_safely(course, assignment, name, common)
            if outcome.reason:
                progress.console.print(f"{name}: {outcome.reason}", markup=False)
            outcomes.append(outcome)
            progress.advance(task)
    return outcomes


def _grade_safely(course: Course, assignment: str, student: str, common: str) -> Outcome:
    try:
        return _grade_one(course, assignment, student, common)
    except Exception as error:  # whatever one submission brings about, the class goes on
        return Outcome(student, "not run", f"{type(error).__name__}: {error}")


def _grade_one(course: Course, assignment: str, student: str, common: str) -> Outcome:
    folder = course.submission(student, assignment)
    stamp = _stamp(folder, common)
    stamp_file = course.stamp(student, assignment)
    known = stamp_file.is_file() and stamp_file.read_text() == stamp
    written = (course.autograded(student, assignment), course.feedback(student, assignment))
    recorded = known and all(path.is_file() for path in written)
    if recorded and marks(course.database, assignment, student):
        return Outcome(student, "kept")
    unreadable = problem(folder, assignment)
    reason = unreadable or _autograde(course, assignment, student)
    if reason:
        _give_zero(course, assignment, student, reason)
    course.call("generate_feedback", assignment, student)
    if unreadable or not reason:  # a failure of nbgrader may be ours: the next run tries again
        stamp_file.parent.mkdir(parents=True, exist_ok=True)
        stamp_file.write_text(stamp)
    return Outcome(student, "not run" if reason else "graded", reason)


def _autograde(course: Course, assignment: str, student: str) -> str:
    """Grade one submission; the reason if nbgrader could not."""
    try:
        course.call("autograde", assignment, student)
    except GradingError as error:
        return f"nbgrader could not grade it: {error}."
    return ""


def _give_zero(course: Course, assignment: str, student: str, reason: str) -> None:
    record_zero(course.database, assignment, student)
    record.forget(course.root, student, assignment)
    path = course.autograded(student, assignment)
    if path.parent.exists():
        shutil.rmtree(path.parent)
    path.parent.mkdir(parents=True)
    nbformat.write(placeholder(reason), path)


def _common_stamp(course: Course, assignment: str) -> str:
    """Digest of what all marks depend on: tests, settings, the library, the devices."""
    digest = hashlib.sha256(library_stamp().encode())
    digest.update(" ".join(machine()).encode())
    for path in (course.source(assignment), course.root / "nbgrader_config.py"):
        digest.update(path.read_bytes())
    digest.update(str(course.config.BoundedExecute.get("library", "")).encode())
    return digest.hexdigest()


def _stamp(folder: Path, common: str) -> str:
    """Digest of a submission and of what all marks depend on."""
    digest = hashlib.sha256(common.encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
