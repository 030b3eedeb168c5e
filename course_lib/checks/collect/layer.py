"""Run a layer: passes forward and back, in training and in evaluation."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.collect.shared import (
    At,
    Trajectory,
    copy,
    kind,
    placer,
    same,
    strays,
    tuples,
)
from course_lib.checks.spec import FAKE, Inputs


def run_layer(cls: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Make a layer and send batches through it.

    ``inputs`` holds ``options`` of the constructor; ``dtype``, the layer's; ``state``, values its
    parameters and buffers start from; ``passes``, each with ``input``, ``training``, ``grad``
    (whether autograd is on) and perhaps ``upstream``, the gradient of the output; ``watched``,
    names of the buffers looked at; ``seed`` where chance plays.

    Returns:
        For every pass: the output, the watched buffers, then, where there is an upstream gradient,
        the gradients of the input and of the parameters.
    """
    pretended = inputs["device"] == FAKE
    if "seed" in inputs:
        torch.manual_seed(inputs["seed"])
    place = placer(inputs["device"])
    layer = _made(cls, inputs)
    faults: dict[str, list[dict[str, Any]]] = {}
    trajectory: Trajectory = []
    for number, one in enumerate(inputs["passes"], start=1):
        at.step = number
        layer.train(one["training"])
        batch = place(one["input"])
        before = batch.clone()
        back = one.get("upstream") is not None and not pretended
        with nullcontext() if one["grad"] or pretended else torch.no_grad():
            output = layer(batch.requires_grad_() if back else batch)
        if not isinstance(output, Tensor):
            return {"trajectory": trajectory, "faults": {}, "got": kind(output), "step": number}
        if pretended:
            faults |= strays(_kept(layer, output), batch.device)
            continue
        watched = [getattr(layer, name) for name in inputs["watched"]]
        if any(buffer.requires_grad for buffer in watched):
            faults.setdefault("graph in statistics", []).append({"step": number, "argument": 0})
        if not same(batch, before):
            faults.setdefault("argument changed", []).append({"step": number, "argument": 0})
        gradients: list[Tensor] = []
        if back and output.shape != one["upstream"].shape:
            pass  # it is told from the right one as it is
        elif back and output.requires_grad:
            gradients = _gradients(layer, batch, output, place(one["upstream"]))
        elif back:
            faults.setdefault("graph lost", []).append({"step": number})
        trajectory.append([copy(output), *map(copy, watched), *gradients])
    return {"trajectory": trajectory, "faults": faults}


def _made(cls: Any, inputs: Inputs) -> Any:
    """The layer on its device, its parameters and buffers set."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, inputs["dtype"]))
    try:
        layer = cls(**tuples(inputs["options"]))
    finally:
        torch.set_default_dtype(usual)
    if inputs["device"] == FAKE:
        return _moved(layer)
    with torch.no_grad():
        for name, value in inputs["state"].items():
            getattr(layer, name).copy_(value)
    return layer.to(inputs["device"])


def _moved(layer: Any) -> Any:
    """The layer with pretended tensors in the place of its own; ``to`` would ask for a real GPU."""
    place = placer(FAKE)
    for module in layer.modules():
        for name, parameter in module.named_parameters(recurse=False):
            module.register_parameter(name, torch.nn.Parameter(place(parameter)))
        for name, buffer in module.named_buffers(recurse=False):
            if buffer.dim():  # a single number may lie anywhere; where it was made, it has a value
                module.register_buffer(name, place(buffer))
    return layer


def _gradients(layer: Any, batch: Tensor, output: Tensor, upstream: Tensor) -> list[Tensor]:
    sources = [batch, *layer.parameters()]
    found = torch.autograd.grad(output, sources, upstream, allow_unused=True)
    return [
        torch.zeros_like(source) if gradient is None else copy(gradient)
        for source, gradient in zip(sources, found, strict=True)
    ]


def _kept(layer: Any, output: Tensor) -> Iterator[tuple[str, Tensor]]:
    yield "output", output
    yield from layer.named_buffers()
