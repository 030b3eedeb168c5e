"""Solution cells as a notebook would run them: one right, the others broken one way each."""

import linecache
from itertools import count
from textwrap import dedent, indent
from typing import Any

_numbers = count(1)

HEADER = """
import math
import torch
from course_lib.session import implement
from course_lib.optim.optimizer import Optimizer

@implement
class SGD(Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0,
                 nesterov=False, *, maximize=False):
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening,
                                      weight_decay=weight_decay, nesterov=nesterov,
                                      maximize=maximize))

    def update(self, param, grad, state, group):
"""

RIGHT = """
if group["weight_decay"]:
    grad = grad + group["weight_decay"] * param
if group["momentum"]:
    if "velocity" not in state:
        state["velocity"] = torch.zeros_like(param) + grad
    else:
        old = state["velocity"]
        state["velocity"] = group["momentum"] * old + (1 - group["dampening"]) * grad
    ahead = group["momentum"] * state["velocity"]
    grad = grad + ahead if group["nesterov"] else state["velocity"]
param -= group["lr"] * grad
"""

BROKEN = {
    "stub": ("defined", "raise NotImplementedError()"),
    "raises_at_the_second_step": (
        "defined",
        "state['t'] = state.get('t', 0) + 1\nif state['t'] > 1:\n    raise KeyError('velocity')",
    ),
    "flattens_the_parameter": ("shape", "param.data = param.data.flatten()"),
    "halves_the_precision": ("dtype", "param.data = param.data.float()"),
    "divides_by_zero": ("finite", "param.sub_(grad / 0.0)"),
    "moves_twice_as_far": ("values", "param.sub_(2 * group['lr'] * grad)"),
    "does_not_move": ("values", "param = param - group['lr'] * grad"),
    "rebinds_the_parameter": ("values", "param.data = param.data - group['lr'] * grad"),
    "scales_the_gradient_in_place": ("values", "param.sub_(grad.mul_(group['lr']))"),
    "keeps_the_graph": (
        "values",
        "with torch.enable_grad():\n    state['seen'] = param * 2\nparam.sub_(group['lr'] * grad)",
    ),
}
"""Name of the way, the rung it breaks, the body of ``update``; judged on plain SGD."""

STATE_ON_THE_CPU = RIGHT.replace("zeros_like(param)", "zeros(param.shape, dtype=param.dtype)")


def run_cell(source: str) -> dict[str, Any]:
    """Run ``source`` as a notebook cell, and give its names."""
    file = f"<cell {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, file, "exec"), names)
    return names


def sgd(body: str) -> Any:
    """Register an SGD with this body of ``update``."""
    return run_cell(HEADER + indent(dedent(body).strip(), " " * 8) + "\n")["SGD"]
