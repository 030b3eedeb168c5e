"""Whose turn it is to be asked: as many at a time as were wanted, while others' cells run."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

PAUSE = 0.001
"""Seconds between two looks whether it is one's turn."""


class Turn:
    """One of some places that processes share; who ends, even killed, gives it back.

    Args:
        file: Open for writing; the locks are on it.
        places: How many there are; at least 1.
    """

    def __init__(self, file: IO[Any], places: int) -> None:
        self._file, self._places = file, places

    @contextmanager
    def taken(self, meanwhile: Callable[[], bool]) -> Iterator[float]:
        """Wait until one is free, hold it, and give the seconds that the wait took.

        Args:
            meanwhile: Called again and again while waiting; whether it had anything to do.
        """
        began = time.monotonic()
        while (place := self._free()) is None:
            if not meanwhile():
                time.sleep(PAUSE)
        try:
            yield time.monotonic() - began
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def _free(self) -> int | None:
        """A place that was free and is held now."""
        for place in range(self._places):
            with suppress(BlockingIOError, PermissionError):  # somebody else holds it
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return place
        return None
