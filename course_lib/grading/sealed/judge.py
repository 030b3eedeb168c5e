"""The trusted side: asks the student's process, compares, decides test by test.

No code of a test and no right answer ever leaves this process.
"""

import io
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch

from course_lib.checks.report import CheckFailed
from course_lib.checks.run import Case, cases, hinted, run_cases
from course_lib.checks.spec import FAKE, Answer, CouldNotTell, Inputs, Result
from course_lib.grading.sealed.desk import Lost
from course_lib.grading.sealed.hygiene import Hygiene
from course_lib.grading.sealed.questions import Question, drawn, fresh, order
from course_lib.grading.sealed.student import Call, Student, stopped
from course_lib.grading.sealed.testcells import TestCell, execute, planned, points

BATCH = 30
"""Questions that are put at once."""

FAILED = 2
"""How bad a wrong answer is, from a right one at 0 to none at all."""

Found = Result | Lost


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
        student: The process that answers.
        tests: Of its assignment.
        seed: Of this submission.
        given: Names that tests may use, with their values.
    """

    def __init__(
        self,
        student: Student,
        tests: Iterable[TestCell],
        seed: bytes,
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.student, self._tests, self._seed, self._given = student, tuple(tests), seed, given
        self._questions = planned(self._tests, tuple(given.items()))
        self._order = order(self._questions, seed)
        self._hygiene = Hygiene(self._questions)
        self._traced = set(drawn(self._questions, seed, "traced"))
        self._found: dict[str, Found] = {}
        self._with_hint: dict[str, Found] = {}
        self._made: dict[str, list[Case]] = {}
        self._answers: dict[str, Answer] = {}
        self._told = set[str]()  # questions and exercises that were put into a batch
        self.reached: dict[str, Answer] = {}
        self.entangled: list[str] = []
        self.seconds: dict[str, float] = {}

    def prepared(self) -> Iterator[None]:
        """Make inputs and right answers ahead, those of one question at a time."""
        for question in self._order:
            case = self._cases(question)[0]
            if case.exercise.judged == "torch":
                with suppress(CouldNotTell):
                    case.right  # noqa: B018  kept from now on
            yield

    def ask(self) -> None:
        """Ask every question of the tests, and only take the answers; all cells were run.

        The last answers are not waited for: whoever is asked next need not wait for them, either.
        """
        self._put(self._order)

    def decide(self) -> list[Verdict]:
        """Judge the answers, ask again what is in doubt, and decide test by test."""
        names: dict[str, Any] = {"__name__": "tests", **self._given}
        with _without_logs():
            self._judge(self._order)
            doubtful = self._doubtful()
            self._put(doubtful)
            self._judge(doubtful)
            for question in self._questions:
                if question.exercise in self.reached:
                    self._found[question.key] = self._refused(question)
            return [self._verdict(test, names) for test in self._tests]

    def _put(self, questions: Sequence[Question]) -> None:
        for start in range(0, len(questions), BATCH):
            self.student.begin(self._calls(questions[start : start + BATCH]))
        self.student.finish(but=1)

    def _judge(self, questions: Iterable[Question]) -> None:
        for question in questions:
            self.student.idle()
            self._ask(question)

    def _doubtful(self) -> list[Question]:
        """What passed of exercises that failed elsewhere: being right at first gains nothing.

        Code that is right for some calls, or for a moment, passes what happened to be asked early.
        An exercise that once gave no answer is left alone: it is not asked again.
        """
        once = {question.key: question for question in self._questions}
        worst: dict[str, int] = {}
        for key, question in once.items():
            bad = _badness(self._found[key])
            worst[question.exercise] = max(bad, worst.get(question.exercise, 0))
        failing = {exercise for exercise, bad in worst.items() if bad == FAILED}
        return [
            question
            for key, question in once.items()
            if question.exercise in failing and _badness(self._found[key]) < FAILED
        ]

    def _ask(self, question: Question) -> Found:
        """Ask; of several answers to the same question the worst one counts."""
        began = time.perf_counter()
        known = self._found.get(question.key)
        found = self._asked(question) if known is None else self._asked_again(question, known)
        self._found[question.key] = found if known is None else max(known, found, key=_badness)
        took = time.perf_counter() - began
        self.seconds[question.exercise] = self.seconds.get(question.exercise, 0.0) + took
        return self._found[question.key]

    def _asked(self, question: Question) -> Found:
        copied = self._is_copied(question)
        found = self._heard(question, copied)
        refused = "reached" in self._answers[question.key]
        if copied and not refused and _badness(found) == FAILED:
            # A copy alone must cost nothing; what goes wrong by it is shown to a person.
            found = self._heard(question, copied=False)
            if _badness(found) < FAILED:
                self.entangled.append(question.exercise)
        return found

    def _is_copied(self, question: Question) -> bool:
        """Whether what an optimizer remembers is copied on the way: in the question traced."""
        kind = self._cases(question)[0].inputs["kind"]
        return kind == "optimizer" and question.key in self._traced

    def _heard(self, question: Question, copied: bool) -> Found:
        """Ask on every device, and keep the answer."""
        subject = _Listening(self, question, question.key in self._traced, copied)
        found = self._judged(self._cases(question), subject)
        self._note_refusal(question, subject.answer)
        self._answers[question.key] = subject.answer
        return found

    def _note_refusal(self, question: Question, answer: Answer) -> None:
        """Keep what an answer says of a call that is refused: it costs the whole exercise."""
        if "reached" in answer:
            self.reached.setdefault(question.exercise, answer)

    def _asked_again(self, question: Question, known: Found) -> Found:
        """Ask on the CPU once more; an answer that is not the first one again is judged, too."""
        case = self._cases(question)[0]
        try:
            answer = self.student.call(question.exercise, case.shown)
        except Lost as lost:
            return lost
        if alike(answer, self._answers[question.key]):
            return known
        self._note_refusal(question, answer)
        return self._judged([case], _Known(answer))

    def _calls(self, questions: Sequence[Question]) -> list[Call]:
        """What the process can answer ahead: on the CPU, and once for all where it is pretended.

        One question of an exercise is traced, the first time, which takes three times as long.
        """
        calls = []
        for question in questions:
            exercise, on_devices = question.exercise, self._cases(question)
            traced = question.key in self._traced - self._told
            copied = traced and self._is_copied(question)
            calls.append(Call(exercise, on_devices[0].shown, traced, copied))
            if on_devices[-1].inputs["device"] == FAKE and exercise not in self._told:
                calls += map(self._pretended, self._hygiene.standing(exercise))
            self._told |= {question.key, exercise}
        return calls

    def _pretended(self, question: Question) -> Call:
        return Call(question.exercise, self._cases(question)[-1].shown)

    def pretended(self, question: Question) -> Answer:
        """The answer on the pretended device, or that to a question which stands for it."""

        def ask(standing: Question) -> tuple[Inputs, Answer]:
            case = self._cases(standing)[-1]
            return case.inputs, self.student.call(standing.exercise, case.shown)

        return self._hygiene.answer(question, ask)

    def _judged(self, cases: Sequence[Case], subject: "_Listening | _Known") -> Found:
        try:
            return run_cases(cases, subject)
        except Lost as lost:
            return lost
        except Exception as error:  # an answer may be built to break its own comparison
            if not subject.answer:
                raise  # the question's own fault, not an answer's
            return Lost("NotRun", f"its answer cannot be judged ({type(error).__name__})")

    def _refused(self, question: Question) -> Found:
        """What a question finds where another one of its exercise was not answered by own work."""
        answer = {**self.reached[question.exercise], "outcome": "refused"}
        return run_cases(self._cases(question), _Known(answer))

    def _cases(self, question: Question) -> list[Case]:
        """The question on every device, on inputs of this submission's own, made once."""
        if question.key not in self._made:
            self._made[question.key] = cases(question.exercise, fresh(question, self._seed))
        return self._made[question.key]

    def _shown(self, question: Question) -> Found:
        """What a question found, with its hint: looked for where somebody will read it."""
        if question.key not in self._with_hint:
            found = self._found.get(question.key) or self._ask(question)
            if not isinstance(found, Lost):
                found = hinted(found, question.parameters)
            self._with_hint[question.key] = found
        return self._with_hint[question.key]

    def _verdict(self, test: TestCell, names: dict[str, Any]) -> Verdict:
        asked: dict[str, Found] = {}

        def check(exercise: str, **parameters: Any) -> None:
            question = Question(exercise, parameters)
            found = self._shown(question)
            asked[question.key] = found
            report(found)

        out = io.StringIO()
        outputs: list[dict[str, Any]] = []
        score = 0.0
        try:
            with redirect_stdout(out):
                score = points(execute(test, names, check, self.student.value), test.points)
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
    """The student's process as a subject, whose answer and notes on real devices are kept."""

    def __init__(self, judge: Judge, question: Question, traced: bool, copied: bool) -> None:
        self._judge, self._question = judge, question
        self._traced, self._copied = traced, copied
        self.notes: tuple[str, ...] = ()
        self.answer: Answer = {}

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        if inputs["device"] == FAKE:
            return self._judge.pretended(self._question)
        student = self._judge.student
        answer = student.call(exercise, inputs, self._traced, self._copied)
        if not self.answer or "reached" in answer:
            self.answer = answer
        self.notes = student.notes
        return answer


class _Known:
    """An answer that was given before."""

    notes: tuple[str, ...] = ()

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        return self.answer


def alike(left: Any, right: Any) -> bool:
    """Whether two answers are the same: plain values, and tensors bit by bit.

    Example:
        >>> alike({"trajectory": [torch.ones(2)]}, {"trajectory": [torch.ones(2)]})
        True
    """
    if type(left) is not type(right):
        return False
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(alike(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(alike, left, right))
    return bool(left == right)


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


@contextmanager
def _without_logs() -> Iterator[None]:
    """Switch logs off once: every check would do so, at the price of going through all loggers."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _badness(found: Found) -> int:
    if isinstance(found, Lost):
        return FAILED + 1
    return {"passed": 0, "could not tell": 1, "failed": FAILED}[found.outcome]


def _error(error: Exception, lines: list[str]) -> dict[str, Any]:
    name = type(error).__name__
    return {"output_type": "error", "ename": name, "evalue": str(error), "traceback": lines}
