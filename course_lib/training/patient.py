"""A model under examination: what the tuning doctor knows and what it may do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer

from course_lib.training.batches import seeded
from course_lib.training.evaluation import Data, Loss
from course_lib.training.history import History
from course_lib.training.lookup import make_optimizer
from course_lib.training.loop import fit


class Finding(NamedTuple):
    """What one check has found."""

    passed: bool
    """Whether the next check makes sense."""
    finding: str
    """What was seen, in plain words and with its numbers."""
    advice: str = ""
    """What to try, where there is something to try."""


@dataclass
class Patient:
    """A model, its data and its treatment; every trial trains a copy."""

    model: nn.Module
    train: Data
    validation: Data
    loss: Loss
    penalty: Callable[[nn.Module, float], Tensor]
    optimizer: str | Callable[..., Optimizer]
    rates: Sequence[float]
    decays: Sequence[float]
    expected: float
    """Loss of a guess, nats unless another unit is told."""
    batch_size: int
    epochs: tuple[int, int, int]
    """Passes over the data in the coarse grid, in the refined grid and for the curves."""
    seed: int
    start: float = 0.0
    """Measured loss before the first step."""
    best: dict[str, float] = field(default_factory=dict)
    """The best configuration so far."""

    def trial(self, *, lr: float, weight_decay: float, steps: int, **options: Any) -> History:
        """Train a copy with the penalty left to the optimizer."""
        return self.trained(lr=lr, weight_decay=weight_decay, steps=steps, **options)[1]

    def trained(
        self, *, lr: float, weight_decay: float, steps: int, free: bool = False, **options: Any
    ) -> tuple[nn.Module, History]:
        """Train a copy, without dropout where ``free`` is set, and return it with its curves."""
        model = copy.deepcopy(self.model)
        if free:
            _switch_dropout_off(model)
        optimizer = make_optimizer(
            self.optimizer, model.parameters(), lr=lr, weight_decay=weight_decay
        )
        settings: dict[str, Any] = {
            "train": self.train,
            "validation": self.validation,
            "batch_size": self.batch_size,
            "seed": self.seed,
        } | options
        with seeded(self.seed):
            history = fit(model, optimizer, steps=steps, loss=self.loss, bar=False, **settings)
        return model, history

    def steps(self, stage: int) -> int:
        """Steps of the passes a stage takes: 0 coarse grid, 1 refined grid, 2 curves."""
        return self.epochs[stage] * (len(self.train[1]) // self.batch_size)


def _switch_dropout_off(model: nn.Module) -> None:
    for module in model.modules():
        # By name: a student's own layer counts, whatever it inherits from.
        name = type(module).__name__.lower()
        if hasattr(module, "p") and ("drop" in name or "stochasticdepth" in name):
            setattr(module, "p", 0.0)  # noqa: B010 (torch declares its modules' attributes as tensors)
