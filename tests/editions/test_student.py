"""The student edition works, holds no solution, and says what is to be written."""

import os
import subprocess
import sys

import pytest

from course_lib.checks.exercises import EXERCISES
from course_lib.editions.library import INSTRUCTOR_ONLY, library_regions
from course_lib.editions.student import derive


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edition") / "student"
    assert derive(folder)
    return folder


def run_in(edition, code):
    environment = os.environ | {"PYTHONPATH": str(edition), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=edition,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_same_sources_are_not_derived_twice(edition):
    assert not derive(edition)


def test_instructor_packages_are_left_out(edition):
    present = {path.name for path in (edition / "course_lib").iterdir()}
    assert present.isdisjoint(INSTRUCTOR_ONLY)


def test_no_mark_is_left(edition):
    sources = [path.read_text() for path in edition.rglob("*.py")]
    assert not any("### BEGIN SOLUTION\n" in source for source in sources)


def test_every_region_says_which_exercise_it_belongs_to(edition):
    text = "".join(path.read_text() for path in edition.rglob("*.py"))
    for key in library_regions():
        assignment = next(e.assignment for e in EXERCISES if e.region == key)
        assert f"{key}: yours to write. Assignment {assignment!r}, exercise" in text


def test_an_unwritten_optimizer_raises_and_names_the_exercise(edition):
    done = run_in(
        edition,
        "import torch, course_lib; from course_lib.optim import Adam\n"
        f"assert course_lib.__file__.startswith({str(edition)!r})\n"
        "p = torch.nn.Parameter(torch.ones(2)); p.grad = torch.ones(2); Adam([p]).step()",
    )
    assert "NotImplementedError: Adam.update: yours to write." in done.stderr
    assert "exercise 'adam'" in done.stderr


def test_a_visible_mistake_earns_its_hint_without_the_catalogue(edition):
    done = run_in(
        edition,
        "from course_lib.checks import hints\n"
        "assert not hints.FOLDER.exists()\n"
        "from course_lib.checks.fingerprints import load\n"
        "assert load('optimizers')",
    )
    assert done.returncode == 0, done.stderr


def test_an_unwritten_picture_is_one_line(edition):
    done = run_in(
        edition,
        "from course_lib.figures import picture\n"
        "from course_lib.optim import conventions\n"
        "picture(conventions.rate_inside)(0.0, 1.0, 0.1, 0.9)",
    )
    assert done.stdout.startswith("No picture yet. NotImplementedError: rate_inside"), done.stderr
    assert done.stdout.count("\n") == 1
