"""The command line ``course``: one command for each daily job, the same as the Makefile's."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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

Assignment = Annotated[str, typer.Argument(help="Name of the assignment's folder.")]


@app.command()
def run(assignment: Assignment = "optimizers") -> None:
    """Go the whole road: book, release, a graded sample class, feedback, the table."""
    site = book()
    student(assignment)
    sample_class(assignment)
    grade(assignment)
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
def student(assignment: Assignment = "optimizers") -> None:
    """Derive the student edition of the library and the release notebook."""
    from course_lib.editions.regions import RegionError
    from course_lib.editions.student import derive
    from course_lib.grading.course import GradingError
    from course_lib.grading.release import release

    with _in_plain_words(RegionError, GradingError):
        written = derive(STUDENT)
        folder = release(assignment)
    console.print(f"Student edition {'derived' if written else 'up to date'}: {STUDENT}")
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
def sample_class(assignment: Assignment = "optimizers") -> None:
    """Generate the sample class's submissions."""
    from course_lib.grading.course import GradingError
    from course_lib.grading.sample_class import make

    with _in_plain_words(GradingError):
        console.print(f"Sample class: {make(assignment)}")


@app.command()
def grade(assignment: Assignment = "optimizers") -> None:
    """Grade the submissions one by one, write feedback, show the table."""
    from course_lib.grading.course import GradingError
    from course_lib.grading.report import show
    from course_lib.grading.run import grade as grade_class

    with _in_plain_words(GradingError):
        grade_class(assignment)
    show(assignment)


@app.command()
def mutants() -> None:
    """Grade every known mistake and every right variant through the release notebook."""
    from course_lib.grading.mutants import hunt

    if not hunt():
        raise typer.Exit(1)


@app.command()
def bench() -> None:
    """Show the distance from torch's trajectories, then milliseconds per step beside torch's."""
    for script in ("trajectories", "optim"):
        subprocess.run([sys.executable, "-m", f"benchmarks.{script}"], cwd=ROOT, check=True)


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
