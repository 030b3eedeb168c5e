"""Every right variant against the notebook's cases, in this process."""

import ast
from collections import defaultdict

import pytest

from course_lib.checks import exercises, run_check, verify
from course_lib.checks.collect import collect
from course_lib.checks.exercises import ASSIGNMENTS
from course_lib.checks.subject import Given
from course_lib.grading.sealed.judge import alike
from course_lib.misconceptions import RIGHT, RightVariant, variant_object
from course_lib.misconceptions.build import region_key
from tests.misconceptions.trying import cases_of, inputs_of

FAMILIES = ("sgd", "adagrad", "rmsprop", "adam", "adamw")
GIVEN = {"param", "grad", "state", "group", "self", "torch", "math"}

every_variant = pytest.mark.parametrize("variant", RIGHT, ids=lambda v: v.slug)


class _Renamed(ast.NodeTransformer):
    """Names and state entries numbered in the order they come; options keep their names."""

    def __init__(self, options: tuple[str, ...]) -> None:
        self.numbers: dict[str, int] = defaultdict(lambda: len(self.numbers))
        self.options = options

    def number(self, name: str) -> str:
        return name if name in GIVEN else f"_{self.numbers[name]}"

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.number(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.number(node.name)
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        entry = isinstance(node.value, str) and node.value not in self.options
        return ast.Constant(self.number(node.value)) if entry else node


def shape(variant: RightVariant) -> str:
    options = exercises.find(variant.exercise).options
    return ast.dump(_Renamed(options).visit(ast.parse(variant.body or variant.methods)))


def family(name: str) -> list[RightVariant]:
    return [variant for variant in RIGHT if variant.exercise == name]


def test_renaming_is_no_difference() -> None:
    one, other = "a = 1\nstate['x'] = a * group['lr']", "b = 1\nstate['y'] = b * group['lr']"
    assert shape(RightVariant("sgd/a", "t", one)) == shape(RightVariant("sgd/b", "t", other))
    third = one.replace("lr", "momentum")
    assert shape(RightVariant("sgd/a", "t", one)) != shape(RightVariant("sgd/c", "t", third))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_a_dozen_different_variants(name: str) -> None:
    variants = family(name)
    assert len(variants) >= 12
    assert len({shape(variant) for variant in variants}) == len(variants)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_knows_many_techniques(name: str) -> None:
    techniques = {variant.technique for variant in family(name)}
    assert {"in place", "out of place", "foreach", "guards", "whole step"} <= techniques
    assert len(techniques) >= 10


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_assignment_has_many_right_variants_by_several_techniques(assignment: str) -> None:
    variants = [v for v in RIGHT if exercises.find(v.exercise).assignment == assignment]
    assert len(variants) >= 8
    assert len({variant.technique for variant in variants}) >= 4
    shapes = [(variant.exercise, shape(variant)) for variant in variants]
    assert len(set(shapes)) == len(shapes)


@every_variant
def test_a_right_variant_passes_every_case(variant: RightVariant) -> None:
    cases = cases_of(region_key(variant.exercise))
    assert cases
    for case in cases:
        inputs = inputs_of(case)
        answer = collect(variant_object(variant), inputs)
        assert verify.judge(exercises.find(case.exercise), inputs, answer) is None, case


@every_variant
def test_copies_of_what_it_remembers_change_no_right_variant(variant: RightVariant) -> None:
    for case in cases_of(region_key(variant.exercise)):
        inputs = inputs_of(case)
        if inputs["kind"] == "optimizer":
            plain, copied = (
                collect(variant_object(variant), {**inputs, **more}) for more in ({}, {"copied": 2})
            )
            assert alike(plain, copied), case


@every_variant
def test_a_right_variant_loses_nothing_by_the_pretended_gpu(variant: RightVariant) -> None:
    case = cases_of(region_key(variant.exercise))[0]
    result = run_check(case.exercise, Given(variant_object(variant)), **case.parameters)
    assert (result.outcome, result.hint) == ("passed", None)
