"""Right answers for batch normalization: torch's function, its backward operator, its layers.

A normalized value is a difference of numbers that may be large, so a difference from torch is
measured by the size of those terms, not of what is left of them.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from course_lib.checks.collect import collect
from course_lib.checks.collect.apart import StandIn, placed
from course_lib.checks.collect.layer import run_layer
from course_lib.checks.collect.shared import At, Trajectory
from course_lib.checks.references.shared import answered
from course_lib.checks.spec import Exercise, Inputs


def batch_norm(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """Outputs, running statistics and gradients of every call."""
    return answered(collect(functional.batch_norm, inputs))


def layer(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """Outputs, running statistics and gradients of every pass through torch's layer."""
    return answered(collect(getattr(torch.nn, exercise.reference), inputs))


def layer_apart(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The same of torch's layer while another function stands in for torch's batch norm."""
    at = At()
    stand_in = StandIn(at)
    with placed(stand_in, [vars(functional)]):
        passes = run_layer(getattr(torch.nn, exercise.reference), inputs, at)["trajectory"]
    return [[*stand_in.row(step), *row] for step, row in enumerate(passes, start=1)]


def backward(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The three gradients, from torch's backward operator."""
    return answered(collect(_backward, inputs))


def _backward(
    grad_output: Tensor, input: Tensor, weight: Any, mean: Tensor, var: Tensor, eps: float
) -> tuple[Tensor, ...]:
    inverse = 1 / torch.sqrt(var.double() + eps)
    gradients: tuple[Tensor, ...] = torch.ops.aten.native_batch_norm_backward(
        grad_output, input, weight, None, None, mean, inverse.to(mean.dtype), True, eps, [True] * 3
    )
    return gradients


def call_scales(inputs: Inputs, right: Trajectory) -> Trajectory:
    """What the answers of calls are measured by."""
    scales = []
    for call, row in zip(inputs["calls"], right, strict=True):
        x, _, var, weight, bias = call["args"]
        used = _variance(x) if inputs["options"]["training"] or var is None else var
        terms = _terms(x, call["upstream"], weight, bias, used, inputs["options"]["eps"])
        scales.append(_scales(inputs["names"], row, terms))
    return scales


def backward_scales(inputs: Inputs, right: Trajectory) -> Trajectory:
    """What the gradients of the single call are measured by; one not asked for is right at once."""
    upstream, x, weight, _, var, eps = inputs["calls"][0]["args"]
    terms = _terms(x, upstream, weight, None, var, eps)
    for name in inputs["names"]:
        if name.removeprefix("the gradient of ") not in inputs["asked"]:
            terms[name] = torch.inf
    return [_scales(inputs["names"], right[0], terms)]


def pass_scales(inputs: Inputs, right: Trajectory) -> Trajectory:
    """What the passes of a layer are measured by."""
    scales = []
    eps = inputs["options"].get("eps", 1e-5)
    for one, row in zip(inputs["passes"], right, strict=True):
        running = inputs["names"].index("running_var") if inputs["watched"] else None
        used = _variance(one["input"])
        if not one["training"] and running is not None:
            used = row[running]
        weight, bias = inputs["state"].get("weight"), inputs["state"].get("bias")
        terms = _terms(one["input"], one["upstream"], weight, bias, used, eps)
        scales.append(_scales(inputs["names"], row, terms))
    return scales


def _variance(x: Tensor) -> Tensor:
    return x.double().var([axis for axis in range(x.dim()) if axis != 1], correction=0)


def _terms(
    x: Tensor, upstream: Any, weight: Any, bias: Any, var: Tensor, eps: float
) -> dict[str, float]:
    """The largest size of what each answer is made from."""
    inverse = float((var.double() + eps).rsqrt().max())
    largest = float(x.double().abs().max())
    w = 1.0 if weight is None else float(weight.double().abs().max())
    b = 0.0 if bias is None else float(bias.double().abs().max())
    dy = torch.zeros(1) if upstream is None else upstream.double().abs()
    top, total = float(dy.max()), float(dy.sum())
    return {
        "the output": w * largest * inverse + b,
        "running_mean": largest,
        # One pass over the data, as Welford's, is off by the mean's error times the deviation.
        "running_var": float(var.max()) + largest * float(var.max()) ** 0.5,
        "the gradient of input": w * inverse * top * max(1.0, largest * inverse),
        "the gradient of weight": total * largest * inverse,
        "the gradient of bias": total,
    }


def _scales(names: list[str], row: list[Tensor], terms: dict[str, float]) -> list[Tensor]:
    return [
        torch.tensor(max(terms.get(name, 0.0), float(right.double().abs().max())))
        for name, right in zip(names, row, strict=False)
    ]
