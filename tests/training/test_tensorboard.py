"""TensorBoard: what is written is read back, every point of it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from course_lib.training import History, read_tensorboard, write_tensorboard


def test_a_run_comes_back_point_for_point(tmp_path: Path) -> None:
    history = History()
    for step in range(11_000):  # more than TensorBoard keeps of a curve unless told
        history.log(step + 1, loss=2.0**-step if step < 100 else 0.0, lr=0.5)
    history.log(7, validation_accuracy=0.25)
    write_tensorboard(history, tmp_path / "run")
    assert read_tensorboard(tmp_path / "run") == history


def test_values_are_kept_in_single_precision(tmp_path: Path) -> None:
    history = History()
    history.log(1, loss=0.1)
    write_tensorboard(history, tmp_path)
    again = read_tensorboard(tmp_path).last("loss")
    assert again != 0.1 and again == pytest.approx(0.1, rel=1e-7)


def test_values_that_are_not_finite_come_back(tmp_path: Path) -> None:
    history = History()
    history.log(1, loss=math.inf)
    history.log(2, loss=math.nan)
    write_tensorboard(history, tmp_path)
    first, second = read_tensorboard(tmp_path)["loss"]
    assert first == math.inf and math.isnan(second)


def test_a_second_run_in_one_folder_is_refused(tmp_path: Path) -> None:
    history = History()
    history.log(1, loss=1.0)
    write_tensorboard(history, tmp_path)
    with pytest.raises(FileExistsError, match="needed a folder without a run, got"):
        write_tensorboard(history, tmp_path)
    assert read_tensorboard(tmp_path) == history


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="needed a folder that holds a run, got"):
        read_tensorboard(tmp_path)
