"""Which known mistake gives this answer: every one is run on the same inputs."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from course_lib.checks import exercises, verify
from course_lib.checks.collect import collect
from course_lib.checks.fingerprints import Fingerprint, agrees, describe, rounding
from course_lib.checks.spec import Answer, CouldNotTell, Inputs
from course_lib.misconceptions.build import region_key, variant_object
from course_lib.misconceptions.catalogue import MISCONCEPTIONS
from course_lib.misconceptions.model import Misconception


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
    came = describe(exercises.find(exercise), inputs, answer)
    if came is None:
        return None
    near = _agreeing(given_answers(exercise, inputs), came, answer)
    return _only(known for known in near if shows(exercise, inputs, known.answer))


def known_answers(exercise: str, inputs: Inputs) -> list[Known]:
    """Every mistake in an exercise's rule that these inputs bring to light, and what it gives."""
    return [k for k in given_answers(exercise, inputs) if shows(exercise, inputs, k.answer)]


def the_one(known: Iterable[Known], one: Known) -> Misconception | None:
    """The only one of ``known`` that agrees with ``one``; None if several do."""
    return _only(_agreeing(known, one.fingerprint, one.answer))


def given_answers(exercise: str, inputs: Inputs) -> Iterator[Known]:
    """Yield every mistake in an exercise's rule with what it gives on these inputs.

    The CPU comes first: elsewhere only those mistakes are left that it cannot show.
    """
    elsewhere = inputs["device"] != "cpu"
    for mistake in MISCONCEPTIONS:
        if mistake.needs_gpu != elsewhere or region_key(mistake.exercise) != region_key(exercise):
            continue
        answer = collect(variant_object(mistake), inputs)
        if fingerprint := describe(exercises.find(exercise), inputs, answer):
            yield Known(mistake, answer, fingerprint)


def shows(exercise: str, inputs: Inputs, answer: Answer) -> bool:
    """Whether an answer fails the check.

    A mistake that the inputs do not show gives the right answer, and would match whoever is merely
    imprecise.
    """
    try:
        return verify.judge(exercises.find(exercise), inputs, answer) is not None
    except CouldNotTell:
        return False


def _agreeing(known: Iterable[Known], came: Fingerprint, answer: Answer) -> list[Known]:
    return [one for one in known if agrees(one.fingerprint, came, rounding(answer))]


def _only(known: Iterable[Known]) -> Misconception | None:
    found = [one.mistake for one in known]
    return found[0] if len(found) == 1 else None
