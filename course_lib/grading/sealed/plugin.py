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
from course_lib.grading.gradebook_writer import Writer
from course_lib.grading.sandbox import lacking
from course_lib.grading.sealed import record
from course_lib.grading.sealed.ahead import Ahead
from course_lib.grading.sealed.executed import execute, is_test
from course_lib.grading.sealed.intake import look_at
from course_lib.grading.sealed.judgeable import problems
from course_lib.grading.sealed.judges import warm_up
from course_lib.grading.sealed.launch import Zygote
from course_lib.grading.sealed.one import earned, head, scores, seed
from course_lib.grading.sealed.room import Room, edition, room_of

SCORES = "sealed_scores"
"""Where the first stage leaves the points for the second."""

_Terms = tuple[Path, str, str, int]
"""What submissions have in common: course, assignment, sandbox, and when the tests changed."""


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
        root = Path(resources["metadata"]["path"]).resolve().parents[2]
        released = Course(root).release(where["assignment"])
        # A server that lives for days sees that a changed test was released.
        changed = released.stat().st_mtime_ns if released.exists() else 0
        terms = root, where["assignment"], self.sandbox, changed
        room, student = _room(*terms), where["student"]
        intake = look_at(room.course.submission(student, room.assignment))
        body = self._judged_ahead(terms, student, intake.digest, nb)
        if body is None:
            drawn = seed(room, student, intake)
            _, body = execute(nb, _zygote(root).desks[0], drawn, room.terms, intake.beside)
        decided = {entry["cell"]: entry["score"] for entry in body["cells"]}
        body |= {**earned(nb, decided), "problem": "", "notebook": ""}
        if missing := lacking(body["layers"]):
            self.log.info("Missing walls: %s", missing)
        made = {**head(room, student, intake), **body}
        record.write(room.record(student), made, room.key)
        resources[SCORES] = scores(made)
        return nb, resources

    def _judged_ahead(
        self, terms: _Terms, student: str, digest: str, nb: NotebookNode
    ) -> record.Record | None:
        """What was found while nbgrader was busy with the submission before, if it is there.

        Then, or if this is the first of several, the next one is begun.
        """
        converter: Any = getattr(self.parent, "parent", None)  # the exporter's, whose stage this is
        folders = sorted(getattr(converter, "assignments", ()))
        if len(folders) < 2:
            return None
        ahead = _ahead(*terms)
        body = ahead.take(student, digest, nb)
        names = [Path(folder).parent.name for folder in folders]
        course = Course(terms[0])
        for name in names[names.index(student) + 1 :]:
            if converter.force or not course.autograded(name, terms[1]).exists():
                ahead.begin(name)
                break
        return body


class SealedScores(NbGraderPreprocessor):  # type: ignore[misc]
    """In the place of ``SaveAutoGrades``: points come from the judge, never from outputs.

    All of a notebook's are written in one transaction, as ``course grade`` writes them.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Write points and comments; called by nbgrader, which takes off for late work next."""
        where = resources["nbgrader"]
        of = where["db_url"], where["assignment"], lambda *_: None, where["notebook"]
        with Writer(*of) as book:
            book.write(resources[SCORES])
        return nb, resources


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


@lru_cache(maxsize=8)
def _room(root: Path, assignment: str, sandbox: str, _changed: int) -> Room:
    return room_of(Course(root, root.parent / "_build"), assignment, sandbox)


@lru_cache(maxsize=1)
def _ahead(*terms: Any) -> Ahead:
    zygote = _zygote(terms[0])
    return Ahead(_room(*terms), zygote.desks[1])


def _zygote(root: Path) -> Zygote:
    """One zygote for all submissions of a command, or of a server."""
    zygote = _started(root)
    if zygote.process.poll() is not None:
        zygote.close()
        _started.cache_clear()
        zygote = _started(root)
    return zygote


@cache
def _started(root: Path) -> Zygote:
    torch.set_num_threads(1)
    zygote = Zygote(edition(Course(root, root.parent / "_build")), 2)
    warm_up()  # while it loads
    atexit.register(zygote.close)
    return zygote.ready()
