"""Batch normalization follows torch's: values, gradients and statistics, on every row."""

import pytest

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
