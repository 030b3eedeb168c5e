"""What an attack may have done beside forging a mark: places that must stay as they were."""

import hashlib
import html.parser
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

TOKEN = "course-attack"
"""Stands in the names of all files, and in all scripts, that attacks leave outside their folder."""

_SHARED = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/dev/mqueue"))


class Listeners:
    """Sockets on this machine that nobody should talk to; a context manager.

    Args:
        folder: Where the Unix socket lies.
        port: For TCP and UDP; any free one by default.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        tcp = socket.create_server(("127.0.0.1", port))
        self.port: int = tcp.getsockname()[1]
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", self.port))
        self.path = folder / "socket"
        self.abstract = f"{TOKEN}-{self.port}"
        unix, hidden = (socket.socket(socket.AF_UNIX) for _ in range(2))
        unix.bind(str(self.path))
        hidden.bind(f"\0{self.abstract}")
        for one in (unix, hidden):
            one.listen()
        self._waiting = {"TCP": tcp, "UDP": udp, "Unix": unix, "abstract": hidden}
        for one in self._waiting.values():
            one.setblocking(False)

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._waiting.values():
            one.close()

    def heard(self) -> list[str]:
        """Who has called since the last time, each by what it said."""
        return [
            f"{name} socket reached: {said}"
            for name, waiting in self._waiting.items()
            for said in self._calls(waiting)
        ]

    def _calls(self, waiting: socket.socket) -> Iterator[str]:
        with suppress(BlockingIOError):
            while True:
                if waiting.type == socket.SOCK_DGRAM:
                    yield waiting.recv(200).decode(errors="replace")
                    continue
                caller, _ = waiting.accept()
                with caller, suppress(OSError):
                    caller.settimeout(0.2)
                    yield caller.recv(200).decode(errors="replace")


def fingerprint(paths: Iterable[Path]) -> dict[str, str]:
    """Digest and mode of every file below some paths, links not followed."""
    found = {}
    for top in paths:
        for path in sorted((top, *top.rglob("*")) if top.is_dir() else [top]):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            digest = hashlib.sha256(content).hexdigest()
            found[str(path)] = f"{status.st_mode:o} {status.st_nlink} {digest}"
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What is other than it was."""
    return [
        f"changed: {name}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def left_behind(folders: Iterable[Path]) -> list[str]:
    """Files of attacks in folders all processes of the machine share, and in those given."""
    found = [path for folder in (*_SHARED, *folders) for path in folder.glob(f"*{TOKEN}*")]
    shared = Path("/proc/sysvipc/shm")
    segments = len(shared.read_text().splitlines()) - 1 if shared.exists() else 0
    return [f"left behind: {path}" for path in found] + [f"shared memory: {segments}"]


def running(mark: str) -> list[str]:
    """Processes started for a course that still run.

    Args:
        mark: Text that stands in the command or the environment of each, such as the course's path.
    """
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # Of our own children the command is ours.
            if int(folder.name) == os.getpid():
                continue
            said = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            if mark.encode() in said:
                found.append(f"still running: {folder.name} {said[:60]!r}")
    return found


class _Active(html.parser.HTMLParser):
    """Finds what a browser would run in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag if tag in ("script", "style", "iframe") else ""
        for name, value in attrs:
            if TOKEN in (value or "") and (name.startswith("on") or name in _ADDRESSES):
                self.found.append(f"page runs or loads: <{tag} {name}={value!r}>")
        if any(TOKEN in name for name, _ in attrs) or TOKEN in tag:
            self.found.append(f"page has an element of the student's: <{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within and TOKEN in data:
            self.found.append(f"page holds a student's <{self._within}>")


_ADDRESSES = ("src", "href", "srcdoc", "action", "formaction", "data", "style", "xlink:href")


def active(page: str) -> list[str]:
    """What of an attack a browser would run or load in a page."""
    parser = _Active()
    parser.feed(page)
    return parser.found
