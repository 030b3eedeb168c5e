"""Look at a submission before nbgrader copies any file of it."""

from functools import wraps
from glob import escape
from pathlib import Path
from typing import Any

from nbgrader.converters.autograde import Autograde
from nbgrader.converters.base import NbGraderException

from course_lib.grading.sealed.intake import shadowing, suspicious


def install() -> None:
    """Have ``Autograde`` refuse suspicious folders, and leave out what has a module's name.

    nbgrader has no hook that may refuse.
    """
    inner = Autograde.init_assignment
    if hasattr(inner, "__wrapped__"):
        return

    @wraps(inner)
    def init_assignment(self: Any, assignment_id: str, student_id: str) -> None:
        folder = self._format_source(assignment_id, student_id)
        if reason := suspicious(Path(folder)):
            self.log.error("%s: %s", student_id, reason)
            raise NbGraderException(f"{student_id}: {reason}")
        names = (str(path.relative_to(folder)) for path in Path(folder).rglob("*"))
        copied = self.coursedir.ignore
        self.coursedir.ignore = [*copied, *map(escape, shadowing(names))]
        try:
            inner(self, assignment_id, student_id)
        finally:
            self.coursedir.ignore = copied

    Autograde.init_assignment = init_assignment
