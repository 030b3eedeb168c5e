"""Chapter 23: its formulas against torch, its server, its captions against their data. No test
asserts a time."""

import json
import urllib.error
import urllib.request

import numpy as np
import pytest
import torch

from tests.book.chapter import differs, load
from tests.book.executed import figure_data

PAGE = "23_deployment"
chapter = load(PAGE)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_a_channel_is_rounded_by_its_own_range(bits):
    weights = torch.randn(2, 6, 4, generator=chance()) * torch.tensor([1.0, 10.0, 0.1, 3.0])
    channel, tensor = (chapter.rounded(weights, bits, c) for c in (True, False))
    step = (weights.amax(-2) - weights.amin(-2)) / (2**bits - 1)
    assert ((channel - weights).abs().amax(-2) <= step / 2 * 1.001).all()
    assert (tensor - weights).norm() > (channel - weights).norm()


def test_integers_are_integers_between_the_ends():
    x = 5 * torch.randn(1000, generator=chance())
    scale, zero = chapter.affine(torch.tensor(-1.0), torch.tensor(2.0))
    q = chapter.quantize(x, scale, zero)
    assert torch.equal(q, q.round()) and q.min() == 0 and q.max() == 255
    theirs = torch.fake_quantize_per_tensor_affine(x, float(scale), int(zero), 0, 255)
    torch.testing.assert_close(chapter.dequantize(q, scale, zero), theirs)


def test_the_scaled_unit_leaves_the_function_and_spoils_the_range():
    params = chapter.perceptrons(chapter.SIZES, (0, 1))
    inputs = torch.rand(20, 64, generator=chance())
    changed = chapter.with_outlier(params)
    before, after = (chapter.predict(p, inputs) for p in (params, changed))
    torch.testing.assert_close(before, after, atol=1e-5, rtol=1e-4)
    assert changed[0].abs().max() > 3 * params[0].abs().max()


def test_the_stack_and_the_module_are_one_network():
    seeds, inputs = (5, 6), chapter.SPLIT.train[0]
    params = chapter.trained(seeds, 20)
    folded = chapter.predict(chapter.plain(params, inputs), inputs[:30])
    for k in range(2):
        module = chapter.as_module(params, inputs, k)
        torch.testing.assert_close(module(inputs[:30]), folded[k], atol=1e-4, rtol=1e-4)


def test_two_seeds_give_different_networks():
    assert differs(lambda seed: chapter.trained.__wrapped__((seed,), 3)[0])


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_the_distillation_loss_is_that_of_torch(temperature):
    ours, theirs = torch.randn(2, 7, 10, generator=chance())
    labels = torch.arange(7)
    soft = torch.nn.functional.kl_div(
        (ours / temperature).log_softmax(-1),
        (theirs / temperature).softmax(-1),
        reduction="batchmean",
    )
    hard = torch.nn.functional.cross_entropy(ours, labels)
    heat = torch.tensor([[temperature]])
    found = chapter.distillation(ours, theirs, labels, heat, 0.3)
    torch.testing.assert_close(found.squeeze(), 0.3 * hard + 0.7 * temperature**2 * soft)


@pytest.mark.parametrize("choose", [chapter.smallest, chapter.any_of_them])
def test_pruned_weights_are_as_many_as_asked_for_and_stay_zero(choose):
    params = chapter.perceptrons(chapter.SIZES, (0, 1))
    masks = chapter.masks_for(params, choose)
    after = chapter.tuned_on(params, masks, 0.01, (0, 1), count=2)
    for p, mask in zip(after[::2], masks[::2], strict=True):
        left = mask.mean((-1, -2))
        assert torch.allclose(left[:, 0], 1 - torch.tensor(chapter.SHARES), atol=1e-2)
        assert (p[mask == 0] == 0).all()
    kept = masks[0][1, 0] > 0
    if choose is chapter.smallest:
        assert params[0][0].abs()[kept].min() > params[0][0].abs()[~kept].max()


def test_an_exported_file_answers_as_the_module_and_other_weights_as_theirs():
    inputs = chapter.SPLIT.train[0]
    params = chapter.trained((5, 6), 20)
    module = chapter.as_module(params, inputs)
    file = chapter.to_onnx(module, inputs[:4])
    assert chapter.parity(module, chapter.session(file), inputs) < 1e-4
    other = [p[1].detach() for p in chapter.plain(params, inputs)]
    running = chapter.session(chapter.with_weights(file, other))
    expected = chapter.as_module(params, inputs, 1)(inputs[:9]).detach()
    torch.testing.assert_close(chapter.ask(running, inputs[:9]), expected, atol=1e-4, rtol=1e-4)
    for make in list(chapter.VARIANTS.values())[1:]:
        smaller = make(file, inputs[:100])
        answers = chapter.ask(chapter.session(smaller), inputs)
        agreed = answers.argmax(-1) == module(inputs).argmax(-1)
        assert len(smaller) < 0.6 * len(file) and agreed.float().mean() > 0.95


