"""Which known mistake gives this answer: every one is run on the same inputs."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import torch

from course_lib.checks import exercises, verify
from course_lib.checks.collect import collect
from course_lib.checks.fingerprints import Fingerprint, agrees, describe, rounding
from course_lib.checks.spec import Answer, CouldNotTell, Inputs
from course_lib.checks.verify import STEPPING
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
    near = _agreeing(given_answers(exercise, inputs, answer), came, answer)
    return _only(known for known in near if shows(exercise, inputs, known.answer))


def known_answers(exercise: str, inputs: Inputs) -> list[Known]:
    """Every mistake in an exercise's rule that these inputs bring to light, and what it gives."""
    return [k for k in given_answers(exercise, inputs) if shows(exercise, inputs, k.answer)]


def the_one(known: Iterable[Known], one: Known) -> Misconception | None:
    """The only one of ``known`` that agrees with ``one``; None if several do."""
    return _only(_agreeing(known, one.fingerprint, one.answer))


def given_answers(exercise: str, inputs: Inputs, like: Answer | None = None) -> Iterator[Known]:
    """Yield every mistake in an exercise's rule with what it gives on these inputs.

    The CPU comes first: elsewhere only those mistakes are left that it cannot show.

    Args:
        exercise: Slug of the exercise.
        inputs: What the mistakes are run on.
        like: An answer; mistakes that part from it at the first step may be left out.
    """
    elsewhere = inputs["device"] != "cpu"
    for mistake in MISCONCEPTIONS:
        if mistake.needs_gpu != elsewhere or region_key(mistake.exercise) != region_key(exercise):
            continue
        mistaken = variant_object(mistake)
        if like and _parts_at_once(mistaken, inputs, like):
            continue
        answer = collect(mistaken, inputs)
        if fingerprint := describe(exercises.find(exercise), inputs, answer):
            yield Known(mistake, answer, fingerprint)


def _parts_at_once(mistaken: Any, inputs: Inputs, like: Answer) -> bool:
    """Whether a mistake in a rule that steps gives another first step than an answer has."""
    if inputs["kind"] not in STEPPING:
        return False
    if like["outcome"] == "raised" and like["step"] <= 1:
        first = collect(mistaken, {**inputs, "gradients": inputs["gradients"][:1]})
        return bool(first["outcome"] == "answered")
    if not like.get("trajectory"):
        return False
    first = collect(mistaken, _first_step(inputs))
    if first["outcome"] != "answered" or not first["trajectory"]:
        return False
    pairs = zip(first["trajectory"][0], like["trajectory"][0], strict=False)
    close = 10 * rounding(like)  # wider than a fingerprint's, so that none is missed
    return not all(
        one.shape == other.shape
        and torch.allclose(one, other.to(one), rtol=close, atol=1e-11, equal_nan=True)
        for one, other in pairs
    )


def _first_step(inputs: Inputs) -> Inputs:
    """The first step alone; where there are several parameters, of the first one."""
    first = inputs["gradients"][:1]
    if "parameters" not in inputs:
        return {**inputs, "gradients": first}
    groups = inputs["groups"] and inputs["groups"][:1]
    alone = {"parameters": inputs["parameters"][:1], "groups": groups}
    return {**inputs, **alone, "gradients": [first[0][:1]]}


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
    found = list(islice((one.mistake for one in known), 2))  # to look at more would take time
    return found[0] if len(found) == 1 else None
