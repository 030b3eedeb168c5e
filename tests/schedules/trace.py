"""Steps a schedule of ours and torch's and measures how far they part."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch.optim import lr_scheduler

from course_lib import schedules
from tests.cases.schedules import BASE_LRS, Case, Plateau

Trace = list[dict[str, list[float]]]


def ours(name: str) -> Any:
    return getattr(schedules, name)


def torchs(name: str) -> Any:
    """Torch's class, or what one would use in its place."""
    return {
        "LinearDecayLR": _decay,
        "InverseSqrtLR": _inverse_sqrt,
        "LinearWarmupLR": _warmup,
    }.get(name) or getattr(lr_scheduler, name)


def _decay(optimizer: Any, total_steps: int, last_epoch: int = -1) -> Any:
    factor = lambda e: 1 - min(e, total_steps) / total_steps
    return lr_scheduler.LambdaLR(optimizer, factor, last_epoch)


def _inverse_sqrt(optimizer: Any, warmup_steps: int, last_epoch: int = -1) -> Any:
    factor = lambda e: min((e + 1) / warmup_steps, (warmup_steps / (e + 1)) ** 0.5)
    return lr_scheduler.LambdaLR(optimizer, factor, last_epoch)


def _warmup(optimizer: Any, warmup_steps: int, after: Any = None, last_epoch: int = -1) -> Any:
    if after is None:
        factor = lambda e: min(1.0, (e + 1) / warmup_steps)
        return lr_scheduler.LambdaLR(optimizer, factor, last_epoch)
    rise = lr_scheduler.LinearLR(optimizer, 1 / warmup_steps, 1.0, warmup_steps - 1)
    return lr_scheduler.SequentialLR(optimizer, [rise, after], milestones=[warmup_steps])


def build_optimizer(name: str = "SGD", source: Any = torch.optim, tensors: bool = False) -> Any:
    """One with three groups, whose parameters never have gradients."""
    rates: list[Any] = list(BASE_LRS)
    if tensors:
        rates = [torch.tensor(lr, dtype=torch.float64) for lr in BASE_LRS]
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in rates]
    options = {"momentum": 0.7} if name == "SGD" else {}
    return getattr(source, name)(groups, **options)


def build(make: Callable[[str], Any], optimizer: Any, case: Case) -> list[Any]:
    """The schedule of a row, in front of those chained to it."""
    options = dict(case.options)
    if case.resumed >= 0:
        options["last_epoch"] = case.resumed
        _as_if_run(make, optimizer, case)
    if case.after is not None:
        name, after = case.after
        options["after"] = make(name)(optimizer, **after)
    built = [make(case.schedule)(optimizer, **options)]
    return built + [make(name)(optimizer, **options) for name, options in case.chained]


def _as_if_run(make: Callable[[str], Any], optimizer: Any, case: Case) -> None:
    """Leave in the groups what a run up to ``case.resumed`` leaves there."""
    (schedule,) = build(make, optimizer, replace(case, resumed=-1))
    optimizer.step()
    for _ in range(case.resumed):
        schedule.step()


def walk(make: Callable[[str], Any], case: Case, source: Any = torch.optim) -> Trace:
    """After every step, what the groups hold and what the schedule says."""
    optimizer = build_optimizer(case.optimizer, source, case.tensors)
    built = build(make, optimizer, case)
    optimizer.step()  # Without gradients one step does as much as a thousand.
    trace = [_seen(optimizer, built)]
    for step in range(1, case.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] *= case.edits.get(step, 1.0)
        for schedule in built:
            schedule.step()
        trace.append(_seen(optimizer, built))
    return trace


def walk_plateau(make: Callable[[str], Any], case: Plateau, source: Any = torch.optim) -> Trace:
    """After every step, what the groups hold and the schedule counts."""
    optimizer = build_optimizer("SGD", source, case.tensors)
    schedule = make("ReduceLROnPlateau")(optimizer, **case.options)
    trace = [_seen(optimizer, [schedule])]
    for step in range(1, case.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] *= case.edits.get(step, 1.0)
        schedule.step(case.metric(step))
        counts = ("best", "num_bad_epochs", "cooldown_counter")
        seen = {name: [float(getattr(schedule, name))] for name in counts}
        trace.append(_seen(optimizer, [schedule]) | seen)
    return trace


def _seen(optimizer: Any, built: list[Any]) -> dict[str, list[float]]:
    groups = optimizer.param_groups
    betas = [beta for group in groups for beta in group.get("betas", ())]
    return {
        "lr": [float(group["lr"]) for group in groups],
        "momentum": [float(group["momentum"]) for group in groups if "momentum" in group] + betas,
        "last lr": [float(lr) for schedule in built for lr in schedule.get_last_lr()],
        "last_epoch": [float(schedule.last_epoch) for schedule in built],
    }


def apart(mine: Trace, theirs: Trace) -> dict[str, float]:
    """The largest difference of each entry, relative to the largest size in torch's trace."""
    return {name: max(_ratios(name, mine, theirs), default=0.0) for name in theirs[-1]}


def _ratios(name: str, mine: Trace, theirs: Trace) -> Iterator[float]:
    columns = range(len(theirs[-1][name]))
    pairs = [(m[name], t[name]) for m, t in zip(mine, theirs, strict=True) if name in t]
    assert all(len(m) == len(t) == len(columns) for m, t in pairs), name
    for column in columns:
        largest = max(abs(t[column]) for _, t in pairs)
        for m, t in pairs:
            # Equal is equal, also where it is infinite; anything else there is far apart.
            same = m[column] == t[column]
            yield 0.0 if same else _finite(abs(m[column] - t[column]) / largest)


def _finite(ratio: float) -> float:
    return ratio if ratio == ratio else float("inf")


def distance(case: Case | Plateau, source: Any = torch.optim) -> dict[str, float]:
    """How far our schedule on ``source``'s optimizer is from torch's on torch's."""
    if isinstance(case, Plateau):
        return apart(walk_plateau(ours, case, source), walk_plateau(torchs, case))
    return apart(walk(ours, case, source), walk(torchs, case))
