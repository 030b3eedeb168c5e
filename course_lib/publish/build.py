"""Build the book: run its cells, then make the site, and refuse every warning."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from filelock import FileLock
from rich.console import Console

from course_lib.editions.library import ROOT
from course_lib.publish import green
from course_lib.publish.execute import PageFailed, cache_folder, plain, run_missing
from course_lib.publish.pages import notebooks

_WARNING = re.compile(r"\b(WARNING|ERROR|CRITICAL): |Exception|Error\b")


class BuildFailed(Exception):
    """The book has a fault; the message lists what Sphinx or a cell said."""


def build(*, root: Path = ROOT, out: Path | None = None, only: str | None = None) -> Path:
    """Build the book into a site.

    The cells of all pages run first, two pages at a time; outputs are kept in ``_build/cache``.
    Then the site is made, from nothing unless ``green`` says that it may go on with the last one.

    Args:
        root: Folder that holds ``_config.yml`` and ``_toc.yml``.
        out: Folder to build in; ``_build/book`` of ``root`` unless told.
        only: One page to work on, ``"09_momentum"``: other pages are not run, and only this
            page's warnings count.

    Returns:
        The folder of the site.

    Raises:
        BuildFailed: If a cell fails, Sphinx stops, or there is a warning.
    """
    out = (out or root / "_build" / "book").resolve()
    cache, console = cache_folder(root), Console(stderr=True)
    pages = [page for page in notebooks(root) if only in (None, page.stem)]
    if not pages and only:
        raise BuildFailed(f"needed a page in _toc.yml that holds cells, got {only!r}")
    with _sphinx(root, out, strict=not only) as make_site:
        _run_pages(pages, cache, console)
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / "lock"), console.status("Making the pages"):
            goes_on = not only and green.goes_on(root, out)
            green.forget(out)
            for stale in () if goes_on else ("html", ".doctrees"):
                shutil.rmtree(out / "_build" / stale, ignore_errors=True)
            _write_settings(root, out, cache, only)
            code, log = make_site()
            if not code and not only:
                green.remember(root, out)
    warnings = [line for line in log.splitlines() if _WARNING.search(line)]
    if only:  # built without -W, so that the faults of other pages do not count
        warnings = [line for line in warnings if f"{only}.md" in line]
    if code or (only and warnings):
        raise BuildFailed("\n".join(warnings) or log)
    return out / "_build" / "html"


def _run_pages(pages: list[Path], cache: Path, console: Console) -> None:
    with console.status(f"Running the cells of {len(pages)} pages (kept outputs are reused)"):
        try:
            for page, seconds in run_missing(pages, cache):
                console.print(f"ran {page.name} in {seconds:.0f} s", highlight=False)
        except PageFailed as failure:
            raise BuildFailed(str(failure)) from None


def _write_settings(root: Path, out: Path, cache: Path, only: str | None) -> None:
    """Write the settings of this one build: the book's own, and where outputs are kept."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    execution = settings.setdefault("execute", {})
    execution["cache"] = str(cache)
    if only:
        execution["exclude_patterns"] = [
            str(page.relative_to(root)) for page in notebooks(root) if page.stem != only
        ]
    local = settings.get("sphinx", {}).get("local_extensions", {})
    local.update({name: str((root / folder).resolve()) for name, folder in local.items()})
    (out / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")


@contextmanager
def _sphinx(root: Path, out: Path, *, strict: bool) -> Iterator[Callable[[], tuple[int, str]]]:
    """Load Sphinx in a process of its own, while something else goes on.

    Yields:
        What makes the site, and returns the exit status and what Sphinx complained.
    """
    command = [sys.executable, "-m", "course_lib.publish.make_site", str(root), str(out)]
    command += ["strict"] if strict else []
    # Settings hold sets: in another order they would pass for other settings.
    fixed = os.environ | {"PYTHONHASHSEED": "0"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=fixed
    ) as process:

        def make_site() -> tuple[int, str]:
            printed, complained = process.communicate("begin\n")
            (out / "build.log").write_text(printed + complained, encoding="utf-8")
            return process.returncode, plain(complained)

        yield make_site


def main() -> None:
    """Build from the command line; exit with status 1 if the book has a fault."""
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("--only", help="one page to work on, such as 09_momentum")
    parser.add_argument("--out", type=Path, help="folder to build in (default: _build/book)")
    arguments = parser.parse_args()
    try:
        site = build(out=arguments.out, only=arguments.only)
    except BuildFailed as failure:
        print(failure, file=sys.stderr)
        raise SystemExit(1) from None
    print(site / "index.html")


if __name__ == "__main__":
    main()
