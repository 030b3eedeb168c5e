"""Right ways to write the velocity conventions, ``Adadelta.update`` and ``NAdam.update``."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right


@right("rate_inside", "in place")
def inside_in_place(velocity, grad, lr, momentum):
    """Changes the velocity it was handed, which it may."""
    velocity.mul_(momentum).sub_(grad, alpha=lr)
    return velocity, velocity.clone()


@right("rate_inside", "reordered")
def inside_by_add(velocity, grad, lr, momentum):
    """The step of plain descent first, the kept velocity on top."""
    descent = -lr * grad
    moved = torch.add(descent, velocity, alpha=momentum)
    return (moved, moved)


@right("rate_outside", "in place")
def outside_in_place(velocity, grad, lr, momentum):
    """Changes the velocity it was handed, which it may."""
    velocity *= momentum
    velocity += grad
    return velocity, velocity.mul(-lr)


@right("rate_outside", "reordered")
def outside_by_add(velocity, grad, lr, momentum):
    """One call for the sum, one for the step."""
    summed = torch.add(grad, velocity, alpha=momentum)
    return summed, torch.neg(summed) * lr


@right("rate_inside_flipped", "in place")
def flipped_in_place(velocity, grad, lr, momentum):
    """Changes the velocity it was handed, which it may."""
    velocity.mul_(momentum).add_(grad, alpha=lr)
    return velocity, torch.neg(velocity)


@right("rate_inside_flipped", "reordered")
def flipped_by_inside(velocity, grad, lr, momentum):
    """The other sign all the way, turned round for the velocity."""
    step = -momentum * velocity - lr * grad
    return -step, step


@right("adadelta", "out of place")
def formula_out_of_place(self, param, grad, state, group):
    """The formula read aloud; new averages at every step."""
    rho, eps = group["rho"], group["eps"]
    g = grad + group["weight_decay"] * param
    v = rho * state.get("v", 0) + (1 - rho) * g**2
    u = state.get("u", torch.zeros_like(v))
    delta = (u + eps).sqrt() / (v + eps).sqrt() * g
    state["v"], state["u"] = v, rho * u + (1 - rho) * delta**2
    param -= group["lr"] * delta


@right("adadelta", "in place")
def averages_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if not state:
        state["seen"], state["moved"] = torch.zeros_like(param), torch.zeros_like(param)
    grad = grad.add(param, alpha=group["weight_decay"])
    state["seen"].mul_(group["rho"]).addcmul_(grad, grad, value=1 - group["rho"])
    ratio = state["moved"].add(group["eps"]).div_(state["seen"].add(group["eps"])).sqrt_()
    ratio.mul_(grad)
    state["moved"].mul_(group["rho"]).addcmul_(ratio, ratio, value=1 - group["rho"])
    param.add_(ratio, alpha=-group["lr"])


@right("adadelta", "lerp")
def averages_by_lerp(self, param, grad, state, group):
    """Each average is a step of interpolation towards the new value."""
    zeros = torch.zeros_like(param)
    if group["weight_decay"] != 0:
        grad = torch.add(grad, param, alpha=group["weight_decay"])
    state["square"] = torch.lerp(state.get("square", zeros), grad.square(), 1 - group["rho"])
    moved = state.get("moved", zeros)
    step = grad * torch.sqrt(moved + group["eps"]) * torch.rsqrt(state["square"] + group["eps"])
    state["moved"] = torch.lerp(moved, step.square(), 1 - group["rho"])
    param.sub_(step, alpha=group["lr"])


@right("nadam", "out of place")
def nadam_read_aloud(self, param, grad, state, group):
    """The formula with each product of momenta by name."""
    beta1, beta2 = group["betas"]
    rate = group["lr"]
    if group["weight_decay"] and group["decoupled_weight_decay"]:
        param.mul_(1 - rate * group["weight_decay"])
        g = grad
    else:
        g = grad + group["weight_decay"] * param
    t = state["t"] = state.get("t", 0) + 1
    mu = beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * group["momentum_decay"]))
    product = state["product"] = state.get("product", 1.0) * mu
    m = state["m"] = beta1 * state.get("m", torch.zeros_like(g)) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", torch.zeros_like(g)) + (1 - beta2) * g * g
    denominator = (v / (1 - beta2**t)).sqrt() + group["eps"]
    ahead = (1 - mu) / (1 - product) * g + mu_next / (1 - product * mu_next) * m
    param -= rate * ahead / denominator


@right("nadam", "in place")
def moments_in_place(self, param, grad, state, group):
    """Every operation that can work in place does."""
    if "step" not in state:
        state["step"], state["product"] = 0, 1.0
        state["exp_avg"] = torch.zeros_like(param)
        state["exp_avg_sq"] = torch.zeros_like(param)
    state["step"] += 1
    if group["decoupled_weight_decay"]:
        param.sub_(param, alpha=group["lr"] * group["weight_decay"])
    else:
        grad = grad.add(param, alpha=group["weight_decay"])
    (beta1, beta2), psi = group["betas"], group["momentum_decay"]
    now, later = (
        beta1 * (1.0 - 0.5 * 0.96 ** (psi * k)) for k in (state["step"], state["step"] + 1)
    )
    state["product"] *= now
    state["exp_avg"].lerp_(grad, 1 - beta1)
    state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    root = state["exp_avg_sq"].div(1 - beta2 ** state["step"]).sqrt_().add_(group["eps"])
    param.addcdiv_(grad, root, value=-group["lr"] * (1 - now) / (1 - state["product"]))
    share = later / (1 - state["product"] * later)
    param.addcdiv_(state["exp_avg"], root, value=-group["lr"] * share)
