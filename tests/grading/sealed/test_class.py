"""The same marks whoever judges: one judge or four, this machine or the workers of a cluster."""

import html
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jsonschema import validate
from nbformat.v4 import new_code_cell

from benchmarks.kills import ASSIGNMENT, NAMES, copy, gradebook, left, small_class
from course_lib.editions.leaks import find_leaks, hidden_secrets
from course_lib.grading import cells
from course_lib.grading.course import Course, GradingError
from course_lib.grading.sandbox import bubblewrap
from course_lib.grading.sealed import method
from course_lib.grading.sealed.alone import NAME, alone, end_with
from course_lib.grading.sealed.pool import grade
from course_lib.grading.sealed.rooms import Room, sweep

pytestmark = pytest.mark.slow

TIMES = ("seconds", "signature", "layers")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small_class(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="module")
def graded(template: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = copy(template, tmp_path_factory.mktemp("graded"))
    grade(ASSIGNMENT, course=course, jobs=2, sandbox="available")
    return course


def records(course: Course) -> dict[str, dict[str, Any]]:
    """What all records say, but for times."""
    found = {}
    for path in sorted((course.root / "records").glob("*/*.json")):
        made = json.loads(path.read_text())
        found[path.parent.name] = {k: v for k, v in made.items() if k not in TIMES}
    return found


def states(course: Course, **options: Any) -> dict[str, str]:
    outcomes = grade(ASSIGNMENT, course=course, jobs=2, sandbox="available", **options)
    return {outcome.student: outcome.state for outcome in outcomes}


@pytest.mark.parametrize(
    ("jobs", "wall", "begun"),
    [
        (1, bubblewrap.PROGRAM, "fork"),
        (4, "not-installed", "fork"),
        (2, bubblewrap.PROGRAM, "spawn"),  # as elsewhere than on Linux
    ],
)
def test_marks_are_the_same_however_many_judge_behind_whatever_walls_and_however_begun(
    template: Course,
    graded: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    jobs: int,
    wall: str,
    begun: str,
) -> None:
    monkeypatch.setattr(bubblewrap, "PROGRAM", wall)
    monkeypatch.setattr(method, "METHOD", begun)
    course = copy(template, tmp_path)
    grade(ASSIGNMENT, course=course, jobs=jobs, sandbox="available")
    assert gradebook(course) == gradebook(graded)
    assert records(course) == records(graded)


TEXT, NUMBER, LIST = {"type": "string"}, {"type": "number"}, {"type": "array"}
MAYBE = {"type": ["string", "null"]}


def exactly(**properties: Any) -> dict[str, Any]:
    needed = {"required": list(properties), "additionalProperties": False}
    return {"type": "object", "properties": properties, **needed}


LOST = exactly(question=TEXT, outcome={"enum": ["out of time", "not run"]}, message=TEXT)
FOUND = exactly(
    question=TEXT,
    outcome={"enum": ["passed", "failed", "could not tell"]},
    claim=TEXT,
    message=TEXT,
    rung=MAYBE,
    error_size={"type": ["number", "null"]},
    answer=MAYBE,
    raised=MAYBE,
    misconception=MAYBE,
    hint=MAYBE,
    devices={"type": "array", "items": TEXT},
    notes={"type": "array", "items": TEXT},
)
CELL = exactly(
    cell=TEXT,
    points=NUMBER,
    score=NUMBER,
    error=MAYBE,
    checks={"type": "array", "items": {"oneOf": [FOUND, LOST]}},
)
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ALWAYS = {
    "format": {"const": 2},
    "assignment": TEXT,
    "student": TEXT,
    "submission": HASH,
    "common": HASH,
    "notebook": HASH,
    "signature": HASH,
    "environment": {"type": "object", "additionalProperties": TEXT},
    "problem": TEXT,
    "earned": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
    "unanswered": LIST,
    "cells": {"type": "array", "items": CELL},
    "devices": {"type": "array", "items": TEXT},
    "notices": {"type": "array", "items": TEXT},
    "stops": {"type": "array", "items": TEXT},
}
WHERE_RUN = {
    "seed": HASH,
    "layers": {"type": "array", "minItems": 1},
    "starts": {"type": "integer"},
    "review": LIST,
    "seconds": {"type": "object", "additionalProperties": NUMBER},
}


def test_a_record_has_its_form(graded: Course) -> None:
    paths = list((graded.root / "records").glob("*/*.json"))
    assert len(paths) == len(NAMES)
    for path in paths:
        made = json.loads(path.read_text())
        form = exactly(**ALWAYS) if made["problem"] else exactly(**ALWAYS, **WHERE_RUN)
        validate(made, form)


class TestAgain:
    """What is graded a second time, and what is not."""

    @pytest.fixture
    def course(self, graded: Course, tmp_path: Path) -> Course:
        return copy(graded, tmp_path)

    def test_nothing_that_is_unchanged(self, course: Course) -> None:
        before = records(course), gradebook(course)
        assert set(states(course).values()) == {"kept"}
        assert (records(course), gradebook(course)) == before and not left(course)

    def test_a_submission_that_changed(self, course: Course) -> None:
        path = course.submission("own-style", ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(new_code_cell("1 + 1"))
        nbformat.write(notebook, path)
        found = states(course)
        assert {name for name, state in found.items() if state != "kept"} == {"own-style"}
        assert gradebook(course)

    def test_everybody_when_a_test_changed(self, course: Course) -> None:
        path = course.source(ASSIGNMENT)
        notebook = nbformat.read(path, as_version=4)
        test = next(c for c in notebook.cells if "sgd-hidden" in str(c.metadata))
        test.source += "\nassert True"
        nbformat.write(notebook, path)
        assert "kept" not in states(course).values()

    def test_a_record_that_was_forged(self, course: Course, graded: Course) -> None:
        path = course.root / "records" / "untouched" / f"{ASSIGNMENT}.json"
        forged = json.loads(path.read_text())
        forged["earned"] = dict.fromkeys(forged["earned"], 10.0)
        path.write_text(json.dumps(forged))
        found = states(course)
        assert {name for name, state in found.items() if state != "kept"} == {"untouched"}
        assert gradebook(course) == gradebook(graded)

    def test_only_the_page_after_a_person_marked(self, course: Course) -> None:
        from nbgrader.api import Gradebook

        with Gradebook(course.database) as book:
            place = ("written-momentum", ASSIGNMENT, ASSIGNMENT, "perfect")
            found = book.find_grade(*place)
            found.manual_score, found.needs_manual_grade = 7, False
            book.find_comment(*place).manual_comment = "Nearly <all>"
            book.db.commit()
        before = records(course), gradebook(course)
        found = states(course)
        assert {name for name, state in found.items() if state != "kept"} == {"perfect"}
        assert (records(course), gradebook(course)) == before
        page = course.feedback("perfect", ASSIGNMENT).read_text()
        assert "7 of" in page and "Nearly &lt;all&gt;" in page


LOUD = """
        said = f"lr {group['lr']} betas {group['betas']} eps {group['eps']}"
        print("SAID", said)
        raise type("E" + str(group["lr"]).replace(".", "_"), (Exception,), {})("SAID " + said)
"""


def test_what_code_says_while_hidden_questions_are_asked_stays_with_the_grader(
    template: Course, tmp_path: Path
) -> None:
    course = copy(template, tmp_path)
    path = course.submission("perfect", ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if cells.name(c) == "adam-solution")
    head, _, _ = cell.source.partition("def update(")
    cell.source = f"{head}def update(self, param, grad, state, group):{LOUD}"
    nbformat.write(notebook, path)
    outcomes = grade(ASSIGNMENT, ["perfect"], course, sandbox="available")
    assert [outcome.state for outcome in outcomes] == ["graded"]
    page = html.unescape(course.feedback("perfect", ASSIGNMENT).read_text())
    entries = {entry["cell"]: entry for entry in records(course)["perfect"]["cells"]}
    (visible,) = entries["adam-visible-1"]["checks"]
    assert "SAID" in visible["message"] and visible["message"] in page
    for check in entries["adam-hidden-1"]["checks"]:
        assert "SAID" in check["message"] and check["raised"].startswith("E")
        assert check["message"] not in page and check["raised"] not in page.replace(
            visible["raised"], ""
        )
    hidden = page[page.index("adam-hidden-1") :].partition("</ul>")[0]
    assert "it raised an exception" in hidden and "SAID" not in hidden
    assert records(course)["perfect"]["seed"] not in page
    assert not list(
        find_leaks(course.root / "feedback", hidden_secrets([course.source(ASSIGNMENT)]))
    )


def test_a_judge_that_ends_is_replaced_and_costs_its_own_submission_alone(
    template: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from course_lib.grading.sealed import pool

    course, inner = copy(template, tmp_path), pool.grade_one

    def ends(room: Any, desk: Any, student: str) -> Any:
        if student == "crashes":
            os._exit(3)
        return inner(room, desk, student)

    monkeypatch.setitem(pool.DEEDS, "grade", ends)
    found = states(course)
    assert found["crashes"] == "not run" and found["perfect"] == "graded"
    monkeypatch.undo()
    again = states(course)
    assert [name for name, state in again.items() if state != "kept"] == ["crashes"]


def test_two_graders_do_not_share_a_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.grading.sealed.alone.PATIENCE", 0.2)
    with alone(tmp_path):
        with pytest.raises(GradingError, match="another command is grading"), alone(tmp_path):
            pass
    with alone(tmp_path):
        assert (tmp_path / NAME).exists()


def test_rooms_of_graders_that_are_gone_are_cleared_and_others_are_not(tmp_path: Path) -> None:
    room = Room(tmp_path)
    (room.path / "work").write_text("here")
    sweep(tmp_path)
    assert (room.path / "work").exists()
    os.close(room._held)  # as the system does when a process ends
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_judge_ends_with_its_parent(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:  # pragma: no cover
        grandchild = os.fork()
        if grandchild == 0:
            end_with(os.getppid())
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    number = (tmp_path / "pid").read_text()
    deadline = time.monotonic() + 5
    while _lives(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(number)


def _lives(number: str) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


SCHEDULER = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
WORKER = [sys.executable, "-m", "distributed.cli.dask_worker"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[Any]]]:
    """A scheduler and three workers, each a process of its own, as on a real cluster."""
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    address = f"tcp://127.0.0.1:{port}"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    local = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
    commands = [[*SCHEDULER, *here, "--port", str(port)]]
    for extra in ([], [], ["--resources", "GPU=1"]):
        commands.append([*WORKER, address, *here, *local, *extra])
    processes = []
    for number, command in enumerate(commands):
        with (folder / f"{number}.log").open("wb") as log:
            processes.append(
                subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
            )
    yield address, processes
    for process in reversed(processes):
        process.kill()
        process.wait()


class TestCluster:
    """A real scheduler and three real workers on this machine."""

    def test_a_cluster_gives_the_same_marks_though_a_worker_is_killed(
        self, template: Course, graded: Course, tmp_path: Path, cluster: tuple[str, list[Any]]
    ) -> None:
        course, (address, processes) = copy(template, tmp_path), cluster
        victim = processes[1]

        def kill() -> None:
            while len(records(course)) < 3:
                time.sleep(0.05)
            victim.kill()

        killer = threading.Thread(target=kill)
        killer.start()
        found = states(course, dask=address)
        killer.join()
        assert victim.wait() == -signal.SIGKILL
        assert gradebook(course) == gradebook(graded)
        assert records(course) == records(graded)
        assert len(found) == len(NAMES) and "kept" not in found.values()
        assert set(states(course, dask=address).values()) == {"kept"}

    def test_a_students_code_reaches_no_scheduler_and_no_secret_leaves(
        self, template: Course, tmp_path: Path, cluster: tuple[str, list[Any]]
    ) -> None:
        course, (address, _) = copy(template, tmp_path), cluster
        for name in NAMES:
            if name != "perfect":
                shutil.rmtree(course.submission(name, ASSIGNMENT).parent)
        path = course.submission("perfect", ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        port = address.rpartition(":")[2]
        notebook.cells.insert(
            0,
            new_code_cell(
                "import socket\ntry:\n"
                f"    socket.create_connection(('127.0.0.1', {port}), 2)\n"
                "    print('REACHED')\nexcept BaseException as error:\n"
                "    print('refused', type(error).__name__)"
            ),
        )
        nbformat.write(notebook, path)
        outcomes = grade(
            ASSIGNMENT, course=course, sandbox="available", dask=address, resources="GPU=1"
        )
        assert [outcome.state for outcome in outcomes] == ["graded"]
        executed = course.autograded("perfect", ASSIGNMENT).read_text()
        assert "refused" in executed and "REACHED\\n" not in executed

    def test_resources_of_another_form_are_refused(self) -> None:
        from course_lib.grading.sealed.cluster import parsed

        with pytest.raises(GradingError, match="GPU=1"):
            parsed("GPU")

    def test_where_no_scheduler_is_the_command_says_so(self, graded: Course) -> None:
        with pytest.raises(GradingError, match="no Dask scheduler answers"):
            grade(ASSIGNMENT, course=graded, dask="tcp://127.0.0.1:9", sandbox="available")
