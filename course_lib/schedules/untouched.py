"""Run something with a model and its optimizer as if it had never happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import nn
from torch.optim import Optimizer


@contextmanager
def untouched(model: nn.Module, optimizer: Optimizer) -> Iterator[None]:
    """Leave the block with model, optimizer and random state as they were on entering it.

    Args:
        model: Its weights, buffers, gradients and training modes are put back.
        optimizer: Its state and groups are put back.

    Yields:
        Nothing; everything may be changed inside.
    """
    params = {param for group in optimizer.param_groups for param in group["params"]}
    params |= set(model.parameters())
    tensors = [(tensor, tensor.detach().clone()) for tensor in (*params, *model.buffers())]
    buffers = [(m, name, b) for m in model.modules() for name, b in m.named_buffers(recurse=False)]
    modes = [(module, module.training) for module in model.modules()]
    grads = [(param, param.grad) for param in params]
    groups = [dict(group) for group in optimizer.param_groups]
    state = dict(optimizer.state)
    for param in params:
        param.grad = None  # so that the run makes new ones
    for param, entries in state.items():
        optimizer.state[param] = deepcopy(entries)  # the run writes into the copy
    gpus = sorted({param.device.index for param in params if param.is_cuda})
    try:
        with torch.random.fork_rng(devices=gpus):
            yield
    finally:
        with torch.no_grad():
            for tensor, value in tensors:
                tensor.copy_(value)
        for module, name, buffer in buffers:
            setattr(module, name, buffer)  # a forward pass may have put another one there
        for module, mode in modes:
            module.training = mode
        for param, grad in grads:
            param.grad = grad
        for group, entries in zip(optimizer.param_groups, groups, strict=True):
            group.clear()
            group.update(entries)
        optimizer.state.clear()
        optimizer.state.update(state)
