import json
import site
import struct
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from course_lib.grading.sandbox import (
    Layer,
    Limits,
    Policy,
    SandboxMissing,
    clean_environment,
    documented,
    enter,
    explain,
    filter,
    libc,
    prepare,
    probe,
    report,
    require,
)
from course_lib.grading.sandbox.enter import ORDER
from tests.grading.sandbox.child import run

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers")


def test_every_layer_that_is_tried_has_its_line_and_its_way_to_get_it() -> None:
    assert set(ORDER) == set(report.HOW)
    assert all(report.HOW.values())


@linux
def test_this_machine_has_what_is_documented_for_it(policy: Policy) -> None:
    require(probe(policy), documented())


def test_the_report_is_plain_data(policy: Policy) -> None:
    rows = json.loads(json.dumps([layer.as_data() for layer in probe(policy)]))
    assert [row["layer"] for row in rows] == list(report.HOW)
    assert all(row["active"] or (row["detail"] and row["how"]) for row in rows)


def test_a_missing_layer_is_named_with_its_cause_and_its_remedy() -> None:
    layers = [Layer("limits", True, "60 s"), Layer("landlock", False, "old kernel")]
    with pytest.raises(SandboxMissing, match=r"landlock: missing, old kernel; to get it: .*5\.13"):
        require(layers, {"limits", "landlock"})
    require(layers, {"limits"})


def test_a_layer_nobody_tried_is_missing() -> None:
    with pytest.raises(SandboxMissing, match="seccomp: missing, not tried"):
        require([], {"seccomp"})


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="firewall"):
        require([], {"firewall"})


def break_layer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(policy: Policy) -> str:
        raise OSError("not on this machine")

    monkeypatch.setitem(ORDER, name, fails)


@linux
@pytest.mark.parametrize("name", sorted(documented()))
def test_without_a_documented_layer_no_student_code_runs(
    name: str, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_layer(name, monkeypatch)
    refused = run(lambda: "ran", policy)
    assert refused.value is None
    assert isinstance(refused.error, SandboxMissing)
    assert f"{name}: missing, not on this machine" in str(refused.error)


@linux
def test_a_child_finds_what_its_parent_has_prepared(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It neither looks for paths nor has a filter translated, once for every submission."""

    def again(*_: object) -> NoReturn:
        raise OSError("not prepared")

    prepare(policy.readable)
    monkeypatch.setattr(filter, "Filter", again)
    monkeypatch.setattr(site, "getsitepackages", again)
    assert run(lambda: "ran", policy).value == "ran"
    refused = run(lambda: "ran", replace(policy, sockets=True)).error
    assert "seccomp: missing, not prepared" in str(refused)


@linux
def test_the_filter_names_its_process_where_it_sends_signals_and_nowhere_else() -> None:
    """The number that stands for it must be no instruction, and no part of two."""
    code = filter.prepared(False).code
    constants = [constant for *_, constant in struct.iter_unpack("=HBBI", code)]
    assert code.count(struct.pack("=I", filter.ANYONE)) == constants.count(filter.ANYONE) > 0


@linux
def test_fewer_layers_are_taken_only_when_asked_for(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_layer("landlock", monkeypatch)
    assert run(lambda: "ran", policy, required=documented() - {"landlock"}).value == "ran"
    assert "landlock: missing, not on this machine" in explain(probe(policy))


@linux
def test_a_process_of_several_threads_is_refused(policy: Policy) -> None:
    def late() -> None:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        enter(policy)

    assert "1 thread, got 2" in str(run(late, None).error)


def test_a_container_is_known_by_its_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(report, "CONTAINER_MARKS", (str(tmp_path / "none"),))
    assert "user namespace" in documented()
    monkeypatch.setattr(report, "CONTAINER_MARKS", (str(tmp_path),))
    assert "user namespace" not in documented()
    assert {"landlock", "seccomp", "limits"} <= documented()


GUIDE = Path(__file__).parents[3] / "book/instructors/grade.md"


def test_the_guide_names_the_walls_that_each_machine_must_have() -> None:
    lines = GUIDE.read_text().partition("| Wall |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert [row[0] for row in rows] == list(report.HOW)
    must = [{row[0] for row in rows if row[column] == "must"} for column in (1, 2, 3)]
    assert must == [report.LINUX, report.CONTAINER, report.PORTABLE]


def test_macos_reports_what_it_does_not_enforce(
    policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in: the platform's name is changed, and what macOS lacks is broken."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(libc, "_libc", libc._libc.__wrapped__)
    for name in ("landlock", "seccomp", "bubblewrap"):
        break_layer(name, monkeypatch)
    layers = {layer.name: layer for layer in probe(policy)}
    assert documented() == {"limits", "descriptors"}
    require(list(layers.values()), documented())
    assert layers["memory"] == Layer("memory", False, "only Linux enforces a limit")
    assert layers["network namespace"] == Layer("network namespace", False, "needs Linux")


@pytest.mark.parametrize("name", ["cpu_seconds", "memory", "threads", "open_files", "file_size"])
def test_a_limit_is_at_least_one(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Limits(**{name: 0})


def test_a_scratch_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="folder that exists"):
        Policy(tmp_path / "none")


def test_a_readable_path_must_exist(policy: Policy, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace(policy, readable=(tmp_path / "none",)).reads()


def test_the_environment_holds_nothing_of_the_instructor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    assert "secret" not in " ".join(clean_environment(tmp_path).values())
