"""Plain values of a student's session, for test cells that look at a result."""

from typing import Any


def student_value(name: str) -> Any:
    """What a student's notebook has set a name to.

    In a notebook it is the session's own value; in sealed grading it is fetched from the
    student's process, so it must be a plain number, a string or a tensor, or a list of these.

    Args:
        name: Of a variable.

    Raises:
        NameError: If nothing has that name.

    Example:
        >>> import __main__
        >>> __main__.best_rate = 0.1
        >>> student_value("best_rate")
        0.1
    """
    import __main__

    if not hasattr(__main__, name):
        raise NameError(f"name {name!r} is not defined")
    return getattr(__main__, name)
