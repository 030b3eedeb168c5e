"""Chapter 18: its transforms exactly, its captions against their data."""

import numpy as np
import pytest
import torch

from tests.book.chapter import load
from tests.book.executed import figure_data

PAGE = "18_augmentation"
chapter = load(PAGE)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(count=3):
    images, labels = (part[:20] for part in chapter.DIGITS.train)
    targets = torch.nn.functional.one_hot(labels, 10).float()
    return images.expand(count, -1, -1), targets.expand(count, -1, -1)


TRANSFORMS = {
    "jiggle": chapter.jiggle,
    "cutout": chapter.cutout(3),
    "mixup": chapter.mixup(1.0),
    "trivial": chapter.trivial_augment,
    "rand": chapter.rand_augment(2, 5.0),
    "policy": chapter.by_policy(torch.tensor([[[2.0, 0.9, 7.0], [7.0, 0.5, 4.0]]])),
    "flip": chapter.sometimes(chapter.flip),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_leaves_its_input_alone_and_follows_its_generator(name):
    x, y = batch()
    before = x.clone(), y.clone()
    one, other = (TRANSFORMS[name](x, y, chance(s)) for s in (0, 1))
    again = TRANSFORMS[name](x, y, chance(0))
    assert torch.equal(x, before[0]) and torch.equal(y, before[1])
    assert torch.equal(one[0], again[0]) and not torch.equal(one[0], other[0])
    assert one[0].shape == x.shape and one[1].shape == y.shape
    torch.testing.assert_close(one[1].sum(-1), torch.ones(x.shape[:2]))
    assert torch.equal(one[1], y) or name == "mixup"


def test_nothing_is_done_at_strength_zero():
    x, y = batch()
    torch.testing.assert_close(chapter.jiggle(x, y, chance(), strength=0.0)[0], x)
    still = chapter.operate(x, torch.zeros(3, 20, 1), torch.zeros(3, 20, 1), chance())
    torch.testing.assert_close(still, x)
    assert chapter.mixup(0)(x, y, chance())[0] is x
    assert torch.equal(chapter.cutout(0)(x, y, chance())[0], x)


def test_whole_shifts_and_quarter_turns_are_exact():
    images = torch.rand(4, 1, 8, 8, generator=chance())
    moved = chapter.warp(images, right=3 / 8, down=-2 / 8)
    torch.testing.assert_close(moved[..., :6, 3:], images[..., 2:, :5], atol=1e-5, rtol=0)
    turned = chapter.warp(images, angle=torch.pi / 2)
    found = [torch.allclose(turned, torch.rot90(images, k, (2, 3)), atol=1e-4) for k in (1, 3)]
    assert any(found)


def test_random_crops_have_the_size_and_lie_inside():
    image = torch.arange(3 * 30 * 40.0).reshape(3, 30, 40)
    for seed in range(20):
        crop = chapter.random_crop(image, chance(seed), size=16, shortest=16, longest=40)
        assert crop.shape == (3, 16, 16)
        assert crop.min() >= image.min() and crop.max() <= image.max()


def test_a_cutout_of_side_three_hides_at_most_nine_pixels():
    hidden = chapter.square(2000, 3.0, chance()).sum(1)
    assert hidden.max() == 9 and hidden.float().mean() > 5
    assert (chapter.square(10, 0.0, chance()) == 0).all()


@pytest.mark.parametrize(("n_in", "n_out"), [(5, 3), (12, 8), (9, 5)])
@pytest.mark.parametrize("u", [0.0, 0.3, 0.5, 0.9])
def test_the_places_of_fractional_pooling_are_those_of_torch(n_in, n_out, u):
    row = torch.rand(n_in, generator=chance())
    image = row.expand(1, 1, 2, n_in)
    theirs = torch.nn.functional.fractional_max_pool2d(
        image, 2, output_size=(1, n_out), _random_samples=torch.full((1, 1, 2), u)
    )
    assert chapter.pooled_row(row, n_out, u) == pytest.approx(theirs.flatten().tolist())


def test_the_soft_cost_is_that_of_torch():
    logits = torch.randn(4, 7, 10, generator=chance())
    targets = torch.rand(4, 7, 10, generator=chance(1)).softmax(-1)
    theirs = [torch.nn.functional.cross_entropy(a, b) for a, b in zip(logits, targets, strict=True)]
    torch.testing.assert_close(chapter.soft_cost(logits, targets), torch.stack(theirs))


def test_two_seeds_give_different_networks_and_a_seed_the_same_again():
    pair = chapter.train(chapter.FEW, seeds=(3, 4), steps=5)
    one = chapter.train(chapter.FEW, seeds=(4,), steps=5)
    assert not torch.equal(pair[0][:, 0], pair[0][:, 1])
    torch.testing.assert_close(pair[0][:, 1:], one[0])


def test_each_rate_of_a_stack_trains_as_alone_on_images_transformed_alike():
    options = {"transform": chapter.jiggle, "seeds": (3, 4), "steps": 5}
    both = chapter.train(chapter.FEW, rates=(0.02, 0.2), **options)
    for place, rate in enumerate((0.02, 0.2)):
        alone = chapter.train(chapter.FEW, rates=(rate,), **options)
        torch.testing.assert_close(both[0][place], alone[0][0])


@pytest.mark.parametrize("shape", [(8, 8), (5, 9)])
def test_a_warp_reads_where_torch_does(shape):
    images = torch.rand(1, 1, *shape, generator=chance())
    angle, shear, stretch, right, down = 0.3, 0.2, 1.1, 0.1, -0.2
    cos, sin = np.cos(angle) / stretch, np.sin(angle) / stretch
    theta = torch.tensor([[[cos, sin + shear, -2 * right], [-sin, cos, -2 * down]]]).float()
    grid = torch.nn.functional.affine_grid(theta, [1, 1, *shape], align_corners=False)
    expected = torch.nn.functional.grid_sample(images, grid, align_corners=False)
    found = chapter.warp(images, angle=angle, shear=shear, stretch=stretch, right=right, down=down)
    torch.testing.assert_close(found, expected)


def test_only_the_training_part_is_ever_trained_on():
    parts = [{tuple(row) for row in part[0].tolist()} for part in chapter.DIGITS]
    assert not parts[0] & parts[1] and not parts[0] & parts[2]
    assert {tuple(row) for row in chapter.FEW[0].tolist()} <= parts[0]


@pytest.mark.book
def test_every_transform_of_the_gallery_does_more_at_a_larger_magnitude():
    held = figure_data("F-18.1")
    assert held["change"].shape == (11, 5)
    for change in held["change"]:
        assert change[0] < 0.01 and change[-1] > 0.03
        assert change[-1] > change[1]


@pytest.mark.book
def test_movements_are_worth_more_the_fewer_the_images():
    held = figure_data("F-18.2")
    plain, moved = held["plain"].mean(1), held["moved"].mean(1)
    gain = moved - plain
    assert gain[0] > 0.02 and gain[0] > gain[-1]
    assert held["worth"][0] > 1.3 * held["counts"][0]
    assert gain[-1] < 0 and (gain[:3] > 0).all()
    assert held["plain"].shape == (4, 10)


@pytest.mark.book
def test_flips_cost_accuracy_and_the_vertical_one_mixes_up_two_and_five():
    held = figure_data("F-18.3")
    right = {name: np.mean(scores) for name, scores in held["right"].items()}
    assert right["as they are"] > max(right[k] for k in right if k != "as they are") + 0.01
    table, plain = held["top-bottom"].mean(0), held["as they are"].mean(0)
    assert table[2, 5] + table[5, 2] > plain[2, 5] + plain[5, 2] + 0.03
    turned = held["turned"].mean(0)
    assert turned[6, 9] + turned[9, 6] < 0.02  # the stock example is not seen here
    np.testing.assert_allclose(held["turned"].sum(-1), 1, atol=1e-5)


@pytest.mark.book
def test_one_moved_view_is_worse_and_many_do_not_pass_the_still_one():
    held = figure_data("F-18.4")
    for label in ("trained on still images", "trained on moved images"):
        views, still = held[f"{label} views"].mean(1), held[f"{label} still"].mean()
        assert views[0] + 0.02 < views[-1] < still + 0.002


@pytest.mark.book
def test_cutout_helps_at_one_pixel_and_costs_more_with_each_side():
    held = figure_data("F-18.5")
    cutout = held["cutout"].mean(1)
    assert list(held["sides"]) == [0, 1, 2, 3, 4, 6]
    assert cutout.argmax() == 1 and (np.diff(cutout[1:]) < 0).all()
    assert cutout[2] < cutout[0]


@pytest.mark.book
def test_mixup_lowers_confidence_and_hardly_touches_accuracy():
    held = figure_data("F-18.5")
    scores = [held[f"scores {a:g}"].mean() for a in held["alphas"]]
    assert max(scores) - min(scores) < 0.03
    curves = [held[f"curve {a:g}"] for a in held["alphas"]]
    assert np.nanmean(curves[0][1] - curves[0][0]) < np.nanmean(curves[-1][1] - curves[-1][0])
    gaps = [held[f"gaps {a:g}"].mean() for a in held["alphas"]]
    assert gaps[1] < gaps[0] < gaps[2] < gaps[3]
    assert held["density 0.2"][0] > held["density 0.2"][99]
    assert held["density 8"][99] > held["density 8"][0]


@pytest.mark.book
def test_the_axes_of_color_are_orthonormal_and_the_first_is_brightness():
    held = figure_data("F-18.6")
    np.testing.assert_allclose(held["axes"].T @ held["axes"], np.eye(3), atol=1e-5)
    spreads = held["spreads"]
    assert spreads[0] > 2 * spreads[1] > 2 * spreads[2]
    assert len({np.sign(v) for v in held["axes"][:, 0]}) == 1


@pytest.mark.book
def test_two_numbers_do_better_than_the_search():
    held = figure_data("F-18.7")
    finals = {name: np.mean(scores) for name, scores in held["finals"].items()}
    assert len(held["judged"]) == 50 and len(held["judged_rand"]) == 9
    assert all(len(scores) == 10 for scores in held["finals"].values())
    assert abs(finals["small movements"] - finals["RandAugment"]) < 0.01
    assert min(finals["small movements"], finals["RandAugment"]) > finals["best sub-policy"]
    assert finals["TrivialAugment"] < finals["no augmentation"] + 0.005


@pytest.mark.book
def test_averaging_over_draws_of_the_places_helps():
    held = figure_data("F-18.8")
    marginal = held["marginal"].mean(1)
    assert marginal[-1] > marginal[0] + 0.02
    assert marginal[0] < held["fixed"].mean() < marginal[1:].min()
    assert not np.allclose(held["draws"][1], held["draws"][2])
