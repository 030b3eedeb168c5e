r"""Whether coins fell as independent coins do, judged by counts.

A count :math:`x` of :math:`n` tosses with probability :math:`q` is called off if
:math:`2 e^{-n\,\mathrm{KL}(x/n \,\|\, q)}` is below ``FALSE_ALARM``. By Chernoff's bound each of
the two tails of an honest count gets there with a probability below ``FALSE_ALARM / 2``. A check
makes at most five counts on each device, so that a false alarm in a check, even with nine devices,
is rarer than :math:`5 \cdot 9 \cdot 10^{-11} < 10^{-9}`.

Power, by the same bound: of 19,200 coins that should show heads with probability 0.7, a check
misses a probability of 0.74 less than once in 100,000 times.
"""

import math
from collections.abc import Callable

from torch import Tensor

FALSE_ALARM = 1e-11
"""The most an honest count may be called off by chance."""

AXES = ("calls", "rows", "columns")


def is_off(count: int, total: int, q: float) -> bool:
    """Whether ``count`` of ``total`` is out of the question for independent coins.

    Args:
        count: How often heads came.
        total: Number of tosses, at least 1.
        q: Probability of heads, in [0, 1].
    """
    share = count / total
    distance = sum(
        a * math.log(a / b) if a and b else (0.0 if not a else math.inf)
        for a, b in ((share, q), (1 - share, 1 - q))
    )
    return 2 * math.exp(-total * distance) < FALSE_ALARM


def along(units: Tensor, axis: str) -> Tensor:
    """Coins with one of their ``AXES`` in the first place."""
    return units.movedim(AXES.index(axis), 0)


def _share(units: Tensor, q: float) -> str | None:
    count, total = int(units.sum()), units.numel()
    if not is_off(count, total, q):
        return None
    return f"a share of {q:g} is kept: expected about {q * total:.0f} of {total}, got {count}"


def _rows(units: Tensor, q: float) -> str | None:
    return _agreement(along(units, "rows"), q, "rows", "every element has a coin of its own")


def _columns(units: Tensor, q: float) -> str | None:
    return _agreement(along(units, "columns"), q, "columns", "every element has a coin of its own")


def _calls(units: Tensor, q: float) -> str | None:
    return _agreement(along(units, "calls"), q, "calls", "every call draws a new mask")


def pairs(units: Tensor) -> Tensor:
    """Which neighbors along the first axis agree: none has two, so that pairs are independent."""
    even = len(units) // 2 * 2
    return units[0:even:2] == units[1:even:2]


def _agreement(units: Tensor, q: float, what: str, law: str) -> str | None:
    """Whether pairs agree as coins of their own do, also if these show another share than q."""
    same = pairs(units)
    if not same.numel():
        return None
    expected, seen = (a**2 + (1 - a) ** 2 for a in (q, units.double().mean().item()))
    count, total = int(same.sum()), same.numel()
    if not (is_off(count, total, expected) and is_off(count, total, seen)):
        return None
    share = count / total
    return f"{law}: neighboring {what} agree in a share of {share:.3f}, expected {expected:.3f}"


def _fixed_count(units: Tensor, q: float) -> str | None:
    """Whether every call keeps exactly as many, as shuffling does and coins do not.

    The most likely count of n coins has a probability below 1 / sqrt(2 e q (1 - q) n).
    """
    counts = units.flatten(1).sum(1)
    likely = 1 / math.sqrt(2 * math.e * q * (1 - q) * units[0].numel())
    if len(counts) < 2 or bool((counts != counts[0]).any()):
        return None
    if min(1.0, likely) ** (len(counts) - 1) > FALSE_ALARM:
        return None
    return f"every call keeps exactly {int(counts[0])}; coins of their own do not count"


LAWS: dict[str, Callable[[Tensor, float], str | None]] = {
    "rows": _rows,
    "columns": _columns,
    "calls": _calls,
    "fixed count": _fixed_count,
    "share": _share,
}
"""Each takes coins, bool, shape ``(calls, rows, columns)``, and the probability of True, between 0
and 1; it gives a sentence where they break it, else None. The share comes last: where coins stick
together it is a matter of luck."""
