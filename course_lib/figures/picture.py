"""Pictures that wait for what they need, and that nobody draws while work is graded."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from matplotlib import pyplot as plt

GRADING = "COURSE_GRADING"
"""Variable of the environment that says, with any text, that nobody looks at pictures here."""

P = ParamSpec("P")
R = TypeVar("R")


def picture(draw: Callable[P, R]) -> Callable[P, R | None]:
    """Decorate a function that draws, so that its picture never holds up a notebook.

    If ``draw`` raises an exception, the figures it has begun are closed, and one line says what is
    missing. Where the environment has ``COURSE_GRADING``, ``draw`` is not called.

    Args:
        draw: Draws with ``matplotlib.pyplot``; takes any arguments, and is called with them.

    Returns:
        A function of the same arguments; it gives what ``draw`` returns, or ``None`` where there
        is no picture.

    Example:
        >>> @picture
        ... def squares(count):
        ...     plt.plot([n**2 for n in range(count)])
        >>> squares("three")
        No picture yet. TypeError: 'str' object cannot be interpreted as an integer
    """

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R | None:
        if os.environ.get(GRADING):
            print("Pictures are drawn in your own session, not while grading.")
            return None
        before = plt.get_fignums()
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            for number in set(plt.get_fignums()).difference(before):
                plt.close(number)
            print(f"No picture yet. {type(error).__name__}: {error}")
            return None

    return drawn
