"""Right answers that are written down once: the bits of torch's own for any other numbers."""

from typing import Any

import pytest
import torch

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.references import optimizers, played
from course_lib.checks.spec import Exercise, Inputs
from tests.checks.test_cases import COMMON, OPTIMIZERS, OWN


@pytest.fixture(autouse=True)
def nothing_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(played, "_WRITTEN", {})


def inputs(slug: str, seed: int = 0, **case: Any) -> Inputs:
    return build(find(slug), {**case, "seed": seed})


def stepped(slug: str, given: Inputs) -> Trajectory:
    with torch.inference_mode():
        return optimizers._stepped(find(slug), given)


def same(left: Trajectory, right: Trajectory) -> bool:
    pairs = (pair for rows in zip(left, right, strict=True) for pair in zip(*rows, strict=True))
    return all(a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize(
    ("slug", "case"),
    [*((slug, case) for slug in OPTIMIZERS for case in COMMON.values()), *OWN],
)
def test_played_is_what_torch_computes(slug: str, case: dict[str, Any]) -> None:
    exercise = find(slug)
    assert optimizers.prepare(exercise, inputs(slug, **case), inputs(slug, 1, **case))
    given = inputs(slug, 2, **case)
    before = [start.clone() for start in given["parameters"]]
    for _ in range(2):
        found = played.play(exercise, given)
        assert found is not None and same(found, stepped(slug, given))
    assert same([given["parameters"]], [before])  # what is played leaves its numbers alone
    assert same(optimizers.optimizer(exercise, given), found)


def test_nothing_is_played_before_it_is_written_down() -> None:
    assert played.play(find("adam"), inputs("adam")) is None
    assert same(optimizers.optimizer(find("adam"), inputs("adam")), stepped("adam", inputs("adam")))


@pytest.mark.parametrize(
    ("slug", "case"),
    [
        ("adamw", {}),
        ("adam", {"lr": 0.5}),
        ("adam", {"steps": 9}),
        ("adam", {"dtype": "float32"}),
        ("adam", {"shapes": ((3, 2), (5,))}),
        ("adam", {"missing": {0: [2]}}),
        ("adam", {"changes": {3: {"lr": 0.2}}}),
        ("adam", {"groups": [{}, {"lr": 0.2}]}),
    ],
)
def test_what_is_written_down_is_played_for_no_other_form(slug: str, case: dict[str, Any]) -> None:
    adam = find("adam")
    assert optimizers.prepare(adam, inputs("adam"), inputs("adam", 1))
    assert played.play(find(slug), inputs(slug, **case)) is None
    assert played.play(adam, inputs("adam", 2)) is not None


def test_a_rule_that_heeds_numbers_is_not_written_down() -> None:
    def rule(exercise: Exercise, given: Inputs) -> Trajectory:
        (start,) = given["parameters"]
        return [[-start if start.sum() > 0 else start.clone()]]

    adam, case = find("adam"), inputs("adam", steps=1, shapes=((2,),))
    up, down = ({**case, "parameters": [torch.full((2,), sign)]} for sign in (1.0, -1.0))
    assert not played.write_down(rule, adam, up, down)
    assert played.play(adam, up) is None
    assert played.write_down(rule, adam, up, {**up, "parameters": [torch.full((2,), 2.0)]})


def test_an_error_on_the_way_leaves_nothing_written_down() -> None:
    def rule(exercise: Exercise, given: Inputs) -> Trajectory:
        if given is others:
            raise RuntimeError("refused")
        return [[start.clone() for start in given["parameters"]]]

    adam, case, others = find("adam"), inputs("adam"), inputs("adam", 1)
    with pytest.raises(RuntimeError, match="refused"):
        played.write_down(rule, adam, case, others)
    assert played.play(adam, case) is None
