"""Keeps what a student's code prints and warns away from the cell, and remembers its start."""

import io
import logging
import warnings
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from types import TracebackType

LIMIT = 500
"""Characters kept of each stream; the rest is only counted."""


class Bounded(io.TextIOBase):
    """A text stream that keeps its first ``LIMIT`` characters, however much is written."""

    def __init__(self) -> None:
        self.kept, self.written = "", 0

    def write(self, text: str) -> int:
        """Take ``text`` and keep what still fits."""
        self.kept += text[: LIMIT - len(self.kept)]
        self.written += len(text)
        return len(text)

    def note(self, did: str) -> list[str]:
        """One line that says what was written, or none."""
        if not self.kept.strip():
            return []
        more = f" ... ({self.written} characters)" if self.written > LIMIT else ""
        lines = dict.fromkeys(line for line in self.kept.splitlines() if line.strip())
        return [f"note: your code {did}: {' | '.join(lines)}{more}"]


class Capture:
    """A context in which stdout, stderr and warnings are caught; ``notes`` tells of them."""

    def __init__(self) -> None:
        self._out, self._err = Bounded(), Bounded()
        self._stack = ExitStack()
        self.notes: tuple[str, ...] = ()

    def __enter__(self) -> "Capture":
        self._warned = self._stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("default")
        # torch's log handlers hold the stderr of their own first hour, beyond any redirection.
        # Switching them off goes through every logger there is: once is enough.
        if logging.root.manager.disable < logging.CRITICAL:
            self._stack.callback(logging.disable, logging.root.manager.disable)
            logging.disable(logging.CRITICAL)
        self._stack.enter_context(redirect_stdout(self._out))
        self._stack.enter_context(redirect_stderr(self._err))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        warned = dict.fromkeys(f"note: your code warned: {w.message}"[:LIMIT] for w in self._warned)
        self.notes = (*self._out.note("printed"), *self._err.note("wrote to stderr"), *warned)
