"""Who answers a check here: what this session registered, or one given object."""

from dataclasses import asdict
from typing import Any

from course_lib import session
from course_lib.checks.capture import Capture
from course_lib.checks.collect import collect
from course_lib.checks.exercises import find
from course_lib.checks.reach import OUT, out_of_reach, refusal
from course_lib.checks.spec import FAKE, Answer, Inputs


class InSession:
    """Answers with what ``implement`` registered in this session, and with nothing else.

    Args:
        traced: Whether every operator is looked at as well, see ``out_of_reach``.
        copied: Whether what an optimizer remembers is copied on the way, see ``run_optimizer``.
    """

    def __init__(self, traced: bool = False, copied: bool = False) -> None:
        self.traced, self.copied = traced, copied
        self.notes: tuple[str, ...] = ()

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        """Run the registered code of ``exercise``, the library's own being out of reach."""
        with Capture() as capture:
            answer = self._answer(exercise, inputs)
        self.notes = capture.notes
        return answer

    def _answer(self, exercise: str, inputs: Inputs) -> Answer:
        wanted = find(exercise)
        obj = session.registered(wanted.name)
        if obj is None:
            return {"outcome": "undefined"}
        if reason := refusal(obj, wanted):
            return {"outcome": "refused", "message": reason}
        traced = self.traced and inputs["device"] != FAKE
        if self.copied:
            inputs = {**inputs, "copied": (len(inputs["gradients"]) + 1) // 2}
        with out_of_reach(wanted, traced) as reached:
            answer = collect(obj, inputs)
        if not reached:
            return answer
        if OUT.format(name=reached[0].name) not in answer.get("message", ""):
            # The error was caught, or wrapped in another.
            answer = {"outcome": "refused", "message": str(reached[0])}
        return {**answer, "reached": asdict(reached[0])}


class Given:
    """Answers with one object, as it is; for trying variants."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj
        self.notes: tuple[str, ...] = ()

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        """Run the object, whatever the exercise is called."""
        with Capture() as capture:
            answer = collect(self.obj, inputs)
        self.notes = capture.notes
        return answer
