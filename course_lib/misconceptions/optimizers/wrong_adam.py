"""Known mistakes in ``Adam.update``, ``AdamW.update`` and ``NAdam.update``."""

from course_lib.misconceptions.model import Misconception
from course_lib.misconceptions.optimizers.wrong_moments import moments

_ADAMW = "10_adaptive_steps#sec-adamw"
_NADAM = "10_adaptive_steps#sec-nadam"

_COUPLED = 'grad = grad.add(param, alpha=group["weight_decay"])'
_DECOUPLED = 'param.mul_(1 - lr * group["weight_decay"])\n'
_MOVE = "param.addcdiv_(m, denominator, value=-lr / m_correction)"

ADAM = moments("adam")

ADAMW = (
    *moments("adamw"),
    Misconception(
        slug="adamw/l2_in_gradient",
        belief="Weight decay and an L2 penalty are the same thing.",
        hint="You add the decay to the gradient, which is Adam with an L2 penalty. AdamW keeps the "
        "two apart: what happens to a decay that is divided by the root?",
        section=_ADAMW,
        edits=((_DECOUPLED, _COUPLED + "\n"),),
        caught_by=("adamw",),
    ),
    Misconception(
        slug="adamw/decay_after_step",
        belief="First the step, then the decay: the order makes no difference.",
        hint="You shrink the parameter after the step. The exercise asks for the decay before it, "
        "as torch does: what is shrunk in your order besides the old parameter?",
        section=_ADAMW,
        edits=((_DECOUPLED, "pass\n"), (_MOVE, f"{_MOVE}\n{_DECOUPLED.strip()}")),
        caught_by=("adamw",),
    ),
    Misconception(
        slug="adamw/decay_without_rate",
        belief="Decoupled decay is decoupled from the learning rate, too.",
        hint="Your decay does not change with the learning rate, as the schedule multiplier of the "
        "paper has it. The exercise asks for torch's form: by what does it multiply the decay?",
        section=_ADAMW,
        edits=((_DECOUPLED, 'param.mul_(1 - group["weight_decay"])\n'),),
        caught_by=("adamw",),
    ),
    Misconception(
        slug="adamw/decay_missing",
        belief="Weight decay belongs to the loss, not to the optimizer.",
        hint="Your path is that of weight_decay=0. What happens to the parameter before the step?",
        section=_ADAMW,
        edits=((_DECOUPLED, "pass\n"),),
        caught_by=("adamw",),
    ),
    Misconception(
        slug="adamw/decay_in_step",
        belief="The decay is a part of the step, and is corrected with it.",
        hint="Your decay is larger in the first steps. Is it meant to be divided by the correction "
        "of the first moment?",
        section=_ADAMW,
        edits=(
            (_DECOUPLED, "pass\n"),
            (
                _MOVE,
                'decay = group["weight_decay"] * param\n'
                "param.sub_(lr / m_correction * (m / denominator + decay))",
            ),
        ),
        caught_by=("adamw",),
    ),
    Misconception(
        slug="adamw/decay_climbs_too",
        belief="With maximize everything changes its sign, the weight decay too.",
        hint="With maximize your decay makes the parameter grow. Towards where should decay pull, "
        "whichever way the gradient goes?",
        section=_ADAMW,
        edits=(
            (
                _DECOUPLED,
                'sign = -1 if group["maximize"] else 1\n'
                'param.mul_(1 - sign * lr * group["weight_decay"])\n',
            ),
        ),
        caught_by=("adamw",),
    ),
)

NADAM = (
    Misconception(
        slug="nadam/constant_momentum",
        belief="The momentum of NAdam is beta1 at every step.",
        hint="You wrote the simplified NAdam with a constant beta1. The exercise asks for Dozat's "
        "form: how does the momentum grow with the step there?",
        section=_NADAM,
        edits=(
            ("mu = beta1 * (1 - 0.5 * 0.96 ** (t * psi))", "mu = beta1"),
            ("mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))", "mu_next = beta1"),
        ),
        caught_by=("nadam",),
    ),
    Misconception(
        slug="nadam/gradient_divided_too_far",
        belief="Gradient and moment are divided by the same product.",
        hint="You divide the gradient by the product up to the next step. Up to which step does "
        "the product reach that belongs to the bare gradient?",
        section=_NADAM,
        edits=(("(1 - mu) / (1 - product)", "(1 - mu) / (1 - product * mu_next)"),),
        caught_by=("nadam",),
    ),
    Misconception(
        slug="nadam/moment_not_ahead",
        belief="Gradient and moment belong to the same step, so they share its momentum.",
        hint="Your moment is weighed with the momentum of this step. Which step does NAdam look "
        "ahead to?",
        section=_NADAM,
        edits=(("mu_next / (1 - product * mu_next)", "mu / (1 - product)"),),
        caught_by=("nadam",),
    ),
    Misconception(
        slug="nadam/as_adam",
        belief="NAdam is Adam with a schedule.",
        hint="Your path is that of Adam. What does NAdam add of the bare gradient?",
        section=_NADAM,
        edits=(
            ("-lr * (1 - mu) / (1 - product)", "0.0"),
            ("mu_next / (1 - product * mu_next)", "1 / (1 - beta1**t)"),
        ),
        caught_by=("nadam",),
    ),
)
