"""The capstone's notebook, in a folder with a library of the student's own."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from course_lib.grading import cells
from course_lib.grading.recipes.training import my_course_lib
from course_lib.misconceptions.notebook import SOURCE_STUDENT
from tests.assignments.laws import NotebookLaws, graded_cells


@pytest.mark.slow
class TestTraining(NotebookLaws):
    assignment = "training"
    machine: ClassVar = {
        "initial_loss": 6,
        "overfit_sample": 12,
        "log_uniform": 8,
        "stop_early": 10,
        "average_probabilities": 8,
        "digits_configuration": 18,
        "mnist1d_configuration": 22,
        "own_parts": 6,
    }
    written = "written-training"
    drawn: ClassVar = {
        "initial_loss",
        "overfit_sample",
        "search",
        "stop_early",
        "ensemble",
        "configurations",
    }

    @pytest.fixture(autouse=True)
    def own_library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """The notebook's folder, where a file of the student's lies."""
        (tmp_path / "my_course_lib.py").write_text(my_course_lib(), encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        yield
        sys.modules.pop("my_course_lib", None)

    def test_the_source_is_solved_for_its_student(self) -> None:
        (own,) = [cell for cell in self.notebook.cells if cells.name(cell) == "student"]
        assert own.source == f'STUDENT = "{SOURCE_STUDENT}"'

    def test_seeds_of_the_hold_out_are_seen_in_hidden_blocks_alone(self) -> None:
        seen = [cells.without_hidden(cell.source) for cell in self.notebook.cells]
        hidden = [c.source for c in graded_cells(self.notebook) if "band=" in c.source]
        assert sum("seeds=(" in text for text in hidden) == 8
        assert [text.count("seeds=(") for text in seen if "seeds=(" in text] == [1, 1]
