"""Right ways to write ``SGD.update`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right, whole_step


@right("sgd", "in place")
def buffer_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if group["weight_decay"]:
        grad = grad + group["weight_decay"] * param
    mu = group["momentum"]
    if mu:
        if "momentum_buffer" in state:
            state["momentum_buffer"].mul_(mu).add_(grad, alpha=1 - group["dampening"])
        else:
            state["momentum_buffer"] = grad.clone()
        if group["nesterov"]:
            grad = grad.add(state["momentum_buffer"], alpha=mu)
        else:
            grad = state["momentum_buffer"]
    param.add_(grad, alpha=-group["lr"])


@right("sgd", "out of place")
def formula_out_of_place(self, param, grad, state, group):
    """The formula read aloud; a new buffer at every step."""
    g = grad + group["weight_decay"] * param
    mu, tau = group["momentum"], group["dampening"]
    if mu == 0:
        direction = g
    else:
        if state:
            b = mu * state["momentum_buffer"] + (1 - tau) * g
        else:
            b = g.clone()
        state["momentum_buffer"] = b
        direction = g + mu * b if group["nesterov"] else b
    param -= group["lr"] * direction


@right("sgd", "out of place")
def early_return(self, param, grad, state, group):
    """The plain case first, then a return."""
    grad = torch.add(grad, param, alpha=group["weight_decay"])
    if group["momentum"] == 0:
        param.sub_(grad, alpha=group["lr"])
        return
    buffer = state.get("momentum_buffer")
    if buffer is None:
        buffer = grad.detach().clone()
    else:
        buffer = torch.add(group["momentum"] * buffer, grad, alpha=1 - group["dampening"])
    state["momentum_buffer"] = buffer
    step = buffer
    if group["nesterov"]:
        step = torch.add(grad, buffer, alpha=group["momentum"])
    param.sub_(step, alpha=group["lr"])


@right("sgd", "foreach")
def foreach_lists(self, param, grad, state, group):
    """The multi-tensor functions, on lists of one."""
    grads = torch._foreach_add([grad], [param], alpha=group["weight_decay"])
    if group["momentum"] != 0:
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.clone(grads[0])
        else:
            buffers = [state["momentum_buffer"]]
            torch._foreach_mul_(buffers, group["momentum"])
            torch._foreach_add_(buffers, grads, alpha=1 - group["dampening"])
        if group["nesterov"]:
            torch._foreach_add_(grads, [state["momentum_buffer"]], alpha=group["momentum"])
        else:
            grads = [state["momentum_buffer"]]
    torch._foreach_add_([param], grads, alpha=-group["lr"])


@right("sgd", "step counter")
def counts_steps(self, param, grad, state, group):
    """A step count, kept as a tensor and read as a number, tells the first step."""
    decayed = grad + param * group["weight_decay"]
    if group["momentum"] == 0:
        move = decayed
    else:
        state["step"] = state.get("step", torch.tensor(0.0)) + 1
        if state["step"].item() == 1:
            state["momentum_buffer"] = torch.zeros_like(param)
            share = 1.0
        else:
            share = 1.0 - group["dampening"]
        state["momentum_buffer"] = group["momentum"] * state["momentum_buffer"] + share * decayed
        move = state["momentum_buffer"]
        if group["nesterov"]:
            move = decayed + group["momentum"] * move
    param.copy_(param - group["lr"] * move)


@right("sgd", "guards")
def guards_on_values(self, param, grad, state, group):
    """Skips work that would add nothing, after a look at the numbers."""
    g = grad
    if group["weight_decay"] > 0 and bool(param.any()):
        g = g + group["weight_decay"] * param
    mu = group["momentum"]
    if mu > 0:
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = g + 0
        else:
            state["momentum_buffer"] = state["momentum_buffer"] * mu
            if g.abs().max().item() > 0:
                state["momentum_buffer"] += (1 - group["dampening"]) * g
        g = g + mu * state["momentum_buffer"] if group["nesterov"] else state["momentum_buffer"]
    if g.abs().sum().item() != 0:
        param -= g * group["lr"]


@right("sgd", "downhill velocity")
def velocity_points_downhill(self, param, grad, state, group):
    """The buffer holds the negative sum, and the parameter walks with it."""
    downhill = -(grad + group["weight_decay"] * param)
    friction = group["momentum"]
    if friction != 0:
        if "velocity" not in state:
            velocity = downhill.clone()
        else:
            velocity = friction * state["velocity"] + (1 - group["dampening"]) * downhill
        state["velocity"] = velocity
        downhill = downhill + friction * velocity if group["nesterov"] else velocity
    param += group["lr"] * downhill


@right("sgd", "history")
def replays_the_history(self, param, grad, state, group):
    """Keeps every gradient with its factors and folds them up again at each step."""
    g = grad + group["weight_decay"] * param
    mu = group["momentum"]
    if mu != 0:
        history = state.setdefault("history", [])
        share = 1 - group["dampening"] if history else 1
        history.append((mu, share * g))
        b = torch.zeros_like(g)
        for factor, term in history:
            b = factor * b + term
        g = g + mu * b if group["nesterov"] else b
    param.sub_(group["lr"] * g)


@right("sgd", "own dictionary")
def dictionary_of_its_own(self, param, grad, state, group):
    """Buffers live in a dictionary keyed by the parameter, not in the state handed over."""
    buffers = self.__dict__.setdefault("buffers", {})
    g = grad.add(param, alpha=group["weight_decay"])
    if group["momentum"] != 0:
        if param in buffers:
            buffers[param] = (
                buffers[param].mul(group["momentum"]).add(g.mul(1 - group["dampening"]))
            )
        else:
            buffers[param] = g
        if group["nesterov"]:
            g = g.add(buffers[param].mul(group["momentum"]))
        else:
            g = buffers[param]
    param.add_(g.mul(-group["lr"]))


@right("sgd", "closure")
def inner_functions(self, param, grad, state, group):
    """Two small functions inside the rule."""

    def with_decay(g):
        return g if group["weight_decay"] == 0 else g + group["weight_decay"] * param

    def with_momentum(g):
        mu = group["momentum"]
        if mu == 0:
            return g
        old = state.get("momentum_buffer")
        new = g.clone() if old is None else mu * old + (1 - group["dampening"]) * g
        state["momentum_buffer"] = new
        return g + mu * new if group["nesterov"] else new

    param.sub_(group["lr"] * with_momentum(with_decay(grad)))


@right("sgd", "element by element")
def loop_over_numbers(self, param, grad, state, group):
    """Plain Python numbers, one element after the other."""
    p, g = param.flatten().tolist(), grad.flatten().tolist()
    first = "numbers" not in state
    b = state.setdefault("numbers", [0.0] * len(p))
    mu = group["momentum"]
    for i in range(len(p)):
        d = g[i] + group["weight_decay"] * p[i]
        if mu != 0:
            b[i] = d if first else mu * b[i] + (1 - group["dampening"]) * d
            d = d + mu * b[i] if group["nesterov"] else b[i]
        p[i] -= group["lr"] * d
    if mu == 0:
        del state["numbers"]
    param.copy_(torch.tensor(p, dtype=param.dtype, device=param.device).reshape(param.shape))


@right("sgd", "one weighted sum")
def stacked_weights(self, param, grad, state, group):
    """Buffer and gradient stacked; each step is a product with a row of weights."""
    lr, mu, tau = group["lr"], group["momentum"], group["dampening"]
    g = grad + group["weight_decay"] * param
    if mu != 0:
        old = state.get("momentum_buffer", torch.zeros_like(g))
        rows = torch.stack((old, g))
        new = torch.tensordot(rows.new_tensor((mu, 1 - tau if state else 1.0)), rows, dims=1)
        state["momentum_buffer"] = new
        look = rows.new_tensor((1.0, mu) if group["nesterov"] else (0.0, 1.0))
        g = torch.tensordot(look, torch.stack((g, new)), dims=1)
    param.addcmul_(g, torch.full_like(g, lr), value=-1)


@right("sgd", "reordered")
def gradient_and_buffer_weighed_apart(self, param, grad, state, group):
    """Weights of gradient and old buffer in the step are worked out first."""
    mu, lr = group["momentum"], group["lr"]
    g = torch.add(grad, param, alpha=group["weight_decay"])
    old = state.get("momentum_buffer")
    share = 1 if old is None else 1 - group["dampening"]
    from_gradient, from_buffer = share, mu
    if group["nesterov"]:
        from_gradient, from_buffer = 1 + mu * share, mu * mu
    if mu == 0:
        from_gradient = 1
    step = lr * from_gradient * g
    if old is not None and mu != 0:
        step = step + lr * from_buffer * old
    if mu != 0:
        state["momentum_buffer"] = share * g if old is None else mu * old + share * g
    param.sub_(step)


@whole_step("sgd")
def step_of_its_own(self, closure=None):
    """The loop over groups and parameters written out, and no ``update``."""
    loss = None
    if closure is not None:
        with torch.enable_grad():
            loss = closure()
    for group in self.param_groups:
        sign = -1 if group["maximize"] else 1
        for p in group["params"]:
            if p.grad is None:
                continue
            d = sign * p.grad + group["weight_decay"] * p
            if group["momentum"] != 0:
                state = self.state[p]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = d.clone()
                else:
                    state["momentum_buffer"] *= group["momentum"]
                    state["momentum_buffer"] += (1 - group["dampening"]) * d
                if group["nesterov"]:
                    d = d + group["momentum"] * state["momentum_buffer"]
                else:
                    d = state["momentum_buffer"]
            p -= group["lr"] * d
    return loss
