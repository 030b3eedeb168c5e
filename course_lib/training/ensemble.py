"""Several models asked as one, and the cheap way to get them: snapshots of one run."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from course_lib.training.batches import seeded
from course_lib.training.evaluation import Data, evaluating
from course_lib.training.history import History
from course_lib.training.lookup import make_optimizer, make_schedule
from course_lib.training.loop import fit


class Ensemble(nn.Module):
    r"""The mean of what several models say, as probabilities.

    .. math:: \log \bar q(x) = \log \frac1M \sum_{m=1}^M \operatorname{softmax}(z_m(x))

    Its outputs are logarithms of probabilities and serve as logits: softmax leaves them as they
    are, and their cross-entropy is the log-loss of the mean. That loss is never above the mean of
    the members' losses.

    Args:
        members: Models with outputs ``(batch, classes)``, taken as logits; at least 1.

    Raises:
        ValueError: If there is no member.

    Example:
        Two models, sure of opposite classes, are unsure together.

        >>> one, other = nn.Linear(1, 2), nn.Linear(1, 2)
        >>> for model, bias in ((one, [9.0, 0.0]), (other, [0.0, 9.0])):
        ...     _ = model.load_state_dict(
        ...         {"weight": torch.zeros(2, 1), "bias": torch.tensor(bias)}
        ...     )
        >>> Ensemble([one, other])(torch.ones(1, 1)).exp().detach()
        tensor([[0.5000, 0.5000]])

    Source:
        Lakshminarayanan, Pritzel and Blundell, Simple and Scalable Predictive Uncertainty
        Estimation using Deep Ensembles, 2017, section 2.4.
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        if not len(self.members):
            raise ValueError("needed at least 1 member, got none")

    def forward(self, inputs: Tensor) -> Tensor:
        """Logarithms of the mean probabilities, ``(batch, classes)``."""
        return mean_log_probabilities(torch.stack([member(inputs) for member in self.members]))


def mean_log_probabilities(logits: Tensor) -> Tensor:
    r"""Logarithms of mean probabilities, exact where probabilities are too small for a number.

    Args:
        logits: Outputs of the members, ``(members, batch, classes)``.

    Returns:
        ``(batch, classes)``.

    Example:
        >>> logits = torch.tensor([[[0.0, -2000.0]], [[0.0, -2000.0]]])
        >>> mean_log_probabilities(logits)
        tensor([[    0., -2000.]])
    """
    return logits.log_softmax(-1).logsumexp(0) - math.log(len(logits))


def disagreement(models: Sequence[nn.Module], inputs: Tensor) -> Tensor:
    """How often any two models name different classes.

    Args:
        models: Models with outputs ``(batch, classes)``, asked in evaluation mode.
        inputs: Examples, ``(batch, ...)``.

    Returns:
        Fractions of the examples, ``(models, models)``; symmetric, with a diagonal of zeros.

    Example:
        >>> model = nn.Linear(2, 3)
        >>> disagreement([model, model], torch.ones(4, 2)).tolist()
        [[0.0, 0.0], [0.0, 0.0]]
    """
    answers = []
    for model in models:
        with evaluating(model), torch.no_grad():
            answers.append(model(inputs).argmax(1))
    named = torch.stack(answers)  # (models, batch)
    return (named[:, None] != named[None]).double().mean(-1)


def fit_ensemble(
    build: Callable[[], nn.Module],
    train: Data,
    validation: Data | None = None,
    *,
    seeds: Sequence[int],
    lr: float,
    optimizer: str | Callable[..., Optimizer] = "torch.optim.Adam",
    **options: Any,
) -> tuple[Ensemble, list[History]]:
    """Train one model for each seed, apart in start and in order of the data.

    Args:
        build: Makes an untrained model; called under each seed in turn.
        train: Inputs and labels to train on.
        validation: The part to judge by, if any.
        seeds: One seed for each member; at least 1.
        lr: Learning rate.
        optimizer: Name or builder of the optimizer.
        **options: What :func:`course_lib.training.fit` takes besides, ``steps`` among them.

    Returns:
        The ensemble, and the curves of its members.

    Example:
        >>> from course_lib.data import moons
        >>> ensemble, histories = fit_ensemble(
        ...     lambda: nn.Linear(2, 2), moons().train, seeds=(0, 1), lr=0.1, steps=5
        ... )
        >>> len(ensemble.members), len(histories)
        (2, 2)
    """
    members, histories = [], []
    for seed in seeds:
        with seeded(seed):
            model = build()
        moves = make_optimizer(optimizer, model.parameters(), lr=lr)
        histories.append(fit(model, moves, train, validation, seed=seed, **options))
        members.append(model)
    return Ensemble(members), histories


def fit_snapshots(
    model: nn.Module,
    train: Data,
    validation: Data | None = None,
    *,
    steps: int,
    cycles: int,
    lr: float,
    optimizer: str | Callable[..., Optimizer] = "torch.optim.SGD",
    schedule: str
    | Callable[..., LRScheduler] = "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts",
    **options: Any,
) -> tuple[Ensemble, History]:
    r"""Train one model in cycles of a cosine and keep its weights at the end of each.

    .. math:: \eta_t = \frac{\eta_0}{2} \left(\cos \frac{\pi\, (t \bmod S)}{S} + 1\right), \qquad
        S = T / M

    for the step taken after :math:`t` steps. The run costs what one model costs.

    Args:
        model: What is trained, in place; it ends as the last snapshot.
        train: Inputs and labels to train on.
        validation: The part to judge by, if any.
        steps: Budget :math:`T`, in optimizer steps; a multiple of ``cycles``.
        cycles: Snapshots :math:`M`; at least 1.
        lr: Rate :math:`\eta_0` at the start of each cycle.
        optimizer: Name or builder of the optimizer.
        schedule: Name or builder of the schedule, called with the optimizer and ``T_0``, the steps
            of a cycle.
        **options: What :func:`course_lib.training.fit` takes besides.

    Returns:
        The ensemble of the snapshots, and the curves of the run.

    Raises:
        ValueError: If ``steps`` is no multiple of ``cycles``, or the run broke off before the end
            of its first cycle.

    Example:
        >>> from course_lib.data import moons
        >>> ensemble, history = fit_snapshots(
        ...     nn.Linear(2, 2), moons().train, steps=6, cycles=2, lr=0.1
        ... )
        >>> [round(rate, 3) for rate in history["lr"]]
        [0.1, 0.075, 0.025, 0.1, 0.075, 0.025]

    Source:
        Huang et al., Snapshot Ensembles: Train 1, Get M for Free, 2017, equation 2.
    """
    if cycles < 1 or steps % cycles:
        raise ValueError(f"steps must be a multiple of cycles, got {steps} and {cycles}")
    length, snapshots = steps // cycles, list[nn.Module]()

    def keep(step: int, trained: nn.Module) -> None:
        if step % length == 0:
            snapshots.append(copy.deepcopy(trained))

    moves = make_optimizer(optimizer, model.parameters(), lr=lr)
    rates = make_schedule(schedule, moves, T_0=length)
    history = fit(
        model, moves, train, validation, steps=steps, schedule=rates, watch=keep, **options
    )
    if not snapshots:
        raise ValueError(f"needed a cycle of {length} steps for a snapshot: {history.stopped}")
    return Ensemble(snapshots), history
