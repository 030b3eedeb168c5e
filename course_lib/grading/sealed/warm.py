"""What torch puts off until it is first asked, done once for all processes forked later."""

import inspect

import torch


def warm_torch() -> None:
    """Start autograd, and spare the parameters of every new optimizer torch's compiler.

    Nothing here compiles; to load the compiler takes seconds and 70 MB, and to ask it each time
    takes longer than what it is asked about.
    """
    optimizer = torch.optim.Optimizer
    optimizer.add_param_group = inspect.unwrap(optimizer.add_param_group)  # type: ignore[method-assign]
    weight = torch.zeros(2, requires_grad=True)
    torch.autograd.backward((weight * weight).sum())
