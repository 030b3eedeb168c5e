"""bubblewrap: a second wall, around the warm parent, where it is installed and can run."""

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from course_lib.grading.sandbox import proc
from course_lib.grading.sandbox.policy import Policy, readable_here

PROGRAM = "bwrap"
# A name other than root's, which no namespace further in could keep without root's rights.
NAME = ("--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL")
ALONE = ("--unshare-all", *NAME, "--die-with-parent", "--new-session", "--clearenv")
# What these hold comes with --dev and --proc; the rest of both would be the machine's own.
OWN = ("/dev", "/proc")


def around(
    command: Sequence[str],
    *,
    writable: Path,
    readable: Iterable[Path] = (),
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """The command that starts ``command`` with an own root, process table and network.

    Args:
        command: Program and arguments, such as the warm parent's.
        writable: Folder that holds the scratch folders of all submissions; work starts there.
        readable: Files and folders to be seen beside Python and the system's libraries.
        environment: Every variable the program gets.

    Returns:
        The words of the command, for ``subprocess``; descriptors passed on to it stay open.
    """
    seen = [path for path in readable_here(tuple(readable)) if not str(path).startswith(OWN)]
    binds = chain.from_iterable(("--ro-bind", str(path), str(path)) for path in seen)
    variables = chain.from_iterable(("--setenv", *item) for item in (environment or {}).items())
    own = ("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp")
    work = ("--bind", str(writable), str(writable), "--chdir", str(writable))
    return [PROGRAM, *ALONE, *own, *binds, *work, *variables, "--", *command]


def available(command: Sequence[str], writable: Path) -> str:
    """Why bubblewrap cannot run here; empty where it can.

    Args:
        command: A harmless program to try it with, such as Python doing nothing.
        writable: Any folder.
    """
    if shutil.which(PROGRAM) is None:
        return f"{PROGRAM} is not installed"
    tried = subprocess.run(around(command, writable=writable), capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode else ""


@cache
def first_process() -> str:
    """The program that rules the process table this process and its children live in."""
    return proc.read("/proc/1/comm").strip()


def inside(policy: Policy) -> str:
    """Whether bubblewrap rules the process table this process lives in."""
    if first_process() != PROGRAM:
        raise OSError(f"not started by {PROGRAM}")
    return "own root, process table and network"
