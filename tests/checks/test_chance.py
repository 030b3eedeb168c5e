"""Judging by chance: laws that can fail, honest coins that never do, and the bounds behind both."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_lib.checks import verify
from course_lib.checks.coins import FALSE_ALARM, LAWS, is_off
from course_lib.checks.collect import collect
from course_lib.checks.exercises.dropout import EXERCISES
from course_lib.checks.inputs import build
from course_lib.session import library

HONEST = range(300)
"""Seeds of coins that must never be called off."""
SHAPES = ((8, 40, 60), (1, 20, 3), (20, 60, 1), (4, 7, 1), (3, 1, 500))
"""Calls, rows and columns."""
RANDOM = {exercise.slug: exercise for exercise in EXERCISES if exercise.judged == "chance"}
MOST_DEVICES = 9


def tossed(q: float, shape: tuple[int, ...] = (8, 40, 60), seed: int = 0) -> Tensor:
    """Independent coins that show True with probability ``q``."""
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(shape, generator=draw, dtype=torch.float64) < q


def broken(units: Tensor, q: float) -> set[str]:
    return {name for name, law in LAWS.items() if law(units, q)}


def probability_of(count: int, total: int, q: float) -> float:
    ways = math.lgamma(total + 1) - math.lgamma(count + 1) - math.lgamma(total - count + 1)
    return math.exp(ways + count * math.log(q) + (total - count) * math.log1p(-q))


def called_off(total: int, q: float, truth: float) -> float:
    """How likely a count of coins with ``truth`` is called off where ``q`` is expected."""
    off = (count for count in range(total + 1) if is_off(count, total, q))
    return math.fsum(probability_of(count, total, truth) for count in off)


@pytest.mark.parametrize("q", [0.01, 0.1, 0.3, 0.5, 0.58, 0.7, 0.85, 0.99])
@pytest.mark.parametrize("total", [1, 7, 60, 320, 2400, 19_200])
def test_an_honest_count_is_called_off_less_often_than_stated(total: int, q: float) -> None:
    assert called_off(total, q, q) <= FALSE_ALARM


def test_the_bound_is_of_use() -> None:
    """It is no bound that nothing could ever meet."""
    assert FALSE_ALARM / 1000 < called_off(19_200, 0.7, 0.7) <= FALSE_ALARM


def test_all_counts_of_a_check_together_stay_below_the_stated_false_alarm() -> None:
    assert len(LAWS) * MOST_DEVICES * FALSE_ALARM < 1e-9


@pytest.mark.parametrize("total", [1, 2, 9, 60, 2400])
@pytest.mark.parametrize("q", [0.05, 0.3, 0.5, 0.9])
def test_no_count_is_likelier_than_the_law_of_fixed_counts_takes_it_for(
    total: int, q: float
) -> None:
    likeliest = max(probability_of(count, total, q) for count in range(total + 1))
    assert likeliest <= 1 / math.sqrt(2 * math.e * q * (1 - q) * total)


@pytest.mark.parametrize(
    ("count", "total", "q", "off"),
    [
        (5, 5, 1.0, False),
        (4, 5, 1.0, True),
        (0, 5, 0.0, False),
        (1, 5, 0.0, True),
        (0, 5, 0.5, False),
        (38, 38, 0.5, True),
        (37, 37, 0.5, False),
        (13_440, 19_200, 0.7, False),
        (13_440 - 440, 19_200, 0.7, False),
        (13_440 - 470, 19_200, 0.7, True),
        (13_440 + 470, 19_200, 0.7, True),
    ],
)
def test_what_is_called_off(count: int, total: int, q: float, off: bool) -> None:
    assert is_off(count, total, q) is off


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("q", [0.1, 0.5, 0.7])
def test_honest_coins_break_no_law(shape: tuple[int, ...], q: float) -> None:
    assert not any(broken(tossed(q, shape, seed), q) for seed in HONEST)


@pytest.mark.parametrize("slug", RANDOM)
def test_an_honest_answer_is_never_called_off(slug: str) -> None:
    exercise = RANDOM[slug]
    own = library(exercise.name)
    for seed in HONEST:
        inputs = build(exercise, {"shape": (20, 12), "seed": seed})
        broken = verify.judge(exercise, inputs, collect(own, inputs))
        assert broken is None, (seed, broken)


def stuck(axis: int) -> Callable[[Tensor], Tensor]:
    """Every second unit along an axis takes the coin of the one before it."""

    def spoiled(units: Tensor) -> Tensor:
        firsts = torch.arange(0, units.shape[axis], 2)
        return units.index_select(axis, firsts).repeat_interleave(2, axis)

    return spoiled


def counted_out(units: Tensor) -> Tensor:
    """As many as expected in every call, in a random order."""
    draw = torch.Generator().manual_seed(0)
    calls = [torch.randperm(units[0].numel(), generator=draw) for _ in units]
    return torch.stack([c < 0.7 * c.numel() for c in calls]).reshape(units.shape)


@pytest.mark.parametrize(
    ("law", "spoil"),
    [
        ("share", lambda units: ~units),
        ("rows", stuck(1)),
        ("columns", stuck(2)),
        ("calls", stuck(0)),
        ("fixed count", counted_out),
    ],
)
def test_every_law_can_fail_by_its_own_fault(law: str, spoil: Callable[[Tensor], Tensor]) -> None:
    for seed in range(20):
        assert broken(spoil(tossed(0.7, seed=seed)), 0.7) == {law}


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ("share", "a share of 0.7 is kept: expected about 13440 of 19200, got 9600"),
        ("rows", "every element has a coin of its own: neighboring rows agree in a share of 0.000"),
        ("columns", "neighboring columns agree in a share of 1.000, expected 0.580"),
        ("calls", "every call draws a new mask: neighboring calls agree in a share of 1.000"),
        ("fixed count", "every call keeps exactly 1200; coins of their own do not count"),
    ],
)
def test_a_broken_law_says_what_it_expected_and_what_came(law: str, says: str) -> None:
    stripes = (torch.arange(40) % 2 == 0)[None, :, None].expand(8, 40, 60)
    said = LAWS[law](stripes, 0.7)
    assert said is not None
    assert says in said


@pytest.mark.parametrize("q", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("truth", [0.1, 0.5, 0.7, 1.0])
def test_coins_of_their_own_with_another_share_are_accused_of_that_alone(
    q: float, truth: float
) -> None:
    found = broken(tossed(truth), q) - {"fixed count"} if truth == 1 else broken(tossed(truth), q)
    assert found == ({"share"} if truth != q else set())


def test_few_coins_are_not_accused() -> None:
    """One call of 60 coins may be of a mask that is turned round, or shared by its rows."""
    for seed in HONEST:
        units = tossed(0.6, (1, 20, 3), seed)
        assert not broken(~units, 0.6)


def test_a_count_that_repeats_by_chance_is_no_fixed_count() -> None:
    few = torch.ones(8, 1, 1, dtype=torch.bool)
    assert LAWS["fixed count"](few, 0.7) is None
    assert LAWS["fixed count"](tossed(0.7, (1, 40, 60)), 0.7) is None


BIASED = 0.74
"""Where 0.7 is asked for."""


def test_a_slightly_biased_coin_is_missed_less_than_once_in_100_000_checks() -> None:
    assert 1 - called_off(19_200, 0.7, BIASED) < 1e-5
    assert all("share" in broken(tossed(BIASED, seed=seed), 0.7) for seed in HONEST)


def test_coins_that_stick_a_little_are_found() -> None:
    """Every fifth row is a copy of the one above it."""
    for seed in range(50):
        units = tossed(0.7, seed=seed)
        units[:, 1::10] = units[:, 0::10]
        assert broken(units, 0.7) == {"rows"}
