"""Chapter 1: annotations are nested, a pipeline loses where it says, its captions are true."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from course_lib.editions.library import ROOT
from tests.book.chapter import load, text
from tests.book.executed import figure_data
from tests.book.test_pipeline import pipeline

PAGE = "01_harder_than_it_looks"
chapter = load(PAGE)
TEXT = text(PAGE)


# The formulas


@pytest.mark.parametrize("seed", range(5))
def test_a_box_is_the_smallest_that_holds_its_mask(seed):
    _, masks, _ = chapter.scene(seed)
    for mask in (m for m in masks if m.any()):
        top, bottom, left, right = chapter.box_of(mask)
        filled = chapter.filled((top, bottom, left, right), chapter.SIDE)
        assert (filled >= mask).all()
        edges = (mask[top], mask[bottom], mask[:, left], mask[:, right])
        assert all(edge.any() for edge in edges)


@pytest.mark.parametrize("seed", range(5))
def test_the_richest_annotation_gives_the_other_three(seed):
    _, masks, names = chapter.scene(seed)
    found = chapter.four_annotations(masks, names)
    assert len(found["detection"]) == len(found["segmentation"])
    largest = max(zip(names, masks, strict=True), key=lambda pair: pair[1].sum())[0]
    assert found["classification"] == largest == found["localization"][0]


def test_masks_of_a_scene_do_not_overlap_and_hidden_objects_have_no_box():
    for seed in range(10):
        _, masks, _ = chapter.scene(seed)
        assert masks.sum(0).max() <= 1
    masks = np.array([np.eye(48, dtype=bool), np.zeros((48, 48), dtype=bool)])
    found = chapter.four_annotations(masks, ["disc", "square"])
    assert [name for name, _ in found["detection"]] == ["disc"]


def test_whole_shapes_fill_their_boxes_as_the_page_says():
    shares = {"disc": math.pi / 4, "square": 1.0, "triangle": 0.5}
    for kind, share in shares.items():
        mask = chapter.shape(kind, 24, 24, 20)
        box = chapter.filled(chapter.box_of(mask), chapter.SIDE)
        assert chapter.iou(mask, box) == pytest.approx(share, abs=0.05)


def test_intersection_over_union_is_symmetric_and_one_for_itself():
    a, b = chapter.SMALL, chapter.filled((1, 2, 0, 2), 4)
    assert chapter.iou(a, b) == chapter.iou(b, a) == pytest.approx(4 / 6)
    assert chapter.iou(a, a) == 1


def test_a_picture_not_turned_stays_and_one_turned_by_a_quarter_is_rot90():
    picture = torch.rand(3, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(chapter.tilted(picture, 0.0, seed=1), picture)
    assert not torch.allclose(chapter.tilted(picture, 25, 1), picture)
    assert torch.equal(chapter.tilted(picture, 25, 1), chapter.tilted(picture, 25, 1))
    assert not torch.equal(chapter.tilted(picture, 25, 1), chapter.tilted(picture, 25, 2))


def test_a_code_is_right_only_if_all_of_its_digits_are():
    hits = torch.tensor([1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1], dtype=torch.bool)
    assert chapter.in_codes(hits) == 0.5
    many = torch.rand(50_000, generator=torch.Generator().manual_seed(0)) < 0.98
    assert float(chapter.in_codes(many)) == pytest.approx(0.98**5, abs=0.01)
    assert round(0.98**5, 3) == 0.904 and "$0.98^5 = 0.904$" in TEXT


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_rounded_weights_lie_on_so_many_levels(bits):
    weights = torch.randn(2, 1, 30, 20, generator=torch.Generator().manual_seed(0))
    (coarse,) = chapter.rounded([weights], bits)
    assert all(len(net.unique()) <= 2**bits - 1 for net in coarse.flatten(0, 1))
    step = weights.abs().amax((-2, -1), keepdim=True) / (2 ** (bits - 1) - 1)
    assert ((coarse - weights).abs() <= step / 2 + 1e-6).all()


def test_forms_begin_where_the_digits_are_counted_through():
    numbers = chapter.forms(chapter.LABELS)
    assert int(numbers.max()) + 1 == 14 and int(numbers.min()) == 0
    sizes = numbers.bincount()
    assert sizes.sum() == 1797 and sizes.min() > 100 and sizes.max() < 150


def test_the_best_threshold_is_found_and_the_neighbor_is_the_nearest():
    score = torch.tensor([0.0, 1.0, 2.0, 3.0])
    assert chapter.best_accuracy(score, score > 1) == 1
    assert chapter.best_accuracy(-score, score > 1) == 0.5
    known, labels = torch.tensor([[0.0], [10.0]]), torch.tensor([3, 8])
    assert chapter.nearest(known, labels, torch.tensor([[4.0], [6.0]])).tolist() == [3, 8]


def test_other_seeds_give_other_scenes_and_other_errors():
    first, other, again = (chapter.scene(seed)[0] for seed in (1, 2, 1))
    assert not np.array_equal(first, other) and np.array_equal(first, again)
    runs = chapter.errors(chapter.IMAGES, chapter.DIGITS, (20, 40), (0, 1, 0))
    assert not torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])


# The captions


@pytest.mark.book
def test_figure_1_has_the_stages_of_the_strip_and_ways_back():
    data = figure_data("F-1.1")
    titles = [stage.title.lower() for stage in pipeline.STAGES.values()]
    assert [title.lower() for title in data["stages"]] == titles
    assert len(data["theory"]) == 3
    back = data["back"].astype(int)
    assert len(back) >= 4 and (back[:, 0] > back[:, 1]).all()
    for page, stage in zip(data["pages"], pipeline.STAGES.values(), strict=True):
        if page:
            name, _, label = page.partition("#")
            assert name == f"{stage.page}.html" and label == stage.label
            assert (ROOT / "book" / f"{stage.page}.md").exists()


@pytest.mark.book
def test_figure_2_boxes_belong_to_the_masks():
    data = figure_data("F-1.2")
    masks = np.array(data["masks"], dtype=bool)
    boxes = [list(map(int, chapter.box_of(mask))) for mask in masks]
    assert np.array_equal(data["boxes"], boxes)
    assert sorted(data["names"]) == sorted(chapter.KINDS)
    assert any(
        chapter.filled(a, 48)[chapter.filled(b, 48)].any()
        for a, b in itertools.combinations(boxes, 2)
    )
    covered = data["covered"]
    assert covered["square"] > covered["disc"] > covered["triangle"]


@pytest.mark.book
def test_figure_3_labels_beat_rules_and_annotations_differ():
    data = figure_data("F-1.3")
    errors = data["pair"].mean(0)
    assert (np.diff(errors) < 0).all()
    assert errors[0] > 1 - max(data["rules"]) > errors[-1]
    assert (np.diff(data["rules"]) > 0).all() and data["pair"].shape[0] == 40
    tasks = {name: np.mean(runs, axis=0) for name, runs in data["tasks"].items()}
    order = ["on which form", "which digit", "even or odd", "a zero or not"]
    for harder, easier in itertools.pairwise(order):
        assert (tasks[harder] > tasks[easier]).all()


@pytest.mark.book
def test_figure_4_the_team_sees_only_the_spoiled_training():
    data = figure_data("F-1.4")
    team, customer = (
        dict(zip(data["versions"], data[who].mean(1), strict=True)) for who in ("team", "customer")
    )
    assert data["team"].shape == (7, 10)
    assert not np.array_equal(data["customer"][0], np.roll(data["customer"][0], 1))
    for name in set(team) - {"sound"}:
        assert customer[name] < customer["sound"] - 0.03
        assert (abs(team[name] - team["sound"]) < 0.005) == (name != "training")
    assert team["training"] < team["sound"] - 0.05
    assert min(chapter.RATES) < data["rate"][0] < max(chapter.RATES)
