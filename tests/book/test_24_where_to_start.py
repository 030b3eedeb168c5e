"""Chapter 24: the recipes do what they say, and the figure holds what its caption claims."""

import numpy as np
import pytest
import torch

from tests.book.chapter import differs, load, text
from tests.book.executed import figure_data

PAGE = "24_where_to_start"
chapter = load(PAGE)


@pytest.mark.parametrize("items", [(), ("mean", "Adam"), chapter.LADDER])
def test_a_seed_has_its_own_networks_and_the_same_again(items):
    def trained(seed):
        return torch.stack(chapter.run(items, (0.01,), seeds=(seed,), examples=60, passes=3))

    assert differs(trained)


def test_adam_is_that_of_torch():
    weight = torch.randn(5, generator=torch.Generator().manual_seed(0))
    ours, theirs = weight.clone(), torch.nn.Parameter(weight.clone())
    optimizer = torch.optim.Adam([theirs], lr=0.1)
    first, second = [torch.zeros(5)], [torch.zeros(5)]
    for t in range(1, 6):
        theirs.grad = theirs.detach() ** 3
        (direction,) = chapter.adam(first, second, [ours**3], t)
        optimizer.step()
        ours = ours - 0.1 * direction
    torch.testing.assert_close(ours, theirs.detach())


def test_normalization_is_that_of_torch():
    params = chapter.start(("normalization",), (0.1,), (0, 1))
    x = torch.randn(20, 64, generator=torch.Generator().manual_seed(0))
    logits, used = chapter.forward(params, x)
    h = x
    for k in range(2):
        h = h @ params[2 * k][0, 1] + params[2 * k + 1][0, 1]
        h = torch.relu(torch.nn.functional.batch_norm(h, None, None, training=True))
    expected = h @ params[4][0, 1] + params[5][0, 1]
    torch.testing.assert_close(logits[0, 1], expected, atol=1e-4, rtol=1e-4)
    again, _ = chapter.forward(params, x, used)
    torch.testing.assert_close(again, logits)


def test_the_best_checkpoint_is_kept_network_by_network():
    old = ([torch.zeros(1, 2, 3, 3)], [])
    new = ([torch.ones(1, 2, 3, 3)], [])
    params, _ = chapter.better_of(old, new, torch.tensor([[True, False]]))
    assert (params[0][0, 0] == 1).all() and (params[0][0, 1] == 0).all()


def test_a_checkpoint_validates_at_least_as_well_as_the_end():
    items = ("mean", "Adam", "normalization")
    last, best = (
        chapter.run(chosen, (0.03,), seeds=(0, 1, 2), passes=6)[0]
        for chosen in (items, (*items, "checkpoint"))
    )
    assert (best >= last).all()


def test_movements_keep_the_digit_and_change_the_pixels():
    images = chapter.moved()
    assert images.shape == (20, len(chapter.RAW[0][0]), 64)
    original = chapter.RAW[0][0]
    assert (images - original).abs().mean() > 0.1
    closeness = torch.nn.functional.cosine_similarity(images, original.expand_as(images), dim=-1)
    assert closeness.mean() > 0.9


def test_training_never_sees_validation_or_test_digits():
    parts = [{tuple(row) for row in part[0].tolist()} for part in chapter.RAW]
    assert not parts[0] & parts[1] and not parts[0] & parts[2]


def test_the_interval_is_that_of_student():
    from scipy import stats

    for n, quantile in chapter.STUDENT_T.items():
        assert quantile == pytest.approx(stats.t.ppf(0.975, n - 1), abs=1e-3)
    values = torch.randn(16, generator=torch.Generator().manual_seed(0))
    middle, half = chapter.interval(values)
    low, high = stats.t.interval(0.95, 15, values.mean(), values.std() / 4)
    assert (middle - half, middle + half) == pytest.approx((low, high), abs=1e-3)


def test_each_line_of_the_checklist_links_to_a_section():
    checklist = text(PAGE).split("(sec-checklist)=")[1].split("(sec-ablation)=")[0]
    lines = [line for line in checklist.splitlines() if line[:1].isdigit()]
    assert [int(line.split(".")[0]) for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == 29 and all("](#sec-" in line for line in lines)
    assert sum("[](#fig-" in line for line in lines) >= 28


@pytest.mark.book
def test_the_search_of_the_rate_pays_most_then_normalization_then_movements():
    held = figure_data("F-24.1")
    pairs = held["intervals"]
    clear = {name for name, (middle, half) in pairs.items() if abs(middle) > half}
    asked = ["without the search of the rate", "without normalization", "without movements"]
    assert sorted(pairs, key=lambda name: pairs[name][0])[:3] == asked
    assert set(asked) <= clear
    assert not clear & {f"without {i}" for i in ("mean", "Adam", "plateau", "checkpoint")}
    assert pairs["and dropout"][0] < 0.3 and pairs["and mixup"][0] < 0.3
    assert all(np.shape(scores) == (16,) for scores in held["changes"].values())


@pytest.mark.book
def test_at_the_default_rate_good_advice_looks_bad():
    held = figure_data("F-24.1")
    default, tuned = held["default"].mean(1), held["tuned"].mean(1)
    assert held["tuned"].shape == (7, 16)
    assert default[2] < default[1] < default[0]
    assert all(
        middle + half > 0 for middle, half in (held["gains"][item] for item in chapter.LADDER)
    )
    assert tuned[-1] > tuned[0] + 0.05
    rates = held["rates"]
    for name, rate in rates.items():
        grid = chapter.ADAM_RATES if "Adam" in chapter_items(name) else chapter.SGD_RATES
        assert grid[0] < rate < grid[-1], name


def chapter_items(name):
    """The items of a row, from its name."""
    if name == "the bad baseline":
        return ()
    kind, item = name.split(" ", 1)
    if kind == "+":
        return chapter.LADDER[: chapter.LADDER.index(item) + 1]
    return tuple(i for i in chapter.LADDER if kind != "without" or i != item)
