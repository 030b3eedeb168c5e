"""Grade one submission: from its folder to its record and its autograded notebook."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution

from course_lib.grading import cells, files
from course_lib.grading.gradebook_writer import Scores
from course_lib.grading.personal import ENTRY
from course_lib.grading.results import stops
from course_lib.grading.sanitize import NOTICES, mend
from course_lib.grading.sealed import record
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.executed import execute, is_test
from course_lib.grading.sealed.intake import Intake, take_in
from course_lib.grading.sealed.record import Record
from course_lib.grading.sealed.room import Room
from course_lib.grading.submissions import placeholder


def grade_one(room: Room, desk: Desk, student: str) -> tuple[Record, bool]:
    """Grade a submission, unless its record says that it was graded as it is.

    Args:
        room: What all submissions have in common.
        desk: Where workers are hired.
        student: Who handed it in.

    Returns:
        Its record, and whether it was graded now.

    Raises:
        Refused: If the sandbox is not complete.
    """
    intake = take_in(room.course.submission(student, room.assignment), room.assignment)
    if known := kept(room, student, intake):
        return known, False
    content, body = judged(room, desk, student, intake, seed(room, student, intake))
    return settle(room, student, intake, content, body), True


def kept(room: Room, student: str, intake: Intake) -> Record | None:
    """The record of a submission that was graded as it is, on the tests as they are."""
    known = record.read(room.record(student), room.key)
    notebook = room.course.autograded(student, room.assignment)
    return known if known and _is_of(known, room, intake) and _has(notebook, known) else None


def judged(
    room: Room, desk: Desk, student: str, intake: Intake, drawn: bytes
) -> tuple[bytes, Record]:
    """Run and judge a submission, and write nothing.

    Args:
        room: What all submissions have in common; of its course only the submission is read.
        desk: Where workers are hired.
        student: Who handed it in.
        intake: What was handed in.
        drawn: The seed of the submission.

    Returns:
        The executed notebook, and what its record says of the run.
    """
    nb, body = _zero(room, intake)
    if intake.notebook:
        nb, body = executed(room, desk, student, intake, intake.notebook, drawn)
    return nbformat.writes(nb).encode(errors="replace"), body  # halves of characters, for one


def settle(
    room: Room, student: str, intake: Intake, content: bytes, body: Mapping[str, Any]
) -> Record:
    """Write what became of a submission: its notebook, then the record that vouches for it."""
    _put(room.course.autograded(student, room.assignment), content, intake)
    made = {**head(room, student, intake), **body, "notebook": record.digest(content)}
    record.write(room.record(student), made, room.key)
    return made


def head(room: Room, student: str, intake: Intake) -> Record:
    """What a record says of what was graded."""
    return {
        "format": record.FORMAT,
        "assignment": room.assignment,
        "student": student,
        "submission": intake.digest,
        "common": room.common,
        "environment": record.environment(),
    }


def seed(room: Room, student: str, intake: Intake) -> bytes:
    """The seed of a submission: the same however often and wherever it is graded."""
    return room.key.seed(student, room.assignment, intake.digest)


def scores(made: Record, timestamp: str | None = None) -> Scores:
    """What the gradebook is told of a record."""
    return Scores(made["student"], made["earned"], made["unanswered"], timestamp)


def earned(nb: NotebookNode, decided: Mapping[str, float]) -> Record:
    """What a record says of a notebook: points by cell, None where a person marks, and more.

    That is, the cells that nobody answered, what was mended, and what kept cells from running.
    """
    graded = [cell for cell in nb.cells if is_grade(cell)]
    answers = [cell for cell in nb.cells if is_solution(cell)]
    return {
        "earned": {
            cells.name(cell): decided[cells.name(cell)]
            if is_test(cell)
            else determine_grade(cell)[0]
            for cell in graded
        },
        "unanswered": [
            cells.name(cell)
            for cell in answers
            if cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
        ],
        "notices": list(nb.metadata.get(NOTICES, [])),
        "stops": stops(nb),
    }


def executed(
    room: Room, desk: Desk, student: str, intake: Intake, nb: NotebookNode, drawn: bytes
) -> tuple[NotebookNode, Record]:
    """Mend a notebook, run and judge it.

    Args:
        room: What all submissions have in common; of its course only the submission is read.
        desk: Where workers are hired.
        student: Who handed it in.
        intake: What was handed in.
        nb: Its notebook; changed in place.
        drawn: The seed of the submission.

    Returns:
        The executed notebook, and what its record says of the run.
    """
    folder = room.course.submission(student, room.assignment)
    clear(nb)
    mend(nb, room.masters, student, (*files.notices(folder), *intake.notices))
    nb.nbformat_minor = 5
    for number, cell in enumerate(nb.cells):
        cell.id = f"cell-{number}"  # an id that chance or a student chose is of no use
        cell.metadata = {k: v for k, v in cell.metadata.items() if k == "nbgrader"}
    nb.metadata = nbformat.from_dict(
        {**room.metadata, **{k: v for k, v in nb.metadata.items() if k in (NOTICES, ENTRY)}}
    )
    verdicts, body = execute(nb, desk, drawn, room.terms, intake.beside)
    decided = {verdict.cell.name: verdict.score for verdict in verdicts}
    body |= {**earned(nb, decided), "problem": ""}
    cells.disarm(nb)
    return nb, body


def _zero(room: Room, intake: Intake) -> tuple[NotebookNode, Record]:
    graded = {master.grade_id: 0.0 for master in room.masters if master.graded}
    said: Record = {"notices": [intake.problem], "stops": [], "devices": []}
    body = {"problem": intake.problem, "earned": graded, "unanswered": [], "cells": [], **said}
    return placeholder(intake.problem), body


def clear(nb: NotebookNode) -> None:
    """Drop what a submission says of its own outputs."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cell.pop("attachments", None) if cell.cell_type == "code" else None


def _is_of(known: Record, room: Room, intake: Intake) -> bool:
    """Whether a record was made from this very submission, on these very tests."""
    made = (known.get("submission"), known.get("common"), known.get("environment"))
    return made == (intake.digest, room.common, record.environment())


def _has(notebook: Path, known: Record) -> bool:
    try:
        return record.digest(notebook.read_bytes()) == known.get("notebook")
    except OSError:
        return False


def _put(notebook: Path, content: bytes, intake: Intake) -> None:
    """Write the autograded folder anew, the notebook last."""
    folder = notebook.parent
    if folder.exists():
        shutil.rmtree(folder)
    for name, path in intake.beside:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name, follow_symlinks=False)
        (folder / name).chmod(0o444)
    record.replace(notebook, content)
    notebook.chmod(0o444)
