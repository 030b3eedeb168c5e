"""The attack corpus holds, and those who watch it would see it if it did not."""

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.grading.attacks import guide, stock, watch
from course_lib.grading.attacks.model import HONEST, corpus
from course_lib.grading.attacks.run import Finding, Outcome, grade_corpus
from course_lib.grading.sandbox import bubblewrap


def test_the_corpus_is_as_large_as_promised() -> None:
    honest = [attack for attack in corpus() if attack.kind == HONEST]
    assert len(corpus()) - len(honest) >= 120
    assert len(honest) >= 40


def test_every_attack_says_what_it_tries_in_a_sentence_of_its_own() -> None:
    said = Counter(attack.tries for attack in corpus())
    assert not [text for text, times in said.items() if times > 1]


def test_what_is_recorded_of_stock_nbgrader_belongs_to_the_corpus() -> None:
    names = {attack.name for attack in corpus()}
    assert json.loads(stock.DATA.read_text())["date"]
    assert set(stock.known()) <= names


def test_the_guide_shows_what_was_recorded() -> None:
    assert guide.PAGE.read_text() == guide.page(), "run `course attacks --record`"


@pytest.mark.slow
def test_nobody_gains_a_point_or_does_harm_and_nobody_honest_loses_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "PROGRAM", "not-installed")  # the other walls must do
    outcome = grade_corpus(corpus(), tmp_path, sandbox="available")
    fallen = [
        f"{finding.attack.name}: {finding.given} of {finding.deserved}, {finding.effects}"
        for finding in outcome.findings
        if not finding.held
    ]
    assert not fallen and not outcome.effects


@pytest.mark.parametrize(
    ("given", "effects", "others", "held"),
    [
        (3.0, [], [], True),
        (4.0, [], [], False),
        (2.0, [], [], False),
        (None, [], [], False),
        (3.0, ["wrote outside"], [], False),
        (3.0, [], ["still running"], False),
    ],
)
def test_an_outcome_holds_only_where_all_is_as_deserved(
    given: float | None, effects: list[str], others: list[str], held: bool
) -> None:
    finding = Finding(corpus()[0], 3.0, given, effects)
    assert Outcome([finding], others, 1.0).held == held


@pytest.mark.parametrize(
    ("given", "lines", "held"),
    [(3.0, 0, True), (4.0, 0, False), (4.0, 1, True), (None, 1, False)],
)
def test_what_may_be_own_work_holds_where_a_person_is_asked_to_look(
    given: float | None, lines: int, held: bool
) -> None:
    attack = replace(corpus()[0], reported=True)
    assert Finding(attack, 3.0, given, reported=lines).held == held


def test_listeners_hear_every_kind_of_caller(tmp_path: Path) -> None:
    with watch.Listeners(tmp_path) as listeners:
        internet = ("127.0.0.1", listeners.port)
        for family, kind, address, said in (
            (socket.AF_INET, socket.SOCK_STREAM, internet, b"one"),
            (socket.AF_INET, socket.SOCK_DGRAM, internet, b"two"),
            (socket.AF_UNIX, socket.SOCK_STREAM, str(listeners.path), b"three"),
            (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{listeners.abstract}", b"three"),
        ):
            with socket.socket(family, kind) as caller:
                caller.connect(address)
                caller.send(said)
        heard = listeners.heard()
        assert listeners.heard() == []
    assert [one.split()[0] for one in heard] == ["TCP", "UDP", "Unix", "abstract"]
    assert [one.rpartition(" ")[2] for one in heard] == ["one", "two", "three", "three"]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_text("other"),
        lambda path: path.chmod(0o600),
        lambda path: path.unlink(),
        lambda path: path.with_name("new").write_text("x"),
        lambda path: os.link(path, path.with_name("linked")),
    ],
)
def test_a_change_of_any_kind_is_seen(tmp_path: Path, change) -> None:
    path = tmp_path / "file"
    path.write_text("as it was")
    before = watch.fingerprint([tmp_path])
    change(path)
    assert watch.changed(before, watch.fingerprint([tmp_path]))


def test_what_is_left_behind_or_still_runs_is_seen(tmp_path: Path) -> None:
    (tmp_path / f"{watch.TOKEN}-file").write_text("x")
    assert any(str(tmp_path) in one for one in watch.left_behind([tmp_path]))
    command = [sys.executable, "-c", "print(flush=True); input()", str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as sleeper:
        assert sleeper.stdout
        sleeper.stdout.readline()  # at its very start a process has no command to be seen by
        assert watch.running(str(tmp_path))
        sleeper.communicate(b"\n")
    assert not watch.running(str(tmp_path))


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<script>course-attack</script>", True),
        ("<img src=x onerror='course-attack()'>", True),
        ("<a href='javascript:course-attack'>x</a>", True),
        ("<style>course-attack</style>", True),
        ("<course-attack>", True),
        ("&lt;script&gt;course-attack&lt;/script&gt;", False),
        ("<pre title='course-attack'>course-attack</pre>", False),
        ("<script>1</script>course-attack", False),
    ],
)
def test_what_a_browser_would_run_is_told_from_what_it_shows(page: str, seen: bool) -> None:
    assert bool(watch.active(page)) == seen
