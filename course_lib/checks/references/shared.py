"""What all references need: the trajectory of a right answer."""

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.spec import Answer, CouldNotTell


def answered(answer: Answer) -> Trajectory:
    """The trajectory of what a reference answered.

    Raises:
        CouldNotTell: If torch itself refuses the inputs.
    """
    if answer["outcome"] != "answered":
        raise CouldNotTell(f"torch refuses these parameters: {answer['message']}")
    trajectory: Trajectory = answer["trajectory"]
    return trajectory
