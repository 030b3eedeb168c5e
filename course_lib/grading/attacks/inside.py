"""Grade one attack in nbgrader's own way: run inside a namespace, where it can harm nobody.

Prints what was seen as JSON. It loads nothing of the course but ``watch``.
"""

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from course_lib.grading.attacks import watch

PORT = 47113
"""Of the listeners; the network is the namespace's own."""

SECONDS = 180
"""After which nbgrader is taken to hang."""


def main() -> None:
    """Grade a course; arguments: its folder, the library's, the assignment, and ``feedback``."""
    folder, library, assignment, *more = sys.argv[1:]
    os.environ["PYTHONPATH"] = library
    root = Path(folder) / "course" / "assignments"
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))
    resource.setrlimit(resource.RLIMIT_AS, (2**34, 2**34))
    program = str(Path(sys.executable).parent / "nbgrader")
    began = time.monotonic()
    with watch.Listeners(Path(folder), PORT) as listeners:
        hangs = not _within(SECONDS, [program, "autograde", assignment, "--force"], root)
        if more:
            _within(SECONDS, [program, "generate_feedback", assignment, "--force"], root)
        took = time.monotonic() - began
        with suppress(OSError):
            while True:
                os.waitpid(-1, os.WNOHANG)
        seen = listeners.heard() + watch.left_behind((Path.home(), root))[:-1]
        if (left := _others()) > 0:
            seen.append(f"{left} processes still running")
    print(json.dumps({"hangs": hangs, "effects": seen, "seconds": round(took, 1)}))


def _within(seconds: float, command: list[str], where: Path) -> bool:
    """Run a command; whether it ended in time."""
    with (where / "log").open("ab") as log:
        try:
            subprocess.run(command, cwd=where, stdout=log, stderr=log, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return False
    return True


def _others() -> int:
    """Processes in this namespace beside its first one and ourselves."""
    return sum(
        name.isdigit() and int(name) not in (1, 2, os.getpid()) for name in os.listdir("/proc")
    )


if __name__ == "__main__":
    main()
