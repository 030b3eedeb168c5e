"""The machine that grades: which devices it has, and whether they are those asked for."""

from course_lib.grading.course import GradingError


def machine() -> list[str]:
    """The devices every check runs on here.

    Raises:
        GradingError: If ``COURSE_REQUIRE_CUDA=1`` and there is no CUDA device.
    """
    from course_lib.checks.devices import devices  # torch takes its time

    try:
        return devices()
    except RuntimeError as error:
        raise GradingError(
            f"{error}: grade on a machine with a GPU, or without --require-cuda and"
            " COURSE_REQUIRE_CUDA; nothing was graded"
        ) from error
