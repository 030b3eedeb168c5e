"""Which known mistake gives this answer: every one is run on the same inputs."""

from typing import NamedTuple

from course_lib.checks import exercises, verify
from course_lib.checks.collect import collect
from course_lib.checks.fingerprints import Fingerprint, agrees, describe, rounding
from course_lib.checks.spec import Answer, CouldNotTell, Exercise, Inputs
from course_lib.misconceptions.build import region_key, variant_object
from course_lib.misconceptions.model import Misconception
from course_lib.misconceptions.optimizers import MISCONCEPTIONS


class Known(NamedTuple):
    """A mistake and what it gives on some inputs."""

    mistake: Misconception
    answer: Answer
    fingerprint: Fingerprint


def match(exercise: str, inputs: Inputs, answer: Answer) -> Misconception | None:
    """The one known mistake that gives this answer on these inputs; None if none or several do.

    Args:
        exercise: Slug of the exercise that was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    return the_one(known_answers(exercise, inputs), answer)


def known_answers(exercise: str, inputs: Inputs) -> list[Known]:
    """Every mistake in an exercise's rule that these inputs bring to light, and what it gives.

    A mistake that these inputs do not show gives the right answer, and would match whoever is
    merely imprecise. The CPU comes first: elsewhere only those are left that it cannot show.
    """
    wanted, elsewhere = exercises.find(exercise), inputs["device"] != "cpu"
    known = []
    for mistake in MISCONCEPTIONS:
        if mistake.needs_gpu != elsewhere or region_key(mistake.exercise) != region_key(exercise):
            continue
        answer = collect(variant_object(mistake), inputs)
        fingerprint = describe(answer)
        if fingerprint is not None and _shows(wanted, inputs, answer):
            known.append(Known(mistake, answer, fingerprint))
    return known


def the_one(known: list[Known], answer: Answer) -> Misconception | None:
    """The only one of ``known`` that agrees with an answer; None if none or several do."""
    came = describe(answer)
    if came is None:
        return None
    found = [one.mistake for one in known if agrees(one.fingerprint, came, rounding(answer))]
    return found[0] if len(found) == 1 else None


def _shows(exercise: Exercise, inputs: Inputs, answer: Answer) -> bool:
    try:
        return verify.judge(exercise, inputs, answer) is not None
    except CouldNotTell:
        return False
