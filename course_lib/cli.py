"""The command line ``course``: one command for each daily job, the same as the Makefile's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from course_lib.grading.course import Course

from course_lib.editions.library import ROOT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Neural Networks in Practice: build, hand out, grade, check.",
)
console = Console()

BUILD = ROOT / "_build"
STUDENT = BUILD / "student"
CODE = [
    "course_lib",
    "tests",
    "benchmarks",
    "book",
    "assignments/source",
    "assignments/nbgrader_config.py",
]

Assignments = Annotated[
    list[str] | None, typer.Argument(help="Names of assignments; all by default.", metavar="NAME")
]
RequireCuda = Annotated[bool, typer.Option("--require-cuda", help="Refuse to grade without a GPU.")]


class Level(Enum):
    """How many layers of the sandbox must stand."""

    STRICT = "strict"
    AVAILABLE = "available"


class Engine(Enum):
    """Who runs the notebooks."""

    SEALED = "sealed"
    KERNEL = "kernel"


Jobs = Annotated[
    int, typer.Option(help="Submissions at a time; one for each processor by default.")
]
Sandbox = Annotated[
    Level, typer.Option(help="Refuse fewer layers than documented, or take those there are.")
]
GradedBy = Annotated[
    Engine,
    typer.Option(
        help="sealed: nobody can forge a mark. kernel: stock nbgrader in forked kernels, one by"
        " one, for notebooks the sealed grader cannot judge; tests run beside the student's"
        " code, so it is NOT sealed."
    ),
]
Dask = Annotated[str, typer.Option(help="Address of a Dask scheduler whose workers do the work.")]
Resources = Annotated[
    str, typer.Option("--worker-resources", help='What a Dask worker must have, as "GPU=1".')
]


@app.command()
def run(assignments: Assignments = None, require_cuda: RequireCuda = False) -> None:
    """Go the whole road: book, releases, a graded sample class, feedback, the tables."""
    _chosen(assignments)
    site = book()
    student(assignments)
    sample_class(assignments)
    grade(assignments, require_cuda)
    console.print(f"\n[bold]Book[/]      {site / 'index.html'}")


@app.command()
def book() -> Path:
    """Build the book strictly: any warning is an error."""
    from course_lib.publish.build import BuildFailed, build

    with _in_plain_words(BuildFailed):
        return build()


@app.command()
def serve() -> None:
    """Build the book and serve it at a local address."""
    from course_lib.publish.serve import serve as serve_site

    serve_site(book())


@app.command()
def chapters() -> None:
    """Count each chapter's words, figures, corrections and references, and time its cells."""
    from course_lib.publish.census import show

    show(console)


@app.command()
def notebooks(
    names: Annotated[
        list[str] | None, typer.Argument(help="Chapters, such as 09_momentum; all by default.")
    ] = None,
) -> None:
    """Run the notebooks that the book offers in a clean environment with the student edition."""
    from course_lib.publish.downloads import DownloadFailed, check

    site = book()
    with _in_plain_words(DownloadFailed):
        if not check(site, names or (), console):
            raise typer.Exit(1)


@app.command()
def student(assignments: Assignments = None) -> None:
    """Derive the student edition of the library and the release notebooks."""
    from course_lib.editions.regions import RegionError
    from course_lib.editions.student import derive
    from course_lib.grading.course import GradingError
    from course_lib.grading.release import release

    chosen = _chosen(assignments)
    with _in_plain_words(RegionError, GradingError):
        with console.status("Deriving the student edition"):
            written = derive(STUDENT)
        folders = [release(name) for name in track(chosen, "Releasing", console=console)]
    console.print(f"Student edition {'derived' if written else 'up to date'}: {STUDENT}")
    for folder in folders:
        console.print(f"Release: {folder}")


@app.command()
def sync(
    check: Annotated[bool, typer.Option(help="Only report what is out of step.")] = False,
) -> None:
    """Copy the library's solutions into the source notebooks."""
    from course_lib.editions.regions import RegionError
    from course_lib.editions.sync import sync as sync_notebooks

    with _in_plain_words(RegionError):
        differences = sync_notebooks(check=check)
    for difference in differences:
        console.print(f"{difference}{': run `make sync`' if check else ': copied'}")
    if check and differences:
        raise typer.Exit(1)
    if not differences:
        console.print("The source notebooks are in step with the library.")


@app.command()
def sample_class(assignments: Assignments = None) -> None:
    """Generate the sample class's submissions."""
    from course_lib.grading.course import GradingError
    from course_lib.grading.sample_class import make

    chosen = _chosen(assignments)
    with _in_plain_words(GradingError):
        folders = [make(name) for name in track(chosen, "Handing in", console=console)]
    console.print(f"Sample class: {folders[0]}")


@app.command()
def grade(
    assignments: Assignments = None,
    require_cuda: RequireCuda = False,
    jobs: Jobs = 0,
    sandbox: Sandbox = Level.STRICT,
    dask: Dask = "",
    resources: Resources = "",
    engine: GradedBy = Engine.SEALED,
) -> None:
    """Grade the submissions, write feedback, show the tables."""
    from course_lib.checks.devices import REQUIRE
    from course_lib.grading.course import Course, GradingError
    from course_lib.grading.report import show

    if require_cuda:
        os.environ[REQUIRE] = "1"  # for the kernels as well
    if engine is Engine.KERNEL:
        if jobs > 1 or dask or resources:
            raise typer.BadParameter("--engine kernel grades one by one, on this machine")
        os.environ["COURSE_GRADER"] = "kernel"
    chosen = _chosen(assignments)
    course = Course()
    if not assignments:  # what nobody has handed in yet is no fault
        chosen = [name for name in chosen if course.students(name)] or chosen
    with _in_plain_words(GradingError):
        for name in chosen:
            _grade_class(name, course, jobs, sandbox, dask, resources)
    show(chosen, course)


