"""Right answers for optimizers: torch's own, with ``foreach=False``.

The velocity conventions, which torch lacks, are computed by their recurrences.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.checks.collect import collect
from course_lib.checks.collect.optimizer import grouped
from course_lib.checks.collect.shared import Trajectory, place_steps, placer, tuples
from course_lib.checks.references.played import play, write_down
from course_lib.checks.references.shared import answered, bare
from course_lib.checks.spec import CouldNotTell, Exercise, Inputs

Pair = tuple[Tensor, Tensor]

CONVENTIONS: dict[str, Callable[[Tensor, Tensor, float, float], Pair]] = {
    "rate_inside": lambda v, g, lr, mu: (torch.sub(mu * v, g, alpha=lr),) * 2,
    "rate_outside": lambda v, g, lr, mu: (w := torch.add(g, v, alpha=mu), torch.mul(w, -lr)),
    "rate_inside_flipped": lambda v, g, lr, mu: (w := torch.add(lr * g, v, alpha=mu), w.neg()),
}
"""From velocity, gradient, rate and momentum to the new velocity and what is added."""


@torch.inference_mode()
def optimizer(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The parameters after every step of torch's optimizer, which keeps no graph and no versions.

    Raises:
        CouldNotTell: If torch itself refuses these inputs.
    """
    return play(exercise, inputs) or _stepped(exercise, inputs)


@torch.inference_mode()
def prepare(exercise: Exercise, inputs: Inputs, others: Inputs) -> bool:
    """Make the right answers of a case quicker to have, see ``write_down``.

    Raises:
        CouldNotTell: If torch itself refuses these inputs.
    """
    return write_down(_stepped, exercise, inputs, others)


def _stepped(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The parameters after every step of torch's optimizer.

    Raises:
        CouldNotTell: If torch itself refuses these inputs.
    """
    place = placer(inputs["device"])
    params = [place(start).requires_grad_() for start in inputs["parameters"]]
    trajectory: Trajectory = []
    try:
        options = {**tuples(inputs["options"]), "foreach": False}
        torchs = bare(exercise.reference)(grouped(params, inputs["groups"]), **options)
        for step, gradients in enumerate(place_steps(inputs["gradients"], place), start=1):
            for group in torchs.param_groups:
                group.update(tuples(inputs["changes"].get(str(step), {})))
            for param, gradient in zip(params, gradients, strict=True):
                param.grad = gradient
            torchs.step()
            trajectory.append([param.clone() for param in params])
    except Exception as error:
        raise CouldNotTell(f"torch refuses these parameters: {error}") from error
    return trajectory


def convention(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """Velocity and update after every step."""
    return answered(collect(CONVENTIONS[exercise.reference], inputs))
