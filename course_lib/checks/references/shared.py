"""What all references need: torch's optimizers, and the trajectory of a right answer."""

import inspect
from collections.abc import Callable
from functools import cache

import torch

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.spec import Answer, CouldNotTell


def answered(answer: Answer) -> Trajectory:
    """The trajectory of what a reference answered.

    Raises:
        CouldNotTell: If torch itself refuses the inputs.
    """
    if answer["outcome"] != "answered":
        raise CouldNotTell(f"torch refuses these parameters: {answer['message']}")
    trajectory: Trajectory = answer["trajectory"]
    return trajectory


@cache
def bare(name: str) -> Callable[..., torch.optim.Optimizer]:
    """An optimizer of torch whose steps leave no marks for torch's profiler and compiler.

    They are taken where nothing is recorded for gradients.
    """
    torchs = getattr(torch.optim, name)
    rule = inspect.unwrap(torchs.step)

    def step(self: torch.optim.Optimizer) -> None:
        rule(self)

    # Torch puts its marks around every step that does not say it has them.
    vars(step)["hooked"] = True
    return type(name, (torchs,), {"step": step})
