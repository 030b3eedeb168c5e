"""What an optimizer refuses, with the type torch has and a message that says what is needed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.cases.optimizers import (
    ACCEPTED_ROWS,
    NAMES,
    REFUSED_PARAMS,
    REFUSED_ROWS,
    Options,
    Refused,
)
from tests.optim.trajectory import ours, torchs


def _one() -> list[torch.Tensor]:
    return [torch.zeros(2, requires_grad=True)]


@pytest.mark.parametrize(("name", "row"), REFUSED_ROWS)
def test_arguments_outside_their_domain(name: str, row: Refused) -> None:
    with pytest.raises(Exception) as theirs:
        torchs(name)(_one(), **row.options)
    with pytest.raises(row.error, match=row.message):
        ours(name)(_one(), **row.options)
    assert theirs.type is row.error


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_a_beta_of_two_elements(name: str) -> None:
    """torch means to raise ValueError as well, but trips over the comparison before."""
    with pytest.raises(ValueError, match=r"betas\[0\] must have one element, got shape \(2,\)"):
        ours(name)(_one(), betas=(torch.ones(2) / 2, torch.tensor(0.9)))


@pytest.mark.parametrize(("name", "options"), ACCEPTED_ROWS)
def test_arguments_on_the_edge_are_taken(name: str, options: Options) -> None:
    torchs(name)(_one(), **options)
    ours(name)(_one(), **options)


@pytest.mark.parametrize("flag", ["foreach", "fused", "capturable", "differentiable"])
@pytest.mark.parametrize("name", NAMES)
def test_other_ways_to_compute_do_not_exist(name: str, flag: str) -> None:
    with pytest.raises(TypeError, match=flag):
        ours(name)(_one(), **{flag: False})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("make", "error"),
    [row[1:] for row in REFUSED_PARAMS],
    ids=[row[0].replace(" ", "_") for row in REFUSED_PARAMS],
)
def test_parameters(name: str, make: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        torchs(name)(make())
    with pytest.raises(error):
        ours(name)(make())


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_twice_in_a_group_warns(name: str) -> None:
    with pytest.warns(UserWarning, match="duplicate parameters"):
        ours(name)(_one() * 2)


@pytest.mark.parametrize("name", NAMES)
def test_added_group_must_be_a_dict(name: str) -> None:
    with pytest.raises(TypeError, match="must be a dict"):
        ours(name)(_one()).add_param_group(_one())


@pytest.mark.parametrize("name", NAMES)
def test_sparse_gradient_names_the_class(name: str) -> None:
    param = _one()[0]
    param.grad = torch.ones(2).to_sparse()
    with pytest.raises(RuntimeError, match=f"{name} needs dense gradients"):
        ours(name)([param]).step()


def test_base_class_has_no_rule() -> None:
    param = _one()[0]
    param.grad = torch.ones(2)
    with pytest.raises(NotImplementedError, match="Optimizer has no update rule yet"):
        ours("Optimizer")([param], {}).step()
