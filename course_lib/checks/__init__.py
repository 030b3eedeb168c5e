"""Checks of what a student wrote: each exercise against torch, at the moment of asking.

``check`` is what a notebook cell calls; ``run_check`` gives the same result without printing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.checks.report import CheckFailed, check
    from course_lib.checks.run import run_check
    from course_lib.checks.values import student_value

_HOME = {
    "check": "report",
    "CheckFailed": "report",
    "run_check": "run",
    "student_value": "values",
}

__all__ = ["CheckFailed", "check", "run_check", "student_value"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
