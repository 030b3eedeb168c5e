"""Find a class by its name at the moment it is needed.

In a notebook that moment counts: after ``@implement`` the course's name *is* the student's class.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import ParamsT

HOMES = {
    "optimizer": ("course_lib.optim", "torch.optim"),
    "schedule": ("course_lib.schedules", "torch.optim.lr_scheduler"),
    "layer": ("course_lib.nn", "torch.nn"),
}


def find(kind: str, name: str) -> Any:
    """The class a name stands for just now.

    A bare name is the course's class, in a notebook your own, or torch's where the course has
    none. A name with dots, such as ``"torch.optim.Adam"``, is taken at its word.

    Args:
        kind: ``"optimizer"``, ``"schedule"`` or ``"layer"``.
        name: Name of the class.

    Returns:
        The class.

    Raises:
        LookupError: If there is no class of that name.

    Example:
        >>> find("optimizer", "torch.optim.Adam").__module__
        'torch.optim.adam'
        >>> find("optimizer", "RAdam").__module__
        'torch.optim.radam'
    """
    home, _, last = name.rpartition(".")
    homes = (home,) if home else HOMES[kind]
    for place in homes:
        found = getattr(_module(place), last, None)
        if isinstance(found, type):
            return found
    raise LookupError(f"needed the name of a class in {' or '.join(homes)}, got {name!r}")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there; something it needs is not
        return None


def make_optimizer(
    optimizer: str | Callable[..., Optimizer], params: ParamsT, **options: Any
) -> Optimizer:
    """An optimizer from its name or from what builds it.

    Args:
        optimizer: A name as :func:`find` reads it, or a class or function called with ``params``
            and the options.
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        **options: What the constructor takes besides, such as ``lr``.

    Returns:
        The optimizer.

    Raises:
        LookupError: If there is no class of that name.

    Example:
        >>> import torch
        >>> weight = torch.zeros(3, requires_grad=True)
        >>> make_optimizer("torch.optim.SGD", [weight], lr=0.5).param_groups[0]["lr"]
        0.5
    """
    build = find("optimizer", optimizer) if isinstance(optimizer, str) else optimizer
    made: Optimizer = build(params, **options)
    return made


def make_schedule(
    schedule: str | Callable[..., LRScheduler], optimizer: Optimizer, **options: Any
) -> LRScheduler:
    """A schedule from its name or from what builds it.

    Args:
        schedule: A name as :func:`find` reads it, or a class or function called with
            ``optimizer`` and the options.
        optimizer: Whose rate it sets.
        **options: What the constructor takes besides, such as ``T_max``.

    Returns:
        The schedule.

    Raises:
        LookupError: If there is no class of that name.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(3, requires_grad=True)], lr=1.0)
        >>> name = "torch.optim.lr_scheduler.LinearLR"
        >>> make_schedule(name, optimizer, start_factor=0.25).get_last_lr()
        [0.25]
    """
    build = find("schedule", schedule) if isinstance(schedule, str) else schedule
    made: LRScheduler = build(optimizer, **options)
    return made
