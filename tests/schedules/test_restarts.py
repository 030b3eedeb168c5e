"""Warm restarts between whole epochs, and the two places where torch loses count."""

from typing import Any

import pytest

from course_lib.schedules import cosine_annealing_warm_restarts
from tests.schedules.trace import build_optimizer, ours, torchs

NAME = "CosineAnnealingWarmRestarts"


def _both(**options: Any) -> list[Any]:
    return [make(NAME)(build_optimizer(), **options) for make in (ours, torchs)]


@pytest.mark.parametrize("t_mult", [1, 2, 3])
def test_fractions_of_epochs_land_where_torchs_do(t_mult: int) -> None:
    mine, theirs = _both(T_0=3, T_mult=t_mult, eta_min=1e-3)
    for epoch in (0.25, 2.999, 3, 3.5, 7.75, 40.1, 1.5, None, None, None, 12.0, None):
        mine.step(epoch)
        theirs.step(epoch)
        assert mine.get_last_lr() == pytest.approx(theirs.get_last_lr(), rel=1e-12)
        assert (mine.last_epoch, mine.T_i) == (theirs.last_epoch, theirs.T_i)
        assert mine.T_cur == pytest.approx(theirs.T_cur, rel=1e-12)


def test_a_negative_epoch_is_refused() -> None:
    for schedule in _both(T_0=3):
        with pytest.raises(ValueError, match=r"got -0\.5"):
            schedule.step(-0.5)


def test_jump_onto_a_restart_restarts() -> None:
    """Torch finds this cycle by a logarithm that rounds down."""
    mine, theirs = _both(T_0=1, T_mult=3)
    mine.step(121)
    theirs.step(121)
    assert mine.get_last_lr()[0] == 0.1
    assert theirs.get_last_lr()[0] < 1e-9


def test_resuming_in_a_late_cycle_goes_on_there() -> None:
    """Torch goes on in its second cycle."""
    rates = []
    for make in (ours, torchs):
        optimizer = build_optimizer()
        make(NAME)(optimizer, T_0=10, T_mult=2)
        resumed = make(NAME)(optimizer, T_0=10, T_mult=2, last_epoch=34)
        rates.append(resumed.get_last_lr()[0])
    expected = cosine_annealing_warm_restarts(35, 0.1, T_0=10, T_mult=2)
    assert rates[0] == expected
    assert abs(rates[1] - expected) > 0.01
