"""Right answers for optimizers: torch's own, with ``foreach=False``.

The velocity conventions, which torch lacks, are computed by their recurrences.
"""

from collections.abc import Callable

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
    torchs = getattr(torch.optim, exercise.reference)
    return answered(collect(torchs, {**inputs, "options": options}))


def convention(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """Velocity and update after every step."""
    return answered(collect(CONVENTIONS[exercise.reference], inputs))
