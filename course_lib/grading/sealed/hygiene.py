"""Device hygiene of a submission: asked where it can differ, not once for every question.

On the pretended device only the lines that run matter, not the numbers, and a step there costs as
much as thirty on a CPU. So of an exercise's questions few are asked there: the plainest, and as
many as set every option that any of them sets. If one of these is not clean, all are asked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from course_lib.checks.exercises import find
from course_lib.checks.spec import Answer, CouldNotTell, Inputs
from course_lib.checks.verify import judge
from course_lib.grading.sealed.questions import Question

NUMBERS = ("lr", "eps", "betas", "alpha", "rho", "seed", "steps", "scale")
"""Parameters that change numbers, and never which lines of a rule run."""

UNSEEN = (*NUMBERS, "missing", "changes", "dtype", "shapes", "student")
"""Parameters that make no difference in a step or two without values."""

Path = frozenset[str]
Ask = Callable[[Question], tuple[Inputs, Answer]]


class Hygiene:
    """What is known of a submission on the pretended device.

    Args:
        questions: All that are asked of it.
    """

    def __init__(self, questions: Iterable[Question]) -> None:
        self._questions: dict[str, dict[Path, Question]] = {}
        self._answers: dict[Path, Answer] = {}
        self._clean: dict[str, bool] = {}
        for question in questions:
            self._questions.setdefault(question.exercise, {})[path(question)] = question

    def standing(self, exercise: str) -> list[Question]:
        """The questions that stand for all of an exercise."""
        own = self._questions[exercise]
        return [own[one] for one in cover(own)]

    def answer(self, question: Question, ask: Ask) -> Answer:
        """The answer on the pretended device: of this question, or of those that stand for it.

        Args:
            question: Of which exercise, and what it sets.
            ask: Puts a question to the student's process, on the pretended device.
        """
        exercise, own = question.exercise, path(question)
        standing = self._questions.setdefault(exercise, {})
        standing.setdefault(own, question)
        if exercise not in self._clean:
            asked = {path(one): ask(one) for one in self.standing(exercise)}
            self._answers |= {one: answer for one, (_, answer) in asked.items()}
            self._clean[exercise] = all(is_clean(exercise, *found) for found in asked.values())
        if own not in self._answers:
            if self._clean[exercise]:
                return next(self._answers[one] for one in standing if one in self._answers)
            self._answers[own] = ask(question)[1]
        return self._answers[own]


def is_clean(exercise: str, inputs: Inputs, answer: Answer) -> bool:
    """Whether an answer on the pretended device has nothing against it."""
    try:
        return judge(find(exercise), inputs, answer) is None
    except CouldNotTell:
        return False


def cover(paths: Iterable[Path]) -> list[Path]:
    """The plainest of several paths, and as many as go everywhere any of them goes.

    Example:
        >>> a, b, c = (frozenset(letters) for letters in ("x", "xyz", "xz"))
        >>> cover([a, b, c]) == [a, b]
        True
    """
    left = sorted(paths, key=lambda one: (len(one), sorted(one)))
    chosen = left[:1]
    missing = frozenset[str]().union(*left) - chosen[0]
    while missing:
        chosen.append(max(left, key=lambda one: len(one & missing)))
        missing -= chosen[-1]
    return chosen


def path(question: Question) -> Path:
    """What decides on the lines that run: the options that are set, and to what, if it matters.

    Example:
        >>> one = Question("adam", {"lr": 0.1, "seed": 1, "amsgrad": True})
        >>> one_more = Question("adam", {"lr": 0.2, "seed": 2, "amsgrad": True})
        >>> path(one) == path(one_more), path(one) == path(Question("adam", {"lr": 0.1}))
        (True, False)
    """
    return frozenset({question.exercise, *_set(question.parameters)})


def _set(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        if name == "groups":
            for group in value or ():
                yield from _set(group)
        elif name not in UNSEEN:
            yield from (f"{name} {part}" for part in _parts(name, value))


def _parts(name: str, value: Any) -> Iterable[Any]:
    """What of a value a rule may ask for: of a number whether it is 0 or 1, of a shape its axes."""
    if name == "shape":
        return [len(value)]
    if name == "modes" or (name in ("training", "gradients") and isinstance(value, (list, tuple))):
        return set(value)
    if name == "gradients" or _is_row(value):
        return []
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ["set"] if plain and value not in (0, 1) else [repr(value)]


def _is_row(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, (int, float)) for v in value)
