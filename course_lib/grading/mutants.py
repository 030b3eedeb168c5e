"""Hunt mutants: every known mistake must lose marks, every right variant must lose none.

Each goes into the release notebook's solution cell and is graded by the notebook's own test cells.
One notebook carries a variant of each rule, as far as the rules do not use each other.
"""

import multiprocessing
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import determine_grade
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from course_lib.checks import exercises
from course_lib.editions.library import library_regions
from course_lib.editions.regions import Region, read_regions, replace_regions
from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.execute import BoundedExecute
from course_lib.grading.release import release
from course_lib.grading.results import hint_lines
from course_lib.misconceptions import MISCONCEPTIONS, RIGHT, Misconception, Variant
from course_lib.misconceptions.build import region_key, written_into
from course_lib.misconceptions.notebook import cases

Batch = dict[str, Variant]
"""From a solution region's name to what is put there."""


@dataclass(frozen=True)
class Graded:
    """What a variant earned in the test cells of its rule.

    Args:
        variant: What was graded.
        score: Points earned.
        points: Points possible.
        lost: Names of the cells that gave nothing.
        hints: The hints earned, each once.
    """

    variant: Variant
    score: float
    points: float
    lost: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def as_it_should(self) -> bool:
        """Whether a mistake lost a hidden cell and earned its hint alone, or all was passed."""
        if not isinstance(self.variant, Misconception):
            return not self.lost
        killed = any("-hidden-" in name for name in self.lost)
        return killed and len(self.hints) == 1 and self.variant.hint in self.hints[0]


def hunt(assignment: str, workers: int = 2) -> bool:
    """Grade every variant, print one table of mistakes and one of right variants.

    Args:
        assignment: Slug of the assignment.
        workers: How many notebooks run at once.

    Returns:
        Whether every mistake was killed by the hint that names it, and every right variant passed.
    """
    every: tuple[Variant, ...] = (*MISCONCEPTIONS, *RIGHT)
    variants = [one for one in every if _assignment(one) == assignment]
    graded = grade(variants, assignment, workers=workers)
    wrong = [one for one in graded if isinstance(one.variant, Misconception)]
    right = [one for one in graded if not isinstance(one.variant, Misconception)]
    console = Console()
    for title, found in (("known mistakes", wrong), ("right variants", right)):
        console.print(_table(f"{assignment}: {title}", found))
    for title, found in (("mistakes killed by their hint", wrong), ("right variants", right)):
        good = sum(one.as_it_should for one in found)
        console.print(f"{assignment}: {good} of {len(found)} {title}")
    return all(one.as_it_should for one in graded)


def grade(
    variants: Iterable[Variant],
    assignment: str,
    course: Course | None = None,
    workers: int = 2,
) -> list[Graded]:
    """Grade variants, each by the test cells of its own rule.

    Args:
        variants: What to grade.
        assignment: Slug of the assignment.
        course: The course root; this repository's by default.
        workers: How many notebooks run at once.

    Returns:
        One result for each variant, in the order given.
    """
    course = course or Course()
    release(assignment, course)
    variants = list(variants)
    batches = list(_batches(variants))
    texts = [nbformat.writes(_filled(course, assignment, batch)) for batch in batches]
    found: dict[tuple[type, str], Graded] = {}
    # Spawned, not forked: torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with Progress() as progress, ProcessPoolExecutor(workers, context) as pool:
        task = progress.add_task(f"Grading variants of {assignment}", total=len(batches))
        executed = pool.map(partial(_executed, course.root, assignment), texts)
        for batch, text in zip(batches, executed, strict=True):
            notebook = nbformat.reads(text, as_version=4)
            for rule, variant in batch.items():
                tests = {c.cell for c in cases(assignment) if region_key(c.exercise) == rule}
                found[type(variant), variant.slug] = _graded(variant, notebook, tests)
            progress.advance(task)
    return [found[type(variant), variant.slug] for variant in variants]


def _assignment(variant: Variant) -> str:
    return exercises.find(variant.exercise).assignment


