"""The three velocity conventions."""

import pytest

from course_lib.checks import run_check
from course_lib.checks.subject import Given
from course_lib.session import library
from tests.checks.cells import run_cell

RULES = {
    "rate_inside": "velocity = momentum * velocity - lr * grad\n    return velocity, velocity",
    "rate_outside": "velocity = momentum * velocity + grad\n    return velocity, -lr * velocity",
    "rate_inside_flipped": "velocity = momentum * velocity + lr * grad\n"
    "    return velocity, -velocity",
}


def define(name: str, rule: str) -> None:
    run_cell(
        "from course_lib.session import implement\n@implement\n"
        f"def {name}(velocity, grad, lr, momentum):\n    {rule}\n"
    )


@pytest.mark.parametrize("name", RULES)
def test_each_rule_passes_its_own_exercise(name: str) -> None:
    define(name, RULES[name])
    result = run_check(name, lr=0.2, momentum=0.7, changes={4: {"lr": 0.02, "momentum": 0.9}})
    assert result.outcome == "passed", result.message


@pytest.mark.parametrize("name", RULES)
def test_the_library_passes(name: str) -> None:
    result = run_check(name, Given(library(name)), changes={2: {"lr": 0.5}})
    assert all(line.startswith("passed") for line in result.cases), result.cases


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("rule", RULES)
def test_no_rule_passes_for_another(name: str, rule: str) -> None:
    define(name, RULES[rule])
    assert (run_check(name).outcome == "passed") == (name == rule)


def test_changing_the_velocity_in_place_is_a_style() -> None:
    define("rate_inside", "velocity.mul_(momentum).sub_(lr * grad)\n    return velocity, velocity")
    assert run_check("rate_inside").outcome == "passed"


def test_the_message_names_velocity_or_update() -> None:
    define("rate_outside", "v = momentum * velocity + grad\n    return v, lr * v")
    assert run_check("rate_outside").message.startswith("step 1, update at [")
