"""Whose turn it is to be asked: as many at a time as were wanted, while others' cells run."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

PAUSE = 0.001
"""Seconds between two looks whether it is one's turn."""


class Turn:
    """One of some places that processes share; who ends, even killed, gives it back.

    Args:
        file: The locks are on it; it exists.
        places: How many there are; at least 1.
    """

    def __init__(self, file: Path, places: int) -> None:
        self._path, self._places = file, places

    @contextmanager
    def taken(self, meanwhile: Callable[[], bool]) -> Iterator[float]:
        """Wait until one is free, hold it, and give the seconds that the wait took.

        Args:
            meanwhile: Called again and again while waiting; whether it had anything to do.
        """
        began = time.monotonic()
        with self._path.open("r+b") as file:  # closing it gives the place back
            while not self._held(file):
                if not meanwhile():
                    time.sleep(PAUSE)
            yield time.monotonic() - began

    def _held(self, file: IO[Any]) -> bool:
        """Whether a place was free, and is held now."""
        for place in range(self._places):
            with suppress(BlockingIOError, PermissionError):  # somebody else holds it
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
                return True
        return False
