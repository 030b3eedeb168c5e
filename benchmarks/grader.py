"""Seconds a submission costs: stock nbgrader beside the sealed grader and its plug-in.

All three grade the same kinds of honest submissions in turn, each as the command an instructor
types. What a command costs for one submission is taken off, so that imports and starts do not
count; the rest is divided by the submissions. The sealed grader writes feedback too, which the
others do not.

Run it with ``python -m benchmarks.grader`` from the root of the project. ``--class 1000`` grades
classes of 10 to 1,000 instead, the sample class without its hangs over and over, each with inputs
of its own, then one in which every twentieth hangs; it leaves tables and a plot in
``_build/bench/``. ``--record`` puts tables and plot where the instructor's page shows them.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.kept import FOLDER, keep
from benchmarks.optim import machine
from course_lib.editions.library import ROOT
from course_lib.grading.course import Course
from course_lib.grading.recipes import recipes
from course_lib.grading.sample_class import PREFIX, make

ASSIGNMENT = "optimizers"
HONEST = ("perfect", "own-style", "half-done", "warns")
HANGS = ("endless-loop",)
SIZES = (10, 30, 100, 300, 1000)
OUT = ROOT / "_build" / "bench"

SETTINGS = """
load_subconfig("nbgrader_config.py", path={assignments!r})
c.CourseDirectory.root = {root!r}
c.BoundedExecute.library = ""
"""

SEALED = """
import sys
from pathlib import Path
from course_lib.grading.course import Course
from course_lib.grading.sealed.pool import grade
root, build, jobs, sandbox, *names = sys.argv[1:]
grade({assignment!r}, names, Course(Path(root), Path(build)), int(jobs), sandbox)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock and of processor, and most memory, in MB."""

    clock: float
    processor: float
    memory: float


def cost(command: list[str], folder: Path, **environment: str) -> Cost:
    """Run a command and all its processes.

    Args:
        command: What to run.
        folder: Where.
        **environment: Of the command, beside this process's.

    Raises:
        RuntimeError: If it fails.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=said, stderr=said
        )
        most = [0.0, 0.0]
        watch = threading.Thread(target=_watch, args=(process.pid, most), daemon=True)
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        if process.poll() or status:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace")[-2000:])
    # What is killed at the end leaves its time to nobody: then what was seen last counts.
    worked = max(used.ru_utime + used.ru_stime, most[1])
    return Cost(time.monotonic() - began, worked, most[0])


def _watch(pid: int, most: list[float]) -> None:
    # To ask for memory every time would take a quarter of the machine from what is measured.
    for look in itertools.count():
        family = _family(pid)
        if not family:
            return
        if look % 20 == 0:
            # Who ends while others are looked at leaves them its part of what they share, and
            # that is counted twice: hardly so in both of two looks.
            looks = (sum(map(_megabytes, _family(pid))) for _ in range(2))
            most[0] = max(most[0], min(looks))
        most[1] = max(most[1], sum(map(_worked, family)))
        time.sleep(0.2)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _worked(pid: int) -> float:
    """Seconds of processor of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    """The memory of a process, its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def new_course(folder: Path) -> Course:
    """A course of its own, with this repository's notebook and settings."""
    root = folder / "assignments"
    shutil.copytree(ROOT / "assignments" / "source", root / "source")
    settings = SETTINGS.format(assignments=str(ROOT / "assignments"), root=str(root))
    (root / "nbgrader_config.py").write_text(settings)
    return Course(root, folder / "_build")


def by_nbgrader(course: Course, names: list[str], grader: str) -> Cost:
    """Nbgrader's own command, for submissions it has not graded before."""
    for name in names:
        shutil.rmtree(course.root / "autograded" / name, ignore_errors=True)
    others = [path for path in (course.root / "submitted").iterdir() if path.name not in names]
    aside = course.build / "aside"
    aside.mkdir(parents=True, exist_ok=True)
    for path in others:
        path.rename(aside / path.name)
    try:
        program = str(Path(sys.executable).parent / "nbgrader")
        return cost(
            [program, "autograde", ASSIGNMENT, "--force"], course.root, COURSE_GRADER=grader
        )
    finally:
        for path in others:
            (aside / path.name).rename(path)


