"""The untrusted side: shut in, runs a notebook's cells and answers what it is asked.

It is forked from the zygote, has never seen a test, and nothing it says is believed: the judge
compares the numbers it gives, and builds the marks from its own findings.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from course_lib.checks.subject import InSession
from course_lib.figures.picture import GRADING
from course_lib.grading.sandbox import Policy, SandboxMissing, enter
from course_lib.grading.sealed.border import AHEAD, BorderError, Channel
from course_lib.grading.sealed.shell import Shell


class CellTimeoutError(KeyboardInterrupt):
    """A cell or a call took too long; no ordinary ``except`` holds it up."""


def serve(channel: Channel, policy: Policy, required: Collection[str], shell: Shell) -> None:
    """Go in, report the layers, then answer requests until the judge hangs up.

    Args:
        channel: The way to the judge.
        policy: What may be used.
        required: Layers without which nothing is run.
        shell: The session the zygote has prepared.
    """
    try:
        layers = enter(policy, required)
    except (SandboxMissing, RuntimeError) as missing:
        channel.send({"refused": str(missing)})
        return
    channel.send({"layers": [layer.as_data() for layer in layers]})
    signal.signal(signal.SIGALRM, _interrupt)
    _find_own_library()
    os.environ[GRADING] = "1"
    while True:
        try:
            request = channel.receive()
        except EOFError:
            return
        reply = {"number": request["number"], **_answered(shell, request)}
        try:
            channel.send(reply)
        except (BorderError, RuntimeError) as error:  # torch's own, of a tensor without numbers
            channel.send({"number": request["number"], "unfit": str(error)[:500]})


def _find_own_library() -> None:
    """What was handed in beside the notebook is found last: it takes nobody's place."""
    import sys

    sys.path.append(os.getcwd())


def _answered(shell: Shell, request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "ask":
        return {"replies": _asked(request["calls"], request["seconds"])}
    return _done(lambda: _DEEDS[request["do"]](shell, request), request["seconds"])


def _done(deed: Callable[[], dict[str, Any]], seconds: float) -> dict[str, Any]:
    try:
        with _within(seconds):
            return deed()
    except CellTimeoutError:
        return {"late": True}
    except BaseException as error:
        return {"failed": f"{type(error).__name__}: {error}"[:500]}


def _run(shell: Shell, request: dict[str, Any]) -> dict[str, Any]:
    return {"outputs": shell.run(request["source"])}


def _asked(calls: Sequence[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
    """The answers to the first of several calls, and to others while there is time for them."""
    if logging.root.manager.disable < logging.CRITICAL:  # once: it goes through every logger
        logging.disable(logging.CRITICAL)
    ends = time.monotonic() + AHEAD
    replies: list[dict[str, Any]] = []
    while len(replies) < len(calls) and (not replies or time.monotonic() < ends):
        replies.append(_done(partial(_ask, calls[len(replies)]), seconds))
    return replies


def _ask(call: dict[str, Any]) -> dict[str, Any]:
    session = InSession(call["traced"], call["copied"])
    answer = session.call(call["exercise"], call["inputs"])
    return {"answer": answer, "notes": list(session.notes)}


def _value(shell: Shell, request: dict[str, Any]) -> dict[str, Any]:
    name = request["name"]
    return {"value": shell.user_ns[name]} if name in shell.user_ns else {"missing": True}


_DEEDS: dict[str, Callable[[Shell, dict[str, Any]], dict[str, Any]]] = {
    "run": _run,
    "value": _value,
}


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; whoever does not heed it is killed from outside."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _interrupt(_number: int, _frame: Any) -> None:
    raise CellTimeoutError("the code took too long")
