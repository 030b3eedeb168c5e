"""What the layers refuse, with the type torch has and a message that says what is needed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from course_lib import nn
from tests.cases.nn import (
    NO_PROBABILITIES,
    REFUSED_CALLS,
    REFUSED_INPUTS,
    RefusedCall,
    RefusedInput,
)
from tests.nn.following import Function, call_data, ours, torchs


@pytest.mark.parametrize("row", REFUSED_CALLS, ids=str)
def test_call_of_batch_norm(row: RefusedCall) -> None:
    x, _ = call_data(row.call)
    with pytest.raises(Exception) as theirs:
        Function(torch.nn.functional.batch_norm, row.call)(x)
    with pytest.raises(row.error, match=row.message):
        Function(nn.batch_norm, row.call)(x)
    assert theirs.type is row.error


@pytest.mark.parametrize("row", REFUSED_INPUTS, ids=str)
def test_input_of_a_layer(row: RefusedInput) -> None:
    with pytest.raises(Exception) as theirs:
        torchs(row.layer)(3, **row.options).train(row.training)(torch.ones(row.shape))
    with pytest.raises(row.error, match=row.message):
        ours(row.layer)(3, **row.options).train(row.training)(torch.ones(row.shape))
    assert theirs.type is row.error


@pytest.mark.parametrize("row", REFUSED_INPUTS, ids=str)
def test_a_refused_batch_leaves_what_torch_leaves(row: RefusedInput) -> None:
    """A batch too small has been counted, one of too few axes has not; no statistic moves."""
    states = []
    for make in (ours, torchs):
        layer = make(row.layer)(3, **row.options).train(row.training)
        with pytest.raises(row.error):
            layer(torch.ones(row.shape))
        states.append(layer.state_dict())
    torch.testing.assert_close(*states, rtol=0.0, atol=0.0)


@pytest.mark.parametrize(
    ("features", "error"), [(-3, RuntimeError), (3.0, TypeError), ("three", TypeError)]
)
@pytest.mark.parametrize("name", ["BatchNorm1d", "BatchNorm2d"])
def test_number_of_channels(name: str, features: Any, error: type[Exception]) -> None:
    for make in (torchs, ours):
        with pytest.raises(error):
            make(name)(features)


DOORS: dict[str, Callable[[float], Any]] = {
    "dropout": lambda p: nn.dropout(torch.ones(3), p),
    "dropout in evaluation": lambda p: nn.dropout(torch.ones(3), p, training=False),
    "dropout_mask": lambda p: nn.dropout_mask(torch.ones(3), p),
    "dropout_backward": lambda p: nn.dropout_backward(torch.ones(3), torch.ones(3).bool(), p),
    "Dropout": nn.Dropout,
    "drop_connect": lambda p: nn.drop_connect(
        torch.ones(2, 3), torch.ones(4, 3), None, p, training=False
    ),
    "DropConnect": lambda p: nn.DropConnect(3, 4, p=p),
    "stochastic_depth": lambda p: nn.stochastic_depth(torch.ones(2, 3), p, training=False),
    "StochasticDepth": nn.StochasticDepth,
}


@pytest.mark.parametrize("p", [*NO_PROBABILITIES, float("nan")])
@pytest.mark.parametrize("door", DOORS)
def test_no_probability(door: str, p: float) -> None:
    with pytest.raises(ValueError, match=r"p must be in \[0, 1\], got"):
        DOORS[door](p)


@pytest.mark.parametrize("keep", [*NO_PROBABILITIES, float("nan")])
def test_no_probability_of_keeping(keep: float) -> None:
    with pytest.raises(ValueError, match=r"keep must be in \[0, 1\], got"):
        nn.dropout_as_published(torch.ones(3), keep, training=True)


@pytest.mark.parametrize("p", NO_PROBABILITIES)
@pytest.mark.parametrize("training", [True, False])
def test_torch_refuses_the_same_probabilities(p: float, training: bool) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        torch.nn.functional.dropout(torch.ones(3), p, training)
    with pytest.raises(ValueError, match="between 0 and 1"):
        torch.nn.Dropout(p)


def test_a_probability_changed_later_is_looked_at_in_the_call() -> None:
    for make in (ours, torchs):
        layer = make("Dropout")(0.5)
        layer.p = 2.0
        with pytest.raises(ValueError):
            layer(torch.ones(3))


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
def test_integers_cannot_be_enlarged(dtype: torch.dtype, inplace: bool) -> None:
    for dropout in (torch.nn.functional.dropout, nn.dropout):
        with pytest.raises(RuntimeError, match="can't be cast"):
            dropout(torch.ones(6, dtype=dtype), 0.5, True, inplace)


@pytest.mark.parametrize("p", [0.5, 1.0])
def test_a_leaf_is_not_changed_in_place(p: float) -> None:
    for dropout in (torch.nn.functional.dropout, nn.dropout):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            dropout(torch.ones(6, requires_grad=True), p, True, True)
