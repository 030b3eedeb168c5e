"""Test cells are plain Python: what they ask is found ahead, and what they give is bounded."""

import pytest

from course_lib.grading.sealed.testcells import TestCell, planned, points

HEAD = "from course_lib.checks import check\n"


def test_questions_are_found_by_running_the_tests() -> None:
    loop = TestCell("l", HEAD + "for k in (1, 2):\n    check('adam', seed=k)\nassert 1 == 2", 1.0)
    assert [question.parameters for question in planned((loop,))] == [{"seed": 1}, {"seed": 2}]


@pytest.mark.parametrize("value", [6, -0.1, float("inf"), float("nan")])
def test_points_outside_their_domain_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"points must be in \[0, 5\]"):
        points(value, 5.0)


def test_a_test_may_use_what_grading_has_set() -> None:
    own = TestCell("t", HEAD + "check('adam', student=STUDENT)", 1.0)
    found = planned((own,), (("STUDENT", "ann"),))
    assert [question.parameters for question in found] == [{"student": "ann"}]
    assert planned((own,)) == ()
