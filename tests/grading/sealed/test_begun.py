"""Calls that are begun before their answers are wanted: none is lost, and none is made in vain."""

from typing import Any

import pytest

from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.grading.sealed.desk import Lost, Worker
from course_lib.grading.sealed.student import Bounds, Call
from tests.grading.sealed.conftest import Class

RULE = """
from course_lib.session import implement
import time, torch

@implement
def {name}(velocity, grad, lr, momentum):
    {first}
    return velocity, grad
"""

BOUNDS = Bounds(cell=2.0, call=1.0, whole=60.0)


def rule(name: str, first: str = "pass") -> str:
    return RULE.format(name=name, first=first)


def calls(name: str, count: int, **parameters: Any) -> list[Call]:
    return [
        Call(name, build(find(name), {"steps": 1, "seed": seed, **parameters}))
        for seed in range(count)
    ]


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many calls each message holds that is sent to a process."""
    sizes: list[int] = []
    inner = Worker.message

    def message(self: Worker, do: str, seconds: float, **details: Any) -> Any:
        sizes.extend([len(details["calls"])] if do == "ask" else [])
        return inner(self, do, seconds, **details)

    monkeypatch.setattr(Worker, "message", message)
    return sizes


def test_what_a_batch_has_no_time_for_is_begun_again(student: Class, posted: list[int]) -> None:
    one = student(rule("rate_outside", "time.sleep(0.2)"), bounds=BOUNDS)
    asked = calls("rate_outside", 8)
    one.begin(asked)
    one.finish()
    assert posted[0] == 8 and 1 < len(posted) < 8 and sorted(posted, reverse=True) == posted
    before = len(posted)
    for call in asked:
        answer = one.call(call.exercise, call.inputs)
        assert answer["trajectory"][0][1].equal(call.inputs["gradients"][0])
    assert len(posted) == before


def test_a_call_without_end_costs_its_exercise_one_limit(student: Class, posted: list[int]) -> None:
    hangs = rule("rate_inside", "time.sleep(1000)")
    one = student(rule("rate_outside"), hangs, bounds=BOUNDS)
    good, bad = calls("rate_outside", 6), calls("rate_inside", 4)
    one.begin([*good[:3], *bad[:2], *good[3:]])
    one.finish()
    one.begin(bad[2:])
    assert posted == [8, 3]
    assert all(one.call(c.exercise, c.inputs)["outcome"] == "answered" for c in good)
    for call in bad:
        with pytest.raises(Lost, match="did not finish within 1 s"):
            one.call(call.exercise, call.inputs)
    assert one.starts == 1 and posted == [8, 3]


@pytest.mark.parametrize("steps", [1, 1500])
def test_a_process_that_ends_costs_no_answer_to_other_calls(student: Class, steps: int) -> None:
    ends = rule("rate_inside", "__import__('os')._exit(0)")
    one = student(rule("rate_outside"), ends, bounds=BOUNDS)
    good, bad = calls("rate_outside", 6, steps=steps), calls("rate_inside", 1)
    one.begin([*bad, *good[:2]])
    one.begin(good[2:4])
    one.begin(good[4:])
    for call in good:
        assert one.call(call.exercise, call.inputs)["outcome"] == "answered"
    with pytest.raises(Lost, match="ended its process"):
        one.call(bad[0].exercise, bad[0].inputs)


@pytest.mark.parametrize("steps", [300, 3000])
def test_neither_side_waits_for_the_other_to_read(student: Class, steps: int) -> None:
    one = student(rule("rate_outside"), bounds=BOUNDS)
    batches = [calls("rate_outside", 3, steps=steps) for _ in range(4)]
    for batch in batches:
        one.begin(batch)
    for call in (call for batch in batches for call in batch):
        assert len(one.call(call.exercise, call.inputs)["trajectory"]) == steps
    assert one.starts == 1, "one side gave up"


def test_an_answer_is_taken_for_no_other_way_of_asking(student: Class, posted: list[int]) -> None:
    one = student(rule("rate_outside"), bounds=BOUNDS)
    (plain,) = calls("rate_outside", 1)
    traced = Call(plain.exercise, plain.inputs, traced=True)
    one.begin([plain])
    one.call(traced.exercise, traced.inputs, traced=True)
    assert posted == [1, 1]
    one.call(plain.exercise, plain.inputs)
    assert posted == [1, 1]
