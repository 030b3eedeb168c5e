"""Around the loop: history, progress, classes found by name."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
import torch

from course_lib import optim, training
from course_lib.training import History, find, make_optimizer, make_schedule
from course_lib.training.progress import progress, watched


def test_a_curve_keeps_its_own_steps() -> None:
    history = History()
    history.log(1, a=1, b=2)
    history.log(5, a=3)
    assert history.points("a") == [(1, 1.0), (5, 3.0)] and history.steps("b") == [1]
    assert list(history) == ["a", "b"] and "b" in history and "c" not in history
    assert repr(history) == "History(a (2), b (1))"


@pytest.mark.parametrize(
    ("values", "mode", "best"),
    [
        ([3, 1, 2], "min", (1, 1)),
        ([3, 1, 4], "max", (2, 4)),
        ([2, 2], "min", (0, 2)),
        ([2, 2], "max", (0, 2)),
        ([math.nan, 2, 1], "min", (2, 1)),
        ([math.nan, 1, 2], "max", (2, 2)),
        ([math.inf, 2], "min", (1, 2)),
    ],
)
def test_best_is_the_first_of_equals_and_no_nan(
    values: list[float], mode: str, best: tuple[int, float]
) -> None:
    history = History()
    for step, value in enumerate(values):
        history.log(step, a=value)
    assert history.best("a", mode) == best


def test_a_curve_that_is_not_there_is_named() -> None:
    history = History()
    history.log(0, loss=1)
    with pytest.raises(KeyError, match="needed one of loss, got 'los'"):
        history["los"]
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'best'"):
        history.best("loss", "best")


# Progress


def clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """A clock that goes on by so many seconds whenever it is read."""
    now = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: seconds * next(now))


def test_a_long_run_shows_one_line_and_wipes_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock(monkeypatch, 1.0)
    assert list(progress(5, lambda: "loss 0.5", shown=True)) == [1, 2, 3, 4, 5]
    out, err = capsys.readouterr()
    first, second, *blank = [line for line in out.split("\r") if line]
    assert first == "step 3 of 5, 2 s left, loss 0.5" and second.startswith("step 4 of 5, 1 s left")
    assert blank == [" " * len(second)] and out.endswith("\r")
    assert err == ""  # a graded notebook loses its marks by it


def test_a_short_run_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock(monkeypatch, 0.1)
    assert list(progress(15, lambda: "", shown=True)) == list(range(1, 16))
    assert capsys.readouterr().out == ""


def test_the_line_changes_five_times_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock(monkeypatch, 0.125)
    list(progress(25, lambda: "", shown=True))
    steps = [int(line.split()[1]) for line in capsys.readouterr().out.split("\r") if line.strip()]
    assert steps == [17, 19, 21, 23]


def test_nobody_watches_a_page_of_the_book(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert not watched()
    clock(monkeypatch, 5.0)
    list(progress(5, lambda: ""))
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook.ipynb")
    assert watched()


def test_the_line_is_wiped_where_a_run_breaks_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock(monkeypatch, 5.0)
    run = progress(5, lambda: "", shown=True)
    next(run), next(run)
    run.close()
    assert capsys.readouterr().out.endswith(" \r")


# Names


@pytest.mark.parametrize(
    ("kind", "name", "module"),
    [
        ("optimizer", "Adam", "course_lib.optim.adam"),
        ("optimizer", "torch.optim.Adam", "torch.optim.adam"),
        ("optimizer", "course_lib.optim.Adam", "course_lib.optim.adam"),
        ("optimizer", "RAdam", "torch.optim.radam"),
        ("schedule", "torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler"),
        ("schedule", "LambdaLR", "torch.optim.lr_scheduler"),
        ("schedule", "StepLR", "course_lib.schedules.step"),
        ("layer", "Linear", "torch.nn.modules.linear"),
        ("layer", "Dropout", "course_lib.nn.dropout"),
        ("layer", "torch.nn.Dropout", "torch.nn.modules.dropout"),
    ],
)
def test_a_name_is_the_courses_class_or_torchs_or_what_its_dots_say(
    kind: str, name: str, module: str
) -> None:
    assert find(kind, name).__module__ == module


def test_a_students_own_class_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(torch.optim.SGD):
        pass

    monkeypatch.setattr(optim, "SGD", Own)
    weight = torch.zeros(1, requires_grad=True)
    assert type(make_optimizer("SGD", [weight], lr=0.1)) is Own
    assert type(make_optimizer("torch.optim.SGD", [weight], lr=0.1)) is torch.optim.SGD


@pytest.mark.parametrize("name", ["Adamm", "torch.optim.Adamm", "no.such.module.Adam", "sgd"])
def test_a_name_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(LookupError, match=f"needed the name of a class in .*, got '{name}'"):
        find("optimizer", name)


def test_a_module_that_lacks_another_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lacks_another.py").write_text("import not_installed_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_installed_at_all"):
        find("optimizer", "lacks_another.Adam")


def test_what_builds_counts_as_a_name() -> None:
    weight = torch.zeros(1, requires_grad=True)
    optimizer = make_optimizer(torch.optim.SGD, [weight], lr=0.5, momentum=0.9)
    assert optimizer.param_groups[0]["momentum"] == 0.9
    schedule = make_schedule(torch.optim.lr_scheduler.StepLR, optimizer, step_size=3)
    assert schedule.step_size == 3


def test_every_public_name_is_there() -> None:
    assert all(hasattr(training, name) for name in training.__all__)
