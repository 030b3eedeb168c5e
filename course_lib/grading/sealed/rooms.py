"""The folders in which students' processes write, cleared also after a grader was killed."""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "course-room-"


class Room:
    """A new folder for students' processes.

    Args:
        where: The folder it is made in; the system's for temporary files by default.

    A file beside it is held locked while anybody needs it: rooms whose grader is gone are cleared.
    """

    def __init__(self, where: Path | None = None) -> None:
        where = where or Path(tempfile.gettempdir())
        sweep(where)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where)).resolve()
        self._lock = self.path.with_name(f"{self.path.name}.lock")
        fresh = self.path.with_name(f"{self.path.name}.fresh")
        self._held = os.open(fresh, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        fresh.rename(self._lock)  # nobody sees it before it is held

    def close(self) -> None:
        """Clear it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.unlink(missing_ok=True)
        os.close(self._held)


def sweep(where: Path) -> None:
    """Clear the rooms that nobody holds any more."""
    for lock in where.glob(f"{PREFIX}*.lock"):
        with suppress(OSError):  # somebody else's, or held
            held = os.open(lock, os.O_RDWR)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()
            finally:
                os.close(held)
