"""Run the notebooks that readers download, where a student runs them: in a clean environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

from course_lib.editions.library import ROOT
from course_lib.editions.student import derive
from course_lib.publish.execute import plain
from course_lib.publish.run_page import TIMEOUT

FOLDER = ROOT / "_build" / "downloads"

# What would let a notebook find more than its environment holds.
_FROM_OUTSIDE = ("PYTHONPATH", "VIRTUAL_ENV", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR")


class DownloadFailed(Exception):
    """There is nothing to run, or the environment to run it in cannot be made."""


class Run(NamedTuple):
    """What came of one notebook: the seconds it took, and the error if there was one."""

    name: str
    seconds: float
    fault: str


def downloads(site: Path, names: Sequence[str] = ()) -> list[Path]:
    """Return the notebooks of the chapters that a built site offers.

    Args:
        site: Folder of the site.
        names: Chapters, such as ``"09_momentum"``; all of them unless told.

    Raises:
        DownloadFailed: If the site lacks one, or holds none at all.
    """
    found = {path.stem: path for path in sorted((site / "_sources" / "book").glob("[0-9]*.ipynb"))}
    missing = [name for name in names if name not in found]
    if missing or not found:
        raise DownloadFailed(f"needed notebooks of {', '.join(missing) or 'chapters'} in {site}")
    return [found[name] for name in names or found]


def clean_environment(folder: Path = FOLDER) -> Path:
    """Make an environment that holds the student edition, Jupyter and nothing of this repository.

    Torch comes from the index that ``TORCH_INDEX`` names, as in ``make setup``.

    Args:
        folder: Where to make it; an older one there is replaced.

    Returns:
        The folder of its commands.

    Raises:
        DownloadFailed: If a package cannot be installed.
    """
    derive(folder / "student")
    venv.create(folder / ".venv", clear=True, with_pip=True)
    commands = folder / ".venv" / "bin"
    index = os.environ.get("TORCH_INDEX")
    _install(commands, *(["--index-url", index] if index else []), "torch")
    _install(commands, "ipykernel", "nbclient", str(folder / "student"))
    return commands


def _install(commands: Path, *wanted: str) -> None:
    pip = [str(commands / "pip"), "install", "-q", "--disable-pip-version-check"]
    pinned = ["-c", str(ROOT / "constraints.txt")]
    done = subprocess.run([*pip, *pinned, *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DownloadFailed(plain(done.stderr).strip())


def run(notebook: Path, commands: Path, folder: Path) -> Run:
    """Run one notebook top to bottom, in a folder that holds nothing else.

    Args:
        notebook: What to run; it stays as it is.
        commands: Commands of the environment, from ``clean_environment``.
        folder: Where to lay the copy that is run.
    """
    place = folder / notebook.stem
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    copy = shutil.copy(notebook, place)
    inherited = {name: value for name, value in os.environ.items() if name not in _FROM_OUTSIDE}
    began = time.perf_counter()
    done = subprocess.run(
        [str(commands / "jupyter-execute"), f"--timeout={TIMEOUT}", copy],
        cwd=place,
        # Two notebooks at a time, a thread each, as the book's build runs them.
        env={**inherited, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    fault = plain(done.stderr).strip() if done.returncode else ""
    return Run(notebook.stem, time.perf_counter() - began, fault)


def run_all(
    notebooks: Sequence[Path], commands: Path, folder: Path = FOLDER, workers: int = 2
) -> Iterator[Run]:
    """Run notebooks, several at a time; yield what came of each as soon as it is done."""
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(run, notebook, commands, folder / "run") for notebook in notebooks]
        for done in as_completed(running):
            yield done.result()


def check(site: Path, names: Sequence[str], console: Console) -> bool:
    """Run the notebooks of a site in a clean environment and print what came of them.

    Args:
        site: Folder of the built site.
        names: Chapters; all of them if empty.
        console: Where to print.

    Returns:
        Whether all ran to the end.
    """
    notebooks = downloads(site, names)
    with console.status("Making a clean environment with the student edition"):
        commands = clean_environment()
    running = track(run_all(notebooks, commands), "Running", len(notebooks), console=console)
    return report(sorted(running), console)


def report(runs: Sequence[Run], console: Console) -> bool:
    """Print a line a notebook and the errors below; return whether there were none."""
    failed = [run for run in runs if run.fault]
    table = Table(show_footer=True)
    table.add_column("Notebook", f"{len(runs)} notebooks")
    table.add_column("Seconds", f"{sum(run.seconds for run in runs):.0f}", justify="right")
    table.add_column("Result", f"{len(failed)} failed" if failed else "all ran")
    for run in runs:
        table.add_row(run.name, f"{run.seconds:.0f}", "[red]failed[/]" if run.fault else "ran")
    console.print(table)
    for run in failed:
        console.print(f"{run.name}: {run.fault}", markup=False, highlight=False)
    return not failed