def _grade_class(
    name: str, course: "Course", jobs: int, sandbox: "Level", dask: str, resources: str
) -> None:
    """Grade a class sealed or, where that is asked for, one by one in nbgrader's own way."""
    if os.environ.get("COURSE_GRADER") == "kernel":
        from course_lib.grading.kernel.classes import grade as grade_in_kernels

        grade_in_kernels(name, course, sandbox.value)
    elif os.environ.get("COURSE_GRADER") == "stock":
        from course_lib.grading.run import grade

        grade(name, course=course)
    else:
        from course_lib.grading.sealed.pool import grade as grade_sealed

        grade_sealed(
            name,
            course=course,
            jobs=jobs or None,
            sandbox=sandbox.value,
            dask=dask,
            resources=resources,
        )


@app.command()
def mutants(assignments: Assignments = None) -> None:
    """Grade every known mistake and every right variant through the release notebooks."""
    from course_lib.grading.mutants import hunt

    if not all([hunt(name) for name in _chosen(assignments)]):
        raise typer.Exit(1)


@app.command()
def attacks(
    names: Annotated[
        list[str] | None, typer.Argument(help="Attacks or kinds of them; all by default.")
    ] = None,
    jobs: Jobs = 0,
    sandbox: Sandbox = Level.STRICT,
    record: Annotated[
        bool, typer.Option("--record", help="Write the results into the instructor's guide.")
    ] = False,
    stock: Annotated[
        bool, typer.Option("--stock", help="Record how stock nbgrader grades those not recorded.")
    ] = False,
) -> None:
    """Grade the attack corpus sealed: nobody may gain a point or do harm."""
    from course_lib.grading.attacks import table
    from course_lib.grading.course import GradingError

    with _in_plain_words(GradingError, LookupError):
        if stock:
            console.print(f"Recorded: {table.record_stock(names or (), jobs or 2)}")
        elif not table.attack(console, names or (), jobs or None, sandbox.value, record):
            raise typer.Exit(1)


@app.command()
def bench() -> None:
    """Show the distance from torch of all that is taught, and what grading takes: half an hour."""
    taught = ("trajectories", "schedules", "layers", "optim", "hidden_tests")
    graders = ("sandbox", "kills", "kernel_engine", "grader", "grader --class 1000")
    for script in (*taught, *graders):
        name, *words = script.split()
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *words], cwd=ROOT, check=True)


@app.command(name="format")
def format_code() -> None:
    """Format code and notebooks, and mend what the linter can mend."""
    _tool("ruff", "format", *CODE)
    _tool("ruff", "check", "--fix", *CODE)


@app.command()
def quick(
    exercise: Annotated[str, typer.Argument(help="Only tests that name this exercise.")] = "",
) -> None:
    """Run the fast tests, in under a minute."""
    selected = ["-k", exercise] if exercise else []
    _steps(
        {
            "lint": ["ruff", "check", *CODE],
            "tests": ["pytest", "-q", "-n", "2", "-m", "not slow and not book", *selected],
        }
    )


@app.command()
def test() -> None:
    """Check everything, as CI does."""
    _steps(
        {
            "format": ["ruff", "format", "--check", *CODE],
            "lint": ["ruff", "check", *CODE],
            "types": ["mypy"],
            "editions in step": ["course", "sync", "--check"],
            "student edition and release": ["course", "student"],
            "book": ["course", "book"],
            "tests": ["pytest", "-q", "-n", "2", "--dist", "loadscope", "--durations", "15"],
        }
    )


def _chosen(names: list[str] | None) -> list[str]:
    """The assignments named, or all there are; what is not there is said in plain words."""
    from course_lib.grading.course import Course, GradingError

    with _in_plain_words(GradingError):
        return Course().assignments(names or ())


@contextmanager
def _in_plain_words(*faults: type[Exception]) -> Iterator[None]:
    """Say what a person can mend without a traceback, and fail."""
    try:
        yield
    except faults as fault:
        console.print(str(fault), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


def _steps(steps: dict[str, list[str]]) -> None:
    """Run every step, also after one has failed; fail at the end if any did."""
    failed = []
    for name, command in steps.items():
        console.rule(name)
        began = time.monotonic()
        code = _run(*command)
        console.print(
            f"{name}: {'ok' if code == 0 else 'FAILED'}, {time.monotonic() - began:.0f} s"
        )
        if code:
            failed.append(name)
    if failed:
        console.print(f"[red]Failed: {', '.join(failed)}[/]")
        raise typer.Exit(1)


def _tool(*command: str) -> None:
    if code := _run(*command):
        raise typer.Exit(code)


def _run(tool: str, *arguments: str) -> int:
    """Run a tool of this environment at the repository's root; one thread each, two at a time."""
    command = [str(Path(sys.executable).parent / tool), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
