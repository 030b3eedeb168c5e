"""Right ways to write ``Adam.update`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right, whole_step


@right("adam", "out of place")
def formula_out_of_place(self, param, grad, state, group):
    """The paper's lines, with both corrected moments."""
    beta1, beta2 = group["betas"]
    g = grad + group["weight_decay"] * param
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0) + (1 - beta2) * g**2
    state["t"], state["m"], state["v"] = t, m, v
    if group["amsgrad"]:
        v = torch.maximum(v, state.get("largest", v))
        state["largest"] = v
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    param -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


@right("adam", "in place")
def moments_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if not state:
        state["step"] = 0
        state["exp_avg"] = torch.zeros_like(param)
        state["exp_avg_sq"] = torch.zeros_like(param)
        state["max_exp_avg_sq"] = torch.zeros_like(param)
    state["step"] += 1
    beta1, beta2 = group["betas"]
    grad = grad.add(param, alpha=group["weight_decay"])
    state["exp_avg"].mul_(beta1).add_(grad, alpha=1 - beta1)
    state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    second = state["exp_avg_sq"]
    if group["amsgrad"]:
        torch.maximum(state["max_exp_avg_sq"], second, out=state["max_exp_avg_sq"])
        second = state["max_exp_avg_sq"]
    denominator = second.sqrt()
    denominator.div_(math.sqrt(1 - beta2 ** state["step"])).add_(group["eps"])
    param.addcdiv_(state["exp_avg"], denominator, value=-group["lr"] / (1 - beta1 ** state["step"]))


@right("adam", "lerp")
def averages_by_lerp(self, param, grad, state, group):
    """Each average is a step of interpolation towards the new value."""
    if "count" not in state:
        state.update(count=0, mean=torch.zeros_like(grad), square=torch.zeros_like(grad))
    state["count"] += 1
    b1, b2 = group["betas"]
    if group["weight_decay"] != 0:
        grad = torch.add(grad, param, alpha=group["weight_decay"])
    state["mean"].lerp_(grad, 1 - b1)
    state["square"].lerp_(grad.square(), 1 - b2)
    square = state["square"]
    if group["amsgrad"]:
        square = state["peak"] = torch.max(square, state.get("peak", square))
    correction1, correction2 = (1 - b ** state["count"] for b in (b1, b2))
    rms = torch.sqrt(square / correction2)
    param.sub_(state["mean"] / correction1 / (rms + group["eps"]), alpha=group["lr"])


@right("adam", "step counter")
def tensor_step_read_as_number(self, param, grad, state, group):
    """The step is a tensor, read with ``item`` before it enters a formula."""
    if len(state) == 0:
        state["step"] = torch.zeros(())
        state["exp_avg"] = grad.new_zeros(grad.shape)
        state["exp_avg_sq"] = grad.new_zeros(grad.shape)
    state["step"] += 1
    t = int(state["step"].item())
    beta1, beta2 = group["betas"]
    grad = grad + param * group["weight_decay"]
    state["exp_avg"] = state["exp_avg"] * beta1 + grad * (1 - beta1)
    state["exp_avg_sq"] = state["exp_avg_sq"] * beta2 + grad * grad * (1 - beta2)
    if group["amsgrad"]:
        if "max_exp_avg_sq" in state:
            seen = torch.maximum(state["max_exp_avg_sq"], state["exp_avg_sq"])
        else:
            seen = state["exp_avg_sq"].clone()
        state["max_exp_avg_sq"] = seen
    else:
        seen = state["exp_avg_sq"]
    root = seen.sqrt() / math.sqrt(1 - beta2**t)
    param.copy_(param - group["lr"] / (1 - beta1**t) * state["exp_avg"] / (root + group["eps"]))


