"""DropConnect and stochastic depth: dropout of weights, and of samples."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from course_lib import nn

SEED = 20
RATES = (0.0, 0.25, 0.5, 1.0)


def _seeded(function: Callable[..., Any], *args: Any) -> Any:
    torch.manual_seed(SEED)
    return function(*args)


def _normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("batch", [(6,), (2, 4), (), (0,)])
def test_every_sample_has_weights_of_its_own(
    batch: tuple[int, ...], p: float, with_bias: bool
) -> None:
    """What one matrix after the other gives, masked by torch's dropout from the same seed."""
    input, weight = _normal(*batch, 3), _normal(5, 3)
    bias = _normal(5) if with_bias else None
    mine = _seeded(nn.drop_connect, input, weight, bias, p, True)
    stack = weight.repeat(*batch, 1, 1)
    masked = _seeded(torch.nn.functional.dropout, stack, p).reshape(-1, 5, 3)
    rows = [w @ x for w, x in zip(masked, input.reshape(-1, 3), strict=True)]
    expected = torch.stack(rows).reshape(*batch, 5) if rows else torch.zeros(*batch, 5).double()
    expected = expected if bias is None else expected + bias
    torch.testing.assert_close(mine, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("with_bias", [True, False])
def test_drop_connect_in_evaluation_is_torchs_linear(with_bias: bool) -> None:
    input, weight, bias = _normal(4, 3), _normal(5, 3), _normal(5) if with_bias else None
    mine = nn.drop_connect(input, weight, bias, 0.5, training=False)
    assert torch.equal(mine, torch.nn.functional.linear(input, weight, bias))


def test_drop_connect_never_drops_the_bias() -> None:
    output = nn.drop_connect(_normal(50, 3), torch.zeros(5, 3).double(), _normal(5), 0.9, True)
    assert torch.equal(output, _normal(5).expand(50, 5))


def test_gradients_of_drop_connect_are_right() -> None:
    tensors = [t.requires_grad_() for t in (_normal(4, 3), _normal(5, 3), _normal(5))]
    assert torch.autograd.gradcheck(lambda *t: _seeded(nn.drop_connect, *t, 0.4, True), tensors)


@pytest.mark.parametrize("bias", [True, False])
def test_drop_connect_layer_is_torchs_linear_but_for_the_weights_dropped(bias: bool) -> None:
    mine = _seeded(nn.DropConnect, 3, 5, bias)
    theirs = _seeded(torch.nn.Linear, 3, 5, bias)
    x = _normal(4, 3).float()
    assert mine.p == 0.5
    torch.testing.assert_close(mine.state_dict(), theirs.state_dict(), rtol=0.0, atol=0.0)
    expected = _seeded(nn.drop_connect, x, theirs.weight, theirs.bias, 0.5, True)
    assert torch.equal(_seeded(mine, x), expected)
    assert torch.equal(mine.eval()(x), theirs(x))
    theirs.load_state_dict(mine.state_dict())
    mine.load_state_dict(theirs.state_dict())


def test_drop_connect_takes_device_and_dtype() -> None:
    layer = nn.DropConnect(3, 5, device="meta", dtype=torch.float64, p=0.25)
    assert layer.weight.is_meta and layer.weight.dtype == torch.float64
    assert repr(layer) == "DropConnect(in_features=3, out_features=5, bias=True, p=0.25)"


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("shape", [(6,), (6, 3), (6, 3, 2, 2), (0, 3)])
def test_stochastic_depth_is_one_dropout_for_each_sample(shape: tuple[int, ...], p: float) -> None:
    branch = _normal(*shape)
    ones = torch.ones(shape[0], *[1] * (len(shape) - 1), dtype=branch.dtype)
    expected = branch * _seeded(torch.nn.functional.dropout, ones, p)
    torch.testing.assert_close(
        _seeded(nn.stochastic_depth, branch, p, True), expected, rtol=1e-15, atol=0.0
    )
    torch.testing.assert_close(
        _seeded(nn.StochasticDepth(p), branch), expected, rtol=1e-15, atol=0.0
    )


@pytest.mark.parametrize("p", RATES)
def test_stochastic_depth_in_evaluation_is_the_branch_itself(p: float) -> None:
    branch = _normal(6, 3)
    assert nn.stochastic_depth(branch, p, training=False) is branch
    assert nn.StochasticDepth(p).eval()(branch) is branch


def test_gradients_of_stochastic_depth_are_right() -> None:
    branch = _normal(6, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda b: _seeded(nn.stochastic_depth, b, 0.4, True), branch)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_dtype_stays(dtype: torch.dtype) -> None:
    branch = torch.ones(6, 3, dtype=dtype)
    weight = torch.ones(4, 3, dtype=dtype)
    assert nn.stochastic_depth(branch, 0.5, training=True).dtype == dtype
    assert nn.drop_connect(branch, weight, None, 0.5, training=True).dtype == dtype


def test_stochastic_depth_shows_its_rate() -> None:
    assert repr(nn.StochasticDepth(0.25)) == "StochasticDepth(p=0.25)"
