"""Grade a whole class: several judges, one writer, and nothing lost when it is killed."""

import gc
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

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

from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import Writer
from course_lib.grading.machine import machine
from course_lib.grading.release import release
from course_lib.grading.run import Outcome
from course_lib.grading.sealed import record
from course_lib.grading.sealed.desk import Desk, Refused
from course_lib.grading.sealed.launch import Zygote
from course_lib.grading.sealed.one import grade_one, scores
from course_lib.grading.sealed.room import Room, edition, room_of

Task = tuple[str, str]
"""What a judge is to do, ``grade`` or ``feedback``, and for whom."""

Done = tuple[str, str, Any, str]
"""A task, what came of it, and what went wrong; empty if nothing did."""


def grade(
    assignment: str,
    students: Iterable[str] | None = None,
    course: Course | None = None,
    jobs: int | None = None,
    sandbox: str = "strict",
) -> list[Outcome]:
    """Grade submissions, several at a time, and write their feedback.

    Args:
        assignment: Name of the assignment's folder.
        students: Whom to grade; everyone who handed in by default.
        course: The course root; this repository's by default.
        jobs: How many at a time; as many as there are processors by default.
        sandbox: ``"strict"`` refuses to run with fewer layers than this machine must have;
            ``"available"`` takes what there is, and records it.

    Returns:
        One outcome for each student, in the order given.

    Raises:
        GradingError: If nobody has handed in anything, or the sandbox is not complete.
    """
    course = course or Course()
    names = course.students(assignment) if students is None else list(dict.fromkeys(students))
    if not names:
        raise GradingError(
            f"needed submissions in {course.root}/submitted/<student>/{assignment}/, found none:"
            " put them there, or try the grader on `make sample-class`"
        )
    torch.set_num_threads(1)  # judges are forked, and a fork does not inherit threads
    machine()
    jobs = min(jobs or len(os.sched_getaffinity(0)), len(names))
    library = edition(course)
    release(assignment, course)
    room = room_of(course, assignment, sandbox)
    with Zygote(library, jobs) as zygote:
        try:
            zygote.desks[0].hire((), room.terms.bounds.limits, room.terms.required).close()
        except Refused as refused:
            raise GradingError(str(refused)) from refused
        writing = Writer(course.database, assignment, _penalty(course))
        with _judges(room, zygote.desks) as judges, writing as writer:
            return _Class(room, names, writer).go(judges)


