"""A submission from its mended notebook to its verdicts, its executed notebook and its record."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.utils import is_grade, is_solution

from course_lib.grading import cells
from course_lib.grading.personal import given
from course_lib.grading.sealed import record
from course_lib.grading.sealed.desk import Desk
from course_lib.grading.sealed.judge import Judge, Verdict
from course_lib.grading.sealed.student import Bounds, Student
from course_lib.grading.sealed.syntax import findings
from course_lib.grading.sealed.testcells import TestCell


@dataclass(frozen=True)
class Terms:
    """On which terms submissions are run.

    Args:
        bounds: Most a submission may cost.
        required: Layers of the sandbox without which nothing is run.
    """

    bounds: Bounds = field(default_factory=Bounds)
    required: Sequence[str] = ()


def tests_of(nb: NotebookNode) -> list[TestCell]:
    """The cells of a mended notebook that the judge decides about."""
    return [
        TestCell(cells.name(cell), cell.source, float(cell.metadata.nbgrader.points))
        for cell in nb.cells
        if is_test(cell)
    ]


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a test: code with points that students may not change."""
    return bool(cell.cell_type == "code" and is_grade(cell) and not is_solution(cell))


def execute(
    nb: NotebookNode,
    desk: Desk,
    seed: bytes,
    terms: Terms = Terms(),
    files: Iterable[tuple[str, Path]] = (),
) -> tuple[list[Verdict], record.Record]:
    """Run a mended notebook and judge it.

    Args:
        nb: Its test cells are the instructor's; every outputs in it is replaced, in place.
        desk: Where workers are hired.
        seed: Of this submission.
        terms: On which it is run.
        files: What lies beside it, by name.

    Returns:
        The verdicts, and what the record says of the run.
    """
    began = time.monotonic()
    with Student(desk, files, terms.bounds, terms.required) as student:
        judge = Judge(student, tests_of(nb), seed, given(nb))
        student.meanwhile(judge.prepared())
        for number, cell in enumerate((c for c in nb.cells if c.cell_type == "code"), start=1):
            cell.execution_count = number
            if not is_test(cell):
                cell.outputs = _nodes(student.run(cell.source), number)
        ran = time.monotonic()
        with student.turn():
            turned = time.monotonic()
            judge.ask()
        verdicts = judge.decide()  # others need not wait for it
        judged = time.monotonic()
        layers, starts = student.layers, student.starts
    by_name = {verdict.cell.name: verdict for verdict in verdicts}
    for cell in nb.cells:
        if is_test(cell):
            cell.outputs = _nodes(by_name[cells.name(cell)].outputs, cell.execution_count)
    found = [one for verdict in verdicts for one in verdict.found.values()]
    return verdicts, {
        "seed": seed.hex(),
        "layers": layers,
        "devices": record.devices(found),
        "starts": starts,
        "cells": [record.cell_entry(verdict) for verdict in verdicts],
        "review": [*findings(nb), *_called(judge), *_entangled(judge)],
        "seconds": {
            "cells": round(ran - began, 3),
            "judging": round(judged - turned, 3),
            **{name: round(took, 3) for name, took in judge.seconds.items()},
        },
    }


def _called(judge: Judge) -> list[dict[str, Any]]:
    """Lines that called what is refused, by exercise, in the form of findings."""
    return [
        {
            "cell": exercise,
            "line": answer["reached"]["line"],
            "text": answer["reached"]["text"],
            "asks for": f"torch's own {answer['reached']['name']}, called in a check",
        }
        for exercise, answer in judge.reached.items()
    ]


def _entangled(judge: Judge) -> list[dict[str, Any]]:
    """Exercises that go wrong once their state is copied, in the form of findings."""
    asked = "a state that is never copied, as another optimizer kept in it would"
    return [
        {"cell": exercise, "line": 0, "text": "", "asks for": asked} for exercise in judge.entangled
    ]


def _nodes(outputs: list[dict[str, Any]], number: int) -> list[NotebookNode]:
    for one in outputs:
        if one["output_type"] == "execute_result":
            one["execution_count"] = number
    return [from_dict(one) for one in outputs]
