"""Dropout does with a mask exactly what torch does with it, and draws torch's own masks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor

from course_lib import nn
from tests.cases.nn import DROPOUT_CASES, DropoutCase

SEED = 20
every_case = pytest.mark.parametrize("case", DROPOUT_CASES, ids=str)
torch_dropout = torch.nn.functional.dropout


def _data(case: DropoutCase, seed: int = SEED) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(case.shape, generator=generator, dtype=torch.float64).to(case.dtype)


def _seeded(function: Callable[..., Any], *args: Any) -> Any:
    torch.manual_seed(SEED)
    return function(*args)


def _same(mine: Tensor, theirs: Tensor, rtol: float = 0.0) -> None:
    """Equal to the last digit, with the signs of zeros left aside."""
    torch.testing.assert_close(mine, theirs, rtol=rtol, atol=0.0, equal_nan=True)


def _rounding(case: DropoutCase) -> float:
    """How far results may part because torch rounds the factor in half precision."""
    half = case.dtype in (torch.float16, torch.bfloat16)
    return torch.finfo(case.dtype).eps if half else 0.0


@contextmanager
def _given(mask: Tensor) -> Iterator[None]:
    """The library's ``dropout_mask`` returns this mask, as a student's would in its place."""
    own = nn.dropout.__globals__["dropout_mask"]
    nn.dropout.__globals__["dropout_mask"] = lambda input, p: mask
    try:
        yield
    finally:
        nn.dropout.__globals__["dropout_mask"] = own


@every_case
@pytest.mark.parametrize("inplace", [False, True])
def test_with_torchs_mask_the_result_is_torchs(case: DropoutCase, inplace: bool) -> None:
    expected, mask = torch.ops.aten.native_dropout(_data(case), case.p, True)
    with _given(mask):
        _same(nn.dropout(_data(case), case.p, True, inplace), expected, _rounding(case))


@every_case
def test_with_torchs_mask_the_gradient_is_torchs(case: DropoutCase) -> None:
    scale = 1 / (1 - case.p) if case.p < 1 else 0.0
    _, mask = torch.ops.aten.native_dropout(_data(case), case.p, True)
    grad = _data(case, SEED + 1)
    expected = torch.ops.aten.native_dropout_backward(grad, mask, scale)
    _same(nn.dropout_backward(grad, mask, case.p), expected)
    x = _data(case).requires_grad_()
    with _given(mask):
        nn.dropout(x, case.p).backward(grad)
    assert x.grad is not None
    _same(x.grad, grad if case.p == 0 else expected)


@every_case
@pytest.mark.parametrize("inplace", [False, True])
def test_from_the_same_seed_torch_does_the_same(case: DropoutCase, inplace: bool) -> None:
    """With gradients; its masks, too, are those of ``dropout_mask``."""
    found = []
    for dropout in (nn.dropout, torch_dropout):
        x = _data(case).requires_grad_()
        y = _seeded(dropout, x * 1, case.p, True, inplace)
        y.backward(_data(case, SEED + 1))
        found.append((y.detach(), x.grad))
    for mine, theirs in zip(*found, strict=True):
        _same(mine, theirs, _rounding(case))


@every_case
def test_mask_is_torchs_from_the_same_seed(case: DropoutCase) -> None:
    expected = _seeded(torch.ops.aten.native_dropout, _data(case), case.p, True)[1]
    mask = _seeded(nn.dropout_mask, _data(case), case.p)
    assert mask.dtype == torch.bool and torch.equal(mask, expected)


@every_case
def test_layer_is_the_function(case: DropoutCase) -> None:
    layer = nn.Dropout(case.p)
    _same(_seeded(layer, _data(case)), _seeded(nn.dropout, _data(case), case.p))
    x = _data(case)
    assert layer.eval()(x) is x


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.5, False), (1.0, False), (0.0, False)])
@pytest.mark.parametrize("inplace", [False, True])
def test_nothing_to_drop_returns_the_input_itself(p: float, training: bool, inplace: bool) -> None:
    x = torch.ones(3, requires_grad=True)
    for dropout in (nn.dropout, torch_dropout):
        assert dropout(x, p, training, inplace) is x


def test_nothing_to_drop_draws_nothing() -> None:
    before = torch.get_rng_state()
    nn.dropout(torch.ones(3), 0.5, training=False)
    nn.dropout(torch.ones(3), 0.0)
    assert torch.equal(torch.get_rng_state(), before)


def test_inplace_writes_into_the_input_and_returns_it() -> None:
    x = torch.ones(1000)
    assert nn.dropout(x, 0.5, inplace=True) is x
    assert nn.Dropout(0.5, inplace=True)(x) is x
    assert set(x.unique().tolist()) <= {0.0, 2.0, 4.0}


def test_input_is_left_alone_otherwise() -> None:
    x, grad, mask = torch.ones(100), torch.ones(100), torch.ones(100).bool()
    for function in (nn.dropout, nn.Dropout(0.5), nn.StochasticDepth(0.5)):
        function(x)
    nn.dropout_as_published(x, 0.5, training=True)
    nn.dropout_as_published(x, 0.5, training=False)
    nn.dropout_backward(grad, mask, 0.5)
    assert x.eq(1).all() and grad.eq(1).all() and mask.all()


def test_all_dropped_is_zero_with_a_gradient_of_zero() -> None:
    x = torch.ones(5, requires_grad=True)
    y = nn.dropout(x, 1.0)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(y, torch.zeros(5)) and torch.equal(x.grad, torch.zeros(5))
    zeros = nn.dropout_backward(torch.ones(5), torch.zeros(5).bool(), 1.0)
    assert torch.equal(zeros, torch.zeros(5))


@pytest.mark.parametrize("p", [0.5, 1.0])
def test_what_is_infinite_and_dropped_is_not_a_number(p: float) -> None:
    x = torch.full((100,), float("inf"), requires_grad=True)
    _same(_seeded(nn.dropout, x, p).detach(), _seeded(torch_dropout, x, p).detach())
    assert nn.dropout(x, 1.0).isnan().all()


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_integers_can_be_kept_or_dropped_altogether(p: float) -> None:
    x = torch.arange(6)
    _same(nn.dropout(x, p), torch_dropout(x, p))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_layout_in_memory_stays(layout: torch.memory_format) -> None:
    x = torch.ones(2, 3, 4, 5).to(memory_format=layout)
    assert nn.dropout(x).stride() == x.stride()


def test_repeated_memory_gets_a_mask_for_each_element() -> None:
    x = torch.ones(1, 3).expand(400, 3)
    assert len(nn.dropout(x, 0.5).unique(dim=0)) > 1


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("keep", [0.0, 0.25, 0.9, 1.0])
def test_published_form_is_torchs_times_keep(keep: float, training: bool) -> None:
    x = _data(DropoutCase(1 - keep, (40, 3))).requires_grad_()
    mine = _seeded(nn.dropout_as_published, x, keep, training)
    theirs = keep * _seeded(torch_dropout, x, 1 - keep, training)
    torch.testing.assert_close(mine, theirs, rtol=1e-14, atol=0.0)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(), (0,), (0, 3)])
def test_published_form_takes_every_shape(shape: tuple[int, ...], training: bool) -> None:
    assert nn.dropout_as_published(torch.ones(shape), 0.5, training).shape == shape


def test_gradients_are_right() -> None:
    """By differences, with the same mask at every call."""
    x = _data(DropoutCase(0.3, (4, 3))).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: _seeded(nn.dropout, x, 0.3), x)
    assert torch.autograd.gradcheck(lambda x: _seeded(nn.dropout_as_published, x, 0.3, True), x)
    mask = torch.rand(4, 3) < 0.5
    assert torch.autograd.gradcheck(lambda grad: nn.dropout_backward(grad, mask, 0.3), x)
