"""Chapter 22: its logger through crashes, its reader of files, its captions against data."""

import json
import math

import numpy as np
import pytest
import torch

from course_lib.training import History, read_tensorboard, write_tensorboard
from tests.book.chapter import differs, load
from tests.book.executed import figure_data

PAGE = "22_tracking"
chapter = load(PAGE)
CONFIG = {"lr": 0.1, "seed": 0}


@pytest.fixture
def path(tmp_path):
    log = chapter.RunLog(tmp_path / "run.jsonl", CONFIG)
    for step in (1, 2, 3):
        log.log(step, loss=1 / step)
    return log.path


def test_a_run_is_read_as_it_was_logged(path):
    config, rows = chapter.read_run(path)
    assert config == CONFIG
    assert rows == [{"step": step, "loss": 1 / step} for step in (1, 2, 3)]


def test_a_file_cut_anywhere_in_its_rows_loses_the_last_line_at_most(path):
    whole, first = path.read_text(), path.read_text().index("\n") + 1
    for end in range(first, len(whole) + 1):
        path.write_text(whole[:end])
        assert len(chapter.read_run(path)[1]) == whole[first:end].count("\n")


def test_a_resumed_run_forgets_what_came_after_the_checkpoint(path):
    log = chapter.RunLog(path, CONFIG, resume_after=2)
    log.log(3, loss=9.0)
    assert [row["loss"] for row in chapter.read_run(path)[1]] == [1, 0.5, 9.0]


@pytest.mark.parametrize(
    ("config", "resume", "error"),
    [
        (CONFIG, None, FileExistsError),
        (CONFIG | {"lr": 0.2}, 2, ValueError),
        (CONFIG | {"width": 8}, 2, ValueError),
    ],
)
def test_a_file_is_not_shared_by_two_runs(path, config, resume, error):
    before = path.read_text()
    with pytest.raises(error):
        chapter.RunLog(path, config, resume_after=resume)
    assert path.read_text() == before


def test_steps_must_rise(path):
    log = chapter.RunLog(path, CONFIG, resume_after=3)
    with pytest.raises(ValueError, match="step 3 after step 3"):
        log.log(3, loss=1.0)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path):
    config = {"lr": 0.1, "seed": 5, "steps": 60}
    chapter.small_run(tmp_path / "whole.jsonl", config)
    with pytest.raises(chapter.Killed):
        chapter.small_run(tmp_path / "cut.jsonl", config, kill_at=47)
    assert len(chapter.read_run(tmp_path / "cut.jsonl")[1]) == 46
    chapter.small_run(tmp_path / "cut.jsonl", config, checkpoint=tmp_path / "cut.pt")
    assert (tmp_path / "cut.jsonl").read_text() == (tmp_path / "whole.jsonl").read_text()


def test_the_reader_of_event_files_agrees_with_tensorboard(tmp_path):
    history = History()
    for step in range(50):
        history.log(step, loss=math.sin(step), rate=0.1)
    write_tensorboard(history, tmp_path / "run")
    (file,) = (tmp_path / "run").glob("events.out.tfevents.*")
    mine = History()
    for step, tag, value in chapter.scalars(file):
        mine.log(step, **{tag: value})
    assert mine == read_tensorboard(tmp_path / "run")


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_the_slider_is_the_exponential_mean_of_chapter_14(beta):
    losses = torch.rand(30, generator=torch.Generator().manual_seed(1))
    expected = load("14_reading_curves").exponential_mean(losses, beta).tolist()
    assert chapter.slider(losses.tolist(), beta) == pytest.approx(expected, rel=1e-5)
    adam = chapter.through_adam(losses.tolist(), beta)
    assert adam == pytest.approx(expected, rel=1e-4)


def curves(**changes):
    history = History()
    for step in range(1, 6):
        values = {"loss": 1 / step, "val_accuracy": 0.1 * step, "ratio_1": 0.01, "silent": 0.0}
        history.log(step, **values | {k: v(step) for k, v in changes.items()})
    return history


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"ratio_1": lambda t: 0.0}, ["a layer never moves"]),
        ({"ratio_1": lambda t: 0.01 * (t > 3)}, []),
        ({"loss": lambda t: math.nan if t == 4 else 1.0}, ["a value is not finite"]),
        ({"val_accuracy": lambda t: 0.995}, ["too good from the first point on"]),
        ({"silent": lambda t: 0.2 * t}, ["most hidden units are silent"]),
    ],
)
def test_suspicions_are_raised_by_what_a_sound_run_cannot_do(changes, found):
    assert chapter.suspicions({}, curves(**changes)) == found


