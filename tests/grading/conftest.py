import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course_lib.editions.library import ROOT
from course_lib.grading.course import Course

Nbgrader = Callable[..., subprocess.CompletedProcess[str]]

CONFIG = """
load_subconfig("nbgrader_config.py", path={assignments!r})
c.CourseDirectory.root = {root!r}
c.BoundedExecute.library = {library!r}
"""


@pytest.fixture(scope="module", autouse=True)
def grader() -> Iterator[None]:
    """Tests of the ways of grading beside each other: nbgrader's own, but under ``sealed``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_GRADER", "stock")
        yield


def new_course(folder: Path, library: Path | None = None) -> Course:
    """A course root of its own, with this repository's notebooks and settings."""
    root = folder / "assignments"
    shutil.copytree(ROOT / "assignments" / "source", root / "source")
    settings = CONFIG.format(
        assignments=str(ROOT / "assignments"), root=str(root), library=str(library or "")
    )
    (root / "nbgrader_config.py").write_text(settings)
    return Course(root, folder / "_build")


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of stock nbgrader as an instructor does, in the course's folder."""
    return subprocess.run(
        [Path(sys.executable).parent / "nbgrader", *arguments],
        cwd=course.root,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return new_course(tmp_path_factory.mktemp("course"))
