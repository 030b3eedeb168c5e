"""A submission that runs: its cells, then answers, whatever its code does to its process."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from course_lib.checks.spec import Answer, Inputs
from course_lib.grading.sandbox import Limits
from course_lib.grading.sealed import evidence
from course_lib.grading.sealed.border import AHEAD, BorderError
from course_lib.grading.sealed.desk import UNREAD, Desk, Lost, Worker


@dataclass(frozen=True)
class Bounds:
    """Most a submission may cost.

    Args:
        cell: Seconds for one cell; a sixth after a cell ran out of them.
        call: Seconds for one call of what was implemented.
        whole: Seconds for the whole submission.
        restarts: How often a process that its own code ended is started again.
        limits: What one process may use.
    """

    cell: float = 10.0
    call: float = 5.0
    whole: float = 60.0
    restarts: int = 5
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Call:
    """A call of what was implemented, as ``Student.call`` has it."""

    exercise: str
    inputs: Inputs
    traced: bool = False
    copied: bool = False

    @property
    def key(self) -> tuple[int, bool, bool]:
        """What tells it from other calls, while its inputs are kept."""
        return id(self.inputs), self.traced, self.copied


class Student:
    """A student's code in a process of its own, restarted where the code ended it.

    Args:
        desk: Where workers are hired.
        files: What lies beside the notebook, by its name there.
        bounds: Most it may cost.
        required: Layers of the sandbox without which nothing is run.
    """

    def __init__(
        self,
        desk: Desk,
        files: Iterable[tuple[str, Path]] = (),
        bounds: Bounds = Bounds(),
        required: Sequence[str] = (),
    ) -> None:
        self._desk, self._files, self._required = desk, tuple(files), required
        self.bounds = bounds
        self._ends = time.monotonic() + bounds.whole
        self._cells: list[str] = []
        self._patience = bounds.cell
        self._worker: Worker | None = None
        self.starts = 0
        self._ended = 0
        self.layers: list[dict[str, Any]] = []
        self.notes: tuple[str, ...] = ()
        self._stuck: dict[str, Lost] = {}
        self._begun: deque[tuple[Sequence[Call], int]] = deque()
        self._ready: dict[tuple[int, bool, bool], list[dict[str, Any]]] = {}

    def __enter__(self) -> "Student":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._desk.meanwhile = iter(())
        if self._worker:
            self._worker.close()

    def run(self, source: str) -> list[dict[str, Any]]:
        """Run one cell; its outputs, as a notebook holds them."""
        try:
            reply = self._request("run", self._patience, source=source)
            shown = evidence.outputs(reply.get("outputs"))
        except Lost as lost:
            self._patience = max(self.bounds.call, self.bounds.cell / 6)
            if lost.alive:
                self._cells.append(source)
            return [stopped(lost)]
        except evidence.Unfit as error:
            return [stopped(Lost("NotRun", f"the code's process sent {error}"))]
        self._cells.append(source)
        if any(one.get("ename") == "CellTimeoutError" for one in shown):
            self._patience = max(self.bounds.call, self.bounds.cell / 6)
        return shown

    def meanwhile(self, pieces: Iterator[None]) -> None:
        """Have something done, a little at a time, while this process is waited for."""
        self._desk.meanwhile = pieces

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until it is this submission's turn to be asked; its own time stands still."""
        if self._desk.turn is None:
            yield
            return

        def wait() -> bool:
            self.idle()
            return self._desk.ahead()

        with self._desk.turn.taken(wait) as waited:
            self._ends += waited
            yield

    def idle(self) -> None:
        """Look now and then at what the process writes, while nothing is asked of it."""
        with suppress(Lost), self._watched():
            if self._worker:
                self._worker.idle()

    def begin(self, calls: Sequence[Call]) -> None:
        """Let the process begin with calls to come; ``call`` then finds their answers ready.

        It has the next ones by the time it has answered these: it need not wait for the judge.

        Args:
            calls: With the very inputs that ``call`` is given later.
        """
        self.finish(but=1)
        self._post(calls)

    def _post(self, calls: Sequence[Call]) -> None:
        calls = [call for call in calls if call.exercise not in self._stuck]
        if (worker := self._worker) and calls:
            said = [vars(call) for call in calls]
            with suppress(BorderError), self._spared():
                message = worker.message("ask", self.bounds.call, calls=said)
                if len(message.content) > UNREAD:
                    self.finish()
                if worker is self._worker:  # it may have ended meanwhile
                    worker.post(message)
                    self._begun.append((calls, message.number))

    def finish(self, but: int = 0) -> None:
        """Wait for the answers to what was begun.

        Args:
            but: How often it was begun last that need not be waited for.
        """
        while len(self._begun) > but:
            self._fetch()

    def call(
        self, exercise: str, inputs: Inputs, traced: bool = False, copied: bool = False
    ) -> Answer:
        """What the student's code gives; a `Subject` for checks.

        Args:
            exercise: Its slug.
            inputs: What it is run on.
            traced: Whether every operator that it comes down to is looked at.
            copied: Whether what an optimizer remembers is copied on the way.

        Raises:
            Lost: If it gives nothing. From then on its exercise is not asked again; answers that
                were given by then count.
        """
        try:
            reply = self._reply(Call(exercise, inputs, traced, copied))
        except Lost as lost:
            self._stuck[exercise] = lost
            raise
        try:
            if "answer" not in reply:
                raise evidence.Unfit(_why(reply))
            self.notes = tuple(evidence.text(note, 600) for note in reply.get("notes", ())[:20])
            return evidence.answer(reply["answer"])
        except (evidence.Unfit, TypeError) as error:
            said = {"type": "an answer nobody can judge", "message": str(error)}
            return {"outcome": "raised", "step": 0, **said}

    def _reply(self, call: Call) -> dict[str, Any]:
        if not self._ready.get(call.key):
            self.finish()
        if ready := self._ready.get(call.key):
            reply = ready.pop(0)
        elif call.exercise in self._stuck:
            raise self._stuck[call.exercise]
        else:
            said = self._request("ask", self.bounds.call, calls=[vars(call)])
            reply = (*_replies(said), said)[0]
        if reply.get("late"):
            raise self._late()
        return reply

    def _late(self) -> Lost:
        reason = f"it did not finish within {self.bounds.call:g} s"
        return Lost("CellTimeoutError", reason, alive=True)

    def _fetch(self) -> None:
        """Take the answers to what was begun first, and begin again with what had no time.

        Where none comes, calls are made one by one, so that one costs no other its answer.
        """
        calls, number = self._begun.popleft()
        replies: list[dict[str, Any]] = []
        with self._spared():
            if self._worker:
                said = self._worker.take(number, min(self.bounds.call + AHEAD, self._left()))
                replies = _replies(said)
        for call, reply in zip(calls, replies, strict=False):
            self._ready.setdefault(call.key, []).append(reply)
            if reply.get("late"):
                self._stuck.setdefault(call.exercise, self._late())
        if replies:
            self._post(calls[len(replies) :])

    def value(self, name: str) -> Any:
        """A plain value of the student's session.

        Raises:
            NameError: If there is none of that name, as in the student's own session.
            TypeError: If it is not plain.
            Lost: If the process gives nothing.
        """
        reply = self._request("value", self.bounds.call, name=name)
        if "value" in reply:
            return reply["value"]
        if "missing" in reply:
            raise NameError(f"name {name!r} is not defined")
        raise TypeError(f"{name} cannot be read: {_why(reply)}")

    def _request(self, do: str, seconds: float, **details: Any) -> dict[str, Any]:
        self.finish()
        left = self._left()
        with self._watched():
            return self._living().request(do, min(seconds, left), **details)

    def _left(self) -> float:
        """Seconds left of the whole submission's."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise Lost("CellTimeoutError", f"the submission took its {self.bounds.whole:g} s")
        return left

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Forget a process that is gone, and count it."""
        try:
            yield
        except Lost as lost:
            if not lost.alive:
                self._worker = None
                self._ended += 1
            raise

    @contextmanager
    def _spared(self) -> Iterator[None]:
        """Forget a process that is gone: what ended it shows when calls are made one by one."""
        worker = self._worker
        try:
            yield
        except Lost as lost:
            if worker and not lost.alive:
                worker.close()
                self._worker = None

    def _living(self) -> Worker:
        """The worker, or a new one in which all cells but the fatal ones were run again."""
        if self._worker:
            return self._worker
        if self._ended > self.bounds.restarts:
            raise Lost("NotRun", f"the code ended its process {self._ended} times")
        self.starts += 1
        began = time.monotonic()
        self._worker = self._desk.hire(self._files, self.bounds.limits, self._required)
        self._ends += time.monotonic() - began  # its own time stands still
        self.layers = self._worker.layers
        for source in self._cells:
            self._worker.request("run", self.bounds.cell, source=source)
        return self._worker


def stopped(lost: Lost) -> dict[str, Any]:
    """The output of a cell that was not run to its end."""
    said = lost.reason if lost.name == "CellTimeoutError" else f"Not run: {lost.reason}."
    return {"output_type": "error", "ename": lost.name, "evalue": said, "traceback": [said]}


def _replies(said: dict[str, Any]) -> list[dict[str, Any]]:
    replies = said.get("replies")
    return [r for r in replies if isinstance(r, dict)] if isinstance(replies, list) else []


def _why(reply: dict[str, Any]) -> str:
    return str(reply.get("unfit") or reply.get("failed") or "no answer")[:500]
