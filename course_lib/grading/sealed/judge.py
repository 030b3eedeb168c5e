"""The trusted side: runs the test cells, asks the student's process, decides.

A test cell is ordinary Python. What it imports from ``course_lib.checks`` is bound to the student's
process: ``check`` compares what comes from there, ``student_value`` fetches a plain value. No code
of a test and no right answer ever leaves this process.
"""

import ast
import builtins
import io
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.report import CheckFailed
from course_lib.checks.run import pretended, run_check
from course_lib.checks.spec import FAKE, KEPT_BACK, Answer, Inputs, Result
from course_lib.grading.sealed.desk import Lost
from course_lib.grading.sealed.hygiene import Hygiene
from course_lib.grading.sealed.questions import Question, drawn, fresh, order
from course_lib.grading.sealed.student import Student, stopped

CHECKS = "course_lib.checks"
"""The module whose names are bound to the student's process."""

Found = Result | Lost


@dataclass(frozen=True)
class TestCell:
    """A test as the instructor wrote it, hidden blocks included."""

    name: str
    source: str
    points: float

    __test__ = False  # no test of ours, whatever its name


@dataclass(frozen=True)
class Verdict:
    """What a test cell found.

    Args:
        cell: The test.
        score: Points earned.
        outputs: What it put out, as a notebook holds it.
        found: What each of its checks found, by the question.
    """

    cell: TestCell
    score: float
    outputs: list[dict[str, Any]]
    found: dict[str, Found] = field(default_factory=dict)


