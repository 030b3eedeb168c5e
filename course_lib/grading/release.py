"""Make the notebook students get."""

import hashlib
from pathlib import Path

from course_lib.grading.course import Course, GradingError
from course_lib.grading.gradebook import is_released


def release(assignment: str, course: Course | None = None) -> Path:
    """Write the release notebook and enter its cells in the gradebook.

    Args:
        assignment: Name of the assignment's folder.
        course: The course root; this repository's by default.

    Returns:
        The folder to hand out. Unchanged sources are not released again.

    Raises:
        GradingError: If nbgrader refuses, as it does when cells were added or removed after
            submissions came in.
    """
    course = course or Course()
    folder = course.release(assignment).parent
    stamp_file = course.build / "released" / assignment
    stamp = _stamp(course, assignment)
    known = stamp_file.is_file() and stamp_file.read_text() == stamp
    if known and folder.is_dir() and is_released(course.database, assignment):
        return folder
    try:
        course.call("generate_assignment", assignment)
    except GradingError as error:
        if "Cannot add or remove cells" in str(error):
            raise GradingError(
                f"{assignment} has other cells than those the gradebook has marks for: to start"
                f" a new gradebook, move {course.root / 'gradebook.db'} away"
            ) from error
        raise
    stamp_file.parent.mkdir(parents=True, exist_ok=True)
    stamp_file.write_text(stamp)
    return folder


def _stamp(course: Course, assignment: str) -> str:
    digest = hashlib.sha256()
    for path in (course.source(assignment), course.root / "nbgrader_config.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()
