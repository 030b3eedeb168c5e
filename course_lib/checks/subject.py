"""Who answers a check here: what this session registered, or one given object."""

from typing import Any

from course_lib import session
from course_lib.checks.collect import collect
from course_lib.checks.exercises import find
from course_lib.checks.reach import out_of_reach, refusal
from course_lib.checks.spec import Answer, Inputs


class InSession:
    """Answers with what ``implement`` registered in this session, and with nothing else."""

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        """Run the registered code of ``exercise``, the library's own being out of reach."""
        wanted = find(exercise)
        obj = session.registered(wanted.name)
        if obj is None:
            return {"outcome": "undefined"}
        if reason := refusal(obj, wanted):
            return {"outcome": "refused", "message": reason}
        with out_of_reach(wanted):
            return collect(obj, inputs)


class Given:
    """Answers with one object, as it is; for trying variants."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        """Run the object, whatever the exercise is called."""
        return collect(self.obj, inputs)
