"""Whose turn it is to judge: as many at a time as were asked for, while others' cells run."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

PAUSE = 0.005
"""Seconds between two looks whether it is one's turn."""


class Turn:
    """A place to judge, shared by several processes; whoever ends, even killed, gives it back.

    Args:
        file: Open for writing; the locks are on it.
        place: A number of its own for each place.
    """

    def __init__(self, file: IO[Any], place: int) -> None:
        self._file, self._place = file, place

    @contextmanager
    def taken(self, meanwhile: Callable[[], None]) -> Iterator[float]:
        """Wait until it is free, hold it, and give the seconds that the wait took.

        Args:
            meanwhile: Called again and again while waiting.
        """
        began = time.monotonic()
        while not self._take():
            meanwhile()
            time.sleep(PAUSE)
        try:
            yield time.monotonic() - began
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._place)

    def _take(self) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._place)
        except (BlockingIOError, PermissionError):  # somebody else holds it
            return False
        return True
