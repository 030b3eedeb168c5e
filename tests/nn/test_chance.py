"""Is what is dropped dropped by chance? Without a seed, and with bounds on false alarms.

Every test counts independent events of a known probability and lets the share stray from it by
``BOUND``. By Hoeffding's inequality a right implementation strays further with probability at most
2 exp(-2 n BOUND^2), which is ALARM by the choice of BOUND. The tests below count fewer than 200
times, so that together they raise a false alarm with probability below 2e-10.
"""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_lib import nn

COUNT = 40_000
ALARM = 1e-12
BOUND = math.sqrt(math.log(2 / ALARM) / (2 * COUNT))  # 0.0188
RATES = (0.1, 0.3, 0.5, 0.8)

Draw = Callable[[int, int, float], Tensor]
"""From samples, their length and a rate to what was kept, shape (samples, length)."""


def _by_mask(samples: int, length: int, p: float) -> Tensor:
    return nn.dropout_mask(torch.zeros(samples, length), p)


def _by_half_mask(samples: int, length: int, p: float) -> Tensor:
    """In half precision, where uniform numbers would be too coarse to compare."""
    return nn.dropout_mask(torch.zeros(samples, length, dtype=torch.bfloat16), p)


def _by_dropout(samples: int, length: int, p: float) -> Tensor:
    return nn.dropout(torch.ones(samples, length), p) != 0


def _by_layer(samples: int, length: int, p: float) -> Tensor:
    return nn.Dropout(p)(torch.ones(samples, length)) != 0


def _by_published(samples: int, length: int, p: float) -> Tensor:
    return nn.dropout_as_published(torch.ones(samples, length), 1 - p, training=True) != 0


def _by_drop_connect(samples: int, length: int, p: float) -> Tensor:
    ones = torch.ones(samples, 1)
    return nn.drop_connect(ones, torch.ones(length, 1), None, p, training=True) != 0


def _by_drop_connect_inputs(samples: int, length: int, p: float) -> Tensor:
    """Powers of two tell from the output which inputs have reached it."""
    powers = 2.0 ** torch.arange(length)
    ones = torch.ones(1, length)
    sums = nn.drop_connect(powers.expand(samples, length), ones, None, p, True) * (1 - p)
    return sums.round().long() & powers.long() != 0


def _by_stochastic_depth(samples: int, length: int, p: float) -> Tensor:
    kept = nn.stochastic_depth(torch.ones(samples * length, 2), p, training=True) != 0
    assert torch.equal(kept[:, 0], kept[:, 1])
    return kept[:, 0].view(samples, length)


DRAWS: tuple[Draw, ...] = (
    _by_mask,
    _by_half_mask,
    _by_dropout,
    _by_layer,
    _by_published,
    _by_drop_connect,
    _by_drop_connect_inputs,
    _by_stochastic_depth,
)
every_draw = pytest.mark.parametrize("draw", DRAWS, ids=lambda draw: draw.__name__[4:])


def _assert_share(events: Tensor, probability: float) -> None:
    """Events that are independent, ``COUNT`` of them, happen as often as they should."""
    assert events.numel() == COUNT
    assert abs(events.double().mean().item() - probability) <= BOUND


@every_draw
@pytest.mark.parametrize("p", RATES)
def test_one_minus_p_are_kept(draw: Draw, p: float) -> None:
    _assert_share(draw(COUNT // 4, 4, p), 1 - p)


@every_draw
def test_every_position_is_kept_as_often(draw: Draw) -> None:
    for position in draw(COUNT, 3, 0.3).unbind(1):
        _assert_share(position, 0.7)


@every_draw
def test_neighbours_know_nothing_of_each_other(draw: Draw) -> None:
    one, other = draw(COUNT, 2, 0.5).unbind(1)
    _assert_share(one == other, 0.5)


@every_draw
def test_samples_know_nothing_of_each_other(draw: Draw) -> None:
    """One mask for the whole batch would agree always."""
    kept = draw(2 * COUNT // 4, 4, 0.5)
    _assert_share(kept[::2] == kept[1::2], 0.5)


@every_draw
def test_calls_know_nothing_of_each_other(draw: Draw) -> None:
    one, other = (draw(COUNT // 4, 4, 0.5) for _ in range(2))
    _assert_share(one == other, 0.5)


@every_draw
def test_a_fixed_number_is_not_kept(draw: Draw) -> None:
    """Of 4 with p = 1/2 exactly 2 are kept three times in eight, not always."""
    _assert_share(draw(COUNT, 4, 0.5).sum(1) == 2, 3 / 8)


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("inplace", [False, True])
def test_the_mean_stays(p: float, inplace: bool) -> None:
    """Each element is in [0, 1 / (1 - p)], so the bound on the mean is that many times as wide."""
    mean = nn.dropout(torch.ones(COUNT, dtype=torch.float64), p, inplace=inplace).mean().item()
    assert abs(mean - 1) <= BOUND / (1 - p)


def test_a_seed_repeats_the_mask() -> None:
    def drawn() -> list[Tensor]:
        torch.manual_seed(7)
        return [draw(100, 4, 0.5) for draw in DRAWS]

    assert all(torch.equal(one, other) for one, other in zip(drawn(), drawn(), strict=True))