def by_the_sealed(course: Course, names: list[str], jobs: int, sandbox: str) -> Cost:
    """The course's own command, for submissions it has not graded before."""
    for folder in ("records", "autograded", "feedback"):
        for name in names:
            shutil.rmtree(course.root / folder / name, ignore_errors=True)
    source = SEALED.format(assignment=ASSIGNMENT)
    words = [str(course.root), str(course.build), str(jobs), sandbox, *names]
    return cost([sys.executable, "-c", source, *words], ROOT, COURSE_GRADER="")


def marginal(run: Callable[[list[str]], Cost], names: list[str]) -> Cost:
    """What one more submission costs, the start of the command left out."""
    one, all_ = run(names[:1]), run(names)
    more = len(names) - 1
    return Cost(
        (all_.clock - one.clock) / more, (all_.processor - one.processor) / more, all_.memory
    )


def copies(course: Course, count: int, kinds: tuple[str, ...] | None = None) -> list[str]:
    """Hand in again what some of the sample class did, under names of their own."""
    chosen = kinds or tuple(r.name for r in recipes(ASSIGNMENT) if r.name not in HANGS)
    names = []
    for number in range(count):
        kind = chosen[number % len(chosen)]
        name = f"{kind}-{number}"
        target = course.submission(name, ASSIGNMENT)
        if not target.exists():
            shutil.copytree(course.submission(PREFIX + kind, ASSIGNMENT), target)
            (target / "number.txt").write_text(str(number))  # another digest, other inputs
        names.append(name)
    return names


def times(stock: list[float], own: list[float]) -> list[float]:
    """How many times as long stock takes, round by round.

    A machine that is slow for minutes, as shared ones are, slows both sides of most rounds.
    """
    return [theirs / ours for theirs, ours in zip(stock, own, strict=True)]


def comparison(course: Course, rounds: int, sandbox: str) -> Table:
    """Stock, plug-in and sealed in turn; medians, and how many times stock's throughput.

    The faster the grader, the more submissions, of the same kinds: its first ones take longer.
    """
    few, many, all_ = (copies(course, count, HONEST) for count in (5, 13, 61))
    ways: dict[str, Callable[[], Cost]] = {
        "stock nbgrader autograde": lambda: marginal(
            lambda names: by_nbgrader(course, names, "stock"), few
        ),
        "nbgrader autograde, sealed": lambda: marginal(
            lambda names: by_nbgrader(course, names, ""), many
        ),
        "course grade, one at a time": lambda: marginal(
            lambda names: by_the_sealed(course, names, 1, sandbox), all_
        ),
    }
    by_the_sealed(course, many[:1], 1, sandbox)  # derives the student edition, once for all
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in track(range(rounds), "Grading in turn"):
        for name, way in ways.items():
            found[name].append(way())
    table = Table(title="Seconds per submission", caption=f"{machine()}, {rounds} rounds")
    table.add_column("grader")
    columns = ("by the clock", "of processor", "times stock", "from", "to", "memory of all, MB")
    for column in columns:
        table.add_column(column, justify="right")
    stock = [cost.clock for cost in found["stock nbgrader autograde"]]
    for name, costs in found.items():
        clock, work = median(c.clock for c in costs), median(c.processor for c in costs)
        each = times(stock, [c.clock for c in costs])
        ratios = (f"{one:.1f}" for one in (median(each), min(each), max(each)))
        memory = max(c.memory for c in costs)
        table.add_row(name, f"{clock:.3f}", f"{work:.3f}", *ratios, f"{memory:.0f}")
    return table


