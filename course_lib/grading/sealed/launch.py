"""Start the zygote, inside bubblewrap where it runs, and hand out desks to its judges."""

import json
import os
import site
import socket
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from course_lib.editions.library import PACKAGE
from course_lib.grading.course import GradingError
from course_lib.grading.sandbox import bubblewrap, clean_environment
from course_lib.grading.sandbox.policy import readable_here
from course_lib.grading.sealed import method
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.rooms import Room

ZYGOTE = Path(__file__).with_name("zygote.py")

GRACE = 2.0
"""Seconds the zygote may take to end."""

START = 60.0
"""Seconds the zygote may take to import everything."""


class Zygote:
    """The clean parent of all workers, as its starter sees it; a context manager.

    It takes seconds to load: ask whether it is ``ready`` before its desks are used.

    Args:
        library: Folder of the student edition.
        judges: How many processes will ask for workers; each takes a desk of its own.
        walled: Whether to start it inside bubblewrap where that can run.

    Raises:
        GradingError: If students could read the instructor's edition.
    """

    def __init__(self, library: Path, judges: int = 1, walled: bool = True) -> None:
        self.library = library.resolve()
        self._own = Room()
        self.room = self._own.path
        _refuse_open_books(self.library)
        pairs = [socket.socketpair() for _ in range(judges)]
        ours, theirs = zip(*pairs, strict=True)
        self.desks = [Desk(control, self.room) for control in ours]
        self.missing = "not asked for"
        command = self._command([control.fileno() for control in theirs], walled)
        with (self.room / "zygote.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=self._environment(),
                pass_fds=[control.fileno() for control in theirs],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt at the terminal is for the judges
            )
        for control in theirs:
            control.close()

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it, with all its workers, and clear its room."""
        for desk in self.desks:
            desk.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)  # it ends when nobody is left who could ask
        self.process.kill()
        self.process.wait()
        self._own.close()

    def _command(self, controls: list[int], walled: bool) -> list[str]:
        packages = site.getsitepackages()[0]
        path = [str(self.library), packages]
        options = json.dumps({"path": path, "controls": controls, "method": method.METHOD})
        python = os.path.realpath(sys.executable)
        # Isolated, and without the site module: no editable install, no user's own packages.
        plain = [python, "-I", "-S", str(ZYGOTE), options]
        if walled and not (missing := bubblewrap.available([python, "-c", ""], self.room)):
            self.missing = ""
            readable = (self.library, ZYGOTE.parent, ZYGOTE.parent.parent / "sandbox")
            return bubblewrap.around(
                plain, writable=self.room, readable=readable, environment=self._environment()
            )
        self.missing = missing if walled else self.missing
        return plain

    def _environment(self) -> dict[str, str]:
        return clean_environment(self.room)

    def ready(self) -> "Zygote":
        """Itself, once everything is imported.

        Raises:
            GradingError: If it does not start.
        """
        control = self.desks[0].control
        control.end.settimeout(START)
        try:
            while not control.receive():
                pass
            control.end.settimeout(None)
        except (EOFError, OSError) as error:
            said = (self.room / "zygote.log").read_text(errors="replace").strip()[-2000:]
            self.close()
            raise GradingError(
                f"the parent of the students' processes did not start: {said}"
            ) from error
        return self


def _refuse_open_books(library: Path) -> None:
    """Refuse where the solutions lie in a folder that students' code may read."""
    for path in readable_here((library,)):
        if PACKAGE.is_relative_to(path):
            raise GradingError(
                f"the instructor's edition lies in {path}, which students' code may read: install"
                " it with `pip install --editable`, or move it"
            )


def required(level: str, documented: Collection[str]) -> list[str]:
    """The layers a level of the sandbox asks for: all documented ones, or whatever is there.

    Example:
        >>> required("available", {"seccomp"})
        []
    """
    return sorted(documented) if level == "strict" else []
