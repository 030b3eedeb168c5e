"""Right ways to write ``Adagrad.update`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right, whole_step


@right("adagrad", "out of place")
def formula_out_of_place(self, param, grad, state, group):
    """The formula read aloud; a new sum at every step."""
    g = grad + group["weight_decay"] * param
    t = state.get("t", 0) + 1
    start = group["initial_accumulator_value"]
    total = state.get("total", start) + g**2
    state["t"], state["total"] = t, total
    lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
    param -= lr * g / (total.sqrt() + group["eps"])


@right("adagrad", "in place")
def sum_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if "total" not in state:
        state["taken"] = 0
        state["total"] = torch.full_like(param, group["initial_accumulator_value"])
    grad = grad.add(param, alpha=group["weight_decay"])
    rate = group["lr"] / (1 + state["taken"] * group["lr_decay"])
    state["taken"] += 1
    state["total"].addcmul_(grad, grad)
    root = state["total"].sqrt().add_(group["eps"])
    param.addcdiv_(grad, root, value=-rate)


@right("adagrad", "foreach")
def foreach_lists(self, param, grad, state, group):
    """The multi-tensor functions, on lists of one."""
    grads = torch._foreach_add([grad], [param], alpha=group["weight_decay"])
    if "sums" not in state:
        state["sums"] = [torch.full_like(param, group["initial_accumulator_value"])]
        state["count"] = 0
    torch._foreach_addcmul_(state["sums"], grads, grads)
    roots = torch._foreach_sqrt(state["sums"])
    torch._foreach_add_(roots, group["eps"])
    rate = group["lr"] / (1 + state["count"] * group["lr_decay"])
    torch._foreach_addcdiv_([param], grads, roots, -rate)
    state["count"] += 1


@right("adagrad", "step counter")
def tensor_step_read_as_number(self, param, grad, state, group):
    """The step is a tensor, read with ``item`` before it enters a formula."""
    if "counter" not in state:
        state["counter"] = torch.zeros(())
        state["squares"] = torch.zeros_like(param) + group["initial_accumulator_value"]
    state["counter"] += 1
    steps_before = state["counter"].item() - 1
    grad = grad + param * group["weight_decay"]
    state["squares"] = state["squares"] + grad * grad
    scaled = grad / (torch.sqrt(state["squares"]) + group["eps"])
    param.copy_(param - group["lr"] / (1 + steps_before * group["lr_decay"]) * scaled)


@right("adagrad", "guards")
def guards_on_values(self, param, grad, state, group):
    """Does nothing but count where every gradient is zero."""
    if "before" not in state:
        state["before"] = -1
        state["G"] = torch.empty_like(param).fill_(group["initial_accumulator_value"])
    state["before"] += 1
    if group["weight_decay"] > 0:
        grad = grad + group["weight_decay"] * param
    if grad.abs().max().item() == 0:
        return
    state["G"] += grad.pow(2)
    moving = grad != 0
    step = torch.zeros_like(grad)
    step[moving] = grad[moving] / (state["G"][moving].sqrt() + group["eps"])
    param -= group["lr"] / (1 + state["before"] * group["lr_decay"]) * step


@right("adagrad", "norm")
def root_by_hypot(self, param, grad, state, group):
    """Keeps the root itself and renews it as the long side of a right triangle."""
    g = torch.add(grad, param, alpha=group["weight_decay"])
    if "length" not in state:
        start = math.sqrt(group["initial_accumulator_value"])
        state["length"], state["age"] = torch.full_like(g, start), 0
    state["length"] = torch.hypot(state["length"], g)
    slowed = group["lr"] / (1 + state["age"] * group["lr_decay"])
    state["age"] += 1
    param.sub_(g.div(state["length"].add(group["eps"])), alpha=slowed)


@right("adagrad", "history")
def adds_up_the_history(self, param, grad, state, group):
    """Keeps every gradient and adds up their squares again at each step."""
    g = grad + param * group["weight_decay"]
    history = state.setdefault("history", [])
    history.append(g.clone())
    total = torch.stack(history).square().sum(dim=0) + group["initial_accumulator_value"]
    rate = group["lr"] / (1 + (len(history) - 1) * group["lr_decay"])
    param.sub_(rate * g / (total.sqrt() + group["eps"]))


@right("adagrad", "own dictionary")
def dictionary_of_its_own(self, param, grad, state, group):
    """Sums live in a dictionary keyed by the parameter, not in the state handed over."""
    book = self.__dict__.setdefault("book", {})
    taken, total = book.get(param, (0, group["initial_accumulator_value"]))
    g = grad.add(param, alpha=group["weight_decay"])
    total = total + g.square()
    book[param] = (taken + 1, total)
    divisor = (1 + taken * group["lr_decay"]) * (total**0.5 + group["eps"])
    param.sub_(group["lr"] * g / divisor)


@right("adagrad", "closure")
def inner_functions(self, param, grad, state, group):
    """A small function for the sum and one for the rate."""

    def accumulate(square):
        if "accumulated" not in state:
            state["accumulated"] = square + group["initial_accumulator_value"]
        else:
            state["accumulated"] = state["accumulated"] + square
        return state["accumulated"]

    def rate():
        state["calls"] = state.get("calls", 0) + 1
        return group["lr"] / (1 + (state["calls"] - 1) * group["lr_decay"])

    g = grad if group["weight_decay"] == 0 else grad + group["weight_decay"] * param
    param.add_(-rate() * g / (accumulate(g * g).sqrt() + group["eps"]))


@right("adagrad", "element by element")
def loop_over_numbers(self, param, grad, state, group):
    """Plain Python numbers, one element after the other."""
    p, g = param.reshape(-1).tolist(), grad.reshape(-1).tolist()
    if "numbers" not in state:
        state["numbers"] = [group["initial_accumulator_value"]] * len(p)
        state["rounds"] = 0
    rate = group["lr"] / (1 + state["rounds"] * group["lr_decay"])
    state["rounds"] += 1
    for i, slope in enumerate(g):
        slope += group["weight_decay"] * p[i]
        state["numbers"][i] += slope * slope
        p[i] -= rate * slope / (math.sqrt(state["numbers"][i]) + group["eps"])
    param.copy_(torch.as_tensor(p, dtype=param.dtype, device=param.device).view_as(param))


@right("adagrad", "reordered")
def one_rate_for_each_element(self, param, grad, state, group):
    """The rate divided by the root first: one rate for each element."""
    decay, start = group["lr_decay"], group["initial_accumulator_value"]
    g = grad + group["weight_decay"] * param
    old = state.get("sum_of_squares", g.new_full(g.shape, start))
    state["sum_of_squares"] = torch.addcmul(old, g, g)
    state["slowdown"] = state["slowdown"] + decay if "slowdown" in state else 1.0
    rates = (state["sum_of_squares"].sqrt() + group["eps"]).reciprocal()
    param.addcmul_(rates * (group["lr"] / state["slowdown"]), g, value=-1)


@right("adagrad", "running mean")
def mean_times_count(self, param, grad, state, group):
    """Keeps the mean of the squares and multiplies by their number."""
    g = grad + group["weight_decay"] * param
    n = state["n"] = state.get("n", 0) + 1
    mean = state.get("mean", torch.zeros_like(g))
    state["mean"] = mean + (g * g - mean) / n
    total = n * state["mean"] + group["initial_accumulator_value"]
    rate = group["lr"] / (1 + (n - 1) * group["lr_decay"])
    param -= rate * (g / (torch.sqrt(total) + group["eps"]))


@whole_step("adagrad")
def step_of_its_own(self, closure=None):
    """The loop over groups and parameters written out, and no ``update``."""
    loss = None
    if closure is not None:
        with torch.enable_grad():
            loss = closure()
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is None:
                continue
            g = (-p.grad if group["maximize"] else p.grad) + group["weight_decay"] * p
            state = self.state[p]
            if "squares" not in state:
                state["squares"] = torch.full_like(p, group["initial_accumulator_value"])
                state["taken"] = 0
            state["squares"] += g * g
            lr = group["lr"] / (1 + state["taken"] * group["lr_decay"])
            state["taken"] += 1
            p -= lr * g / (state["squares"].sqrt() + group["eps"])
    return loss
