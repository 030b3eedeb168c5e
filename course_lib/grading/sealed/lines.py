"""What a judge and the parent of the students' processes tell each other: lines of JSON."""

import json
import socket
from collections.abc import Sequence
from typing import Any


class Lines:
    """Messages over one end of a pair of sockets, with descriptors where they are needed.

    Args:
        end: Of the pair; a stream, since not every system keeps messages apart.
    """

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._part = b""
        self._descriptors: list[int] = []

    def send(self, said: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Send a message; raises ``OSError`` if nobody is left to read it."""
        line = json.dumps(said).encode() + b"\n"
        sent = socket.send_fds(self.end, [line], descriptors) if descriptors else 0
        self.end.sendall(line[sent:])

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have come; waits for the next bytes, which may not end one.

        Raises:
            EOFError: If the other end is closed.
            OSError: If it is lost, or the socket's time is up.
        """
        data, descriptors, _, _ = socket.recv_fds(self.end, 65536, 16)
        self._descriptors += descriptors
        if not data:
            raise EOFError
        *lines, self._part = (self._part + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def descriptor(self) -> int:
        """The next descriptor that came with a message."""
        return self._descriptors.pop(0)
