"""The data sets that are drawn: seeds, shapes, splits, units and personal variants."""

from __future__ import annotations

import doctest
import importlib
import math
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from course_lib.data import Split, digits, mnist1d, moons, spirals
from course_lib.data.mnist1d import draw, transformed
from course_lib.data.personal import variant

SETS: dict[str, Callable[..., Split]] = {
    "digits": digits,
    "mnist1d": lambda **options: mnist1d(
        **{"examples": 500, "validation": 50, "test": 100} | options
    ),
    "moons": moons,
    "spirals": spirals,
}
FEATURES = {"digits": 64, "mnist1d": 40, "moons": 2, "spirals": 2}
CLASSES = {"digits": 10, "mnist1d": 10, "moons": 2, "spirals": 3}
PERSONAL = {name: SETS[name] for name in ("digits", "mnist1d")}

every_set = pytest.mark.parametrize("name", SETS)
every_personal = pytest.mark.parametrize("name", PERSONAL)


def rows(split: Split) -> torch.Tensor:
    """All examples of a split."""
    return torch.cat([inputs for inputs, _ in split])


@every_set
def test_parts_have_the_shapes_that_are_promised(name: str) -> None:
    split = SETS[name](validation=60, test=90)
    assert [len(y) for _, y in split][1:] == [60, 90]
    for inputs, labels in split:
        assert inputs.shape == (len(labels), FEATURES[name])
        assert inputs.dtype == torch.float32 and labels.dtype == torch.int64
        assert set(labels.tolist()) == set(range(CLASSES[name]))


@every_set
def test_no_example_is_in_two_parts(name: str) -> None:
    together = rows(SETS[name](validation=60, test=90))
    assert len(torch.unique(together, dim=0)) == len(together)


@every_set
def test_the_seed_decides_the_examples(name: str) -> None:
    one, same, other = (SETS[name](seed=seed) for seed in (4, 4, 5))
    assert torch.equal(one.train[0], same.train[0]) and torch.equal(one.train[1], same.train[1])
    assert not torch.equal(one.train[0], other.train[0])


@pytest.mark.parametrize("name", ["mnist1d", "moons", "spirals"])
def test_the_seed_decides_the_draws_and_not_the_order_alone(name: str) -> None:
    one, other = (rows(SETS[name](seed=seed, dtype=torch.float64)) for seed in (4, 5))
    values = [((x - x.mean()) / x.std()).flatten().sort().values for x in (one, other)]
    assert not torch.allclose(*values, atol=1e-6)


def test_spirals_wind_as_often_as_they_are_told() -> None:
    for inputs, labels in spirals(noise=0.0, turns=1.5, classes=4, dtype=torch.float64):
        angle = 2 * math.pi * (1.5 * inputs.norm(dim=1) + labels / 4)
        torch.testing.assert_close(
            torch.atan2(angle.sin(), angle.cos()), torch.atan2(*inputs.T.flip(0))
        )


def test_moons_are_half_circles_that_reach_into_each_other() -> None:
    for inputs, labels in moons(noise=0.0, dtype=torch.float64):
        upper, lower = inputs[labels == 0], inputs[labels == 1]
        assert (upper[:, 1] >= 0).all() and (lower[:, 1] <= 0.5).all()
        for moon, centre in ((upper, [0.0, 0.0]), (lower, [1.0, 0.5])):
            radius = (moon - torch.tensor(centre)).norm(dim=1)
            torch.testing.assert_close(radius, torch.ones_like(radius))


@pytest.mark.parametrize("make", [moons, spirals])
def test_noise_has_the_standard_deviation_it_is_told(make: Callable[..., Split]) -> None:
    options: dict[str, Any] = {"examples": 30_000, "dtype": torch.float64, "seed": 1}
    noisy, clean = (make(noise=noise, **options) for noise in (0.1, 0.0))
    assert (rows(noisy) - rows(clean)).std().item() == pytest.approx(0.1, rel=0.02)


@every_set
def test_global_random_state_is_left_alone(name: str) -> None:
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    SETS[name](seed=97)
    after = random.getstate(), np.random.get_state()[1], torch.get_rng_state()  # noqa: NPY002
    assert before[0] == after[0] and (before[1] == after[1]).all()
    assert torch.equal(before[2], after[2])


@every_set
def test_nobody_can_spoil_what_is_kept_in_memory(name: str) -> None:
    first = SETS[name](seed=6)
    copy = first.train[0].clone()
    first.train[0].zero_(), first.train[1].zero_()
    again = SETS[name](seed=6)
    assert torch.equal(again.train[0], copy) and again.train[1].any()


@every_set
def test_the_type_changes_the_precision_only(name: str) -> None:
    single, double = (SETS[name](dtype=dtype) for dtype in (torch.float32, torch.float64))
    assert double.train[0].dtype == torch.float64
    torch.testing.assert_close(single.train[0].double(), double.train[0], rtol=1e-6, atol=1e-6)


