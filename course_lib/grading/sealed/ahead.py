"""While nbgrader writes one submission down, the next one is judged in a process beside it."""

import atexit
from contextlib import ExitStack

from nbformat.notebooknode import NotebookNode

from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.intake import take_in
from course_lib.grading.sealed.judges import Judges
from course_lib.grading.sealed.one import executed, seed
from course_lib.grading.sealed.record import Record
from course_lib.grading.sealed.room import Room


class Ahead:
    """One submission ahead of nbgrader, which takes them one after the other.

    Args:
        room: What all submissions have in common.
        desk: Where the process beside nbgrader's hires its workers.
    """

    def __init__(self, room: Room, desk: Desk) -> None:
        stack = ExitStack()
        self._judges = stack.enter_context(Judges(room, [desk], 1, {"judge": _judge}))
        self._begun = ""
        atexit.register(stack.close)

    def begin(self, student: str) -> None:
        """Judge a submission, in all likelihood the next one; nothing is written."""
        self._end(self._begun)
        self._begun = student
        self._judges.give("judge", student)

    def take(self, student: str, digest: str, nb: NotebookNode) -> Record | None:
        """Put the outputs of a submission into its notebook, if it was judged ahead as it is.

        Args:
            student: Who handed it in.
            digest: Of what was handed in.
            nb: As nbgrader has prepared it; what was judged must have the same code.

        Returns:
            What the record says of the run, or None.
        """
        found = self._end(student)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        if not found or found["digest"] != digest or found["sources"] != [c.source for c in code]:
            return None
        for number, (cell, outputs) in enumerate(zip(code, found["outputs"], strict=True), start=1):
            cell.outputs, cell.execution_count = outputs, number
        body: Record = found["body"]
        return body

    def _end(self, student: str) -> Record | None:
        """What came of a submission, if it was begun; None, too, if anything went wrong.

        Nothing is said of that here: nbgrader's own process judges it then, and meets it again.
        """
        if not student or student != self._begun:
            return None
        self._begun = ""
        (done,) = self._judges.done()
        return done.made


def _judge(room: Room, desk: Desk, student: str) -> tuple[Record | None, bool]:
    intake = take_in(room.course.submission(student, room.assignment), room.assignment)
    if not intake.notebook:
        return None, False
    nb, body = executed(room, desk, student, intake, intake.notebook, seed(room, student, intake))
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    sources, outputs = [cell.source for cell in code], [cell.outputs for cell in code]
    return {"digest": intake.digest, "sources": sources, "outputs": outputs, "body": body}, True
