"""A class to try the grader on: submissions made from the release notebook and recipes.

Every recipe names the graded cells in which it is broken. From that list and the points in the
notebook follows the mark it must get, before anything is graded.
"""

import copy
import shutil
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from course_lib.editions.regions import BEGIN, END, Region, read_regions, replace_regions
from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.personal import set_student
from course_lib.grading.recipes import Recipe, recipes
from course_lib.grading.release import release
from course_lib.misconceptions import MISCONCEPTIONS, RIGHT, Variant
from course_lib.misconceptions.build import region_key, written_into

PREFIX = "sample-"


def make(assignment: str, course: Course | None = None) -> Path:
    """Write the sample class's submissions, in the place of an older sample class.

    Args:
        assignment: Name of the assignment's folder; it is released if need be.
        course: The course root; this repository's by default.

    Returns:
        The folder of all submissions. Those of other students and assignments are left alone.
    """
    course = course or Course()
    submitted = course.root / "submitted"
    for folder in submitted.glob(f"{PREFIX}*/{assignment}"):
        shutil.rmtree(folder)
    release(assignment, course)
    for recipe in recipes(assignment):
        hand_in(recipe, PREFIX + recipe.name, assignment, course)
    for folder in submitted.glob(f"{PREFIX}*"):
        if not any(folder.iterdir()):
            folder.rmdir()
    return submitted


def hand_in(recipe: Recipe, student: str, assignment: str, course: Course) -> None:
    """Write one submission, made from the release notebook by a recipe.

    Args:
        recipe: How it is made.
        student: Who hands it in; nothing of theirs may be there yet.
        assignment: Name of the assignment's folder; it has been released.
        course: The course root.
    """
    notebook = copy.deepcopy(_read(course.release(assignment).read_text(encoding="utf-8")))
    source = _read(course.source(assignment).read_text(encoding="utf-8"))
    _write_solutions(notebook, source, recipe)
    set_student(notebook, student)
    recipe.change(notebook)
    folder = course.submission(student, assignment)
    folder.mkdir(parents=True)
    recipe.save(notebook, folder / f"{folder.name}.ipynb")
    for name, text in recipe.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def expected(recipe: Recipe, source: NotebookNode) -> float:
    """The points a recipe's submission must get by machine.

    Args:
        recipe: How the submission is made.
        source: The source notebook, which says what each cell is worth.
    """
    return sum(
        float(cell.metadata["nbgrader"]["points"])
        for cell in source.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
        if not matches(cells.name(cell), recipe.broken)
    )


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the name of a cell fits one of a recipe's patterns."""
    return any(fnmatch(name, pattern) for pattern in patterns)


def find_variant(slug: str) -> Variant:
    """The wrong or right variant called ``slug``.

    Raises:
        LookupError: If there is none.
    """
    variants: tuple[Variant, ...] = (*MISCONCEPTIONS, *RIGHT)
    for variant in variants:
        if variant.slug == slug:
            return variant
    raise LookupError(f"no variant {slug!r} in the catalogue")


@lru_cache(4)
def _read(text: str) -> NotebookNode:
    """The notebook a text holds, to be copied before it is changed."""
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


def _write_solutions(notebook: NotebookNode, source: NotebookNode, recipe: Recipe) -> None:
    """Put the solutions of the source notebook, or a recipe's variants of them, into a release."""
    solved = {cells.name(cell): cell for cell in source.cells if cells.name(cell)}
    for cell in notebook.cells:
        name = cells.name(cell)
        if not name or not cell.metadata["nbgrader"]["solution"] or matches(name, recipe.unwritten):
            continue
        text = solved[name].source
        for slug in recipe.variants:
            text = _with_variant(text, name, find_variant(slug))
        cell.source = replace_regions(text, name, _inside) if cell.cell_type == "code" else text
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace(f"{BEGIN}\n", "").replace(f"\n{END}", "")


def _with_variant(text: str, name: str, variant: Variant) -> str:
    key = region_key(variant.exercise)
    here = any(region.key == key for region in read_regions(text, name))
    return written_into(text, name, variant) if here else text


def _inside(region: Region, indent: str) -> str:
    return region.text
