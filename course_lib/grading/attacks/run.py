"""Grade the corpus sealed, among honest students, and look at what it did."""

import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell

from course_lib.editions.leaks import Secret, find_leaks, hidden_secrets, solution_secrets
from course_lib.editions.library import ROOT
from course_lib.grading.attacks import watch
from course_lib.grading.attacks.model import HONEST, Attack, Places, code_of
from course_lib.grading.course import Course
from course_lib.grading.gradebook import marks
from course_lib.grading.recipes.common import Recipe
from course_lib.grading.release import release
from course_lib.grading.sample_class import expected, hand_in
from course_lib.grading.sealed.keys import course_key
from course_lib.grading.sealed.pool import grade

SECONDS = 5
"""For one cell or call."""

WHOLE = 60
"""Seconds for a submission."""

WORD = "the witness's own words"
"""Stands in the notebooks of witnesses, and nowhere else."""

VARIABLE = "COURSE_TOKEN"
"""An environment variable of the instructor's, while the corpus is graded."""

_VALUE = "course-attack-must-not-see-this"

CONFIG = """
load_subconfig("nbgrader_config.py", path={assignments!r})
c.CourseDirectory.root = {root!r}
c.BoundedExecute.library = ""
c.BoundedExecute.timeouts = {timeouts!r}
c.SealedExecute.whole = {whole!r}
"""


def _words(notebook: NotebookNode) -> None:
    notebook.cells.append(new_markdown_cell(WORD))


WITNESSES = (
    Recipe("ada-first", change=_words),
    Recipe("zoe-witness", change=_words),
    Recipe("eve-last", change=_words),
)
"""Honest students, graded before, among and after the attacks. The one between is the victim."""

VICTIM = WITNESSES[1].name


@dataclass
class Finding:
    """What became of one submission of the corpus.

    Args:
        attack: Which one.
        deserved: Points it deserves.
        given: Points it was given; None if it was not graded.
        effects: What it did that it must not do.
        reported: How many of its lines a person is asked to look at.
        seconds: How long it took, by its record.
    """

    attack: Attack
    deserved: float
    given: float | None
    effects: list[str] = field(default_factory=list)
    reported: int = 0
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether it got what it deserves, or a person is asked to look, and did no harm."""
        asked = self.attack.reported and self.given is not None and self.reported > 0
        return (asked or self.given == self.deserved) and not self.effects


@dataclass
class Outcome:
    """What became of the corpus.

    Args:
        findings: One for each submission.
        effects: What somebody among them did, nobody knows who.
        seconds: How long all of it took.
    """

    findings: list[Finding]
    effects: list[str]
    seconds: float

    @property
    def held(self) -> bool:
        """Whether nobody got undeserved points, lost deserved ones, or did harm."""
        return all(finding.held for finding in self.findings) and not self.effects


def new_course(folder: Path, assignments: Iterable[str]) -> Course:
    """A course of its own for the corpus, released, with short limits.

    Args:
        folder: Where it is made.
        assignments: What is handed out.
    """
    root = folder / "assignments"
    names = sorted(set(assignments))
    for name in names:
        shutil.copytree(ROOT / "assignments" / "source" / name, root / "source" / name)
    settings = CONFIG.format(
        assignments=str(ROOT / "assignments"),
        root=str(root),
        timeouts=dict.fromkeys(names, SECONDS),
        whole=WHOLE,
    )
    (root / "nbgrader_config.py").write_text(settings)
    course = Course(root, folder / "_build")
    for name in names:
        release(name, course)
    return course


def submit(attack: Attack, course: Course, places: Places) -> None:
    """Write an attack's submission, aimed at the places of this course."""
    recipe = attack.recipe

    def aimed(notebook: NotebookNode) -> None:
        recipe.change(notebook)
        for cell in notebook.cells:
            cell.source = places.filled(cell.source, attack.name)

    files = tuple((name, places.filled(text, attack.name)) for name, text in recipe.files)
    hand_in(replace(recipe, change=aimed, files=files), attack.name, attack.assignment, course)


def grade_corpus(
    attacks: Sequence[Attack], folder: Path, jobs: int | None = None, sandbox: str = "strict"
) -> Outcome:
    """Grade attacks with honest students before, between and after them.

    Args:
        attacks: All of them, or some.
        folder: An empty one, for the course and for what must stay untouched.
        jobs: How many at a time.
        sandbox: As for ``grade``.
    """
    began = time.monotonic()
    names = {attack.assignment for attack in attacks}
    course = new_course(folder / "course", names)
    canary = folder / "canary"
    canary.mkdir()
    findings: list[Finding] = []
    effects: list[str] = []
    with watch.Listeners(folder) as listeners:
        places = Places(
            root=course.root,
            canary=canary,
            repository=ROOT,
            victim=VICTIM,
            port=listeners.port,
            socket=listeners.path,
            abstract=listeners.abstract,
        )
        for name in sorted(names):
            some = [attack for attack in attacks if attack.assignment == name]
            found, more = _one_class(some, name, course, places, jobs, sandbox)
            findings += found
            effects += more
        effects += listeners.heard()
    findings.sort(key=lambda finding: attacks.index(finding.attack))
    return Outcome(findings, effects, time.monotonic() - began)


