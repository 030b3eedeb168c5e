"""The small tools of tuning: what a run is checked with, drawn with, stopped and averaged with."""
# mypy: disallow-untyped-calls=False
# torch does not say what backward takes, and a solution should look as a student writes it.

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def initial_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    r"""Loss of a model before its first step, as it will be used: in evaluation mode.

    .. math:: L = -\frac1n \sum_{i=1}^n \log \operatorname{softmax}(z_i)_{y_i}

    A model that knows nothing has :math:`L \approx \log C` for :math:`C` classes.

    Args:
        model: Gives logits :math:`z_i`, ``(n, classes)``. Neither its parameters nor its buffers
            change.
        inputs: Examples, ``(n, ...)``.
        targets: Class numbers :math:`y_i`, ``(n,)``.

    Returns:
        The mean cross-entropy, in nats.

    Example:
        >>> silent = nn.Linear(3, 10)
        >>> _ = silent.load_state_dict({"weight": torch.zeros(10, 3), "bias": torch.zeros(10)})
        >>> round(initial_loss(silent, torch.ones(5, 3), torch.arange(5)), 4)
        2.3026
    """
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        return torch.nn.functional.cross_entropy(model(inputs), targets).item()
    ### END SOLUTION


def overfit_sample(model: nn.Module, inputs: Tensor, targets: Tensor, steps: int) -> list[float]:
    """Train a model on a small sample until it knows it by heart.

    Every step takes the whole sample. Which optimizer does it, and with which rate, is free.

    Args:
        model: Gives logits, ``(n, classes)``; trained in place.
        inputs: Examples, ``(n, ...)``, few enough to be learned by heart.
        targets: Class numbers, ``(n,)``.
        steps: Steps allowed; at least 1.

    Returns:
        The mean cross-entropy before each step taken, in nats.

    Example:
        >>> model, inputs = nn.Linear(2, 2), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> losses = overfit_sample(model, inputs, torch.tensor([0, 1]), steps=300)
        >>> losses[-1] < 0.1
        True
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
    return losses
    ### END SOLUTION


def log_uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    r"""Draw numbers whose logarithm is uniform: each decade is as likely as any other.

    .. math:: x = \text{low} \left(\frac{\text{high}}{\text{low}}\right)^{u}, \qquad
        u \sim \mathcal U[0, 1)

    Args:
        low: Lower end; above 0.
        high: Upper end, above ``low``.
        count: How many numbers; at least 1.
        generator: What all of the chance comes from, on the CPU.

    Returns:
        Numbers, ``(count,)``, independent of each other.

    Example:
        >>> drawn = log_uniform(1e-4, 1.0, 1000, torch.Generator().manual_seed(0))
        >>> bool((drawn >= 1e-4).all() and (drawn <= 1.0).all())
        True
        >>> round((drawn < 1e-2).double().mean().item(), 1)
        0.5
    """
    ### BEGIN SOLUTION
    place = torch.rand(count, generator=generator, dtype=torch.float64)
    exponent = math.log(low) + (math.log(high) - math.log(low)) * place
    return exponent.exp()
    ### END SOLUTION


def stop_early(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """Where early stopping ends a run, and which epoch it keeps.

    A loss is better if it lies below every loss before it; an equal one is not. The run ends at the
    first epoch with which ``patience`` epochs in a row have brought nothing better, or at the last.

    Args:
        losses: Validation loss after each epoch, epochs counted from 0; at least 1.
        patience: Epochs in a row without a better loss that end the run; at least 1.

    Returns:
        The best epoch of the run, and the epoch at which it ends.

    Example:
        >>> stop_early([0.9, 0.5, 0.6, 0.5, 0.1], patience=2)
        (1, 3)

    Source:
        Prechelt, Early Stopping - But When?, 1998, section 2.2, the third class of criteria (UP).
    """
    ### BEGIN SOLUTION
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1
    ### END SOLUTION


def average_probabilities(logits: Tensor) -> Tensor:
    r"""What an ensemble says: the mean of its members' probabilities.

    .. math:: \bar q = \frac1M \sum_{m=1}^M \operatorname{softmax}(z_m)

    Args:
        logits: Outputs :math:`z_m` of the members, ``(members, batch, classes)``.

    Returns:
        Probabilities, ``(batch, classes)``.

    Example:
        Two members, sure of opposite classes, are unsure together.

        >>> average_probabilities(torch.tensor([[[900.0, 0.0]], [[0.0, 900.0]]]))
        tensor([[0.5000, 0.5000]])

    Source:
        Lakshminarayanan, Pritzel and Blundell, Simple and Scalable Predictive Uncertainty
        Estimation using Deep Ensembles, 2017, section 2.4.
    """
    ### BEGIN SOLUTION
    return torch.softmax(logits, dim=-1).mean(dim=0)
    ### END SOLUTION
