import re

import pytest

from course_lib.checks import exercises
from course_lib.misconceptions import MISCONCEPTIONS, RIGHT, Misconception
from course_lib.misconceptions.build import body, variant_object, written_into
from tests.pages import assert_leads_somewhere

CELL = """\
@implement
class SGD(Optimizer):
    def update(self, param, grad, state, group):
        ### BEGIN SOLUTION
        pass
        ### END SOLUTION

    def last(self):
        return 1
"""

every_mistake = pytest.mark.parametrize("mistake", MISCONCEPTIONS, ids=lambda m: m.slug)


def edited(*edits: tuple[str, str]) -> Misconception:
    return Misconception("sgd/edited", "belief", "hint", "page#section", edits)


def test_slugs_are_unique() -> None:
    for variants in (MISCONCEPTIONS, RIGHT):
        slugs = [variant.slug for variant in variants]
        assert sorted(set(slugs)) == sorted(slugs)


@every_mistake
def test_a_hint_is_one_question_or_two_sentences_and_judges_nobody(mistake: Misconception) -> None:
    assert 1 <= len(re.findall(r"[.?](?:\s|$)", mistake.hint)) <= 3
    assert mistake.hint.endswith("?")
    assert not re.search(r"\b(wrong|incorrect|error|mistake|bug)\b", mistake.hint)
    assert mistake.belief.endswith(".")


@every_mistake
def test_a_hint_leads_to_a_section(mistake: Misconception) -> None:
    assert_leads_somewhere(*mistake.section.split("#"))


@every_mistake
def test_what_catches_a_mistake_asks_for_the_same_rule(mistake: Misconception) -> None:
    assert mistake.caught_by
    name = exercises.find(mistake.exercise).name
    assert {exercises.find(slug).name for slug in mistake.caught_by} == {name}


def test_a_mistake_without_edits_is_the_library() -> None:
    assert "param.add_(" in body(edited())


@pytest.mark.parametrize("old", ["not in the library", "momentum"])
def test_an_edit_must_fit_in_one_place(old: str) -> None:
    with pytest.raises(
        ValueError, match=r"sgd/edited: needed .* once in SGD.update, got \d+ times"
    ):
        body(edited((old, "new")))


def test_a_body_goes_between_the_marks() -> None:
    variant = Misconception("sgd/b", "b", "h", "p#s", body="if True:\n    pass\n")
    written = written_into(CELL, "cell", variant)
    assert written == CELL.replace("        pass\n", "        if True:\n            pass\n")


def test_methods_take_the_place_of_the_method() -> None:
    variant = Misconception("sgd/m", "b", "h", "p#s", methods="def step(self):\n    return 2\n")
    lines = written_into(CELL, "cell", variant).splitlines()
    assert lines[2:4] == ["    def step(self):", "        return 2"]
    assert lines[-2:] == CELL.splitlines()[-2:]
    assert "SOLUTION" not in "".join(lines)


def test_variants_live_apart() -> None:
    one, other = variant_object(MISCONCEPTIONS[-1]), variant_object(MISCONCEPTIONS[-2])
    assert one is not other
    assert variant_object(MISCONCEPTIONS[-1]) is one