def _one_class(
    attacks: Sequence[Attack],
    assignment: str,
    course: Course,
    places: Places,
    jobs: int | None,
    sandbox: str,
) -> tuple[list[Finding], list[str]]:
    for witness in WITNESSES:
        hand_in(witness, witness.name, assignment, course)
    for attack in attacks:
        submit(attack, course, places)
    source = nbformat.read(course.source(assignment), as_version=4)
    theirs = (course.root / "submitted", course.root / "source", course.root / "release")
    course_key(course.root)
    kept = (*theirs, course.root / "secret.key", course.root / "nbgrader_config.py")
    before, behind = watch.fingerprint(kept), watch.left_behind(_open_folders(course))
    os.environ[VARIABLE] = _VALUE
    try:
        outcomes = grade(assignment, _order(attacks), course, jobs, sandbox)
    finally:
        del os.environ[VARIABLE]
    effects = watch.changed(before, watch.fingerprint(kept))
    effects += [f for f in watch.left_behind(_open_folders(course)) if f not in behind]
    effects += watch.running(str(course.build))
    states = {outcome.student: outcome for outcome in outcomes}
    full = expected(WITNESSES[0], source)
    totals = _totals(assignment, course)
    for witness in WITNESSES:
        if totals.get(witness.name) != full or states[witness.name].state != "graded":
            effects.append(
                f"{witness.name} has {totals.get(witness.name)} of {full} in {assignment}"
            )
    secrets = hidden_secrets([course.source(assignment)])
    findings = [
        Finding(
            attack,
            expected(attack.recipe, source),
            totals.get(attack.name),
            [*_canaries(attack, places), *_told(attack, course, secrets)],
            **_recorded(attack, course),
        )
        for attack in attacks
    ]
    return findings, effects


def _order(attacks: Sequence[Attack]) -> list[str]:
    names = [attack.name for attack in attacks]
    half = len(names) // 2
    before, between, after = (witness.name for witness in WITNESSES)
    return [before, *names[:half], between, *names[half:], after]


def _totals(assignment: str, course: Course) -> dict[str, float]:
    """Points in the gradebook, where nobody looks at the notebooks."""
    found = {name: marks(course.database, assignment, name) for name in course.students(assignment)}
    return {name: sum(mark.score for mark in one.values()) for name, one in found.items() if one}


def _open_folders(course: Course) -> tuple[Path, ...]:
    """Folders in which an attack might leave a file: the instructor's own."""
    return (Path.home(), Path.cwd(), course.root, course.build, ROOT)


def _canaries(attack: Attack, places: Places) -> Iterator[str]:
    for path in places.canary.glob(f"{attack.name}*"):
        if re.fullmatch(rf"{re.escape(attack.name)}(\W.*)?", path.name):
            yield f"wrote outside: {path.name}"


def _told(attack: Attack, course: Course, secrets: Sequence[Secret]) -> Iterator[str]:
    """What a student's page shows that is not the student's to see, or a browser would run."""
    page = course.feedback(attack.name, attack.assignment)
    if not page.is_file():
        yield "no feedback"
        return
    own = code_of_submission(attack, course)
    mine = (*secrets, *(() if attack.kind == HONEST else _solutions()))
    yield from (
        f"leaks: {leak.secret.source}" for leak in find_leaks(page.parent, mine, own_work=own)
    )
    text = page.read_text(encoding="utf-8", errors="replace")
    key = (course.root / "secret.key").read_bytes()
    for what, needle in {
        "another's notebook": WORD,
        "another's name": VICTIM,
        "the environment": _VALUE,
        "the key": key.hex(),
        "the key's bytes": str(key)[2:-1],
    }.items():
        if needle in text and needle not in own:
            yield f"leaks: {what}"
    yield from watch.active(text)


@cache
def _solutions() -> tuple[Secret, ...]:
    return tuple(solution_secrets())


def code_of_submission(attack: Attack, course: Course) -> str:
    """What a student handed in, as text."""
    folder = course.submission(attack.name, attack.assignment)
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return "\n".join(code_of(path) for path in found if path.stat().st_size < 20_000_000)


def _recorded(attack: Attack, course: Course) -> dict[str, Any]:
    path = course.root / "records" / attack.name / f"{attack.assignment}.json"
    known = json.loads(path.read_bytes()) if path.is_file() else {}
    seconds = known.get("seconds", {})
    took = sum(seconds.get(name, 0.0) for name in ("cells", "judging"))
    return {"reported": len(known.get("review", ())), "seconds": took}
