"""What a cell shows: stdout only, one line a case, one short exception."""

import sys
import warnings

import pytest

from course_lib.checks import CheckFailed, check
from course_lib.checks.capture import LIMIT
from tests.checks.cells import BROKEN, RIGHT, STATE_ON_THE_CPU, sgd

NOISY = """
import warnings, sys
print("on the way")
print("careful", file=sys.stderr)
warnings.warn("this form is deprecated")
"""


def test_a_pass_prints_a_line_a_device_and_returns_none(capfd: pytest.CaptureFixture[str]) -> None:
    sgd(RIGHT)
    assert check("sgd", lr=0.1, momentum=0.9, steps=20) is None  # type: ignore[func-returns-value]
    out, err = capfd.readouterr()
    first, second = out.splitlines()
    assert first == (
        "passed sgd: SGD moves every parameter as torch.optim.SGD does, lr=0.1, momentum=0.9 "
        "(cpu, 20 steps)"
    )
    assert second.startswith("passed sgd: SGD keeps everything it makes on its parameter's device")
    assert err == ""


@pytest.mark.usefixtures("no_catalogue")
def test_a_failure_is_said_in_full_on_stdout_and_nowhere_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sgd(BROKEN["moves_twice_as_far"][1])
    with pytest.raises(CheckFailed) as failed:
        check("sgd")
    out, err = capfd.readouterr()
    assert out.startswith("FAILED sgd: step 1, parameter 0 at [")
    assert "\n  checked: SGD moves every parameter" in out
    assert str(failed.value) in out
    assert err == ""


@pytest.mark.parametrize("body", [NOISY + RIGHT, NOISY + BROKEN["moves_twice_as_far"][1]])
def test_what_student_code_prints_and_warns_becomes_notes(
    body: str, capfd: pytest.CaptureFixture[str]
) -> None:
    sgd(body)
    try:
        check("sgd")
    except CheckFailed:
        pass
    out, err = capfd.readouterr()
    assert out.splitlines()[:3] == [
        "note: your code printed: on the way",
        "note: your code wrote to stderr: careful",
        "note: your code warned: this form is deprecated",
    ]
    assert err == ""


def test_endless_printing_is_cut(capfd: pytest.CaptureFixture[str]) -> None:
    sgd("print('x' * 100_000)\n" + RIGHT)
    check("sgd")
    out = capfd.readouterr().out
    assert len(out) < 3 * LIMIT and "characters)" in out


def test_streams_and_filters_are_given_back() -> None:
    sgd("raise KeyboardInterrupt")
    before = (sys.stdout, sys.stderr, list(warnings.filters))
    with pytest.raises(KeyboardInterrupt):
        check("sgd")
    assert (sys.stdout, sys.stderr, list(warnings.filters)) == before


def test_leaving_the_program_is_an_exception_like_any_other() -> None:
    sgd("raise SystemExit(0)")
    with pytest.raises(CheckFailed, match="SGD raised SystemExit at step 1"):
        check("sgd")


def test_an_exception_is_shown_with_its_line() -> None:
    sgd("speed = group['speed']")
    with pytest.raises(CheckFailed, match=r"KeyError at step 1: 'speed' \(line 16: speed = group"):
        check("sgd")


def test_the_rendering_is_one_line_but_in_validate_the_whole_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = CheckFailed("FAILED sgd: a\nHint: b")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert failed._render_traceback_() == ["CheckFailed: see the message above"]
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert failed._render_traceback_() == ["FAILED sgd: a", "Hint: b"]
    long = CheckFailed("Hint: " + "word " * 40)._render_traceback_()
    assert len(long) > 1
    assert max(map(len, long)) <= 80


def test_hygiene_that_fails_raises_after_the_passed_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sgd(STATE_ON_THE_CPU)
    with pytest.raises(CheckFailed, match="tensors of two devices meet"):
        check("sgd", momentum=0.9)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()][:2] == [
        "passed",
        "FAILED",
    ]
