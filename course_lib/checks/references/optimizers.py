"""Right answers for optimizers: torch's own, with ``foreach=False``.

The velocity conventions, which torch lacks, are computed by their recurrences.
"""

import inspect
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from course_lib.checks.collect import collect
from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.references.shared import answered
from course_lib.checks.spec import Exercise, Inputs

Pair = tuple[Tensor, Tensor]

CONVENTIONS: dict[str, Callable[[Tensor, Tensor, float, float], Pair]] = {
    "rate_inside": lambda v, g, lr, mu: (torch.sub(mu * v, g, alpha=lr),) * 2,
    "rate_outside": lambda v, g, lr, mu: (w := torch.add(g, v, alpha=mu), torch.mul(w, -lr)),
    "rate_inside_flipped": lambda v, g, lr, mu: (w := torch.add(lr * g, v, alpha=mu), w.neg()),
}
"""From velocity, gradient, rate and momentum to the new velocity and what is added."""


def optimizer(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The parameters after every step of torch's optimizer."""
    options = {**inputs["options"], "foreach": False}
    return answered(collect(_bare(exercise.reference), {**inputs, "options": options}))


@cache
def _bare(name: str) -> type[torch.optim.Optimizer]:
    """An optimizer of torch whose steps leave no marks for torch's profiler and compiler."""
    torchs = getattr(torch.optim, name)
    rule = inspect.unwrap(torchs.step)

    def step(self: torch.optim.Optimizer) -> None:
        with torch.no_grad():
            rule(self)

    # Torch puts its marks around every step that does not say it has them.
    vars(step)["hooked"] = True
    return type(name, (torchs,), {"step": step})


def convention(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """Velocity and update after every step."""
    return answered(collect(CONVENTIONS[exercise.reference], inputs))
