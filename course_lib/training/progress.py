"""One line that says how far a long run is, where somebody watches."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator

PATIENCE = 2.0  # seconds before the line appears
PAUSE = 0.2  # seconds from one change of it to the next


def watched() -> bool:
    """Whether somebody sees the output grow: a terminal, or a notebook open in JupyterLab.

    A page of the book and a notebook that is graded are executed by a program: nobody looks on,
    and the line would stay in the output.
    """
    return sys.stdout.isatty() or "JPY_SESSION_NAME" in os.environ


def progress(total: int, note: Callable[[], str], *, shown: bool | None = None) -> Iterator[int]:
    r"""Count from 1 to ``total`` and show the count once the run has taken two seconds.

    The line is written over itself and wiped at the end, however the run ends.

    Args:
        total: Steps of the run.
        note: What to say besides, asked whenever the line is written.
        shown: Whether to show it; None to show it where somebody watches.

    Yields:
        The number of the step to take, counted from 1.

    Example:
        >>> list(progress(3, lambda: ""))
        [1, 2, 3]
    """
    shown = watched() if shown is None else shown
    start, next_write, width = time.monotonic(), PATIENCE, 0
    try:
        for step in range(1, total + 1):
            yield step
            spent = time.monotonic() - start
            if shown and spent > next_write and step < total:
                left = spent * (total - step) / step
                line = f"step {step} of {total}, {left:.0f} s left, {note()}"
                print(f"\r{line:<{width}}", end="", flush=True)
                next_write, width = spent + PAUSE, len(line)
    finally:
        if width:
            print("\r" + " " * width, end="\r", flush=True)
