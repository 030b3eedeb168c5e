"""The table of exercises, and cases that torch's own classes pass."""

import inspect
from typing import Any

import pytest
import torch

from course_lib.checks import run_check
from course_lib.checks.exercises import EXERCISES, find, written_as
from course_lib.checks.inputs import BUILDERS, build
from course_lib.checks.subject import Given
from course_lib.session import library
from tests.checks.cells import RIGHT, sgd
from tests.pages import assert_leads_somewhere

OPTIMIZERS = [exercise.slug for exercise in EXERCISES if exercise.kind == "optimizer"]
WAYS = {"self", "params", "foreach", "capturable", "differentiable", "fused"}

COMMON: dict[str, dict[str, Any]] = {
    "plain": {},
    "single precision": {"dtype": "float32", "steps": 25},
    "complex": {"dtype": "complex128"},
    "tiny gradients": {"scale": 1e-7, "lr": 0.01},
    "gradients of zero": {"scale": 0.0},
    "missing gradients": {"missing": {0: [1, 2, 5], 1: [3]}},
    "never a gradient": {"missing": {1: list(range(1, 11))}},
    "two groups": {"groups": [{"lr": 0.1}, {"lr": 0.01, "weight_decay": 0.1}]},
    "rate changed": {"changes": {3: {"lr": 0.2}, 7: {"lr": 0.001}}},
    "climbing with decay": {"maximize": True, "weight_decay": 0.1},
    "constant gradients": {"gradients": "constant"},
    "a spike": {"gradients": "spike", "steps": 40},
    "one number": {"shapes": [()]},
}

