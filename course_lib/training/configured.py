"""Train what a configuration describes, on a student's own data, within a fixed number of steps.

A configuration is a plain dict, so that it can be handed in, read and run again with other seeds::

    {
        "widths": [64],  # units of each hidden layer
        "batch_norm": "torch.nn.BatchNorm1d",  # a class, or None
        "dropout": "torch.nn.Dropout",  # a class, or None
        "dropout_options": {"p": 0.1},
        "optimizer": "torch.optim.SGD",
        "optimizer_options": {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4},
        "schedule": "cosine_annealing_lr",  # a rule of course_lib.schedules, a class, or None
        "schedule_options": {"T_max": 100},
        "batch_size": 64,
    }

Names are looked up when the run begins: a bare one is the course's, in a notebook your own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from course_lib import schedules
from course_lib.data import Split, digits, mnist1d
from course_lib.data.personal import personal_seed
from course_lib.training.batches import seeded
from course_lib.training.evaluation import Data
from course_lib.training.history import History
from course_lib.training.lookup import find, make_optimizer, make_schedule
from course_lib.training.loop import fit

Config = Mapping[str, Any]

CLASSES = 10
WIDEST, DEEPEST, LARGEST_BATCH = 256, 2, 128
LONGEST_STRIDE = 100.0


class Task(NamedTuple):
    """A data set and what a run on it may cost."""

    data: Callable[..., Split]
    """Makes the data; takes ``student`` and ``seed``."""
    steps: int
    """Optimizer steps of a run."""


TASKS = {"digits": Task(digits, 100), "mnist1d": Task(mnist1d, 400)}
"""What a configuration is handed in for, by name."""

USUAL: dict[str, Any] = {
    "widths": [],
    "batch_norm": None,
    "dropout": None,
    "dropout_options": {},
    "optimizer": "",
    "optimizer_options": {},
    "schedule": None,
    "schedule_options": {},
    "batch_size": 64,
}
"""All that a configuration may hold, and what stands where it says nothing."""


def complete(config: Config) -> dict[str, Any]:
    """A configuration with what it leaves unsaid, its limits checked.

    Args:
        config: As above; ``widths``, ``optimizer`` and ``optimizer_options`` must be there.

    Returns:
        A dict with every entry.

    Raises:
        TypeError: If it is no dict.
        ValueError: If an entry is unknown, missing, or outside of its domain.

    Example:
        >>> complete({"widths": [32], "optimizer": "torch.optim.SGD",
        ...           "optimizer_options": {"lr": 0.1}})["batch_size"]
        64
    """
    if not isinstance(config, Mapping):
        raise TypeError(f"needed a dict, got a {type(config).__name__}")
    if unknown := [name for name in config if name not in USUAL]:
        raise ValueError(f"a configuration has no entry {unknown[0]!r}, only {', '.join(USUAL)}")
    for name in ("widths", "optimizer", "optimizer_options"):
        if name not in config:
            raise ValueError(f"the configuration needs an entry {name!r}")
    full = USUAL | dict(config)
    widths, batch = list(full["widths"]), full["batch_size"]
    if len(widths) > DEEPEST or not all(_whole(width, WIDEST) for width in widths):
        raise ValueError(
            f"widths needs at most {DEEPEST} whole numbers from 1 to {WIDEST}, got {widths}"
        )
    if not _whole(batch, LARGEST_BATCH):
        raise ValueError(
            f"batch_size must be a whole number from 1 to {LARGEST_BATCH}, got {batch}"
        )
    return full


def _whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def stride(task: str, student: str | None) -> float:
    """How far a student's network moves where the optimizer says 1: from 1/100 to 100.

    The factor belongs to the student's id, so that a learning rate that is right for one is not
    right for the next. It changes nothing else: a rate times its stride is the rate of everybody.

    Args:
        task: ``"digits"`` or ``"mnist1d"``.
        student: The student's id; None for the common stride, 1.

    Example:
        >>> stride("digits", None), stride("digits", "ann") == stride("digits", "ben")
        (1.0, False)
    """
    if student is None:
        return 1.0
    share = personal_seed(f"{task} stride", 0, student) / 2**32
    return float(LONGEST_STRIDE ** (2 * share - 1))


def build_model(config: Config, features: int, classes: int = CLASSES) -> nn.Sequential:
    """The network a configuration describes: linear, batch norm, ReLU, dropout; then linear.

    Args:
        config: See above.
        features: Numbers in an example.
        classes: Logits of the last layer.

    Returns:
        The network, its weights drawn from torch's global random state.

    Raises:
        LookupError: If there is no layer of a name.
        ValueError: If the configuration is outside its limits.
    """
    full = complete(config)
    sizes = [features, *full["widths"]]
    norm, drop = (full[name] and find("layer", full[name]) for name in ("batch_norm", "dropout"))
    layers: list[nn.Module] = []
    for rows, columns in pairwise(sizes):
        layers.append(nn.Linear(rows, columns))
        layers += [norm(columns)] if norm else []
        layers.append(nn.ReLU())
        layers += [drop(**full["dropout_options"])] if drop else []
    return nn.Sequential(*layers, nn.Linear(sizes[-1], classes))


def train_configured(
    config: Config,
    train: Data,
    validation: Data | None = None,
    *,
    steps: int,
    stride: float = 1.0,
    seed: int = 0,
    bar: bool | None = None,
) -> tuple[nn.Sequential, History]:
    """Train what a configuration describes.

    Args:
        config: See above.
        train: Inputs ``(examples, features)`` and class numbers ``(examples,)``.
        validation: The same of the part to judge by, if any; looked at ten times in a run.
        steps: Steps of the run; nothing in a configuration changes them.
        stride: Factor on every move of the optimizer.
        seed: What the start, the order of the examples and the layers' noise depend on.
        bar: Whether to show progress; see :func:`course_lib.training.fit`.

    Returns:
        The network and its curves.

    Raises:
        LookupError: If a name stands for nothing.
        ValueError: If the configuration is outside its limits.
    """
    full = complete(config)
    with seeded(seed):
        model = build_model(full, train[0].shape[1])
    optimizer = make_optimizer(full["optimizer"], model.parameters(), **full["optimizer_options"])
    schedule = full["schedule"] and _schedule(full["schedule"], optimizer, full["schedule_options"])
    history = fit(
        model,
        optimizer,
        train,
        validation,
        steps=steps,
        batch_size=min(full["batch_size"], len(train[1])),
        schedule=schedule or None,
        every=max(1, steps // 10),
        watch=_stretch(model, stride),
        seed=seed,
        bar=bar,
    )
    return model, history


def try_out(
    config: Config, task: str, student: str | None, *, seed: int = 0
) -> tuple[nn.Sequential, History]:
    """Train what a configuration describes on a student's own data, as it will be graded.

    The test part is left alone.

    Args:
        config: See above.
        task: ``"digits"`` or ``"mnist1d"``.
        student: The student's id; None for the common data.
        seed: Another seed gives another split, another start and another order.

    Returns:
        The network and its curves, ``validation_accuracy`` among them.

    Raises:
        LookupError: If a name stands for nothing.
        ValueError: If the configuration is outside its limits.

    Example:
        >>> config = {"widths": [], "optimizer": "torch.optim.Adam", "batch_size": 32,
        ...           "optimizer_options": {"lr": 0.01}}
        >>> _, history = try_out(config, "digits", None)
        >>> history.last("validation_accuracy") > 0.8
        True
    """
    data, steps = TASKS[task]
    split = data(student=student, seed=seed)
    return train_configured(
        config, split.train, split.validation, steps=steps, stride=stride(task, student), seed=seed
    )


def _schedule(name: str, optimizer: Optimizer, options: Mapping[str, Any]) -> LRScheduler:
    """A class of schedules, or a rule from an epoch and the first rate to a rate."""
    rule = getattr(schedules, name, None)
    if rule is None or isinstance(rule, type):
        return make_schedule(name, optimizer, **options)
    return _ByRule(optimizer, partial(rule, **options))


class _ByRule(schedules.Schedule):
    """Sets what a rule says."""

    def __init__(self, optimizer: Optimizer, rule: Callable[[int, float], float]) -> None:
        self.rule = rule
        super().__init__(optimizer)

    def closed_form(self, base_lr: float) -> float:
        return self.rule(self.last_epoch, base_lr)


def _stretch(model: nn.Module, stride: float) -> Callable[[int, nn.Module], None]:
    """After each step, what moved the parameters is taken ``stride`` times."""
    params: list[Tensor] = list(model.parameters())
    before = [param.detach().clone() for param in params]

    def watch(step: int, trained: nn.Module) -> None:
        with torch.no_grad():
            torch._foreach_lerp_(before, params, stride)
            torch._foreach_copy_(params, before)

    return watch
