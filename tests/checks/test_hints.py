"""Hints: one for one known mistake, none where in doubt."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course_lib.checks import fingerprints, hints, run_check
from course_lib.checks.exercises import find
from course_lib.checks.fingerprints import Fingerprint
from course_lib.checks.inputs import build
from course_lib.checks.spec import Answer
from course_lib.checks.subject import Given
from tests.checks.cells import BROKEN, RIGHT, STATE_ON_THE_CPU, sgd

CASE: dict[str, Any] = {"lr": 0.1, "steps": 4}
TWICE = BROKEN["moves_twice_as_far"][1]
TWICE_IN_ANOTHER_STYLE = "step = grad.clone()\nstep += grad\nparam.add_(step, alpha=-group['lr'])"


def entry(slug: str, answer: Answer) -> dict[str, Any]:
    words = {"belief": "b", "hint": f"Not {slug}.", "section": "09_momentum#momentum"}
    return {**(described(answer) or {}), "slug": slug, **words}


def described(answer: Answer) -> Fingerprint | None:
    sgd_exercise = find("sgd")
    return fingerprints.describe(sgd_exercise, build(sgd_exercise, CASE), answer)


def wrong(body: str, **case: Any) -> Answer:
    return run_check("sgd", Given(sgd(body)), **(case or CASE)).answer


@pytest.fixture
def known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_catalogue: None
) -> dict[str, list[dict[str, Any]]]:
    """The fingerprints of the file, which ``saved`` writes."""
    monkeypatch.setattr(fingerprints, "FOLDER", tmp_path)
    return {}


def saved(known: dict[str, Any]) -> None:
    (fingerprints.FOLDER / "optimizers.json").write_text(json.dumps(known), encoding="utf-8")


def test_a_known_mistake_gets_its_hint_in_whatever_style(known: dict[str, Any]) -> None:
    known[fingerprints.key("sgd", CASE)] = [entry("sgd/twice", wrong(TWICE))]
    saved(known)
    for body in (TWICE, TWICE_IN_ANOTHER_STYLE):
        sgd(body)
        result = run_check("sgd", **CASE)
        assert result.slug == "sgd/twice"
        assert result.hint == "Hint: Not sgd/twice. (see 09_momentum#momentum)"


def test_single_precision_is_matched_as_coarsely_as_it_is_known(known: dict[str, Any]) -> None:
    case = {**CASE, "dtype": "float32", "steps": 50}
    known[fingerprints.key("sgd", case)] = [entry("sgd/twice", wrong(TWICE, **case))]
    saved(known)
    sgd(TWICE_IN_ANOTHER_STYLE)
    assert run_check("sgd", **case).slug == "sgd/twice"


def test_another_mistake_gets_none(known: dict[str, Any]) -> None:
    known[fingerprints.key("sgd", CASE)] = [entry("sgd/twice", wrong(TWICE))]
    saved(known)
    sgd(TWICE.replace("2 *", "2.0001 *"))
    assert run_check("sgd", **CASE).hint is None


def test_another_case_gets_none(known: dict[str, Any]) -> None:
    known[fingerprints.key("sgd", CASE)] = [entry("sgd/twice", wrong(TWICE))]
    saved(known)
    sgd(TWICE)
    assert run_check("sgd", **{**CASE, "seed": 1}).hint is None


def test_two_mistakes_that_look_alike_get_none(known: dict[str, Any]) -> None:
    answer = wrong(TWICE)
    known[fingerprints.key("sgd", CASE)] = [entry("sgd/one", answer), entry("sgd/other", answer)]
    saved(known)
    sgd(TWICE)
    assert run_check("sgd", **CASE).hint is None


@pytest.mark.parametrize("way", ["rebinds_the_parameter", "scales_the_gradient_in_place"])
def test_what_is_done_besides_the_right_steps_is_told_apart(
    way: str, known: dict[str, Any]
) -> None:
    ways = ("rebinds_the_parameter", "scales_the_gradient_in_place", "keeps_the_graph")
    known[fingerprints.key("sgd", CASE)] = [entry(w, wrong(BROKEN[w][1])) for w in ways]
    saved(known)
    sgd(BROKEN[way][1])
    assert run_check("sgd", **CASE).slug == way


def test_state_on_the_cpu_gets_its_hint(known: dict[str, Any]) -> None:
    case = {**CASE, "momentum": 0.9}
    known[fingerprints.key("sgd", case)] = [entry("sgd/cpu", wrong(STATE_ON_THE_CPU, **case))]
    saved(known)
    sgd(STATE_ON_THE_CPU)
    assert run_check("sgd", **case).slug == "sgd/cpu"


def test_a_stub_has_no_fingerprint() -> None:
    assert described(wrong(BROKEN["stub"][1])) is None


def test_an_exception_is_told_by_its_message_wherever_it_was_raised() -> None:
    elsewhere = f"wait = 0\n{BROKEN['raises_at_the_second_step'][1]}"
    one = described(wrong(BROKEN["raises_at_the_second_step"][1]))
    other = described(wrong(elsewhere))
    assert one == other == {"numbers": [], "faults": ["KeyError: 'velocity'"]}


def test_numbers_that_are_none_agree_with_their_like() -> None:
    divided = described(wrong(BROKEN["divides_by_zero"][1]))
    nothing = described(wrong("param.mul_(float('nan'))"))
    assert divided and nothing
    assert fingerprints.agrees(divided, divided) and fingerprints.agrees(nothing, nothing)
    assert not fingerprints.agrees(divided, nothing)


def test_a_right_answer_gets_none(known: dict[str, Any]) -> None:
    known[fingerprints.key("sgd", CASE)] = [entry("sgd/right", wrong(RIGHT))]
    saved(known)
    sgd(RIGHT)
    assert run_check("sgd", **CASE).hint is None


@pytest.mark.usefixtures("no_catalogue")
def test_without_a_file_there_is_no_hint() -> None:
    sgd(TWICE)
    result = run_check("sgd", **{**CASE, "seed": 12345})
    assert result.outcome == "failed" and result.hint is None and result.notes == ()


def test_the_catalogue_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(slug="sgd/x", belief="b", hint="Look.", section="09_momentum#momentum")
    catalogue = SimpleNamespace(match=lambda exercise, inputs, answer: found)
    monkeypatch.setattr(hints, "import_module", lambda name: catalogue)
    sgd(TWICE)
    assert run_check("sgd", **CASE).hint == "Hint: Look. (see 09_momentum#momentum)"


def test_a_hint_that_cannot_be_looked_up_does_not_hide_the_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hints, "import_module", lambda name: SimpleNamespace())
    sgd(TWICE)
    result = run_check("sgd", **CASE)
    assert result.outcome == "failed" and "no hint could be looked up" in result.notes[-1]


def test_key_does_not_depend_on_order_or_kind_of_sequence() -> None:
    one = fingerprints.key("adam", {"lr": 0.1, "betas": (0.8, 0.9), "missing": {0: [2]}})
    other = fingerprints.key("adam", {"missing": {0: (2,)}, "betas": [0.8, 0.9], "lr": 0.1})
    assert one == other
