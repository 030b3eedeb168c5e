"""Grade a whole class: several judges, one writer, and nothing lost when it is killed."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from course_lib.grading import feedback
from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import Returned, create
from course_lib.grading.gradebook_writer import Writer
from course_lib.grading.release import release
from course_lib.grading.run import Outcome
from course_lib.grading.sandbox import lacking
from course_lib.grading.sealed import record
from course_lib.grading.sealed.alone import alone
from course_lib.grading.sealed.desk import Desk, Refused
from course_lib.grading.sealed.judges import Deed, Done, Judges, warm_up
from course_lib.grading.sealed.launch import Zygote
from course_lib.grading.sealed.one import grade_one, scores
from course_lib.grading.sealed.room import Room, edition, room_of

AHEAD = 1
"""Judges beside those who ask at a time: they run the next submissions' cells meanwhile."""

LEAST = 3
"""Judges at least: one who judges and one who runs cells leave two processors idle at times."""


class Crew(Protocol):
    """Whoever judges, here or on other machines."""

    @property
    def free(self) -> bool:
        """Whether one more task can be given."""

    @property
    def busy(self) -> bool:
        """Whether a task is under way."""

    def give(self, *task: Any) -> None:
        """Give a task: ``grade`` or ``feedback``, for whom, and with what."""

    def done(self) -> list[Done]:
        """What came of tasks; waits for one."""


def grade(
    assignment: str,
    students: Iterable[str] | None = None,
    course: Course | None = None,
    jobs: int | None = None,
    sandbox: str = "strict",
    dask: str = "",
    resources: str = "",
) -> list[Outcome]:
    """Grade submissions, several at a time, and write their feedback.

    Args:
        assignment: Name of the assignment's folder.
        students: Whom to grade; everyone who handed in by default.
        course: The course root; this repository's by default.
        jobs: How many to ask their questions at a time, while others are run or judged; as many as
            there are processors by default.
        sandbox: ``"strict"`` refuses to run with fewer layers than this machine must have;
            ``"available"`` takes what there is, and records it.
        dask: Address of the scheduler of a Dask cluster that does the work; empty for this machine.
        resources: What a worker of the cluster must have, as ``"GPU=1"``.

    Returns:
        One outcome for each student, in the order given.

    Raises:
        GradingError: If nobody has handed in anything, the sandbox is not complete, or somebody
            else grades the course.
    """
    course = course or Course()
    names = course.students(assignment) if students is None else list(dict.fromkeys(students))
    if not names:
        raise GradingError(
            f"needed submissions in {course.root}/submitted/<student>/{assignment}/, found none:"
            " put them there, or try the grader on `make sample-class`"
        )
    torch.set_num_threads(1)  # judges are forked, and a fork does not inherit threads
    with alone(course.root):
        create(course.database)
        release(assignment, course)
        hired: AbstractContextManager[tuple[Room, Crew]]
        if dask:
            from course_lib.grading.sealed.cluster import crew

            hired = crew(course, assignment, sandbox, dask, resources, write_feedback)
        else:
            hired = _here(course, assignment, sandbox, min(jobs or _processors(), len(names)))
        with hired as (room, judges), Writer(course.database, assignment, _penalty(course)) as book:
            return _Class(room, names, book).go(judges)


@contextmanager
def _here(
    course: Course, assignment: str, sandbox: str, jobs: int
) -> Iterator[tuple[Room, Judges]]:
    """The judges of this machine, once it is sure that its sandbox is complete."""
    room = room_of(course, assignment, sandbox)
    with Zygote(edition(course), max(jobs + AHEAD, LEAST)) as zygote:
        warm_up(assignment, room.questions)  # while it loads
        zygote.ready()
        try:
            tried = zygote.desks[0].hire((), room.terms.bounds.limits, room.terms.required)
        except Refused as refused:
            raise GradingError(str(refused)) from refused
        tried.close()
        if missing := lacking(tried.layers):
            print(f"Missing walls: {missing}", file=sys.stderr)
        with Judges(room, zygote.desks, jobs, DEEDS) as judges:
            yield room, judges


def write_feedback(room: Room, student: str, made: record.Record, returned: Returned) -> None:
    """Write the page of a student who has a record and marks."""
    notebook = room.course.autograded(student, room.assignment)
    content = feedback.read_notebook(notebook)
    graded = feedback.Graded(student, room.assignment, content, returned, made)
    feedback.write(room.course.feedback(student, room.assignment), notebook, graded)


