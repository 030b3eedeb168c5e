"""Every optimizer follows torch's, parameter and state, on every row of the table."""

import pytest
import torch

from tests.cases.optimizers import CASES, NAMES, Case
from tests.optim.trajectory import distance, gradients, parameters, take, torchs


@pytest.mark.parametrize("case", CASES, ids=str)
def test_path_and_state_equal_torchs(case: Case) -> None:
    distances = distance(case)
    assert all(apart <= case.tolerance for apart in distances.values()), distances


@pytest.mark.parametrize("name", NAMES)
def test_state_names_are_covered_by_the_table(name: str) -> None:
    """The comparison above reads the entries of torch's state, so there must be some."""
    params = parameters(Case("", optimizer=name))
    options = {"momentum": 0.9} if name in ("SGD", "RMSprop") else {}
    optimizer = torchs(name)(params, **options)
    take(optimizer, params, next(gradients(Case(""))), {})
    assert all(len(optimizer.state[param]) >= 1 for param in params)


def test_product_of_momenta_is_exact_in_double_precision() -> None:
    """Under a default of float64 nothing of NAdam is kept in float32."""
    torch.set_default_dtype(torch.float64)
    try:
        distances = distance(Case("", {"lr": 0.1}, optimizer="NAdam"))
    finally:
        torch.set_default_dtype(torch.float32)
    assert max(distances.values()) <= 1e-12
