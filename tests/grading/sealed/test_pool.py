"""A class graded by several judges, and again, and by nbgrader's own command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.checks.references import played
from course_lib.checks.run import cases
from course_lib.editions.leaks import find_leaks, hidden_secrets
from course_lib.grading import results
from course_lib.grading.course import Course
from course_lib.grading.recipes import recipes
from course_lib.grading.sample_class import PREFIX, expected, make
from course_lib.grading.sealed import executed
from course_lib.grading.sealed.pool import grade
from course_lib.grading.sealed.room import room_of
from course_lib.grading.sealed.testcells import planned
from tests.grading.conftest import nbgrader, new_course

NAMES = [
    PREFIX + name
    for name in (
        "perfect",
        "no-bias-correction",
        "untouched",
        "ends-kernel",
        "no-notebook",
        "warns",
    )
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = new_course(tmp_path_factory.mktemp("pool"))
    make("optimizers", course)
    grade("optimizers", NAMES, course, jobs=2, sandbox="available")
    return course


def totals(course: Course) -> dict[str, float]:
    return {row.student: row.total for row in results.rows("optimizers", course)}


def records(course: Course) -> dict[str, dict[str, object]]:
    found = {path.parent.name: path for path in (course.root / "records").glob("*/*.json")}
    return {name: json.loads(path.read_text()) for name, path in sorted(found.items())}


@pytest.mark.slow
class TestClass:
    def test_every_mark_is_the_one_stated(self, graded: Course) -> None:
        source = nbformat.read(graded.source("optimizers"), as_version=4)
        stated = {
            PREFIX + recipe.name: expected(recipe, source) for recipe in recipes("optimizers")
        }
        assert totals(graded) == {name: stated[name] for name in sorted(NAMES)}

    def test_right_answers_to_what_all_are_asked_are_written_down(self, graded: Course) -> None:
        source = nbformat.read(graded.source("optimizers"), as_version=4)
        questions = room_of(graded, "optimizers", "available").questions
        assert questions == planned(tuple(executed.tests_of(source)))
        asked = [cases(one.exercise, one.parameters)[0] for one in questions]
        optimizers = [one for one in asked if one.inputs["kind"] == "optimizer"]
        assert optimizers
        assert all(played.play(one.exercise, one.inputs) for one in optimizers)

    def test_a_record_says_what_was_found_and_how(self, graded: Course) -> None:
        made = records(graded)[f"{PREFIX}no-bias-correction"]
        cells = {cell["cell"]: cell for cell in made["cells"]}  # type: ignore[attr-defined]
        failed = cells["adam-visible-1"]["checks"][0]
        assert failed["misconception"] == "adam/no_bias_correction"
        assert failed["error_size"] > 0 and failed["devices"] == ["cpu"]
        assert made["layers"] and made["environment"] and made["review"] == []

    def test_feedback_shows_messages_and_nothing_hidden(self, graded: Course) -> None:
        page = graded.feedback(f"{PREFIX}no-bias-correction", "optimizers").read_text()
        assert "FAILED adam" in page and "Hint: " in page
        secrets = hidden_secrets([graded.source("optimizers")])
        assert not list(find_leaks(graded.root / "feedback", secrets))

    def test_what_was_graded_is_kept(self, graded: Course) -> None:
        before = records(graded)
        outcomes = grade("optimizers", NAMES, graded, jobs=1, sandbox="available")
        assert {outcome.state for outcome in outcomes} == {"kept"}
        assert records(graded) == before

    def test_a_run_that_was_killed_goes_on_where_it_was(self, graded: Course) -> None:
        before, marks = records(graded), totals(graded)
        graded.stamp(NAMES[0], "optimizers").unlink()
        shutil.rmtree(graded.autograded(NAMES[1], "optimizers").parent)
        outcomes = grade("optimizers", NAMES, graded, jobs=2, sandbox="available")
        assert [outcome.state for outcome in outcomes[:3]] == ["graded", "graded", "kept"]
        assert totals(graded) == marks
        assert records(graded)[NAMES[0]] == before[NAMES[0]]

    def test_a_forged_record_is_not_believed(self, graded: Course) -> None:
        path = graded.root / "records" / NAMES[2] / "optimizers.json"
        forged = json.loads(path.read_text())
        forged["earned"] = dict.fromkeys(forged["earned"], 10.0)
        path.write_text(json.dumps(forged))
        (outcome,) = grade("optimizers", [NAMES[2]], graded, sandbox="available")
        assert outcome.state == "graded" and totals(graded)[NAMES[2]] == 0

    def test_nbgraders_own_command_gives_the_same(self, graded: Course) -> None:
        marks = totals(graded)
        done = nbgrader(graded, "autograde", "optimizers", "--student", NAMES[1], "--force")
        assert done.returncode == 0, done.stderr
        assert totals(graded) == marks
        assert records(graded)[NAMES[1]]["earned"]["adam-visible-1"] == 0  # type: ignore[index]

    def test_a_link_is_refused_before_anything_is_copied(self, graded: Course) -> None:
        theirs = graded.submission(f"{PREFIX}linked", "optimizers")
        theirs.mkdir(parents=True)
        other = graded.submission(NAMES[0], "optimizers") / "optimizers.ipynb"
        (theirs / "optimizers.ipynb").symlink_to(other)
        done = nbgrader(graded, "autograde", "optimizers", "--student", f"{PREFIX}linked")
        assert done.returncode != 0 and "is a link" in done.stderr
        assert not graded.autograded(f"{PREFIX}linked", "optimizers").parent.exists()
        (outcome,) = grade("optimizers", [f"{PREFIX}linked"], graded, sandbox="available")
        assert outcome.state == "not run" and "is a link" in outcome.reason
        shutil.rmtree(theirs.parent)


def test_nothing_is_graded_with_fewer_layers_than_asked_for(library: Path, tmp_path: Path) -> None:
    from course_lib.grading.sandbox import Limits
    from course_lib.grading.sealed.desk import Refused
    from course_lib.grading.sealed.launch import Zygote

    with (
        Zygote(library, walled=False).ready() as zygote,
        pytest.raises(Refused, match="bubblewrap"),
    ):
        zygote.desks[0].hire((), Limits(), ["bubblewrap"])


@pytest.mark.slow
def test_a_test_that_cannot_be_judged_is_refused_at_release(tmp_path: Path) -> None:
    course = new_course(tmp_path)
    source = nbformat.read(course.source("optimizers"), as_version=4)
    cell = next(c for c in source.cells if c.metadata.get("nbgrader", {}).get("points"))
    cell.source = "assert best_rate < 1"
    nbformat.write(source, course.source("optimizers"))
    done = subprocess.run(
        [Path(sys.executable).parent / "nbgrader", "generate_assignment", "optimizers"],
        cwd=course.root,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "fetch it with student_value('best_rate')" in done.stderr
