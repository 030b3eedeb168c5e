"""Judging random answers: by their frequencies, with false alarms rarer than one in a billion."""

from course_lib.checks.spec import Answer, Break, Exercise, Inputs


def judge(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where a random answer falls off the ladder, or None."""
    raise NotImplementedError


def features(exercise: Exercise, inputs: Inputs, answer: Answer) -> list[str]:
    """What is odd about a random answer, in words that do not depend on the draw."""
    raise NotImplementedError
