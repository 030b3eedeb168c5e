"""One grader at a time in a course, and none that goes on when its command has ended."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from course_lib.grading.course import GradingError
from course_lib.grading.sandbox import libc

NAME = ".grading"
"""Of the file in a course that its grader holds; the system lets go of it when the grader ends."""

PATIENCE = 10.0
"""Seconds in which an earlier grader that was killed must be gone with all its processes."""

PR_SET_PDEATHSIG = 1


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Be the only one who grades the course in ``root``.

    Raises:
        GradingError: If somebody else is.
    """
    descriptor = os.open(root / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _held(descriptor):
            if time.monotonic() > deadline:
                raise GradingError(f"needed {root} for itself: another command is grading there")
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def end_with(parent: int) -> None:
    """Have this process killed when its parent ends, however that ends.

    Args:
        parent: The parent's number, in case it has ended already.
    """
    with suppress(OSError):  # elsewhere than on Linux, closed pipes do it after a while
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
