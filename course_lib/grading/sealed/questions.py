"""What is asked of a submission: every check of its tests, on fresh inputs, in no fixed order."""

import hashlib
import hmac
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from course_lib.checks.exercises import find
from course_lib.checks.fingerprints import key
from course_lib.checks.inputs import BUILDERS

STEPS = 40
"""Steps of a velocity rule at least: of three guesses in four all are right once in 10^5."""


@dataclass(frozen=True)
class Question:
    """One check of a test cell.

    Args:
        exercise: Its slug.
        parameters: As the test cell has them.
    """

    exercise: str
    parameters: Mapping[str, Any] = field(hash=False)

    @cached_property
    def key(self) -> str:
        """Its name: the same for the same check, wherever it stands."""
        return key(self.exercise, self.parameters)


def submission_seed(secret: bytes, *what: str) -> bytes:
    """The seed of all chance in grading one submission.

    Args:
        secret: Known to nobody who hands in.
        *what: Digests of the submission and of whatever else its inputs shall depend on.

    Example:
        >>> submission_seed(b"secret", "ann") == submission_seed(b"secret", "bob")
        False
    """
    return hmac.new(secret, "\0".join(what).encode(), hashlib.sha256).digest()


def fresh(question: Question, seed: bytes) -> dict[str, Any]:
    """The parameters of a question with a seed of this submission's own, if its inputs have one.

    A rule of plain numbers is run for long enough that no lucky guess passes.

    Raises:
        LookupError: If there is no such exercise.
    """
    parameters = dict(question.parameters)
    if "seed" in (BUILDERS[find(question.exercise).kind].__kwdefaults__ or {}):
        drawn = submission_seed(seed, question.key)
        parameters["seed"] = int.from_bytes(drawn[:4], "big") % 2**31
    if find(question.exercise).kind == "convention":
        parameters["steps"] = max(STEPS, parameters.get("steps", 0))
    return parameters


def order(questions: Sequence[Question], seed: bytes) -> list[Question]:
    """Every question once, and one of every exercise again at some other time, shuffled.

    Args:
        questions: In the order of the tests.
        seed: Of the submission.
    """
    once = {question.key: question for question in questions}
    every = [*once.values(), *(once[key] for key in drawn(questions, seed, "again"))]
    random.Random(seed).shuffle(every)
    return every


def drawn(questions: Sequence[Question], seed: bytes, purpose: str) -> list[str]:
    """The keys of one question of every exercise: which one, nobody knows before.

    Args:
        questions: In the order of the tests.
        seed: Of the submission.
        purpose: Another one, other questions.
    """
    draw = random.Random(submission_seed(seed, purpose))
    keys: dict[str, list[str]] = {}
    for question in questions:
        keys.setdefault(question.exercise, []).append(question.key)
    return [draw.choice(those) for those in keys.values()]
