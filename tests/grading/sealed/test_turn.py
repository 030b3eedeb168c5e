"""As many judge at a time as were asked for; nobody who is gone keeps a place."""

import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from course_lib.grading.sealed.desk import SCRATCH, Desk, Lost, written
from course_lib.grading.sealed.student import Bounds
from course_lib.grading.sealed.turn import Turn
from tests.grading.sealed.conftest import Class

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "places"
    path.touch()
    return path


def hold(file: Path, told: Connection) -> None:
    with Turn(file, 1).taken(lambda: None):
        told.send("held")
        told.recv()


@pytest.fixture
def holder(file: Path) -> Iterator[tuple[Any, Connection]]:
    """Another process that holds the first place, until it is told something."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=hold, args=(file, theirs))
    process.start()
    assert ours.recv() == "held"
    yield process, ours
    process.kill()
    process.join()


def waited(file: Path, places: int, meanwhile: Any) -> float:
    with Turn(file, places).taken(meanwhile) as seconds:
        return seconds


def test_who_comes_second_waits_and_another_place_is_free(
    file: Path, holder: tuple[Any, Connection]
) -> None:
    _, told = holder
    looks = []

    def look() -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            told.send("go")

    assert waited(file, 2, look) < 1 and not looks
    seconds = waited(file, 1, look)
    assert len(looks) >= 3 and seconds >= looks[-1] - looks[0]


def test_a_place_of_a_process_that_is_killed_is_free(
    file: Path, holder: tuple[Any, Connection]
) -> None:
    process, _ = holder
    waited(file, 1, process.kill)
    assert waited(file, 1, pytest.fail) < 1


def test_a_submission_that_waits_loses_no_time_and_may_not_fill_the_disk(
    desk: Desk, student: Class, file: Path, holder: tuple[Any, Connection]
) -> None:
    process, _ = holder
    writes = (
        "import threading, time\n"
        "def fill():\n    time.sleep(0.5)\n    for n in range(3):\n"
        f"        open(str(n), 'wb').write(b'x' * {SCRATCH * 2 // 5})\n    time.sleep(60)\n"
        "threading.Thread(target=fill, daemon=True).start()\nx = 1"
    )
    one = student(writes, bounds=Bounds(cell=2.0, call=2.0, whole=3.0))
    ends, began = one._ends, time.monotonic()

    def free_in_time(idle: Any = one.idle) -> None:
        idle()
        if one._worker is None or time.monotonic() - began > 20:
            process.kill()

    one.idle = free_in_time  # type: ignore[method-assign]
    desk.turn = Turn(file, 1)
    try:
        with one.turn():
            assert one._worker is None, "the disk was filled unseen"
            assert one._ends - ends == pytest.approx(time.monotonic() - began, abs=0.5)
            with pytest.raises(Lost):
                one._ended = one.bounds.restarts + 1
                one.value("x")
    finally:
        desk.turn = None
    assert written(desk.room) < SCRATCH // 10


def test_what_can_be_done_meanwhile_is_done_while_cells_run(student: Class) -> None:
    done: list[int] = []

    def pieces() -> Iterator[None]:
        for piece in range(50):
            done.append(piece)
            yield

    one = student()
    one.meanwhile(pieces())
    assert one.run("import time\ntime.sleep(0.3)\nprint('slept')")[0]["text"] == "slept\n"
    assert done == list(range(50))


def test_work_done_meanwhile_holds_up_no_limit(student: Class) -> None:
    def endless() -> Iterator[None]:
        while True:
            time.sleep(0.01)
            yield

    one = student(bounds=Bounds(cell=0.5, whole=30.0))
    one.meanwhile(endless())
    began = time.monotonic()
    assert one.run("while True:\n    pass")[-1]["ename"] == "CellTimeoutError"
    assert time.monotonic() - began < 5
    assert one.run("print(1)")[0]["text"] == "1\n"