def test_a_curve_that_jumps_back_is_suspect():
    history = curves()
    history.log(4, loss=0.2)
    assert chapter.suspicions({}, history) == ["steps do not rise"]


def test_two_seeds_give_different_runs_and_a_seed_the_same_again():
    def losses(seed: int) -> torch.Tensor:
        rows = chapter.watch(chapter.SOME, chapter.DIGITS.validation, [seed], passes=1)
        return torch.stack([values["loss"] for _, values in rows])

    assert differs(losses)
    assert differs(lambda seed: [row["val_accuracy"] for row in chapter.search(seed, passes=1)])
    assert differs(lambda seed: chapter.ratios([seed], passes=1, rates=[0.1])[1])


def test_a_frozen_layer_does_not_move_and_the_others_do():
    run = chapter.watch(chapter.SOME, chapter.DIGITS.validation, [0, 1], passes=1, frozen=[1])
    for _, values in run:
        assert values["ratio_2"][1] == 0 < values["ratio_2"][0]
        assert (values["ratio_1"] > 0).all()


@pytest.mark.book
def test_the_dashboard_sets_the_small_rate_apart():
    held = figure_data("F-22.1")
    last = {name: held[f"{name} ratio_1"][-10:].mean() for name in held["names"]}
    assert len(last) == 8
    assert last["small rate"] < 0.3 * min(last[n] for n in ("sound", "tiny model", "leak"))
    poor = {name: held[f"{name} val_accuracy"][-1] for name in held["names"]}
    assert max(poor[n] for n in ("small rate", "tiny model", "shuffled labels")) < 0.8
    assert poor["leak"] > poor["sound"] > 0.9


@pytest.mark.book
def test_layers_agree_and_a_good_rate_lies_above_the_rule_of_thumb():
    held = figure_data("F-22.2")
    small, good, large = (int(place) for place in held["picked"])
    ratios = held["ratios"]  # (points, layers, rates, seeds)
    assert ratios.shape[1:] == (3, 8, 10)
    assert ratios[:, :, small].max() < 1e-3 < ratios[:, :, good].mean(-1).min()
    reached = held["accuracy"].mean(1)
    assert reached[good] == pytest.approx(reached.max())  # the best two are equal
    assert held["accuracy"][large].mean() < 0.5 and ratios[0, :, large].mean() > 0.05
    spread = ratios[:, :, good].mean(-1)
    assert (spread.max(1) / spread.min(1)).max() < 3
    assert ratios[-1, :, large].mean() < 0.1 * ratios[0, :, large].mean()


@pytest.mark.book
def test_the_best_quarter_shares_its_rates_and_little_else():
    held = figure_data("F-22.3")
    places, best = held["places"], len(held["score"]) // 4
    assert (np.diff(held["score"]) <= 0).all() and places.shape == (36, 4)
    span = np.ptp(places[:best], axis=0)
    assert span[0] < 0.75 and span[1] == 1 and span[3] < 0.1
    assert set(places[:best, 2]) == set(places[:, 2])


@pytest.mark.book
def test_the_broken_run_hides_in_the_accuracies_and_not_in_the_ratio():
    held = figure_data("F-22.4")
    broken = int(held["broken"])
    final, ratio = held["val_accuracy"][:, -1], held["ratio_2"]
    assert len(final) == 20 and final.min() < final[broken] < final.max()
    assert held["val_loss"][:, -1].argmax() == broken
    assert (ratio[broken] == 0).all()
    assert (np.delete(ratio, broken, axis=0) > 0).all()


@pytest.mark.book
def test_what_tensorboard_gave_back_is_smoothed_in_the_picture():
    held = figure_data("F-22.5")
    for name in ("rate 0.01", "rate 0.1", "rate 1"):
        assert held[f"{name} smooth"] == pytest.approx(chapter.slider(held[name].tolist(), 0.8))
        rough = [np.abs(np.diff(np.log(held[k]))).mean() for k in (f"{name} smooth", name)]
        assert rough[0] < rough[1]
    assert held["rate 0.01"][-1] == max(held[f"rate {r}"][-1] for r in ("0.01", "0.1", "1"))


def test_rows_are_one_json_object_a_line(path):
    assert all(isinstance(json.loads(line), dict) for line in path.read_text().splitlines())
