"""Serve the built book to this machine only."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from course_lib.editions.library import ROOT


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a reader does not need a line for every font."""


class _Server(ThreadingHTTPServer):
    """A browser asks for a page's files all at once; the usual backlog of five drops some."""

    request_queue_size = 128


def server(site: Path, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of a folder on the loopback address, not yet running.

    Args:
        site: Folder of the built book.
        port: Port to listen on; 0 takes a free one.

    Raises:
        FileNotFoundError: If the folder holds no ``index.html``.
    """
    if not (site / "index.html").exists():
        raise FileNotFoundError(f"needed a built book in {site}, got none: run `make book` first")
    return _Server(("127.0.0.1", port), partial(_Quiet, directory=str(site)))


def serve(site: Path = ROOT / "_build" / "book" / "_build" / "html", port: int = 8000) -> None:
    """Serve the built book until interrupted.

    Args:
        site: Folder of the built book.
        port: Port to listen on; 0 takes a free one.

    Raises:
        FileNotFoundError: If the book has not been built.
    """
    with server(site, port) as running:
        print(f"http://127.0.0.1:{running.server_port}/  (Ctrl-C stops)", flush=True)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            print()
