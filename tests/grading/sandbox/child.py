"""Run a deed in a forked child, inside the sandbox or outside, and hear what became of it."""

import os
import pickle
import select
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from course_lib.grading.sandbox import Policy, enter


@dataclass(frozen=True)
class Outcome:
    value: Any = None
    error: BaseException | None = None
    status: int | None = None
    """Exit status, negative for a signal; ``None`` when it ran out of time and was killed."""


def run(
    deed: Callable[[], Any],
    policy: Policy | None,
    seconds: float = 60.0,
    required: Collection[str] | None = None,
) -> Outcome:
    """Do the deed in a child: in the sandbox of ``policy``, or free where it is ``None``."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        inside = policy and replace(policy, keep=(*policy.keep, writer))
        _child(lambda: (inside and enter(inside, required), deed())[1], writer)
    os.close(writer)
    answer, in_time = _listen(reader, time.monotonic() + seconds)
    if not in_time:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    value, error = pickle.loads(answer) if answer else (None, None)
    return Outcome(value, error, status if in_time else None)


def _child(deed: Callable[[], Any], writer: int) -> None:
    said: tuple[Any, BaseException | None] = (None, None)
    try:
        said = (deed(), None)
    except BaseException as error:
        said = (None, error)
    finally:
        with suppress(Exception):
            os.write(writer, pickle.dumps(said))
        os._exit(0)


def _listen(reader: int, until: float) -> tuple[bytes, bool]:
    """All the child says until it closes its end, and whether it did so in time."""
    heard = b""
    with open(reader, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
            if not (piece := pipe.read(65536)):
                return heard, True
            heard += piece
    return heard, False
