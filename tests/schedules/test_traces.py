"""Every schedule follows torch's for a thousand steps, on torch's optimizers and on ours."""

import pytest
import torch

from course_lib import optim
from tests.cases.schedules import CASES, PLATEAUS, Case, Plateau
from tests.schedules.trace import distance

SOURCES = {"torchs": torch.optim, "ours": optim}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_rates_and_momenta_equal_torchs(case: Case, source: str) -> None:
    distances = distance(case, SOURCES[source])
    assert all(ratio <= case.tolerance for ratio in distances.values()), distances


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", PLATEAUS, ids=str)
def test_rates_and_counts_equal_torchs(case: Plateau, source: str) -> None:
    assert set(distance(case, SOURCES[source]).values()) == {0.0}
