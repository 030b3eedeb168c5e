"""The sealed grader: tests are judged where no student's code has ever run.

``zygote``, ``worker`` and ``shell`` run student code, shut in; they and ``border`` are all that a
student's process ever loads of the grader. All other modules are the trusted side.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_lib.grading.sealed.pool import grade

_HOME = {"grade": "pool"}

__all__ = ["grade"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: the student's side must not load it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
