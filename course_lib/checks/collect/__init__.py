"""The untrusted half of a check: run what a student wrote, hand back plain tensors and facts.

Nothing here knows a right answer, so it may run in a process that nobody trusts. One file for
each way of running: an optimizer that steps, a function that is called, a layer that is trained.
"""

import linecache
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from course_lib.checks.collect.apart import run_apart
from course_lib.checks.collect.calls import run_calls
from course_lib.checks.collect.layer import run_layer
from course_lib.checks.collect.optimizer import run_convention, run_optimizer
from course_lib.checks.collect.plateau import run_plateau
from course_lib.checks.collect.pretended import Pretended
from course_lib.checks.collect.shared import At
from course_lib.checks.collect.training import (
    run_configuration,
    run_draws,
    run_model_loss,
    run_overfit,
    run_own_parts,
)
from course_lib.checks.spec import FAKE, Answer, Inputs


def collect(obj: Any, inputs: Inputs) -> Answer:
    """Run ``obj`` on ``inputs``.

    Args:
        obj: The class or function a student wrote.
        inputs: As made by ``course_lib.checks.inputs``.

    Returns:
        ``outcome`` and, when it is ``"answered"``, ``trajectory``: the tensors after every step;
        ``faults``: what was done besides that torch does not do, each with its place. When it is
        ``"raised"`` or ``"unwritten"``: ``message`` and ``step``, and of an exception ``type`` and
        ``line``. ``apart``: the same of a layer run apart from the function it calls, where it is
        asked for and calls it.
    """
    answer = _answer(_RUNS[inputs["kind"]], obj, inputs)
    if inputs.get("apart"):
        apart = _answer(run_apart, obj, inputs)
        if apart["outcome"] == "answered":
            answer["apart"] = apart
    return answer


Run = Callable[[Any, Inputs, At], dict[str, Any]]


def _answer(run: Run, obj: Any, inputs: Inputs) -> Answer:
    at = At()
    try:
        with _pretended() if inputs["device"] == FAKE else nullcontext():
            return {"outcome": "answered", **run(obj, inputs, at)}
    except (Exception, SystemExit) as error:
        said: dict[str, Any] = {"message": _text(error), "step": at.step}
        # torch says the same of an operator it lacks, in a message of its own.
        if isinstance(error, NotImplementedError) and "aten::" not in said["message"]:
            return {"outcome": "unwritten", **said}
        line = _line(error, obj)
        return {"outcome": "raised", "type": type(error).__name__, "line": line, **said}


_RUNS: dict[str, Run] = {
    "optimizer": run_optimizer,
    "convention": run_convention,
    "calls": run_calls,
    "layer": run_layer,
    "plateau": run_plateau,
    "model loss": run_model_loss,
    "overfit": run_overfit,
    "draws": run_draws,
    "configuration": run_configuration,
    "own parts": run_own_parts,
}


@contextmanager
def _pretended() -> Iterator[None]:
    """Tensors without values, and without autograd, which would only take time."""
    mode: Any = Pretended  # torch does not type it
    with mode(), torch.no_grad():
        yield


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def _line(error: BaseException, obj: Any) -> str:
    """The innermost line of the student's own text, or nothing."""
    members = vars(obj).values() if isinstance(obj, type) else (obj,)
    files = {member.__code__.co_filename for member in members if hasattr(member, "__code__")}
    found, frame = "", error.__traceback__
    while frame is not None:
        file, number = frame.tb_frame.f_code.co_filename, frame.tb_lineno
        if file in files:
            found = f"line {number}: {linecache.getline(file, number).strip()}"
        frame = frame.tb_next
    return found
