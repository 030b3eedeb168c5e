"""What a cell tells reaches the sentences as a plain number under the chapter's name."""

import sys
from typing import Any

import myst_nb
import numpy as np
import pytest
import torch

from course_lib.figures import teller


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("0.5 s", "0.5 s"),
        (3, 3),
        (True, True),
        (0.25, 0.25),
        (np.float64(0.25), 0.25),
        (np.int64(3), 3),
        (torch.tensor(0.5), 0.5),
        (torch.tensor([7]), 7),
    ],
)
def test_a_number_is_glued_under_the_chapters_name(
    monkeypatch: pytest.MonkeyPatch, told: Any, kept: Any
) -> None:
    glued = []
    monkeypatch.setattr(myst_nb, "glue", lambda *args, **kwargs: glued.append((*args, kwargs)))
    teller("ch9")(steps=told)
    assert glued == [("ch9_steps", kept, {"display": False})]
    assert type(glued[0][1]) is type(kept)


def test_several_numbers_are_told_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    glued = []
    monkeypatch.setattr(myst_nb, "glue", lambda name, value, display: glued.append((name, value)))
    teller("ch9")(steps=40, loss=0.25)
    assert glued == [("ch9_steps", 40), ("ch9_loss", 0.25)]


def test_a_notebook_without_the_book_runs_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "myst_nb", None)
    teller("ch9")(steps=40)
    assert capsys.readouterr().out == ""
