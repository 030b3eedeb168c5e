"""Whole commands: nbgrader's own with the engine, and the course's."""

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import nbformat
import pytest
from jupyter_client.provisioning import KernelProvisionerBase
from typer.testing import CliRunner

from benchmarks.grader import ASSIGNMENT, by_nbgrader
from benchmarks.kernel_engine import other_course
from course_lib import cli
from course_lib.editions.library import ROOT
from course_lib.figures.picture import GRADING
from course_lib.grading.course import Course
from course_lib.grading.gradebook import marks

NAMES = ("student-0", "student-1", "student-3")  # right, wrong, wrong


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.filterwarnings("ignore")
def test_a_notebook_of_another_course_gets_the_marks_of_stock_but_for_its_hole(
    tmp_path: Path,
) -> None:
    course, _ = other_course(tmp_path)
    _tag(course.submission(NAMES[2], ASSIGNMENT) / f"{ASSIGNMENT}.ipynb")
    found = {}
    for engine in ("stock", "kernel"):
        by_nbgrader(course, list(NAMES), engine)
        given = [marks(course.database, ASSIGNMENT, name)["step-test"].score for name in NAMES]
        found[engine] = given
    assert found == {"stock": [1, 0, 1], "kernel": [1, 0, 0]}


def _tag(path: Path) -> None:
    """Have nbclient pass over every cell."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata.tags = ["skip-execution"]
    nbformat.write(notebook, path)


def test_the_engine_is_chosen_and_named_as_not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    graded: list[tuple[str, str]] = []
    monkeypatch.setenv("COURSE_GRADER", "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(Course, "assignments", lambda self, names=(): list(names))
    monkeypatch.setattr("course_lib.grading.report.show", lambda names, course: None)
    monkeypatch.setattr(
        "course_lib.grading.kernel.classes.grade",
        lambda name, course, sandbox: graded.append((name, sandbox)),
    )

    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, ["grade", *words])
        return done.exit_code, done.output

    assert call("x", "--engine", "kernel", "--sandbox", "available")[0] == 0
    assert graded == [("x", "available")]
    for words in (("--jobs", "2"), ("--dask", "tcp://127.0.0.1:1")):
        code, said = call("x", "--engine", "kernel", *words)
        assert code == 2 and "one by one" in said
    assert "NOT sealed" in " ".join(call("--help")[1].replace("│", "").split())


def test_the_courses_own_pictures_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_GRADER", "kernel")
    assert Course().config.ForkedProvisioner.variables == {GRADING: "1"}


def test_jupyter_finds_the_provisioner_by_its_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    group = "jupyter_client.kernel_provisioners"
    (name, value), *_ = project["entry-points"][group].items()
    assert name == "forked"
    assert issubclass(EntryPoint(name, value, group).load(), KernelProvisionerBase)
