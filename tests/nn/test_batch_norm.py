"""Batch normalization follows torch's: values, gradients and statistics, on every row."""

import pytest
import torch

from course_lib import nn
from tests.cases.nn import BACKWARD_CASES, CALLS, NORM_CASES, BackwardCase, Call, NormCase
from tests.nn.following import backward_distances, call_distance, distance


@pytest.mark.parametrize("case", NORM_CASES, ids=str)
def test_layer_equals_torchs(case: NormCase) -> None:
    distances = distance(case)
    assert all(apart <= case.tolerance for apart in distances.values()), distances


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_function_equals_torchs(call: Call) -> None:
    distances = call_distance(call)
    assert all(apart <= call.tolerance for apart in distances.values()), distances


@pytest.mark.parametrize("case", BACKWARD_CASES, ids=str)
def test_gradients_by_hand_equal_torchs(case: BackwardCase) -> None:
    for source, distances in backward_distances(case).items():
        assert all(apart <= case.tolerance for apart in distances.values()), (source, distances)


def test_far_from_zero_it_is_no_worse_than_torch() -> None:
    """Beside the same numbers in double precision."""
    generator = torch.Generator().manual_seed(20)
    x = (1e4 + torch.randn(256, 8, generator=generator)).requires_grad_()
    exact = torch.nn.functional.batch_norm(x.double(), None, None, training=True)
    mine, theirs = (
        (function(x, None, None, training=True) - exact).abs().max()
        for function in (nn.batch_norm, torch.nn.functional.batch_norm)
    )
    assert mine <= theirs <= 1e-2


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 2, 2)])
def test_first_and_second_derivatives_are_right(shape: tuple[int, ...], training: bool) -> None:
    """By differences: of input, weight and bias."""
    generator = torch.Generator().manual_seed(20)
    tensors = [
        torch.randn(size, generator=generator, dtype=torch.float64).requires_grad_()
        for size in (shape, (3,), (3,))
    ]

    def normalized(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        mean, var = torch.full((3,), 0.3).double(), torch.full((3,), 0.7).double()
        return nn.batch_norm(x, mean, var, weight, bias, training, eps=0.1)

    assert torch.autograd.gradcheck(normalized, tensors)
    assert torch.autograd.gradgradcheck(normalized, tensors)


def test_a_channel_may_not_grow_as_a_whole() -> None:
    """Neither a shift nor a scale of a channel reaches the output, so no gradient asks for one."""
    generator = torch.Generator().manual_seed(20)
    x, grad = (torch.randn(8, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    mean, var = x.mean(0), x.var(0, correction=0)
    grad_x, _, _ = nn.batch_norm_backward(grad, x, torch.ones(3).double(), mean, var, 0.0)
    torch.testing.assert_close(grad_x.sum(0), torch.zeros(3).double(), rtol=0.0, atol=1e-14)
    torch.testing.assert_close((grad_x * x).sum(0), torch.zeros(3).double(), rtol=0.0, atol=1e-14)
