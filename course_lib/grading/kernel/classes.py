"""Grade this course's classes in forked kernels, one submission after the other."""

import os

from course_lib.editions.library import ROOT
from course_lib.editions.student import derive
from course_lib.grading.course import Course
from course_lib.grading.run import Outcome
from course_lib.grading.run import grade as one_by_one


def grade(assignment: str, course: Course, sandbox: str = "strict") -> list[Outcome]:
    """Grade a class with stock nbgrader's stages, each notebook in a forked kernel.

    Args:
        assignment: Name of the assignment's folder.
        course: The course root.
        sandbox: How many walls there must be, as in `ForkedProvisioner`.

    Returns:
        One outcome for each student.

    Raises:
        GradingError: If nobody has handed in anything.
    """
    os.environ["COURSE_GRADER"] = "kernel"  # the course's settings ask for it
    derive(ROOT / "_build" / "student")  # no solution may lie on a kernel's path
    anew = Course(course.root, course.build)
    anew.config.ForkedProvisioner.sandbox = sandbox
    return one_by_one(assignment, course=anew)
