"""Search for hyper-parameters: on a grid, at random, from coarse to fine.

A search asks one question again and again: ``score(config)``, the value to be made small for one
configuration, such as the validation loss after a fixed number of steps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

Config = dict[str, Any]
Score = Callable[[Config], float]

OUTER = 0.1  # part of a range, at either end, that counts as its edge


class Range(NamedTuple):
    """All numbers from ``low`` to ``high``, evenly in their logarithm where ``log`` is set.

    A learning rate or a weight decay wants ``log``: drawn evenly from 10 to 10,000, nine of ten
    numbers are above 1,000.

    Example:
        >>> Range(1e-4, 1e-2).at(0.5)
        0.001
    """

    low: float
    """Lower end; above 0 where ``log`` is set."""
    high: float
    """Upper end, above ``low``."""
    log: bool = True
    """Whether each decade is as likely as any other."""

    def at(self, place: float) -> float:
        """The number at a place from 0, the lower end, to 1, the upper end."""
        if not self.log:
            return self.low + place * (self.high - self.low)
        # Rounded to 12 digits, so that 1e-3 is not 0.0009999999999999998.
        return float(f"{self.low * (self.high / self.low) ** place:.12g}")

    def place(self, value: float) -> float:
        """Where a number lies, from 0 at the lower end to 1 at the upper end."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)

    def around(self, value: float, part: float) -> Range:
        """A range ``part`` times as wide with ``value`` in its middle; it may reach outside."""
        middle = self.place(value)
        return Range(self.at(middle - part / 2), self.at(middle + part / 2), self.log)


class Trial(NamedTuple):
    """One configuration and its score."""

    config: Config
    """Hyper-parameters by name."""
    score: float
    """Its score, lower is better; infinite where the score was not a number."""


@dataclass(frozen=True)
class Search:
    """What a search has tried.

    Args:
        trials: Configurations with their scores, in the order they were tried.
        edges: Hyper-parameters whose best value lies on an edge of what was searched, with the
            word ``"lowest"`` or ``"highest"``.
    """

    trials: list[Trial]
    edges: dict[str, str]

    @property
    def best(self) -> Trial:
        """The trial with the lowest score, the first of equals."""
        return min(self.trials, key=lambda trial: trial.score)

    def __str__(self) -> str:
        best = self.best
        settings = ", ".join(f"{name}={_short(value)}" for name, value in best.config.items())
        lines = [f"best of {len(self.trials)} trials: {settings} with score {best.score:.4g}"]
        lines += [
            f"{name}={_short(best.config[name])} is among the {end} values tried: widen the search"
            for name, end in self.edges.items()
        ]
        return "\n".join(lines)


def grid_search(score: Score, space: Mapping[str, Sequence[Any]], *, budget: int) -> Search:
    """Try every combination of the values given.

    Args:
        score: What is made small; takes a configuration.
        space: Values to try, by name, in rising order where they are numbers.
        budget: Trials allowed; the grid must not be larger.

    Returns:
        The trials. A number is on an edge if it is the first or the last of at least 3 values; 0 is
        none, since little lies below it.

    Raises:
        ValueError: If the grid is empty or larger than the budget, or numbers do not rise.

    Example:
        >>> grid = {"lr": [0.01, 0.1, 1.0], "depth": [1, 2]}
        >>> search = grid_search(lambda c: (c["lr"] - 0.1) ** 2 + c["depth"], grid, budget=6)
        >>> print(search)
        best of 6 trials: lr=0.1, depth=1 with score 1
    """
    size = math.prod(len(values) for values in space.values())
    if not 1 <= size <= budget:
        raise ValueError(f"needed a grid of 1 to {budget} trials, the budget, got {size}")
    for name, values in space.items():
        if _numbers(values) and sorted(values) != list(values):
            raise ValueError(f"values of {name} must rise, got {list(values)}")
    configs = (
        dict(zip(space, chosen, strict=True)) for chosen in itertools.product(*space.values())
    )
    trials = [_tried(score, config) for config in configs]
    best = min(trials, key=lambda trial: trial.score).config
    ends = {
        name: {values[0]: "lowest", values[-1]: "highest"}.get(best[name], "")
        for name, values in space.items()
        if _numbers(values) and len(values) > 2 and best[name] != 0
    }
    return Search(trials, {name: end for name, end in ends.items() if end})


