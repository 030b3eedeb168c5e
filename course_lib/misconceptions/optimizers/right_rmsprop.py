"""Right ways to write ``RMSprop.update`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right, whole_step


@right("rmsprop", "out of place")
def formula_out_of_place(self, param, grad, state, group):
    """The formula read aloud; a new average at every step."""
    alpha, mu = group["alpha"], group["momentum"]
    g = grad + group["weight_decay"] * param
    v = alpha * state.get("v", 0) + (1 - alpha) * g**2
    state["v"] = v
    if group["centered"]:
        a = alpha * state.get("a", 0) + (1 - alpha) * g
        state["a"] = a
        v = v - a**2
    d = g / (v.sqrt() + group["eps"])
    if mu > 0:
        d = mu * state.get("b", 0) + d
        state["b"] = d
    param -= group["lr"] * d


@right("rmsprop", "in place")
def averages_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if not state:
        state["square_avg"] = torch.zeros_like(param)
        state["momentum_buffer"] = torch.zeros_like(param)
        state["grad_avg"] = torch.zeros_like(param)
    grad = grad.add(param, alpha=group["weight_decay"])
    keep = group["alpha"]
    state["square_avg"].mul_(keep).addcmul_(grad, grad, value=1 - keep)
    if group["centered"]:
        state["grad_avg"].mul_(keep).add_(grad, alpha=1 - keep)
        root = state["square_avg"].addcmul(state["grad_avg"], state["grad_avg"], value=-1).sqrt_()
    else:
        root = state["square_avg"].sqrt()
    root.add_(group["eps"])
    if group["momentum"]:
        state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(grad, root)
        param.add_(state["momentum_buffer"], alpha=-group["lr"])
    else:
        param.addcdiv_(grad, root, value=-group["lr"])


@right("rmsprop", "lerp")
def averages_by_lerp(self, param, grad, state, group):
    """Each average is a step of interpolation towards the new value."""
    zeros = torch.zeros_like(param)
    if group["weight_decay"] != 0:
        grad = torch.add(grad, param, alpha=group["weight_decay"])
    state["square"] = torch.lerp(state.get("square", zeros), grad.square(), 1 - group["alpha"])
    spread = state["square"]
    if group["centered"]:
        state["mean"] = torch.lerp(state.get("mean", zeros), grad, 1 - group["alpha"])
        spread = spread - state["mean"].square()
    direction = grad.div(spread.sqrt().add(group["eps"]))
    if group["momentum"] == 0:
        param.sub_(direction, alpha=group["lr"])
        return
    state["buffer"] = torch.add(direction, state.get("buffer", zeros), alpha=group["momentum"])
    param.sub_(state["buffer"], alpha=group["lr"])


@right("rmsprop", "foreach")
def foreach_lists(self, param, grad, state, group):
    """The multi-tensor functions, on lists of one."""
    grads = torch._foreach_add([grad], [param], alpha=group["weight_decay"])
    squares = state.setdefault("squares", [torch.zeros_like(param)])
    torch._foreach_mul_(squares, group["alpha"])
    torch._foreach_addcmul_(squares, grads, grads, 1 - group["alpha"])
    spread = squares
    if group["centered"]:
        means = state.setdefault("means", [torch.zeros_like(param)])
        torch._foreach_lerp_(means, grads, 1 - group["alpha"])
        spread = torch._foreach_addcmul(squares, means, means, -1)
    roots = torch._foreach_sqrt(spread)
    torch._foreach_add_(roots, group["eps"])
    steps = torch._foreach_div(grads, roots)
    if group["momentum"] > 0:
        buffers = state.setdefault("buffers", [torch.zeros_like(param)])
        torch._foreach_mul_(buffers, group["momentum"])
        torch._foreach_add_(buffers, steps)
        steps = buffers
    torch._foreach_add_([param], steps, alpha=-group["lr"])


@right("rmsprop", "step counter")
def tensor_step_read_as_number(self, param, grad, state, group):
    """A step count, kept as a tensor and read as a number, tells when to lay out the state."""
    state["step"] = state.get("step", torch.tensor(0)) + 1
    if state["step"].item() == 1:
        state["square_avg"] = param.new_zeros(param.shape)
        state["grad_avg"] = param.new_zeros(param.shape)
        state["momentum_buffer"] = param.new_zeros(param.shape)
    alpha = group["alpha"]
    grad = grad + param * group["weight_decay"]
    state["square_avg"] = state["square_avg"] * alpha + grad * grad * (1 - alpha)
    state["grad_avg"] = state["grad_avg"] * alpha + grad * (1 - alpha)
    variance = state["square_avg"]
    if group["centered"]:
        variance = variance - state["grad_avg"] ** 2
    scaled = grad / (torch.sqrt(variance) + group["eps"])
    state["momentum_buffer"] = state["momentum_buffer"] * group["momentum"] + scaled
    param.copy_(param - group["lr"] * state["momentum_buffer"])


@right("rmsprop", "guards")
def guards_on_values(self, param, grad, state, group):
    """Skips work that would add nothing, after a look at the numbers."""
    g = grad
    if group["weight_decay"] > 0 and bool(param.any()):
        g = g + group["weight_decay"] * param
    if "v" not in state:
        state["v"], state["a"], state["b"] = (torch.zeros_like(param) for _ in range(3))
    state["v"] = group["alpha"] * state["v"]
    state["a"] = group["alpha"] * state["a"]
    moved = g.abs().max().item() > 0
    if moved:
        state["v"] += (1 - group["alpha"]) * g.pow(2)
        state["a"] += (1 - group["alpha"]) * g
    w = state["v"] - state["a"] * state["a"] if group["centered"] else state["v"]
    state["b"] = group["momentum"] * state["b"]
    if moved:
        state["b"] += g / (w.sqrt() + group["eps"])
    param -= group["lr"] * state["b"]


@right("rmsprop", "reordered")
def root_of_scaled_gradient(self, param, grad, state, group):
    """The rate divided by the root first: one rate for each element."""
    alpha = group["alpha"]
    g = grad.add(param, alpha=group["weight_decay"])
    if "v" in state:
        state["v"] = state["v"] + (1 - alpha) * (g * g - state["v"])
    else:
        state["v"] = (1 - alpha) * g * g
    denominator = state["v"].clone()
    if group["centered"]:
        if "a" in state:
            state["a"] = state["a"] + (1 - alpha) * (g - state["a"])
        else:
            state["a"] = (1 - alpha) * g
        denominator -= state["a"] * state["a"]
    denominator = torch.sqrt(denominator) + group["eps"]
    if group["momentum"] > 0:
        kept = state.get("b", torch.zeros_like(g))
        state["b"] = kept * group["momentum"] + g * denominator.reciprocal()
        param -= state["b"] * group["lr"]
    else:
        rates = group["lr"] / denominator
        param.addcmul_(rates, g, value=-1)


@right("rmsprop", "own dictionary")
def dictionary_of_its_own(self, param, grad, state, group):
    """Averages live in a dictionary keyed by the parameter, not in the state handed over."""
    book = self.__dict__.setdefault("book", {})
    square, mean, buffer = book.get(param, [torch.zeros_like(param)] * 3)
    alpha = group["alpha"]
    g = grad + group["weight_decay"] * param
    square = square * alpha + g**2 * (1 - alpha)
    mean = mean * alpha + g * (1 - alpha)
    variance = square - mean**2 if group["centered"] else square
    buffer = buffer * group["momentum"] + g / (variance**0.5 + group["eps"])
    book[param] = [square, mean, buffer]
    param.sub_(group["lr"] * buffer)


@right("rmsprop", "closure")
def inner_functions(self, param, grad, state, group):
    """A small function for the averages and one for the velocity."""

    def average(name, value):
        old = state[name] if name in state else torch.zeros_like(value)
        state[name] = old.mul(group["alpha"]).add(value, alpha=1 - group["alpha"])
        return state[name]

    def velocity(push):
        if group["momentum"] == 0:
            return push
        state["velocity"] = group["momentum"] * state.get("velocity", 0) + push
        return state["velocity"]

    g = grad if group["weight_decay"] == 0 else grad.add(param, alpha=group["weight_decay"])
    variance = average("square", g.square())
    if group["centered"]:
        variance = variance - average("mean", g).square()
    param.sub_(group["lr"] * velocity(g / (variance.sqrt() + group["eps"])))


@right("rmsprop", "element by element")
def loop_over_numbers(self, param, grad, state, group):
    """Plain Python numbers, one element after the other."""
    p, g = param.reshape(-1).tolist(), grad.reshape(-1).tolist()
    if not state:
        for name in ("v", "a", "b"):
            state[name] = [0.0] * len(p)
    alpha, v, a, b = group["alpha"], state["v"], state["a"], state["b"]
    for i, slope in enumerate(g):
        slope += group["weight_decay"] * p[i]
        v[i] = alpha * v[i] + (1 - alpha) * slope * slope
        a[i] = alpha * a[i] + (1 - alpha) * slope
        w = v[i] - a[i] * a[i] if group["centered"] else v[i]
        b[i] = group["momentum"] * b[i] + slope / (math.sqrt(w) + group["eps"])
        p[i] -= group["lr"] * b[i]
    param.copy_(torch.as_tensor(p, dtype=param.dtype, device=param.device).view_as(param))


@right("rmsprop", "norm")
def root_by_hypot(self, param, grad, state, group):
    """Keeps the root itself and renews it as the long side of a right triangle."""
    alpha = group["alpha"]
    g = torch.add(grad, param, alpha=group["weight_decay"])
    zeros = torch.zeros_like(g)
    root = torch.hypot(math.sqrt(alpha) * state.get("root", zeros), math.sqrt(1 - alpha) * g)
    state["root"] = root
    if group["centered"]:
        state["mean"] = alpha * state.get("mean", zeros) + (1 - alpha) * g
        root = torch.sqrt((root - state["mean"]) * (root + state["mean"]))
    d = g / (root + group["eps"])
    if group["momentum"] > 0:
        state["b"] = d = group["momentum"] * state.get("b", zeros) + d
    param.sub_(d, alpha=group["lr"])


@whole_step("rmsprop")
def step_of_its_own(self, closure=None):
    """The loop over groups and parameters written out, and no ``update``."""
    loss = None
    if closure is not None:
        with torch.enable_grad():
            loss = closure()
    for group in self.param_groups:
        alpha = group["alpha"]
        for p in group["params"]:
            if p.grad is None:
                continue
            g = (-p.grad if group["maximize"] else p.grad) + group["weight_decay"] * p
            state = self.state[p]
            if not state:
                for name in ("square", "mean", "buffer"):
                    state[name] = torch.zeros_like(p)
            state["square"] = alpha * state["square"] + (1 - alpha) * g * g
            variance = state["square"]
            if group["centered"]:
                state["mean"] = alpha * state["mean"] + (1 - alpha) * g
                variance = variance - state["mean"] * state["mean"]
            state["buffer"] *= group["momentum"]
            state["buffer"] += g / (variance.sqrt() + group["eps"])
            p -= group["lr"] * state["buffer"]
    return loss
