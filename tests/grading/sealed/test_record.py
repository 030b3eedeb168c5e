"""Records, keys, intake and what a person is asked to look at."""

import json
import os
import stat
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.grading.sealed import record
from course_lib.grading.sealed.intake import suspicious, take_in
from course_lib.grading.sealed.judgeable import problems
from course_lib.grading.sealed.keys import NAME, Key, course_key
from course_lib.grading.sealed.syntax import findings

KEY = Key(b"secret")
SAID = {"format": record.FORMAT, "points": 5}


def test_a_record_is_read_back(tmp_path: Path) -> None:
    record.write(tmp_path / "a" / "r.json", SAID, KEY)
    assert record.read(tmp_path / "a" / "r.json", KEY) == SAID


@pytest.mark.parametrize(
    "change",
    [
        lambda made: {**made, "points": 90},
        lambda made: {k: v for k, v in made.items() if k != "signature"},
        lambda made: {**made, "signature": "é"},
        lambda made: {**made, "signature": 5},
        lambda made: record.sign({"format": 1, "points": 5}, KEY),
        lambda made: [made],
    ],
)
def test_a_record_nobody_signed_is_none(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "r.json"
    record.write(path, SAID, KEY)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert record.read(path, KEY) is None
    assert record.read(tmp_path / "none.json", KEY) is None


def test_another_key_signs_and_draws_otherwise() -> None:
    other = Key(b"other")
    assert not other.signed("text", KEY.signature("text"))
    assert KEY.seed("ann") == KEY.seed("ann") != other.seed("ann")
    assert KEY.seed("a", "b") != KEY.seed("a", "c")


def test_the_courses_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = course_key(tmp_path)
    assert course_key(tmp_path).signature("x") == first.signature("x")
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def submitted(folder: Path) -> Path:
    folder.mkdir()
    (folder / "optimizers.ipynb").write_text(
        json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    return folder


def test_what_lies_beside_a_notebook_is_taken_in(tmp_path: Path) -> None:
    folder = submitted(tmp_path / "s")
    (folder / "own").mkdir()
    (folder / "own" / "torch.py").write_text("x = 1")
    (folder / "torch.py").write_text("x = 1")
    intake = take_in(folder, "optimizers")
    assert [name for name, _ in intake.beside] == ["own/torch.py"]
    assert intake.problem == "" and "`torch.py` is left out" in intake.notices[0]
    (folder / "torch.py").write_text("x = 2")
    assert take_in(folder, "optimizers").digest != intake.digest


def _link(folder: Path) -> None:
    (folder / "a").symlink_to("/etc/passwd")


def _linked_folder(folder: Path) -> None:
    (folder / "a").symlink_to("/etc")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "a")


def _many(folder: Path) -> None:
    for number in range(201):
        (folder / str(number)).touch()


def _large(folder: Path) -> None:
    with (folder / "a").open("wb") as file:
        file.truncate(60_000_000)


@pytest.mark.parametrize("deed", [_link, _linked_folder, _pipe, _many, _large])
def test_a_suspicious_folder_is_refused(tmp_path: Path, deed) -> None:  # type: ignore[no-untyped-def]
    folder = submitted(tmp_path / "s")
    assert suspicious(folder) == ""
    deed(folder)
    assert take_in(folder, "optimizers").problem == suspicious(folder) != ""


def test_a_file_that_may_not_be_read_is_a_problem_with_a_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = submitted(tmp_path / "s")
    (folder / "notes.txt").touch()
    read_bytes = Path.read_bytes

    def refused(path: Path) -> bytes:  # whoever runs the tests may be allowed to read all files
        if path.name == "notes.txt":
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refused)
    intake = take_in(folder, "optimizers")
    assert intake.problem == "notes.txt cannot be read (Permission denied): hand the work in again."
    assert intake.notebook is None and intake.beside == () and intake.digest


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(submitted(tmp_path / "s"))
    assert "is a link" in suspicious(tmp_path / "link")


@pytest.mark.parametrize(
    ("source", "asks_for"),
    [
        ("import torch\nx = torch.optim.Adam", "torch's own optimizers and schedules"),
        ("from torch import optim as o\no.SGD", "torch's own optimizers and schedules"),
        ("from torch.optim.lr_scheduler import StepLR", "torch's own optimizers and schedules"),
        ("import torch.nn.functional as F\nF.dropout(x)", "torch's own dropout"),
        ("from torch import nn\nnn.Dropout(0.5)", "torch's own dropout"),
        ("from torch.nn.functional import batch_norm", "torch's own normalization"),
        ("import torch\ntorch.nn.BatchNorm1d(3)", "torch's own normalization"),
        ("import torch\ntorch.ops.aten.add", "torch's operators by name"),
        ("import inspect\ninspect.getsource(x)", "code as text"),
        ("exec('x')", "code as text"),
        ("import sys\nsys._getframe(1)", "other code's frames"),
        ("f.__globals__", "other code's insides"),
    ],
)
def test_ready_made_help_is_shown_to_a_person(source: str, asks_for: str) -> None:
    found = findings(new_notebook(cells=[new_code_cell(source)]))
    assert found[0]["asks for"] == asks_for
    assert found[0]["text"] in source.splitlines() and found[0]["cell"] == "cell 1"


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nstate['norm'] = torch.linalg.norm(x)",
        "def dropout(x, p):\n    return x * (torch.rand_like(x) >= p)",
        "from course_lib import optim\noptim.SGD",
        "%matplotlib inline",
        "x = torch.zeros_like(param)",
        "model.eval()",
    ],
)
def test_honest_code_is_not_mentioned(source: str) -> None:
    assert findings(new_notebook(cells=[new_code_cell(source)])) == []


HEAD = "from course_lib.checks import check, student_value\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("assert rate < 1", "`rate` is a student's: fetch it with student_value('rate')"),
        ("!ls", "only plain Python"),
        ("from course_lib.optim import Adam", "course_lib.optim is not the student's there"),
        ("import my_course_lib", "my_course_lib is not the student's there"),
        ("from course_lib.checks import run_check", "has no run_check for tests"),
    ],
)
def test_a_test_that_cannot_be_judged_is_named(source: str, said: str) -> None:
    (found,) = problems([("t", source)])
    assert found.startswith("t: ") and said in found


def test_what_can_be_judged_is_not_mentioned() -> None:
    first = f"{HEAD}import math\ndef near(a, b): return all(math.isclose(x, b) for x in a)"
    second = (
        "for seed in (1, 2):\n    check('adam', seed=seed)\nassert near([student_value('a')], 1)"
    )
    third = f"{HEAD}check('adam', student=STUDENT)"
    assert problems([("one", first), ("two", second), ("three", third)]) == []
