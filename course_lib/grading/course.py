"""Where an nbgrader course keeps its files, and how its commands are called."""

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course_lib.checks.exercises import ASSIGNMENTS
from course_lib.editions.library import ROOT


class GradingError(RuntimeError):
    """A command of nbgrader failed; the message says which and why."""


@dataclass(frozen=True)
class Course:
    """An nbgrader course root.

    Args:
        root: Folder that holds ``nbgrader_config.py`` and ``source/``.
        build: Folder for what nbgrader has no place for: stamps and grade tables.
    """

    # Factories keep the machine's own path out of the signature in the book.
    root: Path = field(default_factory=lambda: ROOT / "assignments")
    build: Path = field(default_factory=lambda: ROOT / "_build")

    def source(self, assignment: str) -> Path:
        """The source notebook, with solutions and hidden tests."""
        return self.root / "source" / assignment / f"{assignment}.ipynb"

    def release(self, assignment: str) -> Path:
        """The notebook students get."""
        return self.root / "release" / assignment / f"{assignment}.ipynb"

    def submission(self, student: str, assignment: str) -> Path:
        """The folder a student handed in."""
        return self.root / "submitted" / student / assignment

    def autograded(self, student: str, assignment: str) -> Path:
        """The executed notebook of a student."""
        return self.root / "autograded" / student / assignment / f"{assignment}.ipynb"

    def feedback(self, student: str, assignment: str) -> Path:
        """The page a student gets back."""
        return self.root / "feedback" / student / assignment / f"{assignment}.html"

    def stamp(self, student: str, assignment: str) -> Path:
        """What a student's marks were made from, as a digest."""
        return self.build / "graded" / assignment / student

    def assignments(self, names: Iterable[str] = ()) -> list[str]:
        """The assignments called ``names``, all that have a source notebook by default.

        Raises:
            GradingError: If there is no source notebook of one of the names.
        """
        there = [name for name in ASSIGNMENTS if self.source(name).is_file()]
        wanted = list(dict.fromkeys(names))
        if unknown := [name for name in wanted if name not in there]:
            raise GradingError(f"no assignment {unknown[0]!r}; there are: {', '.join(there)}")
        return wanted or there

    def students(self, assignment: str) -> list[str]:
        """Everyone who handed in a folder for the assignment, sorted."""
        found = (self.root / "submitted").glob(f"*/{assignment}")
        return sorted(folder.parent.name for folder in found if folder.is_dir())

    @cached_property
    def config(self) -> Config:
        """The settings in ``nbgrader_config.py``."""
        config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        config.CourseDirectory.root = str(self.root)
        return config

    @property
    def database(self) -> str:
        """Address of the gradebook."""
        address: str = self.api.coursedir.db_url
        return address

    @cached_property
    def api(self) -> Any:
        """The commands of nbgrader on this course."""
        return NbGraderAPI(config=self.config)

    def call(self, command: str, *arguments: str) -> None:
        """Run one command of nbgrader in this process.

        Args:
            command: Name of a method of ``NbGraderAPI``, as ``"autograde"``.
            *arguments: The assignment and, where the command is about one, the student.

        Raises:
            GradingError: If the command failed.
        """
        with _environment_kept(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nbgrader's and its libraries'
            outcome = getattr(self.api, command)(*arguments, force=True)
        if "KeyboardInterrupt" in outcome.get("error", ""):  # nbgrader keeps it to itself
            raise KeyboardInterrupt
        if not outcome["success"]:
            raise GradingError(f"{command} {' '.join(arguments)}: {_reason(outcome)}")


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Undo changes of the environment: nbgrader leaves its own behind after a failure."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _reason(outcome: dict[str, Any]) -> str:
    """The first line of a log that names an exception, or the end of the log."""
    lines = [line.strip() for line in (outcome.get("log") or "").splitlines() if line.strip()]
    named = [line for line in lines if "Error: " in line and "nbconvert" not in line]
    return (named or lines or ["nbgrader gave no reason"])[-1]
