"""Known mistakes in ``SGD.update``, with and without Nesterov."""

from course_lib.misconceptions.model import Misconception

_CONVENTIONS = "09_momentum#sec-conventions"
_MOMENTUM = "09_momentum#sec-momentum"
_DAMPENING = "09_momentum#sec-dampening"
_NESTEROV = "09_momentum#sec-nesterov"
_OPTIMIZER = "08_gradient_descent#sec-optimizer"

_FIRST = "torch.clone(grad)"
_SHARE = '1 - group["dampening"]'
_LOOK = "grad.add(direction, alpha=momentum)"
_MOVE = 'param.add_(direction, alpha=-group["lr"])'

MISCONCEPTIONS = (
    Misconception(
        slug="sgd/dampening_on_first_step",
        belief="Dampening scales every gradient that enters the buffer, the first one too.",
        hint="Your first step is too short. Has the buffer anything to be damped against when it "
        "is first filled?",
        section=_DAMPENING,
        edits=((_FIRST, f"grad * ({_SHARE})"),),
        caught_by=("sgd",),
    ),
    Misconception(
        slug="sgd/dampening_missing",
        belief="Dampening is another word for the momentum coefficient, so it is already there.",
        hint="From the second step on your buffer takes in the whole gradient. Which share of it "
        "does dampening let in?",
        section=_DAMPENING,
        edits=((_SHARE, "1"),),
        caught_by=("sgd",),
    ),
    Misconception(
        slug="sgd/first_buffer_zero",
        belief="The buffer starts at zero, and the first gradient only counts from then on.",
        hint="Your first step leaves the first gradient out of the buffer. What should the buffer "
        "hold after one gradient has been seen?",
        section=_MOMENTUM,
        edits=((_FIRST, "torch.zeros_like(grad)"),),
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="sgd/rate_inside_velocity",
        belief="The buffer is the last step, so the learning rate is a part of it.",
        hint="You keep the rate inside the velocity, which is convention 1. The exercise asks for "
        "convention 2: what should happen to the old part of a step when the rate changes?",
        section=_CONVENTIONS,
        body="""\
if group["weight_decay"] != 0:
    grad = grad + group["weight_decay"] * param
step = group["lr"] * grad
if group["momentum"] != 0:
    if "velocity" in state:
        share = 1 - group["dampening"]
        state["velocity"] = group["momentum"] * state["velocity"] + share * step
    else:
        state["velocity"] = step.clone()
    if group["nesterov"]:
        step = step + group["momentum"] * state["velocity"]
    else:
        step = state["velocity"]
param.sub_(step)
""",
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="sgd/averaged_momentum",
        belief="The buffer is the running mean of the gradients.",
        hint="You wrote the averaged form, where every gradient enters with weight 1 - momentum. "
        "The exercise asks for the sum: with which weight does a new gradient enter there?",
        section=_CONVENTIONS,
        edits=((_FIRST, "(1 - momentum) * grad"), (_SHARE, "1 - momentum")),
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="sgd/averaged_after_first",
        belief="The first gradient fills the buffer, and from then on the buffer is a mean.",
        hint="After the first step your gradients enter with weight 1 - momentum: a running mean. "
        "The exercise asks for the sum: with which weight does a new gradient enter there?",
        section=_CONVENTIONS,
        edits=((_SHARE, "1 - momentum"),),
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="sgd/uphill",
        belief="An optimizer adds the scaled gradient to the parameter.",
        hint="Your parameter walks uphill. Which way does the gradient point, and which "
        "way is down?",
        section=_OPTIMIZER,
        edits=((_MOVE, _MOVE.replace("-", "")),),
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="sgd/graph_kept_in_state",
        belief="The state is made of tensors, and autograd takes care of tensors.",
        hint="Your state remembers the computation that made it, and grows with every step. "
        "Under which grad mode should a step run?",
        section=_OPTIMIZER,
        methods="""\
def step(self, closure=None):
    for group in self.param_groups:
        for p in group["params"]:
            if p.grad is None:
                continue
            state = self.state[p]
            d = (-p.grad if group["maximize"] else p.grad) + group["weight_decay"] * p
            if group["momentum"] != 0:
                if "momentum_buffer" in state:
                    share = (1 - group["dampening"]) * d
                    state["momentum_buffer"] = group["momentum"] * state["momentum_buffer"] + share
                else:
                    state["momentum_buffer"] = d
                if group["nesterov"]:
                    d = d + group["momentum"] * state["momentum_buffer"]
                else:
                    d = state["momentum_buffer"]
            p.data.sub_(group["lr"] * d.detach())
""",
        caught_by=("sgd", "nesterov"),
    ),
    Misconception(
        slug="nesterov/old_buffer",
        belief="Looking ahead means using the velocity from before this step.",
        hint="Your path is that of plain momentum: the gradient plus the old buffer is no more "
        "than the new buffer. Which buffer carries the step one further?",
        section=_NESTEROV,
        body="""\
if group["weight_decay"] != 0:
    grad = grad + group["weight_decay"] * param
if group["momentum"] != 0:
    old = state.get("momentum_buffer", torch.zeros_like(grad))
    share = 1 - group["dampening"] if state else 1
    state["momentum_buffer"] = group["momentum"] * old + share * grad
    if group["nesterov"]:
        grad = grad + group["momentum"] * old
    else:
        grad = state["momentum_buffer"]
param.sub_(group["lr"] * grad)
""",
        caught_by=("nesterov",),
    ),
    Misconception(
        slug="nesterov/rate_on_gradient_only",
        belief="The rate scales the gradient; the velocity already is a step.",
        hint="In your look-ahead the buffer moves the parameter at full length. Which part of the "
        "step does the rate multiply when it stands outside?",
        section=_NESTEROV,
        edits=((_LOOK, 'grad.add(direction, alpha=momentum / group["lr"])'),),
        caught_by=("nesterov",),
    ),
    Misconception(
        slug="nesterov/ahead_of_buffer",
        belief="Looking ahead is one more push of the velocity, on top of the velocity.",
        hint="Your step is the buffer plus momentum times the buffer. On top of what does Nesterov "
        "add it?",
        section=_NESTEROV,
        edits=((_LOOK, "direction.add(direction, alpha=momentum)"),),
        caught_by=("nesterov",),
    ),
    Misconception(
        slug="nesterov/undiscounted_buffer",
        belief="Looking ahead adds the whole velocity to the gradient.",
        hint="Your look-ahead adds the buffer at full weight. How far does the velocity carry in "
        "one more step?",
        section=_NESTEROV,
        edits=((_LOOK, "grad.add(direction)"),),
        caught_by=("nesterov",),
    ),
    Misconception(
        slug="nesterov/decay_left_out",
        belief="The look-ahead adds the raw gradient; the decay is already in the buffer.",
        hint="With weight decay your look-ahead starts from the bare gradient. Which gradient does "
        "the rest of the rule work with?",
        section=_NESTEROV,
        edits=((_LOOK, f'{_LOOK}.sub(param, alpha=group["weight_decay"])'),),
        caught_by=("nesterov",),
    ),
)
