"""Milliseconds that each layer of the sandbox costs a submission, and forks that came back.

Run it with ``python -m benchmarks.sandbox`` from the root of the project, on a machine that has
little else to do. Each figure is a median over many forks of a parent that has imported torch.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.kept import keep
from course_lib.grading.sandbox import Policy, bubblewrap, enter, explain, prepare, probe
from course_lib.grading.sandbox.enter import ORDER, attempt, move_to

FORKS = 100
STARTS = 20


def seconds_in_child(policy: Policy) -> dict[str, float]:
    """Fork, go in layer by layer, multiply two matrices on two threads; seconds of each part."""
    reader, writer = os.pipe()
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        _go_in(replace(policy, keep=(writer,)), writer)
    os.close(writer)
    with open(reader) as answer:
        words = answer.read().split()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("a child did not come back whole")
    took = dict(zip(ORDER, map(float, words), strict=True))
    return {**took, "fork to end, with all of it": time.perf_counter() - began}


def _go_in(policy: Policy, writer: int) -> None:
    move_to(policy.scratch)
    took = []
    for name in ORDER:
        began = time.perf_counter()
        attempt(name, policy)
        took.append(time.perf_counter() - began)
    torch.set_num_threads(2)
    _ = torch.ones(300, 300) @ torch.ones(300, 300)
    os.write(writer, " ".join(map(str, took)).encode())
    os._exit(0)


def seconds_bare(policy: Policy) -> float:
    """The same fork without any layer."""
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        torch.set_num_threads(2)
        _ = torch.ones(300, 300) @ torch.ones(300, 300)
        os._exit(0)
    os.waitpid(pid, 0)
    return time.perf_counter() - began


def seconds_whole(policy: Policy) -> tuple[float, float]:
    """All layers at once, as a worker goes in, measured inside: by the clock, and of processor."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        began, worked = time.perf_counter(), time.process_time()
        enter(replace(policy, keep=(writer,)), required=())
        took = (time.perf_counter() - began, time.process_time() - worked)
        os.write(writer, " ".join(map(str, took)).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with open(reader) as answer:
        clock, processor = map(float, answer.read().split())
    return clock, processor


def seconds_of(command: list[str]) -> float:
    """A start of a program, to its end."""
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ)
    os.waitpid(pid, 0)
    return time.perf_counter() - began


def main() -> None:
    """Print the table, the layers that stand, and what bubblewrap adds to a start."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--record", action="store_true", help="for the instructor's page")
    recorded = asked.parse_args().record
    console = Console()
    torch.set_num_threads(1)
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        policy = Policy(Path(folder))
        rounds = [
            (seconds_in_child(policy), seconds_bare(policy), seconds_whole(policy))
            for _ in track(range(FORKS), "Forking", console=console)
        ]
        found = table(rounds)
        console.print(found, explain(probe(policy)), sep="\n")
        if recorded:
            keep(found, "sandbox")
        console.print(start(Path(folder)))


def table(rounds: list[tuple[dict[str, float], float, tuple[float, float]]]) -> Table:
    """Median milliseconds of each part."""
    shown = Table(title="Milliseconds per submission", caption=machine())
    shown.add_column("part")
    shown.add_column("median", justify="right")
    for name in rounds[0][0]:
        shown.add_row(name, f"{1e3 * median(inside[name] for inside, _, _ in rounds):.3f}")
    shown.add_row("fork to end, without", f"{1e3 * median(bare for _, bare, _ in rounds):.3f}")
    for at, name in enumerate(("all layers, by the clock", "all layers, of processor")):
        shown.add_row(name, f"{1e3 * median(whole[at] for _, _, whole in rounds):.3f}")
    return shown


def start(folder: Path) -> str:
    """What bubblewrap adds to the start of a program."""
    command = [sys.executable, "-S", "-c", ""]
    if why := bubblewrap.available(command, folder):
        return f"bubblewrap: {why}"
    wrapped = bubblewrap.around(command, writable=folder)
    bare, inside = (
        1e3 * median(seconds_of(words) for _ in range(STARTS)) for words in (command, wrapped)
    )
    return f"bubblewrap: {inside - bare:.1f} ms more for a start, once for all submissions"


def machine() -> str:
    """What the figures depend on."""
    return (
        f"{platform.machine()}, Linux {platform.release()}, {os.cpu_count()} processors, "
        f"torch {torch.__version__}, {FORKS} forks, all came back"
    )


if __name__ == "__main__":
    main()
