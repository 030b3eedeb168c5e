"""However a notebook ends, the class goes on and nothing is left running."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade

from course_lib.grading.execute import BoundedExecute
from course_lib.grading.kernel import ForkedProvisioner

from .conftest import Run, details, text

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.filterwarnings("ignore")]


def graded(source: str, name: str) -> object:
    return new_code_cell(source, metadata={"nbgrader": details(name) | {"points": 1}})


DEATHS = {
    "ends": "import os; os._exit(0)",
    "kills itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "reads what is not there": "import ctypes; ctypes.string_at(0)",
    "uses up its time of processor": "while True: pass",
    "asks to end": "exit()\nimport time; time.sleep(1)",
}


@pytest.mark.parametrize("death", DEATHS)
def test_when_the_kernel_ends_what_was_earned_stays(death: str, run: Run) -> None:
    cells = [graded("pass", "a-test"), graded(DEATHS[death], "b-test")]
    cells.append(graded("import time; time.sleep(1)", "c-test"))
    limits = {"limits": {"cpu_seconds": 3}}
    first, ends, last = run(*cells, by=BoundedExecute, settings=limits, timeout=60)
    assert determine_grade(first)[0] == 1
    if death == "asks to end":  # as in a stock kernel, at the end of the cell
        assert determine_grade(ends)[0] == 1
    else:
        assert text(ends) == "NotRun: Not run: the code ended the kernel."
    assert determine_grade(last)[0] == 0
    assert "the code ended the kernel" in text(last)


LOOPS = {
    "while True: pass": ("CellTimeoutError", "here\n"),
    "import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass": (
        "Timeout",
        "NotRun: Not run: the code ran out of time and could not be interrupted.",
    ),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_an_endless_loop_is_interrupted_or_ended(loop: str, run: Run) -> None:
    cells = (graded(loop, "a-test"), graded("print('here')", "b-test"))
    looping, after = run(*cells, by=BoundedExecute, timeout=2, iopub_timeout=2)
    said, then = LOOPS[loop]
    assert said in text(looping) or text(looping) == then
    assert text(after) == then


def test_the_bounds_of_the_stock_engine_hold(run: Run) -> None:
    (cell,) = run(graded("print('x' * 30_000_000)", "a-test"), by=BoundedExecute, max_output=1000)
    assert len(text(cell)) < 1100 and "cut here" in text(cell)


def test_a_graceful_shutdown_is_immediate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    manager = KernelManager(kernel_name="python3")
    manager.provisioner = ForkedProvisioner(kernel_spec=manager.kernel_spec, parent=manager)
    manager.start_kernel()
    assert manager.is_alive()
    manager.request_shutdown()
    assert not manager.is_alive()
    manager.shutdown_kernel()


KILLED = """
import asyncio, json, sys
from course_lib.grading.kernel import ForkedKernelManager, parent
async def go():
    manager = ForkedKernelManager(kernel_name="python3")
    await manager.start_kernel()
    (_, warm), = parent._parents.values()
    pids = [warm._process.pid, manager.provisioner.pid]
    print(json.dumps([pids, str(warm.room)]), flush=True)
    await asyncio.sleep(60)
asyncio.run(go())
"""


def test_nothing_outlives_a_grader_that_is_killed(tmp_path: Path) -> None:
    grader = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert grader.stdout
    with grader.stdout:
        pids, _ = json.loads(grader.stdout.readline())
    assert all(map(runs, pids))
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    until = time.monotonic() + 20
    while any(map(runs, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(runs, pids))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_without_the_sandbox_what_a_notebook_has_started_ends_with_it(run: Run) -> None:
    start = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    (cell,) = run(start, settings={"sandbox": "off"})
    pid = int(text(cell))
    until = time.monotonic() + 10
    while runs(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not runs(pid)