def _batches(variants: list[Variant]) -> Iterator[Batch]:
    """As few sets as can be of variants whose rules do not use each other."""
    rules = list(dict.fromkeys(region_key(variant.exercise) for variant in variants))
    left = {rule: [v for v in variants if region_key(v.exercise) == rule] for rule in rules}
    while any(left.values()):
        batch: Batch = {}
        for rule in rules:
            if left[rule] and not any(_linked(rule, other) for other in batch):
                batch[rule] = left[rule].pop(0)
        yield batch


def _linked(one: str, other: str) -> bool:
    return one in uses(other) or other in uses(one)


@cache
def uses(rule: str) -> frozenset[str]:
    """A rule with every rule its text names, and those that these name.

    Args:
        rule: Name of a solution region of the library, as ``Dropout.forward``.
    """
    found: set[str] = set()
    waiting = {rule}
    while waiting:
        found.add(now := waiting.pop())
        text = library_regions()[now][1].text
        named = {key for key in library_regions() if re.search(rf"\b{key.split('.')[0]}\b", text)}
        waiting |= named - found
    return frozenset(found)


def _filled(course: Course, assignment: str, batch: Batch) -> NotebookNode:
    """The release notebook with solutions and variants, and with the master's test cells."""
    source = nbformat.read(course.source(assignment), as_version=4)
    master = {cells.name(cell): cell.source for cell in source.cells if cells.name(cell)}
    notebook: NotebookNode = nbformat.read(course.release(assignment), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cells.name(cell):
            cell.source = _with_variants(master[cells.name(cell)], cells.name(cell), batch)
    return notebook


def _with_variants(text: str, name: str, batch: Batch) -> str:
    for region in read_regions(text, name):
        if region.key in batch:
            text = written_into(text, name, batch[region.key])
    return replace_regions(text, name, _without_marks)


def _without_marks(region: Region, indent: str) -> str:
    return region.text


def _executed(root: Path, assignment: str, text: str) -> str:
    """Run a notebook as nbgrader does; on this library, which has a hint for hidden cases, too."""
    config = Course(root).config
    config.BoundedExecute.library = ""
    resources = {"metadata": {"path": ""}, "nbgrader": {"assignment": assignment}}
    runner = BoundedExecute(config=config)
    notebook, _ = runner.preprocess(nbformat.reads(text, as_version=4), resources)
    return str(nbformat.writes(notebook))


def _graded(variant: Variant, notebook: NotebookNode, tests: set[str]) -> Graded:
    own = [cell for cell in notebook.cells if cells.name(cell) in tests]
    grades = {cells.name(cell): determine_grade(cell) for cell in own}
    return Graded(
        variant,
        score=sum(score for score, _ in grades.values()),
        points=sum(points for _, points in grades.values()),
        lost=tuple(cells.name(cell) for cell in own if _is_lost(cell)),
        hints=tuple(dict.fromkeys(hint for cell in own for hint in hint_lines(cell))),
    )


def _is_lost(cell: NotebookNode) -> bool:
    """Whether nbgrader gives nothing for it; cells worth 0 points are judged, too."""
    return any(o.output_type == "error" or o.get("name") == "stderr" for o in cell.outputs)


def _table(title: str, graded: list[Graded]) -> Table:
    table = Table(title=title, show_lines=False)
    for name in ("variant", "marks", "lost cells", "hint"):
        table.add_column(name, justify="right" if name == "marks" else "left", overflow="fold")
    table.add_column("")
    for one in graded:
        table.add_row(
            one.variant.slug,
            f"{one.score:g}/{one.points:g}",
            _short(one.lost),
            "\n".join(hint.replace("[", r"\[") for hint in one.hints),
            "as it should" if one.as_it_should else "[bold red]NOT AS IT SHOULD[/]",
        )
    return table


def _short(names: tuple[str, ...]) -> str:
    """How many visible and hidden cells were lost."""
    hidden = sum("-hidden-" in name for name in names)
    return f"{len(names) - hidden} visible, {hidden} hidden" if names else ""
