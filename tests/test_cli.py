"""The command line: one command for each job of the Makefile, faults in plain words."""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_lib import cli
from course_lib.editions import sync
from course_lib.editions.regions import RegionError
from course_lib.grading.course import Course, GradingError
from course_lib.grading.sealed import pool
from course_lib.publish import build

MAKEFILE = (cli.ROOT / "Makefile").read_text()
JOBS = (
    *("setup", "course", "quick", "test", "format", "book", "serve", "student"),
    *("chapters", "notebooks"),
    *("sync", "sample-class", "grade", "mutants", "attacks", "bench"),
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
        ("grade", pool, "grade", GradingError("needed submissions, found none")),
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


@pytest.fixture
def asked(monkeypatch):
    """What each command is asked to do, with nothing done."""
    calls = []

    def note(name, result):
        def called(assignment, *_arguments, **_options):
            calls.append((name, assignment, os.environ.get("COURSE_REQUIRE_CUDA")))
            return result

        return called

    monkeypatch.setenv("COURSE_REQUIRE_CUDA", "")
    monkeypatch.setattr(Course, "assignments", lambda self, names=(): list(names) or [*EVERY])
    monkeypatch.setattr(Course, "students", lambda self, name: [] if name == "dropout" else ["a"])
    monkeypatch.setattr("course_lib.editions.student.derive", lambda out: True)
    monkeypatch.setattr("course_lib.grading.release.release", note("release", Path("release")))
    monkeypatch.setattr("course_lib.grading.sample_class.make", note("make", Path("submitted")))
    monkeypatch.setattr("course_lib.grading.mutants.hunt", note("hunt", True))
    monkeypatch.setattr(pool, "grade", note("grade", []))
    monkeypatch.setattr("course_lib.grading.report.show", lambda names, course: None)
    return calls


EVERY = ("optimizers", "schedules", "dropout")


@pytest.mark.parametrize(
    ("command", "job"), [("student", "release"), ("sample-class", "make"), ("mutants", "hunt")]
)
@pytest.mark.parametrize("named", [(), ("schedules",), ("dropout", "optimizers")])
def test_a_job_is_done_for_the_assignments_named_or_for_all(command, job, named, asked):
    assert call(command, *named).exit_code == 0
    assert asked == [(job, name, "") for name in named or EVERY]


def test_all_that_was_handed_in_is_graded_and_what_is_named_is_asked_for(asked):
    assert call("grade").exit_code == 0
    assert [name for _, name, _ in asked] == ["optimizers", "schedules"]
    asked.clear()
    assert call("grade", "dropout").exit_code == 0
    assert [name for _, name, _ in asked] == ["dropout"]


def test_grading_in_nbgraders_own_way_can_be_asked_for(asked, monkeypatch):
    stock = []
    monkeypatch.setenv("COURSE_GRADER", "stock")
    monkeypatch.setattr("course_lib.grading.run.grade", lambda name, course: stock.append(name))
    assert call("grade", "optimizers").exit_code == 0
    assert stock == ["optimizers"] and asked == []


def test_a_gpu_can_be_insisted_on(asked):
    assert call("grade", "optimizers", "--require-cuda").exit_code == 0
    assert asked == [("grade", "optimizers", "1")]


@pytest.mark.parametrize("command", ["student", "sample-class", "grade", "mutants", "run"])
def test_an_assignment_that_is_not_there_is_named_with_those_that_are(command):
    done = call(command, "optimisers")
    assert done.exit_code == 1
    assert "no assignment 'optimisers'; there are: optimizers" in done.output.replace("\n", " ")


def test_a_machine_without_the_gpu_asked_for_is_refused_in_plain_words(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setattr(Course, "students", lambda self, name: ["ada"])
    monkeypatch.setenv("COURSE_REQUIRE_CUDA", "1")
    done = call("grade", "optimizers")
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "COURSE_REQUIRE_CUDA=1 needs a CUDA device, got none" in said
    assert "nothing was graded" in said and "Traceback" not in said


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch):
    def fail(**_options):
        raise ZeroDivisionError

    monkeypatch.setattr(build, "build", fail)
    assert isinstance(call("book").exception, ZeroDivisionError)
