"""Every known mistake against the notebook's cases, in this process."""

import pytest

from course_lib.misconceptions import MISCONCEPTIONS, Misconception
from course_lib.misconceptions.build import region_key
from course_lib.misconceptions.matching import the_one
from tests.misconceptions.trying import RULES, known_in

NAMED = (
    *("sgd/dampening_on_first_step", "sgd/first_buffer_zero", "sgd/rate_inside_velocity"),
    *("sgd/averaged_momentum", "nesterov/old_buffer", "nesterov/rate_on_gradient_only"),
    *("adagrad/forgets_sum", "rmsprop/as_adagrad", "adam/no_bias_correction"),
    *("adam/correction_from_zero", "adam/eps_inside_root", "adam/eps_before_correction"),
    *("adam/eps_after_division", "adam/square_without_share", "adam/betas_swapped"),
    *("adam/decoupled_decay", "adamw/l2_in_gradient", "adamw/decay_after_step"),
    *("adamw/decay_without_rate", "adam/state_shared", "adam/state_on_cpu"),
    *("sgd/gradient_changed_in_place", "sgd/graph_kept_in_state", "sgd/parameter_rebound"),
    "adam/step_counted_for_all",
)


def made_in(rule: str) -> list[Misconception]:
    return [mistake for mistake in MISCONCEPTIONS if region_key(mistake.exercise) == rule]


def test_the_usual_mistakes_are_in_the_catalogue() -> None:
    assert set(NAMED) <= {mistake.slug for mistake in MISCONCEPTIONS}


@pytest.mark.parametrize("rule", RULES)
def test_hidden_cases_kill_every_mistake_where_it_says(rule: str) -> None:
    killed: dict[str, set[str]] = {mistake.slug: set() for mistake in made_in(rule)}
    for case, shown in known_in(rule):
        for known in shown if case.hidden else ():
            killed[known.mistake.slug].add(case.exercise)
    assert killed == {mistake.slug: set(mistake.caught_by) for mistake in made_in(rule)}


@pytest.mark.parametrize("rule", RULES)
def test_no_mistake_earns_the_hint_of_another(rule: str) -> None:
    for case, shown in known_in(rule):
        for known in shown:
            hint = the_one(shown, known)
            assert hint in (None, known.mistake), case


@pytest.mark.parametrize("rule", RULES)
def test_every_mistake_earns_its_hint_where_a_cell_stops(rule: str) -> None:
    stopped: set[tuple[str, str]] = set()
    earned = set()
    for case, shown in known_in(rule):
        for known in shown:
            at = (known.mistake.slug, case.cell)
            if at not in stopped:  # the first check of a cell that fails is the last one run
                stopped.add(at)
                earned |= {known.mistake.slug} if the_one(shown, known) else set()
    assert {mistake.slug for mistake in made_in(rule)} == earned
