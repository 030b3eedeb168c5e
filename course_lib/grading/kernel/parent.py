"""Start the warm parent of kernels, and have it fork: the side of whoever runs the notebooks."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_lib.grading.sealed.lines import Lines
from course_lib.grading.sealed.rooms import Room

ZYGOTE = Path(__file__).with_name("zygote.py")

START = 60.0
"""Seconds in which everything must be imported, and a kernel must come up."""

_END = 5.0


class KernelRefused(RuntimeError):
    """No kernel was started; the message says why."""


class Parent:
    """A process that has imported everything, as its starter sees it.

    Args:
        environment: Its whole environment; forks inherit its memory.
        preload: Modules it imports.

    Raises:
        KernelRefused: If it does not start.
    """

    def __init__(self, environment: Mapping[str, str], preload: Sequence[str]) -> None:
        self._room = Room()
        self.room = self._room.path
        ours, theirs = socket.socketpair()
        self._control = Lines(ours)
        options = {"control": theirs.fileno(), "preload": list(preload)}
        with (self.room / "log").open("wb") as log, theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(ZYGOTE), json.dumps(options)],
                cwd=self.room,
                env={"TMPDIR": str(self.room), **environment},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt at the terminal is for its starter
            )
        self._started = 0
        self.ended: dict[int, int] = {}
        atexit.register(self.close)
        if not self._hear(START):
            said = (self.room / "log").read_text(errors="replace").strip()[-2000:]
            self.close()
            raise KernelRefused(f"the parent of the kernels did not start: {said}")

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return self._process.poll() is None

    def scratch(self) -> Path:
        """A new folder for one kernel."""
        return Path(tempfile.mkdtemp(prefix="kernel-", dir=self.room))

    def fork(self, request: dict[str, Any]) -> "Fork":
        """A new kernel, whose sockets are open when this returns.

        Raises:
            KernelRefused: If a required layer is missing, or it does not come up.
        """
        self._started += 1
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._control.send({"worker": self._started, **request}, [theirs.fileno()])
            ours.settimeout(START)
            with suppress(OSError):
                said = json.loads(ours.recv(65536) or b'{"refused": "it ended at once"}')
                if "pid" in said:
                    return Fork(self, self._started, said["pid"], said["layers"])
                raise KernelRefused(f"no kernel was started: {said['refused']}")
        self._control.send({"kill": self._started})
        raise KernelRefused(f"no kernel came up within {START:g} s")

    def status(self, number: int, seconds: float = 0.0) -> int | None:
        """How a kernel has ended, waiting for it so long; None if it lives."""
        until = time.monotonic() + seconds
        while number not in self.ended:
            told = self._hear(max(0.0, until - time.monotonic()))
            self.ended |= {one["ended"]: one["status"] for one in told}
            if told:
                continue
            if not self.alive:
                return -signal.SIGKILL  # with their parent they all end
            if time.monotonic() >= until:
                return None
        return self.ended[number]

    def close(self) -> None:
        """End it, with all its kernels, and clear its room."""
        if self._control.end.fileno() >= 0:
            self._control.end.close()  # it ends its kernels, and then itself
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END)
            self._process.kill()
            self._process.wait()
            self._room.close()
        atexit.unregister(self.close)

    def _hear(self, seconds: float) -> list[dict[str, Any]]:
        """The next messages, if any come in time."""
        self._control.end.settimeout(seconds)
        try:
            return self._control.receive()
        except (EOFError, OSError):
            return []
        finally:
            self._control.end.settimeout(None)


class Fork:
    """A kernel's process, with those of ``subprocess.Popen``'s methods a provisioner calls.

    Args:
        parent: Whose fork it is.
        number: By which the parent knows it.
        pid: Its process, which leads a group of its own.
        layers: Walls around it, standing or missing.
    """

    stdin = stdout = stderr = None

    def __init__(self, parent: Parent, number: int, pid: int, layers: list[dict[str, Any]]) -> None:
        self._parent, self._number = parent, number
        self.pid, self.layers = pid, layers

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._parent.status(self._number)

    def wait(self, timeout: float = _END) -> int | None:
        """Its exit status, once it has ended."""
        return self._parent.status(self._number, timeout)

    def send_signal(self, signum: int) -> None:
        """Signal it and what it started; after ``SIGKILL`` it is gone when this returns."""
        if self.poll() is None:
            self._to_group(signum)
            if signum == signal.SIGKILL:
                self.wait()

    def kill(self) -> None:
        """End it at once, and all it has started."""
        self.send_signal(signal.SIGKILL)
        self._to_group(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _to_group(self, signum: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signum)


_parents: dict[tuple[object, ...], tuple[list[int], Parent]] = {}


def warm(environment: Mapping[str, str], preload: Sequence[str]) -> Parent:
    """The parent for such kernels: the one there is, or a new one where its path has changed."""
    folders = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    stamp = [os.stat(folder).st_mtime_ns for folder in folders if os.path.isdir(folder)]
    key = (os.getpid(), *sorted(environment.items()), *preload)
    known = _parents.get(key)
    if known and (known[0] != stamp or not known[1].alive):
        _parents.pop(key)[1].close()
    if key not in _parents:
        _parents[key] = stamp, Parent(environment, preload)
    return _parents[key][1]