def parts(course: Course) -> Table:
    """Where a submission's time goes, as the records say."""
    table = Table(title="Seconds by the clock, as records say")
    for column in ("submission", "cells", "questions"):
        table.add_column(column, justify="left" if column == "submission" else "right")
    for path in sorted((course.root / "records").glob(f"*/{ASSIGNMENT}.json"))[:12]:
        seconds = json.loads(path.read_bytes()).get("seconds", {})
        if seconds:
            numbers = (f"{seconds[name]:.3f}" for name in ("cells", "judging"))
            table.add_row(path.parent.name, *numbers)
    return table


def classes(course: Course, most: int, jobs: int, sandbox: str) -> dict[int, Cost]:
    """What whole classes of growing size cost."""
    by_the_sealed(course, copies(course, 1), jobs, sandbox)  # derives the student edition
    sizes = [size for size in SIZES if size < most] + [most]
    return {size: by_the_sealed(course, copies(course, size), jobs, sandbox) for size in sizes}


def table_of(found: dict[int, Cost], jobs: int) -> Table:
    """A row for each size."""
    table = Table(title="Whole classes", caption=_with_jobs(jobs))
    for column in ("submissions", "seconds", "of processor", "each", "memory of all, MB"):
        table.add_column(column, justify="right")
    for size, cost in found.items():
        times = (f"{cost.clock:.1f}", f"{cost.processor:.1f}", f"{cost.clock / size:.3f}")
        table.add_row(f"{size:,}", *times, f"{cost.memory:.0f}")
    return table


def plot(found: dict[int, Cost], file: Path) -> None:
    """Seconds against submissions, beside what each costs in the largest class."""
    import matplotlib.pyplot as plt

    sizes, seconds = list(found), [cost.clock for cost in found.values()]
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    axes.loglog(sizes, seconds, "o-", label="measured")
    proportional = [size * seconds[-1] / sizes[-1] for size in sizes]
    axes.loglog(sizes, proportional, "--", color="gray", label="in proportion")
    axes.set(xlabel="submissions", ylabel="seconds by the clock")
    axes.legend()
    figure.savefig(file, metadata={"Date": None})


def hangs(course: Course, jobs: int, sandbox: str) -> Table:
    """A class of a hundred, and the same with an endless loop in five of them."""
    table = Table(title="Endless loops", caption=_with_jobs(jobs))
    for column in ("class", "seconds", "more for each loop"):
        table.add_column(column, justify="left" if column == "class" else "right")
    names = copies(course, 100)
    without = by_the_sealed(course, names, jobs, sandbox)
    loops = copies(course, len(names) // 20, HANGS)
    mixed = [loops[at // 20] if at % 20 == 0 else name for at, name in enumerate(names)]
    found = by_the_sealed(course, mixed, jobs, sandbox)
    more = (found.clock - without.clock) / len(loops)
    table.add_row(f"{len(names)} that end", f"{without.clock:.1f}", "")
    table.add_row(f"{len(loops)} of them do not", f"{found.clock:.1f}", f"{more:.1f}")
    return table


def _with_jobs(jobs: int) -> str:
    processors = len(os.sched_getaffinity(0))
    return f"{machine()}, {processors} processors, {jobs} submissions at a time"


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--class", dest="most", type=int, default=0, metavar="N")
    asked.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    asked.add_argument("--sandbox", choices=("strict", "available"), default="strict")
    asked.add_argument("--record", action="store_true", help="for the instructor's page")
    options = asked.parse_args()
    console, out = Console(), FOLDER if options.record else OUT
    with tempfile.TemporaryDirectory() as folder:
        course = new_course(Path(folder))
        make(ASSIGNMENT, course)
        if options.most:
            sizes = classes(course, options.most, options.jobs, options.sandbox)
            shown = table_of(sizes, options.jobs)
            console.print(shown)
            loops = hangs(course, options.jobs, options.sandbox)
            console.print(loops)
            keep(shown, "classes", out)
            keep(loops, "hangs", out)
            plot(sizes, out / "classes.svg")
            return
        found = comparison(course, options.rounds, options.sandbox)
        console.print(found, parts(course))
        keep(found, "comparison", out)


if __name__ == "__main__":
    main()
