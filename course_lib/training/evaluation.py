"""Judge a model on a part of the data without changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

Data = tuple[Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


def evaluate(
    model: nn.Module, data: Data, *, loss: Loss = functional.cross_entropy
) -> dict[str, float]:
    """Loss and accuracy of a model in evaluation mode, without a graph.

    All examples go through the model at once. Afterwards each of its modules is in the mode it was
    in before.

    Args:
        model: What is judged.
        data: Inputs ``(examples, ...)`` and labels ``(examples, ...)``; moved to the model.
        loss: A function of outputs and labels that returns a mean.

    Returns:
        ``loss`` and, for labels that are class numbers, ``accuracy`` from 0 to 1.

    Example:
        >>> model, inputs = nn.Linear(1, 2), torch.tensor([[-1.0], [2.0]])
        >>> _ = model.load_state_dict({"weight": torch.eye(2)[:, :1] * 2, "bias": torch.zeros(2)})
        >>> evaluate(model, (inputs, torch.tensor([1, 1])))["accuracy"]
        0.5
    """
    device = next(model.parameters(), data[0]).device
    inputs, labels = (part.to(device) for part in data)
    with evaluating(model), torch.no_grad():
        outputs = model(inputs)
        values = {"loss": loss(outputs, labels).item()}
    if not labels.is_floating_point():
        values["accuracy"] = (outputs.argmax(1) == labels).double().mean().item()
    return values


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode inside the block; each module goes back to its own mode.

    Args:
        model: The model.

    Example:
        >>> model = nn.Sequential(nn.Linear(1, 1), nn.Dropout().eval())
        >>> with evaluating(model):
        ...     model.training
        False
        >>> model.training, model[1].training
        (True, False)
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
