"""The recipes' lists of broken cells, against the checks themselves, without nbgrader."""

from collections.abc import Iterator

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_lib import session
from course_lib.checks import run_check
from course_lib.checks.exercises import find
from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.mutants import uses
from course_lib.grading.recipes import Recipe, recipes
from course_lib.grading.recipes.common import in_function
from course_lib.grading.sample_class import expected, find_variant, make, matches
from course_lib.misconceptions import (
    MISCONCEPTIONS,
    RIGHT,
    Misconception,
    Variant,
)
from course_lib.misconceptions.build import region_key, session_of
from course_lib.misconceptions.notebook import cases

THERE = Course().assignments()
EVERY = [(assignment, recipe) for assignment in THERE for recipe in recipes(assignment)]

every_recipe = pytest.mark.parametrize(
    ("assignment", "recipe"), EVERY, ids=[f"{name}-{recipe.name}" for name, recipe in EVERY]
)
every_assignment = pytest.mark.parametrize("assignment", THERE)


def source(assignment: str) -> NotebookNode:
    return nbformat.read(Course().source(assignment), as_version=4)


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


@every_recipe
def test_variants_are_in_the_catalogue_of_the_assignment(assignment: str, recipe: Recipe) -> None:
    for slug in recipe.variants:
        assert find(find_variant(slug).exercise).assignment == assignment, slug


@pytest.mark.parametrize(
    ("assignment", "recipe"),
    [one for one in EVERY if one[1].variants],
    ids=lambda value: getattr(value, "name", value),
)
def test_variants_fail_in_exactly_the_cells_named(assignment: str, recipe: Recipe) -> None:
    """All variants of a recipe at once, beside right answers: one rule may use another."""
    variants = [find_variant(slug) for slug in recipe.variants]
    touched = {region_key(variant.exercise) for variant in variants}
    own = [c for c in cases(assignment) if uses(region_key(c.exercise)) & touched]
    names = session_of(assignment, *variants)
    for exercise in {case.exercise for case in own}:
        session.implement(names[find(exercise).name])
    failed = {
        case.cell for case in own if run_check(case.exercise, **case.parameters).outcome == "failed"
    }
    assert failed == {case.cell for case in own if matches(case.cell, recipe.broken)}


def test_marks_follow_from_the_notebooks_points() -> None:
    notebook = source("optimizers")
    assert expected(Recipe("all right"), notebook) == 90
    assert expected(Recipe("all wrong", broken=("*",)), notebook) == 0
    assert expected(Recipe("no adam", broken=("adam-*",)), notebook) == 74
    assert expected(Recipe("one cell", broken=("sgd-visible-1",)), notebook) == 88


@every_recipe
def test_every_pattern_of_a_recipe_names_a_cell(assignment: str, recipe: Recipe) -> None:
    names = [cells.name(cell) for cell in source(assignment).cells if cells.name(cell)]
    for pattern in (*recipe.broken, *recipe.unwritten):
        assert any(matches(name, (pattern,)) for name in names), pattern


@every_recipe
def test_a_change_can_be_made_to_the_notebook(assignment: str, recipe: Recipe) -> None:
    recipe.change(source(assignment))


def test_a_variant_nobody_knows_is_named() -> None:
    with pytest.raises(LookupError, match="no variant 'adam/no_such' in the catalogue"):
        find_variant("adam/no_such")


@every_assignment
def test_a_class_has_every_kind_of_student(assignment: str) -> None:
    found = {recipe.name: recipe for recipe in recipes(assignment)}
    assert len(found) == len(recipes(assignment))
    kinds = {"perfect", "untouched", "imports-only"}
    if assignment != "training":  # its submissions take minutes
        kinds |= {"own-style", "half-done", "crashes"}
    assert kinds <= found.keys()
    notebook = source(assignment)
    assert expected(found["perfect"], notebook) == 90
    assert expected(found["untouched"], notebook) == expected(found["imports-only"], notebook) == 0
    assert "half-done" not in found or 0 < expected(found["half-done"], notebook) < 90


@every_assignment
def test_a_class_has_mistakes_and_right_answers_in_other_styles(assignment: str) -> None:
    every: tuple[Variant, ...] = (*MISCONCEPTIONS, *RIGHT)
    known = [v.slug for v in every if find(v.exercise).assignment == assignment]
    assert known
    used = {slug for recipe in recipes(assignment) for slug in recipe.variants}
    wrong = {slug for slug in used if isinstance(find_variant(slug), Misconception)}
    where = f"course_lib/grading/recipes/{assignment}.py; the catalogue has {known}"
    assert len(wrong) >= 2, f"two misconceptions are missing in {where}"
    assert used - wrong, f"right variants are missing in {where}"


def test_the_class_of_the_first_assignment_is_the_whole_zoo() -> None:
    found = recipes("optimizers")
    mistakes = [v for r in found for v in map(find_variant, r.variants)]
    assert len(found) >= 29
    assert len({m.slug for m in mistakes if isinstance(m, Misconception)}) >= 6


CELL = """\
@implement
class A:
    def __init__(self):
        self.a = 1

    def update(self, x):
        \"\"\"One line.\"\"\"
        return x
"""


def test_a_line_goes_to_the_start_of_the_function_named() -> None:
    notebook = new_notebook(cells=[new_code_cell(CELL, id="a")])
    in_function("a", "update", "crash()")(notebook)
    in_function("a", "__init__", "first()")(notebook)
    lines = notebook.cells[0].source.splitlines()
    assert lines[3:5] == ["        first()", "        self.a = 1"]
    assert lines[-2:] == ["        crash()", "        return x"]
    with pytest.raises(LookupError, match="defines no function 'step'"):
        in_function("a", "step", "crash()")(notebook)
    with pytest.raises(LookupError, match="has no cell 'b'"):
        in_function("b", "step", "crash()")(notebook)


@pytest.mark.slow
def test_the_class_is_the_same_when_made_again_and_others_are_left_alone(course: Course) -> None:
    others = [course.root / "submitted" / name for name in ("ada/optimizers", "sample-old/other")]
    for folder in others:
        folder.mkdir(parents=True)

    def files() -> dict[str, bytes]:
        folder = make("optimizers", course)
        return {str(path): path.read_bytes() for path in folder.rglob("*.ipynb")}

    first = files()
    assert len(first) == len(recipes("optimizers"))
    (course.submission("sample-gone", "optimizers")).mkdir(parents=True)
    assert files() == first
    assert all(folder.is_dir() for folder in others)
    assert not (course.root / "submitted" / "sample-gone").exists()
