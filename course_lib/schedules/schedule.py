"""What all schedules share, so that each of them is its options and one formula."""

import warnings
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class Schedule(LRScheduler):
    r"""Base of all schedules here: everything but the mathematics.

    A subclass stores its options, then calls ``__init__``, and writes :meth:`closed_form`: the rate
    as a function of ``last_epoch`` and the base rate alone. That makes an *absolute* schedule,
    which overwrites whatever it finds in the groups; :class:`RecursiveSchedule` is the other kind.

    The constructor stores each group's rate as its ``initial_lr``, unless it has one, and makes
    the first step: ``last_epoch`` is 0 and the rate of epoch 0 is set. From then on take a step of
    the optimizer first, one of the schedule after it.

    Args:
        optimizer: The optimizer whose groups it drives; torch's or ours.
        last_epoch: Epochs already run when resuming, counted from 0; -1 starts afresh. Easier:
            build both afresh, load the schedule's state dict, then the optimizer's, which carries
            the rates.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        A rate that is the base rate divided by the number of the epoch:

        >>> import torch
        >>> class Harmonic(Schedule):
        ...     def closed_form(self, base_lr):
        ...         return base_lr / (self.last_epoch + 1)
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=6.0)
        >>> schedule = Harmonic(optimizer)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     schedule.step()
        >>> schedule.get_last_lr(), schedule.base_lrs, schedule.last_epoch
        ([2.0], [6.0], 2)

    Torch:
        Is a ``torch.optim.lr_scheduler.LRScheduler``: ``step``, ``get_last_lr``, ``state_dict``
        and the warnings about a wrong order are torch's own; ``SequentialLR`` and
        ``ChainedScheduler`` accept it. A rate that is a tensor is changed in place, and its
        arithmetic is that of Python numbers.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        super().__init__(optimizer, last_epoch)

    def closed_form(self, base_lr: float) -> float:
        """The rate of epoch ``last_epoch`` of a group; the part that each schedule writes.

        Args:
            base_lr: The group's rate at the start of the schedule.

        Returns:
            Its rate now.

        Raises:
            NotImplementedError: If a subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no closed form yet")

    def get_lr(self) -> list[float | Tensor]:
        """The rates that ``step`` is about to set; ``get_last_lr`` tells those in use.

        Returns:
            One rate for each group.
        """
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr computes the next rates; needed get_last_lr() for those in use",
                UserWarning,
                stacklevel=2,
            )
        return self.rates()

    def rates(self) -> list[float | Tensor]:
        """The rates of epoch ``last_epoch``, from :meth:`closed_form` group by group.

        Returns:
            One rate for each group.
        """
        return [self.closed_form(float(base)) for base in self.base_lrs]


class RecursiveSchedule(Schedule):
    """Base of schedules that go on from the rate they find.

    A subclass writes :meth:`next_lr` besides the closed form. What others do to a rate stays done:
    an edited rate stays edited, several such schedules of one optimizer multiply, and a group
    added later takes part. As long as nobody else changes the rates, both forms give the same.

    Args:
        optimizer: The optimizer whose groups it drives; torch's or ours.
        last_epoch: Epochs already run when resuming, counted from 0; -1 starts afresh.

    Raises:
        TypeError: If ``optimizer`` is no optimizer.
        KeyError: If ``last_epoch`` is at least 0 and a group lacks ``initial_lr``.

    Example:
        A rate that halves; an edit from outside lasts:

        >>> import torch
        >>> class Halving(RecursiveSchedule):
        ...     def closed_form(self, base_lr):
        ...         return base_lr / 2**self.last_epoch
        ...
        ...     def next_lr(self, lr):
        ...         return lr / 2 if self.last_epoch > 0 else lr
        >>> weight = torch.zeros(1, requires_grad=True)
        >>> optimizer = torch.optim.SGD([weight], lr=8.0)
        >>> schedule = Halving(optimizer)
        >>> optimizer.param_groups[0]["lr"] = 100.0
        >>> optimizer.step()
        >>> schedule.step()
        >>> schedule.get_last_lr()
        [50.0]

    Torch:
        Calls this the chainable form and leaves ``step(epoch)``, which jumps, to the closed form.
        So does this class.
    """

    def next_lr(self, lr: float) -> float:
        """The rate of epoch ``last_epoch`` of a group, given its rate so far.

        Args:
            lr: What the group holds now, whoever has set it.

        Returns:
            Its new rate.

        Raises:
            NotImplementedError: If a subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no recursion yet")

    def rates(self) -> list[float | Tensor]:
        """The rates of epoch ``last_epoch``, from :meth:`next_lr` group by group.

        Returns:
            One rate for each group.
        """
        return [self.next_lr(float(group["lr"])) for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[float | Tensor]:
        # The name under which torch's `step(epoch)` and `SequentialLR` look for it.
        return [self.closed_form(float(base)) for base in self.base_lrs]


def set_entry(group: dict[str, Any], name: str, value: float) -> None:
    """Write a number into a parameter group; where a tensor stands, into that tensor.

    Args:
        group: A parameter group.
        name: Name of the entry, which must exist.
        value: The new number.
    """
    if isinstance(group[name], Tensor):
        group[name].fill_(value)
    else:
        group[name] = value


def per_group(name: str, value: Any, optimizer: Optimizer) -> list[float]:
    """One number for each parameter group.

    Args:
        name: Name of the argument, for the message.
        value: A number that holds for all groups, or a list or tuple with one for each.
        optimizer: The optimizer with the groups.

    Returns:
        As many numbers as there are groups.

    Raises:
        ValueError: If a list has another length.
    """
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ValueError(f"{name} must have {groups} values, one a group, got {len(values)}")
    return [float(one) for one in values]


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer.

    Args:
        optimizer: What was given.

    Raises:
        TypeError: If it is none.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an Optimizer, got {type(optimizer).__name__}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse what is not among the choices.

    Args:
        name: Name of the argument, for the message.
        value: What was given.
        choices: What may be given.

    Raises:
        ValueError: If it is none of them.
    """
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value}")


def check_count(name: str, value: Any) -> None:
    """Refuse what is no integer of at least 1.

    Args:
        name: Name of the argument, for the message.
        value: What was given.

    Raises:
        ValueError: If it is none.
    """
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, got {value}")
