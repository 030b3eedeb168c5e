"""The momentum that cyclic schedules move against the learning rate."""

from collections.abc import Sequence
from typing import Any

from torch.optim import Optimizer

from course_lib.schedules.schedule import per_group

Momenta = float | Sequence[float]


def uses_beta1(optimizer: Optimizer) -> bool:
    """Whether an optimizer's momentum is the first of its betas.

    Args:
        optimizer: The optimizer, torch's or ours.

    Returns:
        True for ``betas``, False for ``momentum``.

    Raises:
        ValueError: If it has neither.
    """
    if not {"momentum", "betas"} & optimizer.defaults.keys():
        raise ValueError(
            f"cycle_momentum=True needs momentum or betas, got {type(optimizer).__name__}"
        )
    return "betas" in optimizer.defaults


def set_momentum(group: dict[str, Any], momentum: float, use_beta1: bool) -> None:
    """Set the momentum of a group.

    Args:
        group: A parameter group.
        momentum: The new momentum.
        use_beta1: Whether it is the first of the ``betas``; the others stay.
    """
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def start_momenta(
    optimizer: Optimizer, base_momentum: Momenta, max_momentum: Momenta, resumes: bool
) -> tuple[list[float], list[float]]:
    """Put every group's momentum to its maximum and note both ends in the group.

    Args:
        optimizer: The optimizer with the groups.
        base_momentum: Least momentum, one number or one for each group.
        max_momentum: Largest momentum, likewise.
        resumes: Whether the groups keep what they hold.

    Returns:
        Least and largest momentum of each group.

    Raises:
        ValueError: If a list has another length than the groups.
    """
    most = per_group("max_momentum", max_momentum, optimizer)
    least = per_group("base_momentum", base_momentum, optimizer)
    if not resumes:
        for group, high, low in zip(optimizer.param_groups, most, least, strict=True):
            set_momentum(group, high, uses_beta1(optimizer))
            group["max_momentum"], group["base_momentum"] = high, low
    return least, most