@every_set
def test_an_empty_part_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"needed three parts of at least 1 \w+, got .* 0 and 90"):
        SETS[name](validation=0, test=90)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mnist1d(examples=505), "examples must be a multiple of 10, got 505"),
        (lambda: moons(examples=601), "examples must be even, got 601"),
        (lambda: moons(noise=-1.0), "noise must be at least 0, got -1.0"),
        (lambda: spirals(noise=-1.0), "noise must be at least 0, got -1.0"),
        (lambda: spirals(classes=1), "at least 2 classes and a multiple of them, got 1 and 600"),
        (lambda: spirals(classes=7), "at least 2 classes and a multiple of them, got 7 and 600"),
        (lambda: digits(student=""), "digits needs a student's id or None, got an empty text"),
        (lambda: mnist1d(student=""), "mnist1d needs a student's id or None, got an empty text"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], Split], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# MNIST-1D


def replayed(chance: dict[str, Any], example: int) -> Iterator[Any]:
    """The draws of one example in the order in which the package asks for them."""
    yield (chance["pad"][example] - 36) / 25 + 1e-9
    yield (chance["stretch"][example] - 1) / 0.4 + 0.5
    yield chance["shift"][example]
    yield chance["correlated"][example] / 0.25
    yield chance["independent"][example] / 0.02
    yield chance["tilt"][example] / 0.75 + 0.5


def test_signals_equal_the_packages_for_the_same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    from mnist1d.data import get_dataset_args, get_templates
    from mnist1d.transform import transform

    templates, chance = get_templates(), draw(60, seed=3)
    labels = np.arange(60) % 10
    ours = transformed(templates["x"][labels], chance)
    for example, label in enumerate(labels):
        stream = replayed(chance, example)
        for name in ("rand", "randn", "choice"):
            monkeypatch.setattr(np.random, name, lambda *size, stream=stream: next(stream))
        theirs, _ = transform(templates["x"][label], templates["t"], get_dataset_args())
        np.testing.assert_allclose(ours[example], theirs, atol=1e-7)


def test_draws_fill_their_ranges_evenly() -> None:
    chance = draw(20_000, seed=0)
    for name, low, high in (("pad", 36, 60), ("shift", 0, 47)):
        assert chance[name].min() == low and chance[name].max() == high
        assert chance[name].mean() == pytest.approx((low + high) / 2, abs=0.5)
    for name, low, high in (("stretch", 0.8, 1.2), ("tilt", -0.375, 0.375)):
        assert low <= chance[name].min() < low + 0.01 and high - 0.01 < chance[name].max() <= high
    assert chance["correlated"].std() == pytest.approx(0.25, rel=0.01)
    assert chance["independent"].std() == pytest.approx(0.02, rel=0.01)


def test_the_training_part_alone_sets_the_unit() -> None:
    split = mnist1d(examples=500, validation=50, test=100, dtype=torch.float64)
    assert split.train[0].mean().item() == pytest.approx(0, abs=1e-12)
    assert split.train[0].std().item() == pytest.approx(1)
    assert split.test[0].std().item() != pytest.approx(1, abs=1e-6)


def test_classes_are_equally_large() -> None:
    labels = torch.cat([y for _, y in mnist1d(examples=500, validation=50, test=100)])
    assert labels.bincount().tolist() == [50] * 10


# Personal variants


@every_personal
def test_a_variant_is_the_common_data_in_another_unit(name: str) -> None:
    common = PERSONAL[name](dtype=torch.float64)
    mine = PERSONAL[name](dtype=torch.float64, student="ann")
    scale, offset = variant(name, "ann")
    back = rows(mine) / scale - offset
    if name == "digits":  # the same images in another order
        order = [tuple(row) for row in (back * 16).round().int().tolist()]
        assert sorted(order) == sorted(
            tuple(row) for row in (rows(common) * 16).round().int().tolist()
        )
    else:
        assert (mine.train[0] / scale - offset).std().item() == pytest.approx(1)
    assert not torch.equal(mine.train[1], common.train[1])


@every_personal
def test_students_get_different_data_and_always_their_own(name: str) -> None:
    ann, again, ben = (PERSONAL[name](student=student) for student in ("ann", "ann", "ben"))
    assert torch.equal(ann.train[0], again.train[0]) and torch.equal(ann.test[1], again.test[1])
    assert not torch.equal(ann.train[1], ben.train[1])
    assert ann.train[0].std().item() != pytest.approx(ben.train[0].std().item(), rel=0.01)


@every_personal
def test_another_seed_keeps_the_students_unit(name: str) -> None:
    one, other = (PERSONAL[name](student="ann", seed=seed) for seed in (0, 1))
    assert not torch.equal(one.train[1], other.train[1])
    assert rows(one).std().item() == pytest.approx(rows(other).std().item(), rel=0.02)


def test_units_of_a_class_spread_over_their_range() -> None:
    variants = [variant("digits", f"student {number}") for number in range(400)]
    logs = [math.log(scale, 4) for scale, _ in variants]
    assert -1 <= min(logs) < -0.95 and 0.95 < max(logs) <= 1
    assert abs(sum(logs)) / 400 < 0.15
    offsets = [offset for _, offset in variants]
    assert -1 <= min(offsets) < -0.95 and 0.95 < max(offsets) <= 1


def test_the_two_sets_of_a_student_differ_in_unit() -> None:
    assert variant("digits", "ann") != variant("mnist1d", "ann")


def test_a_variant_never_changes_from_one_session_to_the_next() -> None:
    scale, offset = variant("digits", "ann")
    assert (round(scale, 6), round(offset, 6)) == (0.592585, 0.323218)


@pytest.mark.parametrize("module", ["digits", "mnist1d", "personal", "planar", "split"])
def test_examples_run(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"course_lib.data.{module}")).failed == 0
