"""What was handed in, looked at before any of it is copied."""

import importlib.util
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from course_lib.grading import files
from course_lib.grading.sealed.record import digest
from course_lib.grading.submissions import Unreadable, read

MOST_FILES = 200
MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class Intake:
    """A submission as it came.

    Args:
        digest: Of all its files.
        beside: What lies beside the notebook and is copied, by its name in the folder.
        notices: What is odd about it.
        problem: Why it cannot be run; empty if it can.
        notebook: What is run, once it was read.
    """

    digest: str
    beside: tuple[tuple[str, Path], ...] = ()
    notices: tuple[str, ...] = ()
    problem: str = ""
    notebook: NotebookNode | None = None


def take_in(folder: Path, assignment: str) -> Intake:
    """Look at a submission, and read its notebook.

    Args:
        folder: What the student handed in.
        assignment: Name of the assignment and of its notebook.
    """
    intake = look_at(folder)
    if intake.problem:
        return intake
    try:
        return replace(intake, notebook=read(folder, assignment))
    except Unreadable as unreadable:
        return Intake(intake.digest, problem=str(unreadable))


def look_at(folder: Path) -> Intake:
    """Look at a submission without following links; its notebook is not read."""
    if reason := suspicious(folder):
        return Intake(digest(reason), problem=reason)
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [(str(path.relative_to(folder)), path) for path in found]
    try:
        whole = digest(*(part for name, path in parts for part in (name, path.read_bytes())))
    except OSError as error:
        name = Path(error.filename or folder).name
        reason = f"{name} cannot be read ({error.strerror}): hand the work in again."
        return Intake(digest(reason), problem=reason)
    beside = [(name, path) for name, path in parts if path.suffix != ".ipynb"]
    shadows = shadowing(name for name, _ in beside)
    kept = [
        (name, path)
        for name, path in beside
        if not files.is_too_large(path) and Path(name).parts[0] not in shadows
    ]
    said = [f"`{name}` is left out: an installed module has this name." for name in shadows]
    return Intake(whole, tuple(kept), tuple(said))


def suspicious(folder: Path) -> str:
    """Why nothing of a folder may be copied; empty if it may.

    Links lead to other people's work, and devices and pipes never end.
    """
    if folder.is_symlink() or folder.parent.is_symlink():
        return "The folder is a link: hand in the files themselves."
    count = total = 0
    for where, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(where, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                return f"{path.relative_to(folder)} is a link or no file: hand in the file itself."
            count += 1
            total += path.lstat().st_size
    if count > MOST_FILES:
        return f"There are {count} files, more than {MOST_FILES}: hand in the notebook."
    if total > MOST_BYTES:
        return f"The files have {total:,} bytes, more than {MOST_BYTES:,}: hand in the notebook."
    return ""


def shadowing(names: Iterable[str]) -> list[str]:
    """The files and folders that have the name of an installed module, and so might take its place.

    Args:
        names: Of files, as they are found from their folder.

    Example:
        >>> shadowing(["torch.py", "json/__init__.py", "data/torch.py", "torch.csv", "mine.py"])
        ['json', 'torch.py']
    """
    tops = {Path(name).parts[0] for name in names if name.endswith((".py", ".pyc", ".so"))}
    return sorted(top for top in tops if _is_taken(top.partition(".")[0]))


def _is_taken(name: str) -> bool:
    return name in sys.stdlib_module_names or _installed(name)


def _installed(name: str) -> bool:
    return name.isidentifier() and importlib.util.find_spec(name) is not None
