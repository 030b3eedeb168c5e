import json
from pathlib import Path
from typing import Any

import pytest

from course_lib.checks import fingerprints
from course_lib.checks.exercises import find
from course_lib.checks.spec import Answer, Hint
from course_lib.misconceptions import MISCONCEPTIONS
from course_lib.misconceptions import fingerprint as made
from course_lib.misconceptions.matching import the_one
from course_lib.misconceptions.notebook import Case, cases
from tests.misconceptions.trying import cases_of, inputs_of, known_in

RULE = "RMSprop.update"
FIELDS = {"slug", "belief", "hint", "section", "numbers", "faults"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file as the student edition carries it, for one rule's cases."""
    folder = tmp_path_factory.mktemp("fingerprints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "cases", lambda _: cases_of(RULE))
        made.write_fingerprints(folder)
    return folder / "optimizers.json"


@pytest.fixture
def entries(file: Path) -> dict[str, list[dict[str, Any]]]:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def visible() -> list[Case]:
    return [case for case in cases_of(RULE) if not case.hidden]


def test_the_file_knows_the_cases_students_see(entries: dict[str, Any]) -> None:
    assert list(entries) == [fingerprints.key(c.exercise, c.parameters) for c in visible()]


def test_the_file_holds_numbers_and_words_but_no_code(entries: dict[str, Any]) -> None:
    words = {m.slug: (m.belief, m.hint, m.section) for m in MISCONCEPTIONS}
    for entry in (entry for known in entries.values() for entry in known):
        assert set(entry) == FIELDS
        assert (entry["belief"], entry["hint"], entry["section"]) == words[entry["slug"]]
        assert all(isinstance(number, float) for number in entry["numbers"])


def _match(case: Case, answer: Answer) -> Hint | None:
    key = fingerprints.key(case.exercise, case.parameters)
    return fingerprints.match(find(case.exercise), key, inputs_of(case), answer)


def test_a_student_gets_the_hint_the_catalogue_gives(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprints, "FOLDER", file.parent)
    given = 0
    for case, shown in known_in(RULE):
        for known in () if case.hidden else shown:
            live = the_one(shown, known)
            hint = _match(case, known.answer)
            assert (hint and hint.slug) == (live and live.slug)
            given += hint is not None
    assert given > 10


def test_hidden_cases_are_told_from_visible_ones() -> None:
    for case in cases("optimizers"):
        assert case.hidden == ("-hidden-" in case.cell)
