"""Searches: every combination, log space, budget, edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from course_lib.training import Range, Search, coarse_to_fine, grid_search, random_search
from course_lib.training.search import Config, Trial

RATES = [1e-4, 1e-3, 1e-2, 1e-1]


def far_from(best: float) -> Callable[[Config], float]:
    """A score that is lowest at a rate and grows with the decades from it."""
    return lambda config: abs(math.log10(config["lr"] / best))


def rates(search: Search) -> list[float]:
    return [trial.config["lr"] for trial in search.trials]


# Grid


def test_a_grid_tries_every_combination_once_in_order() -> None:
    grid = {"lr": [0.1, 1.0], "depth": [1, 2, 3]}
    search = grid_search(lambda c: c["lr"] * c["depth"], grid, budget=6)
    expected = [(rate, depth) for rate in (0.1, 1.0) for depth in (1, 2, 3)]
    assert [(t.config["lr"], t.config["depth"]) for t in search.trials] == expected
    assert search.best == Trial({"lr": 0.1, "depth": 1}, 0.1)


@pytest.mark.parametrize(
    ("best", "edges"),
    [(1e-4, {"lr": "lowest"}), (1e-3, {}), (1e-2, {}), (1e-1, {"lr": "highest"})],
)
def test_a_grid_says_whether_the_best_is_on_an_edge(best: float, edges: dict[str, str]) -> None:
    search = grid_search(far_from(best), {"lr": RATES}, budget=4)
    assert search.edges == edges
    assert ("widen the search" in str(search)) == bool(edges)


@pytest.mark.parametrize(
    "values", [[0.0, 1e-5, 1e-4], [1e-5, 1e-4], ["Adam", "SGD", "RMSprop"]], ids=str
)
def test_zero_two_values_and_words_have_no_edge(values: list[Any]) -> None:
    search = grid_search(lambda c: values.index(c["x"]), {"x": values}, budget=3)
    assert search.best.config["x"] == values[0] and search.edges == {}


def test_the_first_of_equals_is_the_best() -> None:
    assert grid_search(lambda c: 1.0, {"lr": RATES}, budget=4).best.config == {"lr": 1e-4}


def test_a_score_that_is_no_number_is_the_worst() -> None:
    scores = {1e-4: math.nan, 1e-3: math.inf, 1e-2: 5.0, 1e-1: math.nan}
    search = grid_search(lambda c: scores[c["lr"]], {"lr": RATES}, budget=4)
    assert search.best.config["lr"] == 1e-2
    assert [t.score for t in search.trials] == [math.inf, math.inf, 5.0, math.inf]


def test_nobody_can_spoil_a_configuration() -> None:
    def spoil(config: Config) -> float:
        return float(config.pop("lr"))

    assert rates(grid_search(spoil, {"lr": RATES}, budget=4)) == RATES


# Random


def test_log_draws_fill_every_decade_alike() -> None:
    found = rates(random_search(lambda c: 0.0, {"lr": Range(1e-4, 1)}, budget=8000))
    decades = [sum(1 for r in found if 10.0**-d <= r < 10.0 ** (1 - d)) for d in (1, 2, 3, 4)]
    # Each count is binomial with mean 2000 and standard deviation 38.7: 7 of them or more happen
    # once in 10**11. The seed is fixed; the bound says what another seed would do.
    assert all(abs(count - 2000) < 271 for count in decades) and sum(decades) == 8000


def test_even_draws_crowd_in_the_last_decade() -> None:
    space = {"lr": Range(10, 10_000, log=False)}
    found = rates(random_search(lambda c: 0.0, space, budget=4000))
    assert sum(rate > 1000 for rate in found) / 4000 == pytest.approx(0.901, abs=0.035)


def test_choices_are_all_drawn() -> None:
    search = random_search(lambda c: 0.0, {"x": ["a", "b", "c"]}, budget=300)
    counts = [sum(t.config["x"] == x for t in search.trials) for x in "abc"]
    assert sum(counts) == 300 and min(counts) > 60


@pytest.mark.parametrize("quasi", [False, True])
def test_the_seed_decides_the_draws(quasi: bool) -> None:
    space = {"lr": Range(1e-4, 1), "decay": Range(1e-6, 1e-2)}
    one, same, other = (
        random_search(lambda c: 0.0, space, budget=5, seed=seed, quasi=quasi).trials
        for seed in (0, 0, 1)
    )
    assert one == same and one != other


def test_quasi_random_points_keep_apart() -> None:
    def widest_gap(quasi: bool) -> float:
        space = {"x": Range(0, 1, log=False)}
        search = random_search(lambda c: 0.0, space, budget=64, quasi=quasi)
        found = sorted(t.config["x"] for t in search.trials)
        return max(b - a for a, b in zip([0.0, *found], [*found, 1.0], strict=True))

    assert widest_gap(True) <= 2 / 64 < widest_gap(False)


@pytest.mark.parametrize(
    ("best", "edges"),
    [(1e-4, {"lr": "lowest"}), (1e-2, {}), (1.0, {"lr": "highest"})],
)
def test_a_random_search_says_whether_the_best_is_near_an_edge(
    best: float, edges: dict[str, str]
) -> None:
    search = random_search(far_from(best), {"lr": Range(1e-4, 1)}, budget=100)
    assert search.edges == edges


# Coarse to fine


def test_each_round_is_a_third_as_wide_around_the_best_so_far() -> None:
    search = coarse_to_fine(far_from(1e-2), {"lr": Range(1e-6, 1)}, budget=60, rounds=3)
    rounds = [search.trials[start : start + 20] for start in (0, 20, 40)]
    for number, trials in enumerate(rounds):
        places = [math.log10(t.config["lr"]) for t in trials]
        assert max(places) - min(places) <= 6 / 3**number
    for number in (1, 2):
        best = min(search.trials[: 20 * number], key=lambda t: t.score).config["lr"]
        for trial in rounds[number]:
            assert abs(math.log10(trial.config["lr"] / best)) <= 3 / 3**number + 1e-9


def test_rounds_draw_different_points_of_their_boxes() -> None:
    space = {"x": Range(0, 1, log=False)}
    search = coarse_to_fine(lambda c: 0.0, space, budget=8, rounds=2)
    first, second = ([t.config["x"] for t in search.trials[at : at + 4]] for at in (0, 4))
    spread = [(x - min(second)) / (max(second) - min(second)) for x in second]
    before = [(x - min(first)) / (max(first) - min(first)) for x in first]
    assert spread != pytest.approx(before, abs=1e-3)


def test_coarse_to_fine_beats_random_for_the_same_budget() -> None:
    wins = 0
    for seed in range(40):
        space = {"lr": Range(1e-6, 1), "decay": Range(1e-6, 1)}

        def score(c: Config) -> float:
            return abs(math.log10(c["lr"] / 1e-2)) + abs(math.log10(c["decay"] / 1e-4))

        fine = coarse_to_fine(score, space, budget=30, seed=seed)
        wins += fine.best.score < random_search(score, space, budget=30, seed=seed).best.score
    assert wins >= 30


def test_a_best_outside_the_first_range_is_reached_and_reported() -> None:
    search = coarse_to_fine(far_from(0.1), {"lr": Range(1e-5, 3e-2)}, budget=60)
    assert search.best.config["lr"] > 3e-2 and search.edges == {"lr": "highest"}


@pytest.mark.parametrize(("budget", "rounds"), [(10, 3), (3, 3), (7, 2), (5, 1)])
def test_the_budget_is_spent_to_the_last_trial(budget: int, rounds: int) -> None:
    space = {"lr": Range(1e-4, 1), "x": ["a", "b"]}
    search = coarse_to_fine(far_from(0.1), space, budget=budget, rounds=rounds)
    assert len(search.trials) == budget
    assert len(random_search(far_from(0.1), space, budget=budget).trials) == budget


# Ranges


@pytest.mark.parametrize("side", [Range(1e-4, 1e-1), Range(-3, 5, log=False)])
def test_places_and_values_are_inverse(side: Range) -> None:
    assert (side.at(0), side.at(1)) == (side.low, side.high)
    for place in (0.0, 0.3, 1.0, 1.4):
        assert side.place(side.at(place)) == pytest.approx(place)


def test_a_logarithmic_middle_is_the_geometric_mean() -> None:
    assert Range(1e-4, 1e-2).at(0.5) == 1e-3
    assert [Range(1e-5, 1).at(place / 5) for place in range(6)] == [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]
    assert Range(0, 10, log=False).at(0.5) == 5


SCORE = far_from(0.1)
REFUSED: dict[str, tuple[Callable[[], Search], str]] = {
    "grid above budget": (
        lambda: grid_search(SCORE, {"lr": RATES, "x": [1, 2]}, budget=7),
        "needed a grid of 1 to 7 trials, the budget, got 8",
    ),
    "grid of nothing": (lambda: grid_search(SCORE, {"lr": []}, budget=7), "got 0"),
    "grid that falls": (
        lambda: grid_search(SCORE, {"lr": RATES[::-1]}, budget=4),
        "values of lr must rise, got",
    ),
    "no budget": (
        lambda: random_search(SCORE, {"lr": Range(1e-4, 1)}, budget=0),
        "budget must be at least 1, got 0",
    ),
    "no space": (lambda: random_search(SCORE, {}, budget=3), "at least 1 hyper-parameter"),
    "log from 0": (
        lambda: random_search(SCORE, {"lr": Range(0, 1)}, budget=3),
        "lr needs a range with 0 < low < high, got 0 to 1",
    ),
    "range without inside": (
        lambda: random_search(SCORE, {"lr": Range(1, 1, log=False)}, budget=3),
        "lr needs a range with low < high, got 1 to 1",
    ),
    "no choice": (
        lambda: coarse_to_fine(SCORE, {"x": []}, budget=3),
        "x needs at least 1 value, got none",
    ),
    "too many rounds": (
        lambda: coarse_to_fine(SCORE, {"lr": Range(1e-4, 1)}, budget=3, rounds=4),
        r"rounds must lie in 1\.\.3, the budget, got 4",
    ),
    "boxes that grow": (
        lambda: coarse_to_fine(SCORE, {"lr": Range(1e-4, 1)}, budget=3, shrink=1.0),
        r"shrink must lie between 0 and 1, got 1\.0",
    ),
}


@pytest.mark.parametrize(("search", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_searched_is_refused(search: Callable[[], Search], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search()


def test_the_report_names_trials_best_and_edge() -> None:
    search = grid_search(far_from(1e-1), {"lr": RATES, "x": ["a"]}, budget=4)
    assert str(search).splitlines() == [
        "best of 4 trials: lr=0.1, x=a with score 0",
        "lr=0.1 is among the highest values tried: widen the search",
    ]
