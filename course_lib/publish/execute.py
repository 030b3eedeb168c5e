"""Run the cells of the book's pages, several pages at a time, and keep what they displayed."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from course_lib.editions.library import ROOT

# The reader's libraries take a second to load, and a build whose pages have all run needs none.
if TYPE_CHECKING:
    from jupyter_cache.base import JupyterCacheAbstract
    from jupyter_cache.cache.db import NbCacheRecord
    from nbformat import NotebookNode

# What a chapter may import; a change there, or in a recorded run, makes every kept output stale.
_IMPORTED = ("corrections.py", "data", "figures", "training")

# Where the cache keeps how long the cells of a page ran; the reader's own name for it.
_SECONDS = "execution_seconds"


class PageFailed(Exception):
    """A cell of a page raised an error or ran too long."""


def cache_folder(root: Path = ROOT) -> Path:
    """Return the folder of kept outputs that fits this library, these pins and this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _ingredients(root):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return root / "_build" / "cache" / digest.hexdigest()[:16]


def read(page: Path) -> NotebookNode:
    """Return a page as a notebook without outputs, exactly as the book's build reads it."""
    from myst_nb.core.config import NbParserConfig
    from myst_nb.core.read import create_nb_reader
    from myst_parser.config.main import MdParserConfig

    text = page.read_text(encoding="utf-8")
    reader = create_nb_reader(str(page), MdParserConfig(), NbParserConfig(), text)
    if reader is None:
        raise ValueError(f"needed a page with `file_format: mystnb` and a kernelspec, got {page}")
    notebook: NotebookNode = reader.read(text)
    return notebook


def kept(page: Path, cache: Path) -> NotebookNode | None:
    """Return the executed notebook of a page from the cache, or ``None`` if it must run."""
    notebook: NotebookNode
    try:
        _, notebook = _open(cache).merge_match_into_notebook(read(page))
    except KeyError:
        return None
    return notebook


def cell_seconds(page: Path, cache: Path) -> float | None:
    """Return how long the cells of a kept page ran, or ``None`` if the page must run."""
    record = _match(page, cache)
    return record.data.get(_SECONDS) if record else None


def run_missing(pages: list[Path], cache: Path, workers: int = 2) -> Iterator[tuple[Path, float]]:
    """Run the pages that the cache lacks and keep their outputs.

    Args:
        pages: Pages that hold code cells.
        cache: Folder of kept outputs, from ``cache_folder``.
        workers: Pages run at a time; at least 1.

    Yields:
        Each page once it has run, with the seconds it took.

    Raises:
        PageFailed: After the other pages have run, for all pages with a failing cell.
    """
    missing = [page for page in pages if not _has_run(page, cache)]
    failures = []
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_run_once, page, cache): page for page in missing}
        for done in as_completed(running):
            try:
                yield running[done], done.result()
            except PageFailed as failure:
                failures.append(str(failure))
    if failures:
        raise PageFailed("\n\n".join(failures))


def executed(page: Path, cache: Path) -> NotebookNode:
    """Return the executed notebook of a page; run it if the cache lacks it."""
    for _ in run_missing([page], cache):
        pass
    notebook = kept(page, cache)
    assert notebook is not None
    return notebook


def keep(notebook: NotebookNode, page: Path, cache: Path, seconds: float) -> None:
    """Put the executed notebook of a page into the cache, and how long its cells ran."""
    from jupyter_cache.base import CacheBundleIn

    bundle = CacheBundleIn(notebook, str(page), data={_SECONDS: seconds})
    _open(cache).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def _run_once(page: Path, cache: Path) -> float:
    # Two builds at a time are common: the second waits and takes the output of the first.
    with FileLock(cache / f"{page.stem}.lock"):
        start = time.perf_counter()
        if not _has_run(page, cache):
            _run(page, cache)
    return time.perf_counter() - start


def _run(page: Path, cache: Path) -> None:
    # A process a page: what a kernel's client leaves open ends with it.
    command = [sys.executable, "-m", "course_lib.publish.run_page", str(page), str(cache)]
    # One thread a page: pages run side by side, and sums do not depend on the machine.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PageFailed(f"{page.name}: {plain(done.stderr).strip()}")


def plain(text: str) -> str:
    """Return a text without the codes that colour it on a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _has_run(page: Path, cache: Path) -> bool:
    """Whether the cache has the outputs of a page; if it had them of this very text, at once."""
    seen = cache / f"{page.stem}.sha256"
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    if seen.is_file() and seen.read_text(encoding="utf-8") == digest:
        return True
    if not _match(page, cache):
        return False
    seen.write_text(digest, encoding="utf-8")
    return True


def _match(page: Path, cache: Path) -> NbCacheRecord | None:
    try:
        return _open(cache).match_cache_notebook(read(page))
    except KeyError:
        return None


def _open(cache: Path) -> JupyterCacheAbstract:
    from jupyter_cache import get_cache

    cache.mkdir(parents=True, exist_ok=True)
    return get_cache(str(cache))


def _ingredients(root: Path) -> list[Path]:
    library = root / "course_lib"
    files = [file for name in _IMPORTED for file in (library / name).glob("**/*.py")]
    single = [library / name for name in _IMPORTED if name.endswith(".py")]
    runs = (root / "book" / "data").glob("*.json")
    found = [*files, *single, *runs, root / "constraints.txt"]
    return sorted(file for file in found if file.exists())
