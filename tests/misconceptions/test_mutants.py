"""A few variants through the release notebook, in a kernel, by nbgrader's own judgement."""

import shutil

import pytest

from course_lib.grading import mutants
from course_lib.grading.course import Course
from course_lib.grading.mutants import Graded, grade
from course_lib.misconceptions import MISCONCEPTIONS, RIGHT, Misconception, Variant
from course_lib.misconceptions.build import region_key

WRONG_SLUGS = ("adam/eps_inside_root", "sgd/dampening_on_first_step", "rmsprop/state_on_cpu")
RIGHT_SLUGS = ("adamw/foreach_lists", "adagrad/step_of_its_own", "rmsprop/guards_on_values")


def find(variants: tuple[Variant, ...], slug: str) -> Variant:
    return next(variant for variant in variants if variant.slug == slug)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Graded]:
    folder = tmp_path_factory.mktemp("course")
    course = Course(folder / "assignments", folder / "build")
    shutil.copytree(Course().root / "source", course.root / "source")
    shutil.copy(Course().root / "nbgrader_config.py", course.root)
    variants = [
        *(find(MISCONCEPTIONS, slug) for slug in WRONG_SLUGS),
        *(find(RIGHT, slug) for slug in RIGHT_SLUGS),
    ]
    return {one.variant.slug: one for one in grade(variants, "optimizers", course)}


@pytest.mark.slow
@pytest.mark.parametrize("slug", WRONG_SLUGS)
def test_a_mistake_loses_marks_and_earns_its_hint(graded: dict[str, Graded], slug: str) -> None:
    one = graded[slug]
    assert isinstance(one.variant, Misconception)
    assert one.score < one.points
    assert any("-hidden-" in name for name in one.lost)
    assert [one.variant.hint in hint for hint in one.hints] == [True]
    assert one.as_it_should


@pytest.mark.slow
@pytest.mark.parametrize("slug", RIGHT_SLUGS)
def test_a_right_variant_gets_full_marks(graded: dict[str, Graded], slug: str) -> None:
    one = graded[slug]
    assert one.score == one.points > 0
    assert one.lost == one.hints == ()
    assert one.as_it_should


def test_no_notebook_holds_two_variants_of_one_rule() -> None:
    variants: list[Variant] = [*MISCONCEPTIONS, *RIGHT]
    batches = list(mutants._batches(variants))
    assert sorted(v.slug for batch in batches for v in batch.values()) == sorted(
        v.slug for v in variants
    )
    for batch in batches:
        assert [region_key(variant.exercise) for variant in batch.values()] == list(batch)


@pytest.mark.parametrize(
    ("lost", "hints", "good"),
    [
        (("adam-hidden-1",), ("Hint: {own} (see p#s)",), True),
        (("adam-visible-1",), ("Hint: {own} (see p#s)",), False),
        (("adam-hidden-1",), (), False),
        (("adam-hidden-1",), ("Hint: another one (see p#s)",), False),
        (("adam-hidden-1",), ("Hint: {own} (see p#s)", "Hint: another one (see p#s)"), False),
    ],
)
def test_a_mutant_is_killed_in_hidden_cells_and_by_its_own_hint_alone(
    lost: tuple[str, ...], hints: tuple[str, ...], good: bool
) -> None:
    mistake = find(MISCONCEPTIONS, "adam/betas_swapped")
    assert isinstance(mistake, Misconception)
    earned = tuple(hint.format(own=mistake.hint) for hint in hints)
    assert Graded(mistake, 0, 16, lost, earned).as_it_should is good


def test_a_right_variant_may_lose_no_cell() -> None:
    right = find(RIGHT, "adam/averages_by_lerp")
    assert Graded(right, 16, 16, (), ()).as_it_should
    assert not Graded(right, 16, 16, ("nadam-hidden-1",), ()).as_it_should
