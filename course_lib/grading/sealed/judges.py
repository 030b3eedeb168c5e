"""The judges of this machine: a process for each desk, replaced if it ends."""

import gc
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch

from course_lib.checks.exercises import find
from course_lib.checks.references import PREPARE
from course_lib.checks.run import cases
from course_lib.grading.sealed import method
from course_lib.grading.sealed.alone import end_with
from course_lib.grading.sealed.desk import Desk, Refused
from course_lib.grading.sealed.questions import Question, fresh
from course_lib.grading.sealed.record import Record
from course_lib.grading.sealed.room import Room
from course_lib.grading.sealed.turn import Turn
from course_lib.grading.sealed.warm import warm_torch
from course_lib.misconceptions import MISCONCEPTIONS, variant_object

Task = tuple[str, ...]
"""What a judge is to do, by the name of a deed, for whom, and with what."""


@dataclass(frozen=True)
class Done:
    """What came of a task.

    Args:
        what: Which deed it was.
        student: For whom.
        made: The record, of what was graded.
        fresh: Whether it was graded now.
        fault: What went wrong; empty if nothing did.
    """

    what: str
    student: str
    made: Record | None = None
    fresh: bool = False
    fault: str = ""


Deed = Callable[..., tuple[Record | None, bool]]
"""What a judge can do: given the room, its desk, for whom and with what; as ``Done`` has it."""


class Judges:
    """Processes that judge, one for each desk; a context manager.

    Args:
        room: What all submissions have in common.
        desks: Where each hires its workers.
        turns: How many submissions are asked at a time, while others are run or judged.
        deeds: What they can do, by name.
    """

    def __init__(
        self, room: Room, desks: Sequence[Desk], turns: int, deeds: Mapping[str, Deed]
    ) -> None:
        self._room, self._desks, self._deeds = room, desks, deeds
        self._places = tempfile.NamedTemporaryFile()
        for desk in desks:
            desk.turn = Turn(Path(self._places.name), turns)
        self._context: Any = get_context(method.METHOD)
        self._judges: dict[Connection, tuple[int, Any]] = {}
        self._idle: list[Connection] = []
        self._busy: dict[Connection, tuple[Any, ...]] = {}

    def __enter__(self) -> "Judges":
        for number in range(len(self._desks)):
            self._employ(number)
        return self

    def __exit__(self, *error: Any) -> None:
        for ours, (_, process) in self._judges.items():
            ours.close()
            process.terminate()
            process.join()
        self._places.close()

    @property
    def free(self) -> bool:
        """Whether one of them has nothing to do."""
        return bool(self._idle)

    @property
    def busy(self) -> bool:
        """Whether one of them has something to do."""
        return bool(self._busy)

    def give(self, *task: Any) -> None:
        """Hand a task to one who is free: what to do, for whom, and with what."""
        judge = self._idle.pop()
        self._busy[judge] = task
        judge.send(task)

    def done(self) -> list[Done]:
        """What came of tasks; waits for one."""
        found = []
        for judge in [one for one in wait(list(self._busy)) if isinstance(one, Connection)]:
            task = self._busy.pop(judge)
            try:
                found.append(judge.recv())
                self._idle.append(judge)
            except (EOFError, OSError):
                found.append(Done(task[0], task[1], fault="the judge ended"))
                self._replace(judge)
        return found

    def _employ(self, number: int) -> None:
        ours, theirs = self._context.Pipe()
        foreign = [ours, *self._judges]
        others = [desk for desk in self._desks if desk is not self._desks[number]]
        process = self._context.Process(
            target=_serve,
            args=(theirs, foreign, others, os.getpid(), self._room, self._desks[number]),
            kwargs={"deeds": self._deeds, "began": method.METHOD},
            daemon=True,
        )
        process.start()
        theirs.close()
        self._judges[ours] = (number, process)
        self._idle.append(ours)

    def _replace(self, judge: Connection) -> None:
        """End what is left of a judge, and employ another at the same desk."""
        number, process = self._judges.pop(judge)
        judge.close()
        process.kill()
        process.join()
        self._desks[number].vacate()
        self._employ(number)


def _serve(
    tasks: Connection,
    foreign: Sequence[Connection],
    others: Sequence[Desk],
    parent: int,
    room: Room,
    desk: Desk,
    deeds: Mapping[str, Deed],
    began: str,
) -> None:
    """In a judge's process: judge until the class is done, or whoever asked is gone."""
    end_with(parent)
    for end in foreign:
        end.close()
    for other in others:
        other.close()
    if began == "spawn":  # and so with nothing loaded
        torch.set_num_threads(1)
        warm_up(room.assignment, room.questions)
    while True:
        try:
            what, student, *more = tasks.recv()
        except (EOFError, KeyboardInterrupt):
            return
        tasks.send(_done(partial(deeds[what], room, desk), what, student, more))


def _done(deed: Deed, what: str, student: str, more: Sequence[Any]) -> Done:
    try:
        made, fresh = deed(student, *more)
        return Done(what, student, made, fresh)
    except Refused as refused:
        return Done(what, student, fault=str(refused))
    except Exception as error:  # whatever one submission brings about, the class goes on
        return Done(what, student, fault=f"{type(error).__name__}: {error}")


def warm_up(assignment: str = "", questions: Iterable[Question] = ()) -> None:
    """Load, before submissions are judged, what the first check of each would load.

    Args:
        assignment: Whose known mistakes are made ready, for hints.
        questions: To which right answers are made ready.
    """
    warm_torch()
    for mistake in MISCONCEPTIONS:
        if find(mistake.exercise).assignment == assignment:
            variant_object(mistake)
    for question in questions:
        _prepare(question)
    gc.collect()
    gc.freeze()  # no judge looks through what is loaded for garbage, and so copies its pages
    gc.set_threshold(50_000, 20, 100)  # hardly anything here is part of a cycle


def _prepare(question: Question) -> None:
    """Have the right answers to a question written down, whatever its numbers, if they can be."""
    with suppress(Exception):  # a question at fault says so when it is asked
        case, other = (cases(question.exercise, fresh(question, s))[0] for s in (b"", b"other"))
        if prepare := PREPARE.get(case.inputs["kind"]):
            prepare(case.exercise, case.inputs, other.inputs)