def _feedback(room: Room, _desk: Desk, *about: Any) -> tuple[None, bool]:
    write_feedback(room, *about)
    return None, False


DEEDS: dict[str, Deed] = {"grade": grade_one, "feedback": _feedback}
"""What the judges of this machine do."""


class _Class:
    """A class on its way: what is to do, what is done."""

    def __init__(self, room: Room, names: Sequence[str], writer: Writer) -> None:
        self._room, self._writer = room, writer
        self._todo: deque[tuple[Any, ...]] = deque(("grade", name) for name in names)
        self._stamps: dict[str, tuple[str, str]] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._names, self._began = names, time.monotonic()

    def go(self, judges: Crew) -> list[Outcome]:
        """Hand out tasks until all is done."""
        with _progress() as progress:
            bar = progress.add_task(
                f"Grading {self._room.assignment}", total=len(self._names), failed=0, rate=0.0
            )
            while self._todo or judges.busy:
                self._hand_out(judges)
                found = judges.done()
                self._hand_out(judges)  # they go on while marks are written here
                for done in found:
                    self._take(done)
                self._show(progress, bar)
        return [self._outcomes[name] for name in self._names]

    def _hand_out(self, judges: Crew) -> None:
        while self._todo and judges.free:
            judges.give(*self._todo.popleft())

    def _show(self, progress: Progress, bar: TaskID) -> None:
        done = len(self._outcomes)
        failed = sum(outcome.state == "not run" for outcome in self._outcomes.values())
        rate = done / max(time.monotonic() - self._began, 1e-3)
        progress.update(bar, completed=done, failed=failed, rate=rate)

    def _take(self, done: Done) -> None:
        """Go on with a student: gradebook, feedback, stamp."""
        if done.fault:
            self._outcomes[done.student] = Outcome(done.student, "not run", done.fault)
        elif done.what == "feedback":
            self._finish(done.student)
        elif done.made:
            self._enter(done.student, done.made, done.fresh)

    def _enter(self, student: str, made: record.Record, fresh: bool) -> None:
        """Write marks, unless they are there; then the page, unless it is there, too.

        A mark of a person's stays as it is, and is not asked for again.
        """
        earned = scores(made, self._timestamp(student))
        signature = self._signature(made)
        known = self._known(student)
        if known.partition("\n")[0] != signature or not self._writer.holds(earned):
            self._writer.write(earned)
            fresh = True
        returned = self._writer.returned(student)
        stamp = f"{signature}\n{record.digest(repr(returned))}"
        page = self._room.course.feedback(student, self._room.assignment)
        if not fresh and known == stamp and page.is_file():
            self._outcomes[student] = Outcome(student, "kept")
            return
        self._stamps[student] = stamp, made["problem"]
        self._todo.appendleft(("feedback", student, made, returned))

    def _finish(self, student: str) -> None:
        stamp, problem = self._stamps.pop(student)
        record.replace(self._stamp(student), stamp.encode())
        self._outcomes[student] = Outcome(student, "not run" if problem else "graded", problem)

    def _known(self, student: str) -> str:
        """Which record's marks were written, and a digest of what the page was made from."""
        stamp = self._stamp(student)
        return stamp.read_text() if stamp.is_file() else ""

    def _stamp(self, student: str) -> Path:
        return self._room.course.stamp(student, self._room.assignment)

    def _signature(self, made: record.Record) -> str:
        return str(record.sign(made, self._room.key)["signature"])

    def _timestamp(self, student: str) -> str | None:
        file = self._room.course.submission(student, self._room.assignment) / "timestamp.txt"
        if not file.is_file() or file.is_symlink():
            return None
        return file.read_text(encoding="utf-8", errors="replace")[:100].strip() or None


def _processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # on Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _penalty(course: Course) -> Callable[[str, float, float], float | None]:
    """The course's penalty for late work, as nbgrader would make it."""
    from nbgrader.preprocessors import AssignLatePenalties

    assigned = AssignLatePenalties(config=course.config)
    assigned.init_plugin()
    penalty: Callable[[str, float, float], float | None] = (
        assigned.plugin_inst.late_submission_penalty
    )
    return penalty


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} not run"),
        TextColumn("{task.fields[rate]:.2f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
