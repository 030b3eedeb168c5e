"""What a notebook cell shows of a check: one line a case, then what broke and a hint."""

import os
import textwrap
from typing import Any

from course_lib.checks.run import run_check


class CheckFailed(AssertionError):
    """A check failed; its text is the message and, where there is one, the hint."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback.

        The cell's output already holds the message. ``nbgrader validate`` shows the exception
        alone and cuts its lines at 83 characters, so there it is said in full, wrapped.
        """
        if os.environ.get("NBGRADER_EXECUTION") == "validate":
            wrap = textwrap.TextWrapper(80, subsequent_indent="  ")
            return [part for line in str(self).splitlines() for part in wrap.wrap(line)]
        return ["CheckFailed: see the message above"]


def check(exercise: str, **parameters: Any) -> None:
    """Check what this session registered for an exercise against torch, and say what came of it.

    Prints one line for each device, to stdout only. Where the check fails, the message names the
    step and the parameter at which the paths part, what was expected and what came; where the
    answer is that of a known mistake, a hint follows.

    Args:
        exercise: Slug of the exercise, as ``"adam"``.
        **parameters: The case: hyper-parameters as in torch, ``steps``, ``seed`` and others, see
            ``course_lib.checks.inputs``.

    Raises:
        CheckFailed: If the check fails.
        LookupError: If there is no such exercise.
        TypeError: If a parameter is unknown.
        ValueError: If a parameter is outside its domain.

    Example:
        >>> from course_lib.session import implement, reset
        >>> @implement
        ... def rate_outside(velocity, grad, lr, momentum):
        ...     velocity = momentum * velocity + grad
        ...     return velocity, -lr * velocity
        >>> check("rate_outside", lr=0.1, momentum=0.5)  # doctest: +ELLIPSIS
        passed rate_outside: ..., lr=0.1, momentum=0.5 (cpu, 10 steps)...
        >>> reset()
    """
    result = run_check(exercise, **parameters)
    hint = [result.hint] if result.hint else []
    print("\n".join((*result.notes, *result.cases, *hint)))
    if result.outcome == "failed":
        raise CheckFailed("\n".join((result.cases[-1], *hint)))
