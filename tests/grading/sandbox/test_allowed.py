"""Honest work that must go on inside: torch with threads, figures, files in the scratch folder."""

import asyncio
import importlib
import os
import signal
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import pytest
import torch

from course_lib.grading.sandbox import Policy, clean_environment, probe
from tests.grading.sandbox.child import run

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers"),
]


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """As a warm parent does: one thread, and torch's compiler loaded, which takes seconds."""
    torch.set_num_threads(1)
    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))]).step()


def train(threads: int) -> float:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(512, 512), torch.nn.ReLU(), torch.nn.Linear(512, 1))
    optimizer = torch.optim.Adam(model.parameters())
    x = torch.randn(256, 512)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (model(x) - 1).square().mean()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("threads", [1, 4])
def test_torch_trains_on_several_threads(threads: int, policy: Policy) -> None:
    outside, inside = (run(lambda: train(threads), p) for p in (None, policy))
    assert inside.error is None and outside.error is None
    assert inside.value == pytest.approx(outside.value, rel=1e-5)


def test_several_threads_really_run_inside(policy: Policy) -> None:
    def used() -> float:
        torch.set_num_threads(4)
        start, clock = time.process_time(), time.thread_time()
        for _ in range(20):
            torch.randn(400, 400) @ torch.randn(400, 400)
        return (time.process_time() - start) - (time.thread_time() - clock)

    assert run(used, policy).value > 0.001


def test_a_figure_is_drawn_and_saved(policy: Policy) -> None:
    matplotlib.use("agg")
    plt = importlib.import_module("matplotlib.pyplot")

    def draw() -> tuple[int, bytes]:
        figure, axes = plt.subplots()
        axes.plot([0, 1], [1, 0], label=r"$\beta_1$")
        axes.set_title("loss — по шагам")
        axes.legend()
        figure.savefig("loss.png")
        figure.savefig("loss.svg")
        return Path("loss.svg").stat().st_size, Path("loss.png").read_bytes()[:4]

    drawn = run(draw, policy)
    assert drawn.error is None
    assert drawn.value[0] > 1000 and drawn.value[1] == b"\x89PNG"


def scratch_work() -> str:
    with tempfile.NamedTemporaryFile() as temporary:
        assert Path(temporary.name).parent == Path.cwd()
    Path("folder").mkdir()
    Path("folder/a.txt").write_text("text")
    Path("folder/a.txt").rename("b.txt")
    torch.save({"w": torch.ones(3)}, "weights.pt")
    assert torch.load("weights.pt")["w"].sum() == 3
    Path("weights.pt").unlink()
    Path("folder").rmdir()
    return Path("b.txt").read_text()


def thread_work() -> list[int]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(abs, range(-4, 0)))


def loop_work() -> str:
    async def answer() -> str:
        await asyncio.sleep(0.001)
        return await asyncio.to_thread(str, 42)

    return asyncio.run(answer())


def signal_work() -> list[int]:
    heard: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: heard.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    return heard


def late_import() -> bool:
    return bool(importlib.import_module("colorsys").rgb_to_hsv(1, 0, 0))


def odd_questions() -> Any:
    numbers = (os.cpu_count(), len(os.sched_getaffinity(0)), len(os.urandom(8)))
    return [*map(bool, numbers), bool(threading.get_native_id()), bool(time.strftime("%Z"))]


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (scratch_work, "text"),
        (thread_work, [4, 3, 2, 1]),
        (loop_work, "42"),
        (signal_work, [signal.SIGUSR1] * 2),
        (late_import, True),
        (odd_questions, [True] * 5),
    ],
)
def test_ordinary_work_goes_on(work: Any, answer: Any, policy: Policy) -> None:
    done = run(work, policy)
    assert (done.error, done.value) == (None, answer)


def test_what_is_listed_can_be_read(policy: Policy, tmp_path: Path) -> None:
    edition = tmp_path / "edition"
    edition.mkdir()
    (edition / "lesson.py").write_text("answer = 42")

    def learn() -> int:
        sys.path.insert(0, str(edition))
        return int(importlib.import_module("lesson").answer)

    assert isinstance(run(learn, policy).error, ImportError)
    assert run(learn, replace(policy, readable=(edition,))).value == 42


def test_an_abort_ends_the_child_only(policy: Policy) -> None:
    assert run(os.abort, policy).status == -signal.SIGABRT


def test_many_forks_of_a_parent_with_torch_and_threads_all_come_back(policy: Policy) -> None:
    stop = threading.Event()
    for _ in range(2):
        threading.Thread(target=stop.wait, daemon=True).start()
    try:
        answers = [run(lambda: train(2), policy) for _ in range(20)]
    finally:
        stop.set()
    assert all(answer.error is None and answer.status == 0 for answer in answers)
    assert len({answer.value for answer in answers}) == 1


def test_the_instructors_environment_is_gone(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    assert run(lambda: os.environ.get("TOKEN"), None).value == "secret"
    assert run(lambda: sorted(os.environ), policy).value == sorted(
        clean_environment(policy.scratch)
    )


def test_trying_the_layers_leaves_the_parent_free(policy: Policy) -> None:
    probe(policy)
    assert os.listdir("/")
    Path("/proc/self/status").read_text()
