from pathlib import Path

import pytest
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade
from traitlets.config import Config

from course_lib.grading.course import GradingError
from course_lib.grading.execute import BoundedExecute


def graded(source: str, name: str) -> NotebookNode:
    details = {"grade": True, "grade_id": name, "locked": True, "points": 1, "solution": False}
    return new_code_cell(source, metadata={"nbgrader": details})


def run(
    *cells: NotebookNode, assignment: str = "any", folder: Path | str = ".", **settings: object
) -> list[NotebookNode]:
    """Execute cells in a kernel of their own."""
    settings |= {"kernel_name": "python3", "shutdown_kernel": "immediate"}
    settings |= {"extra_arguments": ["--IPKernelApp.log_level=ERROR"]}
    runner = BoundedExecute(config=Config(BoundedExecute=Config(settings)))
    resources = {"metadata": {"path": str(folder)}, "nbgrader": {"assignment": assignment}}
    done, _ = runner.preprocess(new_notebook(cells=list(cells)), resources)
    return list(done.cells)


def errors(cell: NotebookNode) -> list[str]:
    return [output.ename for output in cell.outputs if output.output_type == "error"]


# Kernels take a second each; their event loop warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_after_a_timeout_only_the_same_exercise_is_passed_over() -> None:
    loop, same, other = run(
        graded("while True: pass", "a-visible-1"),
        graded("1 + 1;", "a-hidden-1"),
        graded("print('here')", "b-visible-1"),
        timeout=3,
    )
    assert "CellTimeoutError" in errors(loop)
    assert errors(same) == ["NotRun"]
    assert other.outputs[0].text == "here\n"
    assert [determine_grade(cell)[0] for cell in (loop, same, other)] == [0, 0, 1]


def test_when_the_kernel_ends_nothing_more_is_run_and_what_was_earned_stays() -> None:
    first, ends, last = run(
        graded("pass", "a-visible-1"),
        graded("import os; os._exit(1)", "b-visible-1"),
        graded("pass", "c-visible-1"),
    )
    assert [determine_grade(cell)[0] for cell in (first, ends, last)] == [1, 0, 0]
    assert last.outputs[0].evalue == "Not run: the code ended the kernel."


def test_output_is_cut_and_the_cell_keeps_its_points() -> None:
    (cell,) = run(graded("print('x' * 30_000_000)", "a-visible-1"), max_output=1000)
    assert len(cell.outputs[0].text) < 1100
    assert "cut here" in cell.outputs[0].text
    assert determine_grade(cell)[0] == 1


def test_a_huge_message_of_an_exception_is_cut() -> None:
    (cell,) = run(graded("raise ValueError('x' * 10_000_000)", "a-visible-1"), max_output=1000)
    assert len(str(cell.outputs)) < 3000
    assert determine_grade(cell)[0] == 0


def test_a_warning_in_a_test_cell_costs_nothing() -> None:
    (cell,) = run(graded("import sys; print('careful', file=sys.stderr)", "a-visible-1"))
    assert determine_grade(cell)[0] == 1
    assert cell.outputs[0].text == "careful\n"


def test_the_library_named_comes_first(tmp_path: Path) -> None:
    (tmp_path / "course_lib.py").write_text("edition = 'another'")
    cell = new_code_cell("import course_lib; print(course_lib.edition)")
    (cell,) = run(cell, library=str(tmp_path))
    assert cell.outputs[0].text == "another\n"


def test_each_assignment_has_its_own_time() -> None:
    nap = "import time; time.sleep(3)"
    for assignment, expected in (("short", 0), ("long", 1)):
        (cell,) = run(
            graded(nap, "a-visible-1"), assignment=assignment, timeouts={"long": 60}, timeout=1
        )
        assert determine_grade(cell)[0] == expected, assignment


def test_a_cell_after_a_timeout_has_a_sixth_of_its_time() -> None:
    for seconds, expected in ((None, None), (30, 5), (300, 50), (3, 5)):
        runner = BoundedExecute(timeout=seconds)
        runner._timed_out = {"a"}
        assert runner._get_timeout(new_code_cell()) == expected


SHADOWS = ("torch", "course_lib", "typing", "runpy", "contextlib", "sitecustomize", "ipykernel")


def test_a_file_of_the_submission_is_imported_and_takes_nobodys_place(tmp_path: Path) -> None:
    (tmp_path / "my_course_lib.py").write_text("mine = 'imported'")
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "course_lib").mkdir()
    (tmp_path / "course_lib" / "__init__.py").write_text("raise SystemExit('shadowed')")
    for config in ("ipython_config.py", "ipython_kernel_config.py"):
        (tmp_path / config).write_text("raise SystemExit('configured')")
    source = "import contextlib, runpy, torch, course_lib.checks, my_course_lib as m; print(m.mine)"
    (cell,) = run(new_code_cell(source), folder=tmp_path)
    assert [output.get("text") for output in cell.outputs] == ["imported\n"]


def test_without_the_gpu_that_is_asked_for_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.setenv("COURSE_REQUIRE_CUDA", "1")
    with pytest.raises(GradingError, match="COURSE_REQUIRE_CUDA=1 needs a CUDA device, got none"):
        run(graded("pass", "a-visible-1"))