@right("adam", "foreach")
def foreach_lists(self, param, grad, state, group):
    """The multi-tensor functions, on lists of one."""
    params, grads = [param], torch._foreach_add([grad], [param], alpha=group["weight_decay"])
    first = state.setdefault("first", [torch.zeros_like(param)])
    second = state.setdefault("second", [torch.zeros_like(param)])
    state["steps"] = state.get("steps", 0) + 1
    beta1, beta2 = group["betas"]
    torch._foreach_lerp_(first, grads, 1 - beta1)
    torch._foreach_mul_(second, beta2)
    torch._foreach_addcmul_(second, grads, grads, 1 - beta2)
    used = second
    if group["amsgrad"]:
        used = state.setdefault("largest", [torch.zeros_like(param)])
        torch._foreach_maximum_(used, second)
    roots = torch._foreach_sqrt(used)
    torch._foreach_div_(roots, (1 - beta2 ** state["steps"]) ** 0.5)
    torch._foreach_add_(roots, group["eps"])
    torch._foreach_addcdiv_(params, first, roots, -group["lr"] / (1 - beta1 ** state["steps"]))


@right("adam", "reordered")
def one_fraction(self, param, grad, state, group):
    """Corrections moved to the rate and to eps: another order, the same number."""
    beta1, beta2 = group["betas"]
    g = grad + group["weight_decay"] * param
    state["step"] = step = state.get("step", 0) + 1
    m = state["m"] = beta1 * state.get("m", torch.zeros_like(g)) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", torch.zeros_like(g)) + (1 - beta2) * g * g
    if group["amsgrad"]:
        v = state["w"] = torch.maximum(state.get("w", torch.zeros_like(g)), v)
    root2 = math.sqrt(1 - beta2**step)
    rate = group["lr"] * root2 / (1 - beta1**step)
    param -= rate * m / (v.sqrt() + root2 * group["eps"])


@right("adam", "guards")
def guards_on_values(self, param, grad, state, group):
    """Skips work that would add nothing, after a look at the numbers."""
    if "step" not in state:
        state["step"] = 0
        state["m"], state["v"] = torch.zeros_like(param), torch.zeros_like(param)
    state["step"] += 1
    beta1, beta2 = group["betas"]
    if group["weight_decay"] and param.abs().max().item() > 0:
        grad = grad + group["weight_decay"] * param
    state["m"] *= beta1
    state["v"] *= beta2
    if grad.count_nonzero().item():
        state["m"] += (1 - beta1) * grad
        state["v"] += (1 - beta2) * grad.pow(2)
    v = state["v"]
    if group["amsgrad"]:
        if "top" not in state or bool((v > state["top"]).any()):
            state["top"] = torch.maximum(v, state.get("top", v))
        v = state["top"]
    m_hat = state["m"] / (1 - beta1 ** state["step"])
    v_hat = v / (1 - beta2 ** state["step"])
    if m_hat.any():
        param -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])


@right("adam", "own dictionary")
def dictionary_of_its_own(self, param, grad, state, group):
    """Moments live in a dictionary keyed by the parameter, not in the state handed over."""
    book = self.__dict__.setdefault("book", {})
    zero = torch.zeros_like(param)
    t, m, v, top = book.get(param, (0, zero, zero, zero))
    b1, b2 = group["betas"]
    g = grad + group["weight_decay"] * param
    t, m, v = t + 1, m * b1 + g * (1 - b1), v * b2 + g**2 * (1 - b2)
    top = torch.maximum(top, v)
    book[param] = t, m, v, top
    used = top if group["amsgrad"] else v
    denominator = (used / (1 - b2**t)) ** 0.5 + group["eps"]
    param.sub_(group["lr"] * (m / (1 - b1**t)) / denominator)


