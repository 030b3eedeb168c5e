"""The recipes' lists of broken cells, against the checks themselves, without nbgrader."""

from collections.abc import Iterator

import nbformat
import pytest

from course_lib import session
from course_lib.checks import run_check
from course_lib.checks.exercises import find
from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.recipes import RECIPES, Recipe
from course_lib.grading.sample_class import expected, find_variant, make, matches
from course_lib.misconceptions import Misconception, variant_object
from course_lib.misconceptions.notebook import cases

WITH_VARIANTS = [recipe for recipe in RECIPES if recipe.variants]


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


@pytest.mark.parametrize("recipe", WITH_VARIANTS, ids=lambda recipe: recipe.name)
def test_variants_fail_in_exactly_the_cells_named(recipe: Recipe) -> None:
    for slug in recipe.variants:
        variant = find_variant(slug)
        session.implement(variant_object(variant))
        written = variant_object(variant).__name__
        own = [case for case in cases("optimizers") if find(case.exercise).name == written]
        failed = {
            case.cell
            for case in own
            if run_check(case.exercise, **case.parameters).outcome == "failed"
        }
        stated = {case.cell for case in own if matches(case.cell, recipe.broken)}
        assert failed == stated


def test_marks_follow_from_the_notebooks_points() -> None:
    source = nbformat.read(Course().source("optimizers"), as_version=4)
    assert expected(Recipe("all right"), source) == 90
    assert expected(Recipe("all wrong", broken=("*",)), source) == 0
    assert expected(Recipe("no adam", broken=("adam-*",)), source) == 74
    assert expected(Recipe("one cell", broken=("sgd-visible-1",)), source) == 88


def test_every_pattern_of_a_recipe_names_a_cell() -> None:
    source = nbformat.read(Course().source("optimizers"), as_version=4)
    names = [cells.name(cell) for cell in source.cells if cells.name(cell)]
    for recipe in RECIPES:
        for pattern in (*recipe.broken, *recipe.unwritten):
            assert any(matches(name, (pattern,)) for name in names), (recipe.name, pattern)


def test_the_class_is_large_and_varied() -> None:
    assert len({recipe.name for recipe in RECIPES}) == len(RECIPES) >= 12
    mistakes = [v for r in RECIPES for v in map(find_variant, r.variants)]
    assert len({m.slug for m in mistakes if isinstance(m, Misconception)}) >= 6


@pytest.mark.slow
def test_the_class_is_the_same_when_made_again(course: Course) -> None:
    def files() -> dict[str, bytes]:
        folder = make("optimizers", course)
        return {str(path): path.read_bytes() for path in folder.rglob("*.ipynb")}

    first = files()
    assert len(first) == len(RECIPES)
    assert files() == first
