"""Where a judge asks for workers, talks to them, and ends them."""

import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from course_lib.grading.sandbox import Limits
from course_lib.grading.sealed.border import BorderError, Channel, encode
from course_lib.grading.sealed.lines import Lines
from course_lib.grading.sealed.turn import Turn

START = 60.0
"""Seconds a worker may take to come up, which is a moment where it is forked."""

GRACE = 1.0
"""Seconds a worker has to heed an interrupt before it is killed."""

SCRATCH = 100_000_000
"""Bytes a worker may write, all files together."""

ENTRY = 50_000
"""Bytes that even an empty file or folder counts for: thousands of them take long to look at."""

UNREAD = 64_000
"""Bytes that may be sent to a worker which is busy, and itself waits until it is read."""

_LOOK = 0.25
"""Seconds between looks at what a busy worker has written."""

_ENDS = {
    -9: "the code used too much memory, or ended its process",
    -24: "the code used too much processor time",
    -25: "the code wrote too large a file",
}


class Lost(Exception):
    """A worker gave no answer; the text says why.

    Args:
        name: ``CellTimeoutError`` or ``NotRun``, as results are read.
        reason: A sentence for the student.
        alive: Whether the worker can still be asked.
    """

    def __init__(self, name: str, reason: str, alive: bool = False) -> None:
        super().__init__(reason)
        self.name, self.reason, self.alive = name, reason, alive


class Refused(RuntimeError):
    """The sandbox lacks a layer that is required, so nothing was run."""


class Desk:
    """One judge's connection to the zygote.

    Args:
        control: Requests go out and deaths come in by it, line by line.
        room: Folder for the scratch folders of its workers.
    """

    def __init__(self, control: socket.socket, room: Path) -> None:
        self.control, self.room = Lines(control), room
        self.hired = 0
        self.ended: dict[int, int] = {}
        self.turn: Turn | None = None
        self.meanwhile: Iterator[None] = iter(())

    def hire(
        self, files: Iterable[tuple[str, Path]], limits: Limits, required: Collection[str]
    ) -> "Worker":
        """A fresh worker, shut in.

        Args:
            files: What lies beside the notebook, by its name there; copied for it.
            limits: Most it may use.
            required: Layers without which nothing is run.

        Raises:
            Refused: If a required layer is missing.
            Lost: If it does not come up.
        """
        self.hired += 1
        scratch = Path(tempfile.mkdtemp(dir=self.room))
        for name, file in files:
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, scratch / name, follow_symlinks=False)
        ours, theirs = socket.socketpair()
        # A worker that does not read must not hold up the judge.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 5, 0))
        for end, size in ((ours, socket.SO_SNDBUF), (theirs, socket.SO_RCVBUF)):
            end.setsockopt(socket.SOL_SOCKET, size, 2 * UNREAD)
        request = {
            "worker": self.hired,
            "scratch": str(scratch),
            "limits": asdict(limits),
            "required": sorted(required),
        }
        with theirs:
            self.control.send(request, [theirs.fileno()])
        return Worker(self, self.hired, scratch, ours.detach())

    def ahead(self) -> bool:
        """Do a little of what can be done while a worker is waited for; False if nothing is left.

        The judge sets ``meanwhile``: each step of it takes milliseconds.
        """
        return next(self.meanwhile, self) is None

    def end(self, worker: int) -> int | None:
        """Kill a worker; its exit status, or None if nobody tells."""
        self.control.send({"kill": worker})
        self.control.end.settimeout(5.0)
        try:
            while worker not in self.ended:
                for told in self.control.receive():
                    self.ended[told["ended"]] = told["status"]
        except (EOFError, OSError):
            return None
        finally:
            self.control.end.settimeout(None)
        return self.ended.pop(worker)

    def vacate(self) -> None:
        """Make room for another judge: end what an earlier one has left behind."""
        self.control.send({"kill": None})
        self.hired += 1_000_000  # no death that is told late is taken for that of a worker to come

    def close(self) -> None:
        """Hang up; the zygote ends this judge's workers."""
        self.control.end.close()


@dataclass(frozen=True)
class Message:
    """A request as it is sent: its number, and its bytes."""

    number: int
    content: bytes


