"""What grading all submissions of an assignment has in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from course_lib.editions.student import derive
from course_lib.editions.student import stamp as library_stamp
from course_lib.grading.course import Course
from course_lib.grading.gradebook import MasterCell, master_cells
from course_lib.grading.machine import machine
from course_lib.grading.sandbox import Limits, documented
from course_lib.grading.sealed import gpus, record
from course_lib.grading.sealed.executed import Terms
from course_lib.grading.sealed.keys import Key, course_key
from course_lib.grading.sealed.launch import Zygote, required
from course_lib.grading.sealed.questions import Question
from course_lib.grading.sealed.student import Bounds
from course_lib.grading.sealed.testcells import TestCell, planned


@dataclass(frozen=True)
class Room:
    """What grading all submissions of an assignment has in common.

    Args:
        course: Whose submissions they are.
        assignment: Slug of the assignment.
        masters: The named cells as the instructor wrote them.
        key: The course's secret.
        common: Digest of what all marks depend on beside the submission.
        terms: On which terms submissions are run.
        metadata: Of the source notebook, for the notebooks that are written.
    """

    course: Course
    assignment: str
    masters: list[MasterCell]
    key: Key
    common: str
    terms: Terms
    metadata: Mapping[str, Any]

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the tests ask of every submission; nothing where that hangs on who handed it in."""
        tests = tuple(
            TestCell(master.grade_id, master.source, master.points)
            for master in self.masters
            if master.cell_type == "code" and master.graded and not master.answer
        )
        try:
            return planned(tests)
        except Exception:  # a test at fault tells so to each submission
            return ()

    def record(self, student: str) -> Path:
        """Where a student's record lies."""
        return record.place(self.course.root, student, self.assignment)


def edition(course: Course) -> Path:
    """The folder of the student edition, derived if need be."""
    given = str(course.config.BoundedExecute.get("library", ""))
    library = Path(given) if given else course.build / "student"
    if not given or library == course.build / "student":
        derive(library)
    return library


def room_of(
    course: Course,
    assignment: str,
    sandbox: str = "strict",
    devices: Sequence[str] | None = None,
) -> Room:
    """What all submissions of an assignment have in common; it has been released.

    Args:
        course: Whose submissions they are.
        assignment: Slug of the assignment.
        sandbox: ``"strict"`` or ``"available"``.
        devices: On which they are judged; those that students' processes reach here by default.
    """
    masters = master_cells(course.database, assignment, assignment)
    source = nbformat.read(course.source(assignment), as_version=4)
    terms = Terms(bounds(course, assignment), required(sandbox, documented()))
    tests = [[m.grade_id, m.source, str(m.points), m.checksum] for m in masters]
    common = record.digest(
        library_stamp(),
        " ".join(devices or _devices(course, terms)),
        repr(terms.bounds),
        *(p for t in tests for p in t),
    )
    metadata = {k: v for k, v in source.metadata.items() if k in ("kernelspec", "language_info")}
    return Room(course, assignment, masters, course_key(course.root), common, terms, metadata)


def _devices(course: Course, terms: Terms) -> list[str]:
    found = machine()
    if not gpus.among(found):
        return found
    with Zygote(edition(course)) as zygote:
        return gpus.reached(zygote.ready().desks[0], terms)


def bounds(course: Course, assignment: str) -> Bounds:
    """Most a submission of an assignment may cost: seconds a cell are in the course's settings."""
    seconds = dict(course.config.BoundedExecute.get("timeouts", {})).get(assignment)
    if seconds is None:
        return Bounds()
    whole = course.config.SealedExecute.get("whole", 0) or 2 * seconds
    limits = Limits(cpu_seconds=whole)
    return Bounds(cell=seconds, call=seconds, whole=whole, limits=limits)