class Fixed:
    """A model that answers class 1, for the server."""

    def run(self, names, feed):
        return (np.eye(10, dtype=np.float32)[np.ones(len(feed["pixels"]), dtype=int)],)


def test_the_server_answers_refuses_and_is_gone_after_its_block():
    body = json.dumps({"pixels": [[0.0] * 64] * 3}).encode()
    with chapter.serving(Fixed()) as (address, seen):
        assert chapter.request(f"{address}/health") == (200, {"status": "ok"})
        assert chapter.request(f"{address}/nosuch")[0] == 404
        status, reply = chapter.request(f"{address}/predict", body)
        assert status == 200 and reply["digits"] == [1, 1, 1]
        for wrong in (b"", b"[]", b'{"pixels": [[1]]}', b'{"pixels": [[NaN]]}', b'{"pixels": "x"}'):
            status, reply = chapter.request(f"{address}/predict", wrong)
            assert status == 400 and reply["error"].startswith("needed"), wrong
        assert chapter.request(f"{address}/health")[0] == 200
        assert len(seen) == 9
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/health", timeout=2)


@pytest.mark.book
def test_int8_is_a_quarter_of_the_bytes_and_keeps_the_accuracy():
    held = figure_data("F-23.1")
    whole, half, *eighth = held["bytes"]
    assert 0.45 < half / whole < 0.6
    assert all(0.25 < size / whole < 0.4 for size in eighth)
    assert held["scores"].shape == (5, 10)
    means = held["scores"].mean(1)
    assert abs(means - means[0]).max() < 0.01
    for ratios in held["ratios"].values():
        ratios = np.asarray(ratios)
        assert (ratios > 0).all() and (ratios[:, 0] == 1).all()


@pytest.mark.book
def test_an_error_halves_with_each_bit_and_an_outlier_spoils_a_tensor_only():
    held = figure_data("F-23.2")
    errors = {name: held[f"error {name}"].mean(0) for name in chapter_kinds()}
    scores = {name: held[f"accuracy {name}"].mean(0) for name in chapter_kinds()}
    halving = errors["per tensor"][1:-1] / errors["per tensor"][2:]
    assert (halving > 1.8).all() and (halving < 2.3).all()
    np.testing.assert_allclose(errors["per channel"], errors["outlier, per channel"], rtol=1e-3)
    assert (errors["outlier, per tensor"][4:] > 5 * errors["per tensor"][4:]).all()
    assert scores["outlier, per tensor"][2] < 0.5 < 0.9 < scores["outlier, per channel"][2]
    assert scores["per channel"][0] > scores["per tensor"][0]


def chapter_kinds():
    return ["per tensor", "per channel", "outlier, per tensor", "outlier, per channel"]


@pytest.mark.book
def test_the_teacher_helps_and_most_where_labels_are_few():
    held = figure_data("F-23.3")
    assert held["heated"].shape == (5, 10)
    best = held["heated"].mean(1)
    assert 0 < best.argmax() < 4 and best.max() > held["alone"].mean() + 0.02
    alone, same, every = held["by_count"].mean(-1)
    assert (same > alone).all() and every[0] > same[0]
    assert same[0] - alone[0] > same[-1] - alone[-1]
    assert held["teachers"].mean() > held["by_count"].mean(-1).max()


@pytest.mark.book
def test_the_round_trip_holds_and_the_crosses_are_wrong():
    held = figure_data("F-23.4")
    assert held["differences"].max() < held["tolerance"] == 1e-5
    refused = {name for name, found in held["outcomes"].items() if found.startswith("refused")}
    assert refused == {"if on a value", "an operation not in ONNX", "a loop over the batch"}
    gaps = held["gaps"]
    assert gaps.pop("torch.where") < 1e-5
    assert len(gaps) == 2 and all(gap > 0.01 for gap in gaps.values())


@pytest.mark.book
def test_training_on_mends_the_cut_and_the_smallest_are_the_better_choice():
    held = figure_data("F-23.5")
    curves = {n: held[n].mean(0) for n in held if n.startswith(("smallest", "random"))}
    assert (curves["smallest, trained on"][1:4] > curves["smallest, as cut"][1:4]).all()
    assert (curves["smallest, trained on"][2:4] > curves["random, trained on"][2:4] + 0.02).all()
    assert curves["smallest, as cut"][0] > held["whole"].mean() - 0.01
