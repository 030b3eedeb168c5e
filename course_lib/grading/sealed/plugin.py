"""The sealed grader inside nbgrader: stages named by string in the course's settings."""

import atexit
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import torch
from nbformat.notebooknode import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Integer, Unicode

from course_lib.grading import cells
from course_lib.grading.course import Course
from course_lib.grading.sealed import record
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import execute, is_test
from course_lib.grading.sealed.intake import look_at
from course_lib.grading.sealed.judgeable import problems
from course_lib.grading.sealed.judges import warm_up
from course_lib.grading.sealed.launch import Zygote
from course_lib.grading.sealed.one import earned, head, seed
from course_lib.grading.sealed.room import Room, edition, room_of

SCORES = "sealed_scores"
"""Where the first stage leaves the points for the second."""


class SealedExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """In the place of nbgrader's ``Execute``: cells run shut in, tests are judged outside."""

    sandbox = Unicode(
        "strict", help="'strict' refuses fewer layers than documented; 'available' records them."
    ).tag(config=True)
    whole = Integer(
        0, help="Seconds for a whole submission where cells have limits; twice theirs if 0."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run and judge one notebook; called by nbgrader."""
        where = resources["nbgrader"]
        folder = Path(resources["metadata"]["path"]).resolve()
        root = folder.parents[2]
        room = _room_of(root, where["assignment"], self.sandbox)
        student = where["student"]
        intake = look_at(room.course.submission(student, room.assignment))
        drawn = seed(room, student, intake)
        verdicts, body = execute(nb, _desk(root), drawn, room.terms, intake.beside)
        resources[SCORES] = {verdict.cell.name: verdict.score for verdict in verdicts}
        body |= {**earned(nb, resources[SCORES]), "problem": "", "notebook": ""}
        record.write(room.record(student), {**head(room, student, intake), **body}, room.key)
        return nb, resources


class SealedScores(SaveAutoGrades):  # type: ignore[misc]
    """In the place of ``SaveAutoGrades``: points come from the judge, never from outputs."""

    def _add_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        if not is_test(cell):
            super()._add_score(cell, resources)
            return
        name = cells.name(cell)
        grade = self.gradebook.find_grade(
            name, self.notebook_id, self.assignment_id, self.student_id
        )
        grade.auto_score = resources[SCORES][name]
        grade.needs_manual_grade = grade.manual_score is not None
        self.gradebook.db.commit()


class Disarm(NbGraderPreprocessor):  # type: ignore[misc]
    """After all else: what formgrader will show holds no HTML of a student's."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Disarm a notebook; called by nbgrader."""
        cells.disarm(nb)
        return nb, resources


class StockScores(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's ``SaveAutoGrades``, after which no record of a sealed run holds any more."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Read points from outputs; called by nbgrader."""
        where = resources["nbgrader"]
        root = Path(resources["metadata"]["path"]).resolve().parents[2]
        record.forget(root, where["student"], where["assignment"])
        return super().preprocess(nb, resources)  # type: ignore[no-any-return]


class RefuseUnjudgeable(NbGraderPreprocessor):  # type: ignore[misc]
    """At ``generate_assignment``: refuse a test cell that cannot run apart from students' code."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Look at all test cells; called by nbgrader."""
        if found := problems(
            [(cells.name(cell), cell.source) for cell in nb.cells if is_test(cell)]
        ):
            raise NbGraderException("Test cells that cannot be judged:\n" + "\n".join(found))
        return nb, resources


def _room_of(root: Path, assignment: str, sandbox: str) -> Room:
    """What submissions have in common; a server that lives for days sees a test that changes."""
    return _room(root, assignment, sandbox, Course(root).source(assignment).stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _room(root: Path, assignment: str, sandbox: str, changed: int) -> Room:
    return room_of(Course(root, root.parent / "_build"), assignment, sandbox)


def _desk(root: Path) -> Desk:
    """One zygote for all submissions of a command, or of a server."""
    zygote = _zygote(root)
    if zygote.process.poll() is not None:
        zygote.close()
        _zygote.cache_clear()
        zygote = _zygote(root)
    return zygote.desks[0]


@cache
def _zygote(root: Path) -> Zygote:
    torch.set_num_threads(1)
    zygote = Zygote(edition(Course(root, root.parent / "_build")))
    warm_up()  # while it loads
    atexit.register(zygote.close)
    return zygote.ready()
