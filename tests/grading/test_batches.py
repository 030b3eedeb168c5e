"""Which variants may share a notebook when mutants are hunted."""

from course_lib.grading.mutants import _batches, uses
from course_lib.misconceptions import MISCONCEPTIONS, Misconception, RightVariant, Variant
from course_lib.misconceptions.build import region_key


def test_a_rule_uses_what_its_text_names_and_what_that_names() -> None:
    assert uses("Adam.update") == {"Adam.update"}
    assert uses("Dropout.forward") == {"Dropout.forward", "dropout", "dropout_mask"}


def test_rules_that_do_not_use_each_other_share_a_notebook() -> None:
    slugs = ("adam/a", "adam/b", "adagrad/a", "sgd/a", "nesterov/a")
    variants: list[Variant] = [Misconception(slug, "", "", "") for slug in slugs]
    found = [sorted(v.slug for v in batch.values()) for batch in _batches(variants)]
    assert found == [["adagrad/a", "adam/a", "sgd/a"], ["adam/b", "nesterov/a"]]


def test_no_variant_is_left_out_and_none_can_change_what_another_is_graded_on() -> None:
    variants: list[Variant] = [*MISCONCEPTIONS, RightVariant("adam/right", "any")]
    batches = list(_batches(variants))
    assert sorted(v.slug for b in batches for v in b.values()) == sorted(v.slug for v in variants)
    for batch in batches:
        assert all(region_key(variant.exercise) == rule for rule, variant in batch.items())
        assert not any(uses(rule) & batch.keys() - {rule} for rule in batch)