OWN = [
    ("sgd", {"momentum": 0.9, "dampening": 0.5}),
    ("nesterov", {"weight_decay": 0.1}),
    ("adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-2}),
    ("rmsprop", {"centered": True, "momentum": 0.9, "eps": 1e-2}),
    ("rmsprop", {"alpha": 0.0}),
    ("adam", {"betas": (0.8, 0.95), "eps": 1e-2, "amsgrad": True}),
    ("adamw", {"weight_decay": 0.5, "changes": {4: {"betas": (0.5, 0.9)}}}),
    ("adadelta", {"rho": 0.5, "eps": 1e-2}),
    ("nadam", {"momentum_decay": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.1}),
]


@pytest.mark.parametrize("slug", OPTIMIZERS)
@pytest.mark.parametrize("case", COMMON)
def test_torch_itself_passes(slug: str, case: str) -> None:
    torch_class = getattr(torch.optim, find(slug).reference)
    result = run_check(slug, Given(torch_class), **COMMON[case])
    assert result.outcome == "passed", result.message


@pytest.mark.parametrize("slug", OPTIMIZERS)
@pytest.mark.parametrize("case", COMMON)
def test_the_library_passes_on_every_device(slug: str, case: str) -> None:
    result = run_check(slug, Given(library(find(slug).name)), **COMMON[case])
    assert all(line.startswith("passed") for line in result.cases), result.cases


@pytest.mark.parametrize(("slug", "case"), OWN)
def test_torch_itself_passes_with_its_own_options(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(getattr(torch.optim, find(slug).reference)), **case)
    assert result.outcome == "passed", result.message


@pytest.mark.parametrize("slug", OPTIMIZERS)
def test_options_are_torch_arguments_and_none_but_ways_are_missing(slug: str) -> None:
    exercise = find(slug)
    torch_class = getattr(torch.optim, exercise.reference)
    arguments = set(inspect.signature(torch_class.__init__).parameters) - WAYS
    left = arguments - set(exercise.options)
    assert set(exercise.options) <= arguments
    # What AdamW is, is no option of the exercise Adam.
    assert left == ({"decoupled_weight_decay"} if slug == "adam" else set())


@pytest.mark.parametrize("case", COMMON)
def test_a_right_solution_in_another_style_passes(case: str) -> None:
    sgd(RIGHT)
    for slug in ("sgd", "nesterov"):
        result = run_check(slug, **{"momentum": 0.9, **COMMON[case]})
        assert result.outcome == "passed", result.message


def test_seeds_give_different_inputs() -> None:
    one, other = (build(find("adam"), {"seed": seed}) for seed in (0, 1))
    assert not torch.equal(one["parameters"][0], other["parameters"][0])
    assert not torch.equal(one["gradients"][0][0], other["gradients"][0][0])


def test_a_seed_gives_the_same_inputs_again() -> None:
    one, other = (build(find("adam"), {"seed": 7}) for _ in range(2))
    assert torch.equal(one["gradients"][3][1], other["gradients"][3][1])


@pytest.mark.parametrize("slug", [exercise.slug for exercise in EXERCISES])
def test_inputs_are_plain(slug: str) -> None:
    exercise = find(slug)
    more: dict[str, Any] = {"betas": (0.5, 0.5)} if "betas" in exercise.options else {}
    if exercise.assignment == "optimizers":
        more["changes"] = {2: {"lr": 0.5}}
    if "student" in inspect.signature(BUILDERS[exercise.kind]).parameters:
        more["student"] = "ann"
    assert_plain(build(exercise, more))


def assert_plain(value: object) -> None:
    if isinstance(value, dict):
        assert all(type(key) is str for key in value)
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            assert_plain(entry)
    else:
        assert value is None or type(value) in (int, float, str, bool, torch.Tensor), value


@pytest.mark.parametrize(
    ("parameters", "error", "says"),
    [
        ({"beta": 0.9}, TypeError, "adam has no parameter 'beta'; its own are lr, betas, eps"),
        ({"beta": 0.9}, TypeError, "every optimizer case has steps, seed, scale"),
        ({"changes": {2: {"rate": 1}}}, TypeError, "no parameter 'rate'"),
        ({"groups": [{"rate": 1}, {}]}, TypeError, "no parameter 'rate'"),
        ({"groups": [{}]}, ValueError, "needed one group for each of 2 shapes, got 1"),
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"changes": {11: {"lr": 1}}}, ValueError, "changes must be at steps 1 to 10"),
        ({"missing": {2: [1]}}, ValueError, "names a parameter or a step that is not there"),
        ({"missing": {0: [0]}}, ValueError, "names a parameter or a step that is not there"),
        ({"dtype": "float16"}, ValueError, "dtype must be one of float32, float64"),
        ({"gradients": "wild"}, ValueError, "gradients must be one of normal, constant, spike"),
    ],
)
def test_a_wrong_case_is_refused(
    parameters: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        run_check("adam", **parameters)


def test_an_unknown_exercise_is_refused_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="no exercise 'adamm'; there are: rate_inside, "):
        run_check("adamm")


def test_two_exercises_may_judge_one_class() -> None:
    assert [exercise.slug for exercise in written_as("SGD")] == ["sgd", "nesterov"]


@pytest.mark.parametrize("slug", [exercise.slug for exercise in EXERCISES])
def test_an_exercise_names_what_the_library_holds(slug: str) -> None:
    own = library(find(slug).name)
    module = find(slug).target.rpartition(".")[0]
    assert own.__name__ == find(slug).name and own.__module__.startswith(module)


def test_parameters_torch_refuses_are_no_fault_of_a_student() -> None:
    sgd("param.sub_(group['lr'] * grad)")
    given = Given(lambda params, **options: torch.optim.SGD(params, lr=0.1))
    result = run_check("sgd", given, lr=-1.0)
    assert result.outcome == "could not tell"
    assert "torch refuses these parameters" in result.message


@pytest.mark.parametrize("slug", [exercise.slug for exercise in EXERCISES])
def test_an_exercise_is_explained_where_it_says(slug: str) -> None:
    assert_leads_somewhere(*find(slug).section.split("#"))