class Worker:
    """A student's process, as the judge sees it.

    Args:
        desk: Whose worker it is.
        number: By which the desk knows it.
        scratch: The folder it may write to.
        descriptor: The way to it.
    """

    def __init__(self, desk: Desk, number: int, scratch: Path, descriptor: int) -> None:
        self._desk, self._number, self._scratch = desk, number, scratch
        self._channel = Channel(descriptor, descriptor)
        self._asked = 0
        self._over = False
        self._looked = time.monotonic()
        hello = self._reply(START)
        if "layers" not in hello:
            self.close()
            raise Refused(str(hello.get("refused", "the sandbox could not be entered")))
        self.layers: list[dict[str, Any]] = hello["layers"]

    def request(self, do: str, seconds: float, **details: Any) -> dict[str, Any]:
        """Have something done.

        Args:
            do: ``run`` a cell, ``ask`` what was implemented, or fetch a ``value``.
            seconds: How long it may take.
            **details: Of what is to be done.

        Raises:
            Lost: If it does not answer in time, or is gone.
        """
        message = self.message(do, seconds, **details)
        self.post(message)
        return self.take(message.number, seconds)

    def message(self, do: str, seconds: float, **details: Any) -> Message:
        """A request that is posted later.

        Args:
            do: As in ``request``.
            seconds: How long it may take.
            **details: Of what is to be done.
        """
        self._asked += 1
        asked = {"number": self._asked, "do": do, "seconds": seconds, **details}
        return Message(self._asked, encode(asked, self._channel.limits))

    def post(self, message: Message) -> None:
        """Ask for something that is taken later, in the order in which it was asked for.

        Raises:
            Lost: If the process is gone.
        """
        try:
            self._channel.post(message.content)
        except OSError as error:
            raise self._gone() from error

    def take(self, number: int, seconds: float) -> dict[str, Any]:
        """The reply to a request.

        Args:
            number: Of the request.
            seconds: How long it may take.

        Raises:
            Lost: If none comes in time, or the process is gone.
        """
        reply = self._reply(seconds + GRACE)
        while reply.get("number") != number:  # an answer to what was given up
            reply = self._reply(seconds + GRACE)
        if reply.get("late"):
            raise Lost("CellTimeoutError", f"it did not finish within {seconds:g} s", alive=True)
        return reply

    def idle(self) -> None:
        """Look now and then at what it has written, while nothing is asked of it.

        Raises:
            Lost: If that is too much.
        """
        if time.monotonic() - self._looked > _LOOK:
            self._watch()

    def close(self) -> None:
        """End it and clear its folder."""
        if not self._over:
            self._end()

    def _reply(self, seconds: float) -> dict[str, Any]:
        """One message, while watching what is written.

        Raises:
            Lost: If none comes, or none that may pass.
        """
        deadline = time.monotonic() + seconds
        try:
            while not self._comes(deadline - time.monotonic()):
                self.idle()
                if time.monotonic() >= deadline:
                    raise TimeoutError
            said = self._channel.receive(max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            self._end()
            reason = f"it did not finish within {seconds - GRACE:g} s"
            raise Lost("CellTimeoutError", reason) from error
        except (EOFError, OSError) as error:
            raise self._gone() from error
        except BorderError as error:
            self._end()
            raise Lost("NotRun", f"the code's process sent no message: {error}") from error
        self._watch()
        return said if isinstance(said, dict) else {}

    def _comes(self, seconds: float) -> bool:
        """Whether a message is there, or comes before the next look."""
        if self._channel.waits(0.0):
            return True
        return not self._desk.ahead() and self._channel.waits(min(_LOOK, max(0.0, seconds)))

    def _watch(self) -> None:
        """Refuse too much in the scratch folder."""
        self._looked = time.monotonic()
        if written(self._scratch) > SCRATCH:
            self._end()
            raise Lost("NotRun", f"the code wrote more than {SCRATCH:,} bytes of files")

    def _gone(self) -> Lost:
        status = self._end()
        return Lost("NotRun", _ENDS.get(status or 0, "the code ended its process"))

    def _end(self) -> int | None:
        self._over = True
        status = self._desk.end(self._number)
        self._channel.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        return status


def written(folder: Path) -> int:
    """Bytes of all files in a folder, whatever their names; each file and folder counts for some.

    Example:
        >>> written(Path("/nowhere"))
        0
    """
    total = 0
    for where, folders, names in os.walk(folder):
        for name in (*folders, *names):
            try:
                total += max(ENTRY, os.lstat(os.path.join(where, name)).st_blocks * 512)
            except OSError:
                continue
    return total
