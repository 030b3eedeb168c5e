"""A GPU that the sandbox keeps out costs nobody a mark: a stand-in, on machines without one."""

import os
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.kills import ASSIGNMENT, small_class
from course_lib.checks.spec import FAKE
from course_lib.grading.course import GradingError
from course_lib.grading.gradebook import class_marks
from course_lib.grading.machine import machine
from course_lib.grading.sealed import gpus
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import Terms
from course_lib.grading.sealed.pool import grade

VISIBLE = "CUDA_VISIBLE_DEVICES"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """One GPU, until it is hidden."""
    monkeypatch.setenv(VISIBLE, "0")
    monkeypatch.delenv("COURSE_REQUIRE_CUDA", raising=False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(os.environ[VISIBLE]))


def test_without_a_gpu_nothing_is_tried(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    before = desk.hired
    assert gpus.reached(desk, Terms()) == machine() == ["cpu", FAKE]
    assert desk.hired == before


def test_a_gpu_that_is_not_reached_is_hidden(
    desk: Desk, gpu: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine() == ["cpu", "cuda:0"]
    assert gpus.reached(desk, Terms()) == ["cpu", FAKE]
    assert machine() == ["cpu", FAKE]
    assert os.environ[VISIBLE] == ""
    said = capsys.readouterr().err
    assert "students' processes cannot use cuda:0 in the sandbox: " in said
    assert "judged on the CPU and a pretended GPU" in said


def test_a_gpu_that_is_reached_stays(
    desk: Desk, gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "TRY", gpus.TRY.replace("device=device", "device='cpu'"))
    assert gpus.reached(desk, Terms()) == ["cpu", "cuda:0"]
    assert os.environ[VISIBLE] == "0"


def test_where_a_gpu_is_asked_for_nothing_is_graded_without_it(
    desk: Desk, gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_REQUIRE_CUDA", "1")
    with pytest.raises(GradingError, match="COURSE_REQUIRE_CUDA=1, but students' processes cannot"):
        gpus.reached(desk, Terms())
    assert os.environ[VISIBLE] == "0"


@pytest.mark.slow
def test_a_class_gets_its_marks_on_a_machine_whose_gpu_it_cannot_reach(
    tmp_path: Path, gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = str(Path(sys.executable).parent)  # nbgrader calls one of its environment
    monkeypatch.setenv("PATH", programs, prepend=os.pathsep)
    course = small_class(tmp_path)
    (outcome,) = grade(ASSIGNMENT, ["perfect"], course)
    assert outcome.state == "graded"
    everything = class_marks(course.database, ASSIGNMENT)["perfect"].values()
    marks = [mark for mark in everything if not mark.by_hand]
    assert marks
    assert [mark.score for mark in marks] == [mark.points for mark in marks]
