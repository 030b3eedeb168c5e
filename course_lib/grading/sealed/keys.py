"""The course's secret: where it lies, and what is made from it."""

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

NAME = "secret.key"
"""Of the file beside the gradebook; whoever has it can foretell inputs and sign records."""


class Key:
    """Signs records and draws the seeds of submissions.

    Args:
        secret: Any bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seed(self, *what: str) -> bytes:
        """The seed of all chance in grading what is named.

        Args:
            *what: Names and digests of all that the inputs shall depend on.
        """
        return self._made("seed", *what)

    def signature(self, text: str) -> str:
        """What proves that a text was written by whoever has the key."""
        return self._made("record", text).hex()

    def signed(self, text: str, signature: str) -> bool:
        """Whether a signature belongs to a text."""
        return hmac.compare_digest(self.signature(text).encode(), signature.encode())

    def _made(self, *parts: str) -> bytes:
        return hmac.new(self._secret, "\0".join(parts).encode(), hashlib.sha256).digest()


def course_key(root: Path) -> Key:
    """The key of the course in ``root``; made at the first asking, readable by its owner alone."""
    path = root / NAME
    with suppress(FileExistsError):
        fresh = path.with_name(f".{NAME}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32))
        try:
            os.link(fresh, path)  # whole, or not at all, whoever else does the same
        finally:
            fresh.unlink()
    return Key(path.read_bytes())
