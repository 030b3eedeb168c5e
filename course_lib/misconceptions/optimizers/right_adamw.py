"""Right ways to write ``AdamW.update``: Adam's with the decay taken apart, and its own."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import RightVariant, right
from course_lib.misconceptions.optimizers import right_adam


def _decoupled(adam: RightVariant, coupled: str, apart: str) -> RightVariant:
    """The variant of Adam with its line of coupled decay replaced."""
    text = adam.methods or adam.body
    assert text.count(coupled) == 1, (adam.slug, coupled)
    text = text.replace(coupled, apart)
    slug = adam.slug.replace("adam/", "adamw/")
    if adam.methods:
        return RightVariant(slug, adam.technique, methods=text)
    return RightVariant(slug, adam.technique, body=text)


FROM_ADAM = (
    _decoupled(
        right_adam.formula_out_of_place,
        'g = grad + group["weight_decay"] * param\n',
        'g = grad\nparam -= group["lr"] * group["weight_decay"] * param\n',
    ),
    _decoupled(
        right_adam.moments_in_place,
        'grad = grad.add(param, alpha=group["weight_decay"])\n',
        'param.mul_(1 - group["lr"] * group["weight_decay"])\n',
    ),
    _decoupled(
        right_adam.averages_by_lerp,
        'grad = torch.add(grad, param, alpha=group["weight_decay"])\n',
        'param.lerp_(torch.zeros_like(param), group["lr"] * group["weight_decay"])\n',
    ),
    _decoupled(
        right_adam.tensor_step_read_as_number,
        'grad = grad + param * group["weight_decay"]\n',
        'param.copy_(param - param * group["lr"] * group["weight_decay"])\n',
    ),
    _decoupled(
        right_adam.foreach_lists,
        'params, grads = [param], torch._foreach_add([grad], [param], alpha=group["weight_decay"])',
        "params, grads = [param], [grad]\n"
        'torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])',
    ),
    _decoupled(
        right_adam.one_fraction,
        'g = grad + group["weight_decay"] * param\n',
        'g = grad\nparam.sub_(param, alpha=group["lr"] * group["weight_decay"])\n',
    ),
    _decoupled(
        right_adam.guards_on_values,
        'grad = grad + group["weight_decay"] * param\n',
        'param *= 1.0 - group["weight_decay"] * group["lr"]\n',
    ),
    _decoupled(
        right_adam.dictionary_of_its_own,
        'g = grad + group["weight_decay"] * param\n',
        "g = grad\n"
        'param.addcmul_(param, param.new_tensor(group["lr"]), value=-group["weight_decay"])\n',
    ),
    _decoupled(
        right_adam.loop_over_numbers,
        '    slope += group["weight_decay"] * value\n',
        '    value -= group["lr"] * group["weight_decay"] * value\n',
    ),
    _decoupled(
        right_adam.step_of_its_own,
        'g = g + group["weight_decay"] * p\n',
        'p *= 1 - group["lr"] * group["weight_decay"]\n',
    ),
)


@right("adamw", "one assignment")
def decay_and_step_together(self, param, grad, state, group):
    """Decay and step from the parameter's old value, in one assignment."""
    state["t"] = state.get("t", 0) + 1
    b1, b2 = group["betas"]
    zero = torch.zeros_like(grad)
    state["m"] = m = b1 * state.get("m", zero) + (1 - b1) * grad
    state["v"] = v = b2 * state.get("v", zero) + (1 - b2) * grad * grad
    if group["amsgrad"]:
        state["v_max"] = v = torch.maximum(state.get("v_max", zero), v)
    adam_step = m / (1 - b1 ** state["t"]) / ((v / (1 - b2 ** state["t"])).sqrt() + group["eps"])
    param.copy_(param - group["lr"] * (adam_step + group["weight_decay"] * param))


@right("adamw", "decay remembered")
def old_value_remembered(self, param, grad, state, group):
    """The share of the decay is set aside first and taken off last."""
    shrinkage = group["lr"] * group["weight_decay"] * param
    if "step" not in state:
        state["step"] = torch.tensor(0.0)
        for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"):
            state[name] = torch.zeros_like(param)
    state["step"] += 1
    beta1, beta2 = group["betas"]
    state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
    state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    state["max_exp_avg_sq"].copy_(torch.maximum(state["max_exp_avg_sq"], state["exp_avg_sq"]))
    second = state["max_exp_avg_sq" if group["amsgrad"] else "exp_avg_sq"]
    t = state["step"].item()
    root = second.sqrt() / math.sqrt(1 - beta2**t) + group["eps"]
    param.sub_(group["lr"] * state["exp_avg"] / root / (1 - beta1**t))
    param.sub_(shrinkage)
