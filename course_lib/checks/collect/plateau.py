"""Run a schedule that listens to a metric."""

from typing import Any

import torch

from course_lib.checks.collect.pretended import DEVICE
from course_lib.checks.collect.shared import At, Trajectory, tuples
from course_lib.checks.spec import FAKE, Inputs


def run_plateau(cls: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Tell a schedule one metric after the other; the rate of every group after each.

    ``inputs`` holds ``rates``, one for each group of the optimizer; ``options`` of the schedule;
    ``metrics``; ``edits``, rates set from outside before a step, by its number from 1.
    """
    device = DEVICE if inputs["device"] == FAKE else inputs["device"]
    groups = [{"params": [torch.zeros(1, device=device)], "lr": rate} for rate in inputs["rates"]]
    optimizer = torch.optim.SGD(groups)
    schedule = cls(optimizer, **tuples(inputs["options"]))
    trajectory: Trajectory = []
    for step, metric in enumerate(inputs["metrics"], start=1):
        at.step = step
        edits = inputs["edits"].get(str(step), [])
        for group, rate in zip(optimizer.param_groups, edits, strict=False):
            group["lr"] = rate
        schedule.step(metric)
        rates = (float(group["lr"]) for group in optimizer.param_groups)
        trajectory.append([torch.tensor(rate, dtype=torch.float64) for rate in rates])
    return {"trajectory": [] if inputs["device"] == FAKE else trajectory, "faults": {}}
