"""Stop when the validation curve no longer improves, and keep the best weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class EarlyStopping:
    r"""Watch a value, keep the weights of its best moment, say when to stop.

    A value is better than the best so far, :math:`b`, if it is below :math:`b - \delta` (above
    :math:`b + \delta` for ``mode="max"``). The run stops at the first value with which
    ``patience`` values in a row have not been better. A value that is not a number is never better.

    Args:
        patience: Values in a row without improvement that end the run; at least 1.
        min_delta: :math:`\delta`, in units of the value; at least 0. Less does not count as better.
        mode: ``"min"`` where lower is better (a loss), ``"max"`` where higher is (an accuracy).

    Attributes:
        best: The best value so far, None before the first.
        best_step: The step it was taken at, None before the first.
        waited: Values in a row since the best.

    Raises:
        ValueError: If an argument lies outside its domain.

    Example:
        >>> stopping, model = EarlyStopping(patience=2), nn.Linear(1, 1)
        >>> [stopping.update(value, model) for value in (0.9, 0.5, 0.6, 0.5)]
        [False, False, False, True]
        >>> stopping.best
        0.5

    Source:
        Prechelt, Early Stopping - But When?, 1998, section 2.2, the third class of criteria (UP).
    """

    def __init__(self, patience: int, *, min_delta: float = 0.0, mode: str = "min") -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        if not min_delta >= 0:
            raise ValueError(f"min_delta must be at least 0, got {min_delta}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best: float | None = None
        self.best_step: int | None = None
        self.waited = 0
        self._weights: dict[str, Any] = {}

    def update(self, value: float, model: nn.Module, step: int = 0) -> bool:
        """Take in the next value.

        Args:
            value: What is watched.
            model: Whose weights are kept if the value is the best so far, buffers included.
            step: Optimizer steps taken so far, remembered with the best.

        Returns:
            Whether to stop.
        """
        if self._better(value):
            self.best, self.best_step, self.waited = value, step, 0
            # A copy: training goes on in the very tensors of the state dict.
            self._weights = {name: torch.clone(w) for name, w in model.state_dict().items()}
        else:
            self.waited += 1
        return self.waited >= self.patience

    def restore(self, model: nn.Module) -> None:
        """Give a model the weights of the best moment; without one, leave it as it is."""
        if self._weights:
            model.load_state_dict(self._weights)

    def _better(self, value: float) -> bool:
        if self.best is None:
            return value == value  # false for NaN alone
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta
