"""Seconds a submission costs in stock nbgrader, and in kernels forked from a warm parent.

Both grade the same submissions in turn, each as the command an instructor types: those of a small
notebook of another course, whose tests are plain asserts, and honest ones of this course. What a
command costs for one submission is taken off, so that imports and the start of the warm parent do
not count. Marks are compared, too.

Run it with ``python -m benchmarks.kernel_engine`` from the root of the project.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.grader import (
    ASSIGNMENT,
    HONEST,
    Cost,
    by_nbgrader,
    copies,
    marginal,
    new_course,
    times,
)
from benchmarks.kept import keep
from benchmarks.optim import machine
from course_lib.grading.course import Course
from course_lib.grading.gradebook import marks
from course_lib.grading.sample_class import make

ENGINES = ("stock", "kernel")
SUBMISSIONS = 5

SETTINGS = """
import os
import sys
os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))
c = get_config()
c.CourseDirectory.root = {root!r}
if os.environ.get("COURSE_GRADER") == "kernel":
    from course_lib.grading import kernel
    kernel.turn_on(c)
"""

SOLUTION = """
def step(weight, gradient, velocity, lr, momentum):
    ### BEGIN SOLUTION
    velocity = momentum * velocity + gradient
    return weight - lr * velocity, velocity
    ### END SOLUTION
"""

TEST = """
weight = torch.ones(3, requires_grad=True)
theirs, mine, velocity = torch.optim.SGD([weight], lr=0.1, momentum=0.9), torch.ones(3), 0.0
for _ in range(5):
    theirs.zero_grad()
    (weight**2).sum().backward()
    mine, velocity = step(mine, 2 * mine, velocity, 0.1, 0.9)
    theirs.step()
torch.testing.assert_close(mine, weight.detach())
"""

CELLS = {
    "start": "import matplotlib.pyplot as plt\nimport torch",
    "step": SOLUTION,
    "step-figure": "plt.plot([1, 2, 3])\nplt.show()",
    "step-test": TEST,
}


def other_course(folder: Path) -> tuple[Course, list[str]]:
    """A course that knows nothing of this one, and submissions, half of them wrong."""
    course = Course(folder / "assignments", folder / "_build")
    course.source(ASSIGNMENT).parent.mkdir(parents=True)
    settings = SETTINGS.format(root=str(course.root))
    (course.root / "nbgrader_config.py").write_text(settings)
    cells = [
        new_code_cell(source.strip(), id=name, metadata={"nbgrader": _details(name)})
        for name, source in CELLS.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, course.source(ASSIGNMENT))
    course.call("generate_assignment", ASSIGNMENT)
    names = [f"student-{number}" for number in range(SUBMISSIONS)]
    for number, name in enumerate(names):
        path = course.submission(name, ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        handed_in = nbformat.read(course.release(ASSIGNMENT), as_version=4)
        handed_in.cells[1].source = SOLUTION.replace("momentum *", f"momentum * {1 + number % 2} *")
        nbformat.write(handed_in, path)
    return course, names


def _details(name: str) -> dict[str, object]:
    graded, solution = name.endswith("-test"), name == "step"
    flags = {"grade": graded, "solution": solution, "locked": graded, "task": False}
    return {"grade_id": name, "schema_version": 3, **flags, **({"points": 1} if graded else {})}


def own_course(folder: Path) -> tuple[Course, list[str]]:
    """This course, and honest submissions of its sample class."""
    course = new_course(folder)
    make(ASSIGNMENT, course)
    return course, copies(course, SUBMISSIONS, HONEST)


def compared(course: Course, names: list[str], rounds: int) -> dict[str, list[Cost]]:
    """What a submission costs by each engine, in turn.

    Raises:
        RuntimeError: If they disagree on a mark.
    """
    found: dict[str, list[Cost]] = {engine: [] for engine in ENGINES}
    given: dict[str, list[object]] = {}
    for _ in track(range(rounds), "Grading in turn"):
        for engine in ENGINES:
            found[engine].append(
                marginal(lambda some, engine=engine: by_nbgrader(course, some, engine), names)  # type: ignore[misc]
            )
            given[engine] = [marks(course.database, ASSIGNMENT, name) for name in names]
        if given["stock"] != given["kernel"]:
            pairs = zip(names, given["stock"], given["kernel"], strict=True)
            raise RuntimeError(
                f"marks differ: {[name for name, *two in pairs if two[0] != two[1]]}"
            )
    return found


def main() -> None:
    """Print the tables."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--record", action="store_true", help="for the instructor's page")
    options = asked.parse_args()
    table = Table(title="Seconds per submission", caption=f"{machine()}, {options.rounds} rounds")
    table.add_column("notebook")
    for name in ("engine", "by the clock", "of processor", "times stock, clock", "processor"):
        table.add_column(name, justify="right")
    courses: dict[str, Callable[[Path], tuple[Course, list[str]]]] = {
        "of another course": other_course,
        "of this course": own_course,
    }
    for title, build in courses.items():
        with tempfile.TemporaryDirectory() as folder:
            found = compared(*build(Path(folder)), options.rounds)
        rows = {
            engine: ([cost.clock for cost in costs], [cost.processor for cost in costs])
            for engine, costs in found.items()
        }
        for engine, taken in rows.items():
            seconds = (f"{median(one):.3f}" for one in taken)
            ratios = (
                f"{median(times(*two)):.1f}" for two in zip(rows["stock"], taken, strict=True)
            )
            table.add_row(title, engine, *seconds, *ratios)
    Console().print(table)
    if options.record:
        keep(table, "kernel_engine")


if __name__ == "__main__":
    main()