def random_search(
    score: Score,
    space: Mapping[str, Range | Sequence[Any]],
    *,
    budget: int,
    seed: int = 0,
    quasi: bool = False,
) -> Search:
    """Try configurations drawn at random.

    Args:
        score: What is made small; takes a configuration.
        space: A :class:`Range` or values to choose from, by name.
        budget: Trials; at least 1.
        seed: What the draws depend on.
        quasi: Whether to draw points that keep apart (scrambled Sobol points) in place of
            independent ones.

    Returns:
        The trials. A number is on an edge if it lies in the outer tenth of its range.

    Raises:
        ValueError: If the budget or the space is empty, or a range has no inside.

    Example:
        >>> search = random_search(lambda c: abs(c["lr"] - 0.1), {"lr": Range(1e-4, 1)}, budget=40)
        >>> len(search.trials), 0.05 < search.best.config["lr"] < 0.2
        (40, True)

    Source:
        Bergstra and Bengio, Random Search for Hyper-Parameter Optimization, 2012.
    """
    _check(space, budget)
    trials = [_tried(score, config) for config in _draws(space, budget, seed, quasi)]
    return Search(trials, _outer(space, min(trials, key=lambda trial: trial.score).config))


def coarse_to_fine(
    score: Score,
    space: Mapping[str, Range | Sequence[Any]],
    *,
    budget: int,
    rounds: int = 3,
    shrink: float = 1 / 3,
    seed: int = 0,
) -> Search:
    """Search at random, then again and again in a smaller box around the best so far.

    A box may reach outside the one before it: a best value near an edge moves the search there.

    Args:
        score: What is made small; takes a configuration.
        space: A :class:`Range` or values to choose from, by name. Values to choose from stay as
            they are in every round.
        budget: Trials in all rounds together; at least ``rounds``.
        rounds: Boxes, one inside the other; at least 1.
        shrink: Sides of a box as parts of the sides before, on the logarithm where the range is
            logarithmic; above 0 and below 1.
        seed: What the draws depend on.

    Returns:
        The trials of all rounds. A number is on an edge if it lies in the outer tenth of the
        first range, or outside it.

    Raises:
        ValueError: If an argument lies outside its domain.

    Example:
        >>> space = {"lr": Range(1e-6, 1)}
        >>> search = coarse_to_fine(lambda c: abs(math.log(c["lr"] / 0.01)), space, budget=30)
        >>> 0.009 < search.best.config["lr"] < 0.011
        True
    """
    _check(space, budget)
    if not 1 <= rounds <= budget:
        raise ValueError(f"rounds must lie in 1..{budget}, the budget, got {rounds}")
    if not 0 < shrink < 1:
        raise ValueError(f"shrink must lie between 0 and 1, got {shrink}")
    trials: list[Trial] = []
    for number in range(rounds):
        if number:
            best = min(trials, key=lambda trial: trial.score).config
            box = {
                name: side.around(best[name], shrink**number) if isinstance(side, Range) else side
                for name, side in space.items()
            }
        else:
            box = dict(space)
        share = budget * (number + 1) // rounds - budget * number // rounds
        trials += [_tried(score, config) for config in _draws(box, share, seed + number, False)]
    return Search(trials, _outer(space, min(trials, key=lambda trial: trial.score).config))


def _draws(
    space: Mapping[str, Range | Sequence[Any]], count: int, seed: int, quasi: bool
) -> Iterator[Config]:
    """Configurations at random points of the unit cube."""
    if quasi:
        engine = torch.quasirandom.SobolEngine(len(space), scramble=True, seed=seed)  # type: ignore[no-untyped-call]
        places = engine.draw(count, dtype=torch.float64)
    else:
        generator = torch.Generator().manual_seed(seed)
        places = torch.rand(count, len(space), generator=generator, dtype=torch.float64)
    for row in places.tolist():
        yield {
            name: side.at(place) if isinstance(side, Range) else side[int(place * len(side))]
            for (name, side), place in zip(space.items(), row, strict=True)
        }


def _tried(score: Score, config: Config) -> Trial:
    value = float(score(dict(config)))
    return Trial(config, math.inf if math.isnan(value) else value)


def _outer(space: Mapping[str, Range | Sequence[Any]], best: Config) -> dict[str, str]:
    places = {n: side.place(best[n]) for n, side in space.items() if isinstance(side, Range)}
    ends = {
        n: "lowest" if p < OUTER else "highest" if p > 1 - OUTER else "" for n, p in places.items()
    }
    return {name: end for name, end in ends.items() if end}


def _check(space: Mapping[str, Range | Sequence[Any]], budget: int) -> None:
    if budget < 1:
        raise ValueError(f"budget must be at least 1, got {budget}")
    if not space:
        raise ValueError("needed at least 1 hyper-parameter in space, got none")
    for name, side in space.items():
        if isinstance(side, Range):
            if not (side.low < side.high and (side.low > 0 or not side.log)):
                need = "0 < low < high" if side.log else "low < high"
                raise ValueError(f"{name} needs a range with {need}, got {side.low} to {side.high}")
        elif not len(side):
            raise ValueError(f"{name} needs at least 1 value, got none")


def _numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) for value in values)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