class _Class:
    """A class on its way: what is to do, what is done."""

    def __init__(self, room: Room, names: Sequence[str], writer: Writer) -> None:
        self._room, self._writer = room, writer
        self._todo: deque[Task] = deque(("grade", name) for name in names)
        self._records: dict[str, record.Record] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._names, self._began = names, time.monotonic()

    def go(self, judges: dict[Connection, Any]) -> list[Outcome]:
        """Hand out tasks until all is done."""
        idle, busy = list(judges), dict[Connection, Task]()
        with _progress() as progress:
            bar = progress.add_task(
                f"Grading {self._room.assignment}", total=len(self._names), failed=0, rate=0.0
            )
            while self._todo or busy:
                while self._todo and idle:
                    judge = idle.pop()
                    busy[judge] = self._todo.popleft()
                    judge.send(busy[judge])
                if not busy:
                    raise GradingError("every judge has ended: run the command again")
                for judge in [one for one in wait(list(busy)) if isinstance(one, Connection)]:
                    task = busy.pop(judge)
                    try:
                        self._take(judge.recv())
                        idle.append(judge)
                    except EOFError:
                        self._take((*task, None, "the judge ended"))
                self._show(progress, bar)
        return [self._outcomes[name] for name in self._names]

    def _show(self, progress: Progress, bar: TaskID) -> None:
        done = len(self._outcomes)
        failed = sum(outcome.state == "not run" for outcome in self._outcomes.values())
        rate = done / max(time.monotonic() - self._began, 1e-3)
        progress.update(bar, completed=done, failed=failed, rate=rate)

    def _take(self, done: Done) -> None:
        """Go on with a student: gradebook, feedback, stamp."""
        what, student, made, fault = done
        if fault:
            self._outcomes[student] = Outcome(student, "not run", fault)
        elif what == "grade":
            self._enter(student, *made)
        else:
            self._finish(student)

    def _enter(self, student: str, made: record.Record, fresh: bool) -> None:
        self._records[student] = made
        if not fresh and self._is_finished(student, made):
            self._outcomes[student] = Outcome(student, "kept")
            return
        self._writer.write(scores(made, self._timestamp(student)))
        self._todo.appendleft(("feedback", student))

    def _finish(self, student: str) -> None:
        made = self._records[student]
        stamp = self._room.course.stamp(student, self._room.assignment)
        record.replace(stamp, self._stamp(made).encode())
        state, reason = ("not run", made["problem"]) if made["problem"] else ("graded", "")
        self._outcomes[student] = Outcome(student, state, reason)  # type: ignore[arg-type]

    def _is_finished(self, student: str, made: record.Record) -> bool:
        """Whether marks and feedback of this very record were written."""
        course, assignment = self._room.course, self._room.assignment
        stamp = course.stamp(student, assignment)
        known = stamp.is_file() and stamp.read_text() == self._stamp(made)
        return (
            known and course.feedback(student, assignment).is_file() and self._writer.has(student)
        )

    def _stamp(self, made: record.Record) -> str:
        return str(record.sign(made, self._room.key)["signature"])

    def _timestamp(self, student: str) -> str | None:
        file = self._room.course.submission(student, self._room.assignment) / "timestamp.txt"
        if not file.is_file() or file.is_symlink():
            return None
        return file.read_text(encoding="utf-8", errors="replace")[:100].strip() or None


@contextmanager
def _judges(room: Room, desks: Sequence[Desk]) -> Iterator[dict[Connection, Any]]:
    """Processes that judge, one for each desk."""
    _warm_up()
    context = get_context("fork")
    pairs = [context.Pipe() for _ in desks]
    judges = {}
    for number, (ours, theirs) in enumerate(pairs):
        others = [end for at, pair in enumerate(pairs) for end in pair if at != number]
        process = context.Process(
            target=_serve, args=(theirs, [ours, *others], room, desks, number), daemon=True
        )
        process.start()
        judges[ours] = process
    for _, theirs in pairs:
        theirs.close()
    try:
        yield judges
    finally:
        for ours, process in judges.items():
            ours.close()
            process.terminate()
            process.join()


def _warm_up() -> None:
    """Load, once for all judges, what the first check would load."""
    weight = torch.zeros(2, requires_grad=True)
    torch.autograd.backward((weight * weight).sum())
    torch.optim.SGD([weight], lr=0.1).step()
    import course_lib.misconceptions  # noqa: F401

    gc.collect()
    gc.freeze()  # no judge looks through what is loaded for garbage, and so copies its pages


def _serve(
    tasks: Connection, foreign: Sequence[Connection], room: Room, desks: Sequence[Desk], number: int
) -> None:
    """Judge until the class is done, or whoever asked is gone."""
    for end in foreign:
        end.close()
    for desk in desks:
        if desk is not desks[number]:
            desk.close()
    deeds: dict[str, Callable[[str], Any]] = {
        "grade": lambda student: grade_one(room, desks[number], student),
        "feedback": lambda student: room.course.call("generate_feedback", room.assignment, student),
    }
    with ExitStack() as quiet:
        quiet.callback(tasks.close)
        while True:
            try:
                what, student = tasks.recv()
            except (EOFError, KeyboardInterrupt):
                return
            try:
                tasks.send((what, student, deeds[what](student), ""))
            except Refused as refused:
                tasks.send((what, student, None, str(refused)))
            except Exception as error:  # whatever one submission brings about, the class goes on
                tasks.send((what, student, None, f"{type(error).__name__}: {error}"))


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
