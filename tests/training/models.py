"""Small models and data the tests of training share."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn

from course_lib.data import Split, moons
from course_lib.training import seeded


def mlp(*sizes: int, seed: int = 0, drop: float = 0.0, norm: bool = False) -> nn.Sequential:
    """A ReLU network, optionally with dropout and batch normalization in its hidden layers."""
    with seeded(seed):
        layers: list[nn.Module] = []
        for rows, columns in pairwise(sizes[:-1]):
            layers += [nn.Linear(rows, columns), *([nn.BatchNorm1d(columns)] if norm else [])]
            layers += [nn.ReLU(), *([nn.Dropout(drop)] if drop else [])]
        return nn.Sequential(*layers, nn.Linear(*sizes[-2:]))


def weights(model: nn.Module) -> torch.Tensor:
    """All that a model's state holds, in one row."""
    return torch.cat([value.detach().double().flatten() for value in model.state_dict().values()])


def data() -> Split:
    return moons(examples=300, validation=50, test=50)
