from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from course_lib.grading import submissions
from course_lib.grading.submissions import problem


def test_a_notebook_that_can_be_read_is_no_problem(tmp_path: Path) -> None:
    nbformat.write(new_notebook(), tmp_path / "a.ipynb")
    assert problem(tmp_path, "a") is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"cells": 7, "nbformat": 4}', "[" * 200_000, "\x00"],
    ids=["empty", "cut", "list", "number", "no cells", "deep", "zero"],
)
def test_what_is_no_notebook_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.ipynb").write_text(text)
    assert "a.ipynb" in str(problem(tmp_path, "a"))


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(b"\xff\xfe\xff")
    assert "a.ipynb" in str(problem(tmp_path, "a"))


def test_a_renamed_notebook_is_pointed_at(tmp_path: Path) -> None:
    nbformat.write(new_notebook(), tmp_path / "a (1).ipynb")
    assert problem(tmp_path, "a") == "There is no a.ipynb in the folder, only a (1).ipynb."


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MAX_BYTES", 10)
    nbformat.write(new_notebook(), tmp_path / "a.ipynb")
    assert "clear its outputs" in str(problem(tmp_path, "a"))


def test_a_placeholder_says_the_reason() -> None:
    assert "The reason." in submissions.placeholder("The reason.").cells[0].source