class Judge:
    """Judges one submission.

    Args:
        student: The process that answers; all its cells were run.
        seed: Of this submission.
        given: Names that tests may use, with their values.
    """

    def __init__(
        self, student: Student, seed: bytes, given: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        self._student, self._seed, self._given = student, seed, given
        self._found: dict[str, Found] = {}
        self._hygiene = Hygiene(())
        self._traced = set[str]()
        self.reached: dict[str, Answer] = {}
        self.seconds: dict[str, float] = {}

    def judge(self, tests: Sequence[TestCell]) -> list[Verdict]:
        """Ask every question of the tests, then decide test by test."""
        questions = list(planned(tests, self._given))
        self._hygiene = Hygiene(questions)
        self._traced = drawn(questions, self._seed)
        names: dict[str, Any] = {"__name__": "tests", **self._given}
        with _without_logs():
            for question in order(questions, self._seed):
                self._ask(question)
            for question in questions:
                if question.exercise in self.reached:
                    self._found[question.key] = self._refused(question)
            return [self._decide(test, names) for test in tests]

    def _ask(self, question: Question) -> Found:
        """Ask; of several answers to the same question the worst one counts."""
        began = time.perf_counter()
        found = self._asked(question)
        known = self._found.get(question.key)
        self._found[question.key] = found if known is None else max(known, found, key=_badness)
        took = time.perf_counter() - began
        self.seconds[question.exercise] = self.seconds.get(question.exercise, 0.0) + took
        return self._found[question.key]

    def _asked(self, question: Question) -> Found:
        traced = question.key in self._traced
        subject = _Listening(self._student, question, self._hygiene, self._seed, traced)
        try:
            result = run_check(question.exercise, subject, **fresh(question, self._seed))
        except Lost as lost:
            return lost
        except Exception as error:  # an answer may be built to break its own comparison
            if not subject.answer:
                raise  # the question's own fault, not an answer's
            return Lost("NotRun", f"its answer cannot be judged ({type(error).__name__})")
        if "reached" in subject.answer:
            self.reached.setdefault(question.exercise, subject.answer)
        return replace(result, notes=(*subject.notes, *result.notes))

    def _refused(self, question: Question) -> Found:
        """What a question finds where another one of its exercise was not answered by own work."""
        answer = {**self.reached[question.exercise], "outcome": "refused"}
        return run_check(question.exercise, _Known(answer), **fresh(question, self._seed))

    def _decide(self, test: TestCell, names: dict[str, Any]) -> Verdict:
        asked: dict[str, Found] = {}

        def check(exercise: str, **parameters: Any) -> None:
            question = Question(exercise, parameters)
            found = self._found.get(question.key) or self._ask(question)
            asked[question.key] = found
            report(found)

        out = io.StringIO()
        outputs: list[dict[str, Any]] = []
        score = 0.0
        try:
            with redirect_stdout(out):
                score = points(execute(test, names, check, self._student.value), test.points)
        except Lost as lost:
            outputs = [stopped(lost)]
        except CheckFailed as failed:
            outputs = [_error(failed, failed._render_traceback_())]
        except Exception as error:  # an assertion of the test itself, or a value that is missing
            outputs = [_error(error, [f"{type(error).__name__}: {error}"])]
        if text := out.getvalue():
            outputs.insert(0, {"output_type": "stream", "name": "stdout", "text": text})
        return Verdict(test, score, outputs, asked)


class _Listening:
    """The student's process as a subject, whose notes on real devices are kept."""

    def __init__(
        self, student: Student, question: Question, hygiene: Hygiene, seed: bytes, traced: bool
    ) -> None:
        self._student, self._question, self._hygiene = student, question, hygiene
        self._seed, self._traced = seed, traced
        self.notes: tuple[str, ...] = ()
        self.answer: Answer = {}

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        if inputs["device"] == FAKE:
            return self._hygiene.answer(self._question, self._pretended)
        self.answer = self._student.call(exercise, inputs, self._traced)
        self.notes = self._student.notes
        return self.answer

    def _pretended(self, question: Question) -> tuple[Inputs, Answer]:
        inputs = pretended(build(find(question.exercise), fresh(question, self._seed)))
        shown = {name: value for name, value in inputs.items() if name != KEPT_BACK}
        return inputs, self._student.call(question.exercise, shown)


class _Known:
    """An answer that was given before."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        return self._answer


def report(found: Found) -> None:
    """Say what a check found, as in a student's own session.

    Raises:
        CheckFailed: If it failed.
        Lost: If there was no answer.
    """
    if isinstance(found, Lost):
        raise found
    hint = [found.hint] if found.hint else []
    print("\n".join((*found.notes, *found.cases, *hint)))
    if found.outcome == "failed":
        raise CheckFailed("\n".join((found.cases[-1], *hint)))


def execute(
    test: TestCell,
    names: dict[str, Any],
    check: Callable[..., None],
    student_value: Callable[[str], Any],
) -> Any:
    """Run the Python of a test cell; the value of its last line, if that is an expression.

    Args:
        test: The cell.
        names: What earlier test cells have defined; changed in place.
        check: What ``course_lib.checks.check`` is here.
        student_value: What ``course_lib.checks.student_value`` is here.
    """
    bound = SimpleNamespace(check=check, student_value=student_value, CheckFailed=CheckFailed)

    def import_(name: str, *rest: Any, **options: Any) -> Any:
        return bound if name == CHECKS else builtins.__import__(name, *rest, **options)

    names["__builtins__"] = {**vars(builtins), "__import__": import_}
    tree = ast.parse(test.source, test.name)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, f"<{test.name}>", "exec"), names)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), f"<{test.name}>", "exec"), names)
    return eval(compile(ast.Expression(last.value), f"<{test.name}>", "eval"), names)


def points(value: Any, most: float) -> float:
    """The points of a test cell that ended with a value: a number is partial credit.

    Raises:
        ValueError: If a number is outside its domain.
        TypeError: If the value is no number.

    Example:
        >>> points(None, 5.0), points(2, 5.0)
        (5.0, 2.0)
    """
    if value is None:
        return most
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(
            f"a test cell must end with nothing or points, got a {type(value).__name__}"
        )
    if not 0 <= value <= most or math.isnan(value):
        raise ValueError(f"points must be in [0, {most:g}], got {value}")
    return float(value)


def planned(
    tests: Iterable[TestCell], given: Mapping[str, Any] = MappingProxyType({})
) -> Iterator[Question]:
    """Yield the questions of tests, found by running them with a ``check`` that only listens.

    A test that asks for a value of the student's tells no more here; the rest is asked in its turn.
    """
    names: dict[str, Any] = {"__name__": "tests", **given}
    for test in tests:
        heard: list[Question] = []

        def check(exercise: str, heard: list[Question] = heard, **parameters: Any) -> None:
            heard.append(Question(exercise, parameters))

        with _quiet():
            execute(test, names, check, _not_now)
        yield from heard


@contextmanager
def _without_logs() -> Iterator[None]:
    """Switch logs off once: every check would do so, at the price of going through all loggers."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _quiet() -> Iterator[None]:
    with suppress(Exception), redirect_stdout(io.StringIO()):
        yield


def _not_now(name: str) -> Any:
    raise LookupError(name)


def _badness(found: Found) -> int:
    if isinstance(found, Lost):
        return 3
    return {"passed": 0, "could not tell": 1, "failed": 2}[found.outcome]


def _error(error: Exception, lines: list[str]) -> dict[str, Any]:
    name = type(error).__name__
    return {"output_type": "error", "ename": name, "evalue": str(error), "traceback": lines}
