"""The command line: one command for each job of the Makefile, faults in plain words."""

import re

import pytest
from typer.testing import CliRunner

from course_lib import cli
from course_lib.editions import sync
from course_lib.editions.regions import RegionError
from course_lib.grading import run
from course_lib.grading.course import GradingError
from course_lib.publish import build

MAKEFILE = (cli.ROOT / "Makefile").read_text()
JOBS = (
    *("setup", "course", "quick", "test", "format", "book", "serve", "student"),
    *("sync", "sample-class", "grade", "mutants", "bench"),
)


def call(*arguments: str):
    return CliRunner().invoke(cli.app, arguments)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_has_a_target_with_a_line_that_says_what_it_does(job):
    assert re.search(rf"^{job}:.* ## \w", MAKEFILE, re.MULTILINE)


def test_every_target_calls_a_command_that_exists():
    called = set(re.findall(r"\$\(COURSE\) ([a-z-]+)", MAKEFILE))
    assert called == {("run" if job == "course" else job) for job in JOBS} - {"setup"}
    for command in called:
        assert call(command, "--help").exit_code == 0, command


@pytest.mark.parametrize(
    ("command", "module", "name", "fault"),
    [
        ("book", build, "build", build.BuildFailed("page.md:3: no such [label]")),
        ("sync", sync, "sync", RegionError("adam.py:3: stray mark")),
        ("grade", run, "grade", GradingError("needed submissions, found none")),
    ],
)
def test_what_a_person_can_mend_is_said_without_a_traceback(
    command, module, name, fault, monkeypatch
):
    def fail(*_arguments, **_options):
        raise fault

    monkeypatch.setattr(module, name, fail)
    done = call(command)
    assert done.exit_code == 1
    assert str(fault) in done.output
    assert "Traceback" not in done.output


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch):
    def fail(**_options):
        raise ZeroDivisionError

    monkeypatch.setattr(build, "build", fail)
    assert isinstance(call("book").exception, ZeroDivisionError)
