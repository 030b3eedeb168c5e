"""The training loop."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from course_lib.training.batches import batches, seeded
from course_lib.training.early_stopping import EarlyStopping
from course_lib.training.evaluation import Data, Loss, evaluate
from course_lib.training.history import History
from course_lib.training.progress import progress


def fit(
    model: nn.Module,
    optimizer: Optimizer,
    train: Data,
    validation: Data | None = None,
    *,
    steps: int,
    batch_size: int = 64,
    loss: Loss = functional.cross_entropy,
    schedule: LRScheduler | None = None,
    stopping: EarlyStopping | None = None,
    every: int | None = None,
    watch: Callable[[int, nn.Module], None] | None = None,
    seed: int = 0,
    device: torch.device | str | None = None,
    bar: bool | None = None,
) -> History:
    """Train a model for a number of steps.

    Each step takes the next mini-batch of a shuffled pass over the data; what does not fill a last
    batch is left for the next pass. The seed decides the order of the examples and all that layers
    such as dropout draw; the global random state is the same afterwards as before. A run ends when
    its steps are spent, when ``stopping`` says so, or at a loss that is not finite.

    Args:
        model: What is trained, in place. It is moved to ``device``.
        optimizer: What moves the model's parameters.
        train: Inputs ``(examples, ...)`` and labels ``(examples, ...)``.
        validation: The same of the part to judge by; without it nothing is evaluated.
        steps: Budget, in optimizer steps; at least 1.
        batch_size: Examples in a step, from 1 to the number of examples.
        loss: What is minimized: a function of outputs and labels that returns a mean.
        schedule: Stepped after every optimizer step, so its periods count steps; one that wants a
            metric is stepped with the validation loss at every evaluation.
        stopping: Shown the validation loss (the validation accuracy for ``mode="max"``) at every
            evaluation. At the end the model gets the best weights back.
        every: Steps from one evaluation to the next; a pass over the data unless told. The model is
            also evaluated before the first step and after the last.
        watch: Called after each optimizer step with the number of steps taken and the model, whose
            gradients are still there.
        seed: What order and noise depend on.
        device: Where to train; where the model already is unless told.
        bar: Whether to show a line of progress once the run has taken two seconds; None to show it
            where somebody watches.

    Returns:
        The curves ``loss`` (of the mini-batch, before the step) and ``lr`` (of the first group, as
        used in the step) at every step; ``train_loss``, ``validation_loss`` and, for labels that
        are class numbers, ``train_accuracy``, ``validation_accuracy`` at every evaluation.

    Raises:
        ValueError: If an argument lies outside its domain, or ``stopping`` or such a schedule has
            no validation part to look at.

    Example:
        >>> from course_lib.data import moons
        >>> split, model = moons(), nn.Linear(2, 2)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        >>> history = fit(model, optimizer, split.train, split.validation, steps=60)
        >>> history.last("validation_accuracy") > 0.7
        True
        >>> history.stopped
        'all 60 steps taken'
    """
    advance: Any = None if schedule is None else schedule.step
    by_metric = advance is not None and "metrics" in inspect.signature(advance).parameters
    _check(steps, every, validation is not None, {"stopping": stopping, "schedule": by_metric})
    device = next(model.parameters(), train[0]).device if device is None else device
    model.to(device).train()
    inputs, labels = (part.to(device) for part in train)
    order = batches(len(labels), batch_size, seed)
    every = every or len(labels) // batch_size
    history = History()

    def judge(step: int) -> str:
        """Evaluate and tell those who wait for it; the reason to stop, or nothing."""
        if validation is None:
            return ""
        for name, part in (("train", (inputs, labels)), ("validation", validation)):
            values = evaluate(model, part, loss=loss)
            history.log(step, **{f"{name}_{what}": value for what, value in values.items()})
        if by_metric and step:
            advance(history.last("validation_loss"))
        if stopping is None:
            return ""
        curve = "validation_loss" if stopping.mode == "min" else "validation_accuracy"
        stop = stopping.update(history.last(curve), model, step)
        return f"{curve} has not improved since step {stopping.best_step}" if stop else ""

    with seeded(seed):
        judge(0)
        for step in progress(steps, lambda: f"loss {history.last('loss'):.3g}", shown=bar):
            chosen = next(order)
            optimizer.zero_grad()
            value = loss(model(inputs[chosen]), labels[chosen])
            history.log(step, loss=value.item(), lr=float(optimizer.param_groups[0]["lr"]))
            if not math.isfinite(value.item()):
                history.stopped = f"the loss is {value.item()} at step {step}"
                break
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if advance is not None and not by_metric:
                advance()
            if watch is not None:
                watch(step, model)
            if (step % every == 0 or step == steps) and (reason := judge(step)):
                history.stopped = reason
                break
        else:
            history.stopped = f"all {steps} steps taken"
    if stopping is not None:
        stopping.restore(model)
    return history


def _check(steps: int, every: int | None, has_validation: bool, needs: dict[str, Any]) -> None:
    for name, value in (("steps", steps), ("every", every)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    for name, given in needs.items():
        if given and not has_validation:
            raise ValueError(f"{name} needs a validation part to look at, got none")
