"""What every test of variants needs: the notebook's cases with their inputs."""

from functools import cache

from course_lib.checks import exercises
from course_lib.checks.exercises import ASSIGNMENTS, EXERCISES
from course_lib.checks.inputs import build
from course_lib.checks.spec import FAKE, Inputs
from course_lib.misconceptions.build import region_key
from course_lib.misconceptions.matching import Known, known_answers
from course_lib.misconceptions.notebook import Case, cases

RULES = tuple(dict.fromkeys(region_key(exercise.slug) for exercise in EXERCISES))
"""Each solution region once: SGD is asked for by two exercises."""


def cases_of(rule: str) -> list[Case]:
    return [c for a in ASSIGNMENTS for c in cases(a) if region_key(c.exercise) == rule]


def inputs_of(case: Case, device: str = "cpu") -> Inputs:
    return {**build(exercises.find(case.exercise), case.parameters), "device": device}


@cache
def known_in(rule: str) -> list[tuple[Case, list[Known]]]:
    """The mistakes that each case shows; those that need a GPU on one case of each exercise."""
    tried = [(case, known_answers(case.exercise, inputs_of(case))) for case in cases_of(rule)]
    last = {case.exercise: case for case in cases_of(rule) if case.hidden}
    pretended = [(c, known_answers(c.exercise, inputs_of(c, FAKE))) for c in last.values()]
    return tried + pretended