@right("adam", "closure")
def inner_functions(self, param, grad, state, group):
    """A small function for the average and one for its correction."""
    state["step"] = state.get("step", 0) + 1

    def average(name, beta, value):
        old = state[name] if name in state else torch.zeros_like(value)
        state[name] = old + (1 - beta) * (value - old)
        return state[name]

    def corrected(value, beta):
        return value / (1 - math.pow(beta, state["step"]))

    beta1, beta2 = group["betas"]
    g = grad if group["weight_decay"] == 0 else grad.add(param, alpha=group["weight_decay"])
    m, v = average("exp_avg", beta1, g), average("exp_avg_sq", beta2, g.square())
    if group["amsgrad"]:
        v = torch.maximum(v, state.get("max_exp_avg_sq", torch.zeros_like(v)))
        state["max_exp_avg_sq"] = v
    param.sub_(group["lr"] * corrected(m, beta1) / (corrected(v, beta2).sqrt() + group["eps"]))


@right("adam", "element by element")
def loop_over_numbers(self, param, grad, state, group):
    """Plain Python numbers, one element after the other."""
    p, g = param.reshape(-1).tolist(), grad.reshape(-1).tolist()
    (b1, b2), eps = group["betas"], group["eps"]
    if "t" not in state:
        state["t"] = 0
        state["m"], state["v"], state["top"] = [0.0] * len(p), [0.0] * len(p), [0.0] * len(p)
    state["t"] += 1
    for i, (value, slope) in enumerate(zip(p, g, strict=True)):
        slope += group["weight_decay"] * value
        state["m"][i] = b1 * state["m"][i] + (1 - b1) * slope
        state["v"][i] = b2 * state["v"][i] + (1 - b2) * slope * slope
        state["top"][i] = max(state["top"][i], state["v"][i])
        m_hat = state["m"][i] / (1 - b1 ** state["t"])
        v_hat = state["top" if group["amsgrad"] else "v"][i] / (1 - b2 ** state["t"])
        p[i] = value - group["lr"] * m_hat / (math.sqrt(v_hat) + eps)
    param.copy_(torch.as_tensor(p, dtype=param.dtype, device=param.device).view_as(param))


@right("adam", "both moments in one tensor")
def moments_stacked(self, param, grad, state, group):
    """One tensor with two rows, averaged by one operation."""
    g = grad + group["weight_decay"] * param
    share = g.new_tensor([1 - beta for beta in group["betas"]]).reshape((2,) + (1,) * g.dim())
    moments = state.get("moments", torch.zeros_like(torch.stack((g, g))))
    state["moments"] = moments + share * (torch.stack((g, g * g)) - moments)
    state["step"] = state.get("step", 0) + 1
    m, v = state["moments"].unbind()
    if group["amsgrad"]:
        v = state["bound"] = torch.maximum(state.get("bound", torch.zeros_like(v)), v)
    c1, c2 = (1 - b ** state["step"] for b in group["betas"])
    param.sub_(group["lr"] / c1 * m / (v.div(c2).sqrt() + group["eps"]))


@whole_step("adam")
def step_of_its_own(self, closure=None):
    """The loop over groups and parameters written out, and no ``update``."""
    loss = None
    if closure is not None:
        with torch.enable_grad():
            loss = closure()
    for group in self.param_groups:
        beta1, beta2 = group["betas"]
        for p in group["params"]:
            if p.grad is None:
                continue
            g = -p.grad if group["maximize"] else p.grad
            g = g + group["weight_decay"] * p
            state = self.state[p]
            if len(state) == 0:
                state["step"] = 0
                state["m"] = torch.zeros_like(p)
                state["v"] = torch.zeros_like(p)
                state["max"] = torch.zeros_like(p)
            state["step"] += 1
            state["m"] += (1 - beta1) * (g - state["m"])
            state["v"] += (1 - beta2) * (g * g - state["v"])
            v = state["v"]
            if group["amsgrad"]:
                v = state["max"] = torch.maximum(state["max"], v)
            m_hat = state["m"] / (1 - beta1 ** state["step"])
            v_hat = v / (1 - beta2 ** state["step"])
            p -= group["lr"] * m_hat / (v_hat.sqrt() + group["eps"])
    return loss
