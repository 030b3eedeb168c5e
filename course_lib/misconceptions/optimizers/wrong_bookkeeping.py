"""Known mistakes around the formula, which can be made in every optimizer."""

from dataclasses import dataclass

from course_lib.misconceptions.model import Misconception

_OPTIMIZER = "08_gradient_descent#sec-optimizer"
_DECAY = "08_gradient_descent#sec-weight-decay"

_COUPLED = 'grad.add(param, alpha=group["weight_decay"])'
_COUNT = 'state["step"] += 1\n'


@dataclass(frozen=True)
class _Rule:
    """The lines of a library's rule in which these mistakes are made."""

    exercise: str
    start: str
    created: str
    moves: tuple[str, ...]
    caught_by: tuple[str, ...]
    coupled: bool = True
    counted: bool = True

    def mistake(
        self,
        fault: str,
        belief: str,
        hint: str,
        section: str,
        *edits: tuple[str, str],
        needs_gpu: bool = False,
    ) -> Misconception:
        return Misconception(
            slug=f"{self.exercise}/{fault}",
            belief=belief,
            hint=hint,
            section=section,
            edits=edits,
            caught_by=self.caught_by,
            needs_gpu=needs_gpu,
        )


_RULES = (
    _Rule(
        "sgd",
        start='momentum = group["momentum"]\n',
        created="torch.clone(grad)",
        moves=("param.add_(",),
        caught_by=("sgd", "nesterov"),
        counted=False,
    ),
    _Rule(
        "adagrad",
        start="if not state:\n",
        created='torch.full_like(param, self.defaults["initial_accumulator_value"])',
        moves=("param.addcdiv_(",),
        caught_by=("adagrad",),
    ),
    _Rule(
        "rmsprop",
        start='alpha, momentum = group["alpha"], group["momentum"]\n',
        created='state["square_avg"] = torch.zeros_like(param)',
        moves=("param.add_(", "param.addcdiv_("),
        caught_by=("rmsprop",),
        counted=False,
    ),
    _Rule(
        "adam",
        start='lr, (beta1, beta2) = group["lr"], group["betas"]\n',
        created='state["exp_avg"] = torch.zeros_like(param)',
        moves=("param.addcdiv_(",),
        caught_by=("adam",),
    ),
    _Rule(
        "adamw",
        start='lr, (beta1, beta2) = group["lr"], group["betas"]\n',
        created='state["exp_avg"] = torch.zeros_like(param)',
        moves=("param.addcdiv_(",),
        caught_by=("adamw",),
        coupled=False,
    ),
)


def _on_cpu(created: str) -> str:
    """The line that makes a state tensor, with the device left to torch."""
    shape = "param.shape, dtype=param.dtype"
    if "zeros_like(param)" in created:
        return created.replace("zeros_like(param)", f"zeros({shape})")
    if "clone(grad)" in created:
        return f'torch.zeros({shape})\n        state["momentum_buffer"] += grad'
    fill = created.partition(", ")[2].removesuffix(")")
    return f"torch.full(\n        param.shape, {fill}, dtype=param.dtype\n    )"


def _of_every_rule(rule: _Rule) -> tuple[Misconception, ...]:
    return (
        rule.mistake(
            "maximize_again",
            "The rule itself has to turn the gradient round when it climbs.",
            "With maximize your parameter walks downhill. Who turns the gradient round before "
            "update is called?",
            _OPTIMIZER,
            (rule.start, f'if group["maximize"]:\n    grad = -grad\n{rule.start}'),
        ),
        rule.mistake(
            "state_shared",
            "One set of buffers is enough for the whole model.",
            "Gradients of one parameter turn up in the steps of another. How many parameters share "
            "your state?",
            _OPTIMIZER,
            (rule.start, f'state = self.__dict__.setdefault("shared", {{}})\n{rule.start}'),
        ),
        rule.mistake(
            "state_on_cpu",
            "torch.zeros with the right shape and dtype gives the right tensor.",
            "Your state lies on another device than the parameter. Where does torch.zeros put a "
            "tensor when nobody says where?",
            _OPTIMIZER,
            (rule.created, _on_cpu(rule.created)),
            needs_gpu=True,
        ),
        rule.mistake(
            "parameter_rebound",
            "Giving the name param a new value changes the parameter.",
            "Your parameters never move. What does `param = ...` change, the tensor or only the "
            "name?",
            _OPTIMIZER,
            *((move, f"param = {move.replace('_(', '(')}") for move in rule.moves),
        ),
        rule.mistake(
            "storage_replaced",
            "A parameter with the right numbers is the right parameter.",
            "Your parameter got new memory; whoever looks at the old one, as a view or a shared "
            "weight does, no longer sees it move. Which operations write into a tensor?",
            _OPTIMIZER,
            *((move, f"param.data = {move.replace('_(', '(')}") for move in rule.moves),
        ),
    )


def _of_coupled_decay(rule: _Rule) -> tuple[Misconception, ...]:
    return (
        rule.mistake(
            "gradient_changed_in_place",
            "The gradient is only needed once, so it may be used as scratch paper.",
            "Your step changes the gradients it was given. Who else may still want to read them?",
            _OPTIMIZER,
            (_COUPLED, _COUPLED.replace("add", "add_")),
        ),
        rule.mistake(
            "decay_missing",
            "Weight decay belongs to the loss, not to the optimizer.",
            "Your path is that of weight_decay=0. What does a decay add to the gradient before "
            "anything else happens to it?",
            _DECAY,
            (_COUPLED, "grad"),
        ),
        rule.mistake(
            "decay_climbs_too",
            "With maximize everything changes its sign, the weight decay too.",
            "With maximize your decay makes the parameter grow. Towards where should decay pull, "
            "whichever way the gradient goes?",
            _DECAY,
            (_COUPLED, _COUPLED.replace("group", '(-1 if group["maximize"] else 1) * group')),
        ),
        rule.mistake(
            "decoupled_decay",
            "Weight decay shrinks the parameter and has nothing to do with the gradient.",
            "You wrote decoupled decay, the form of AdamW: it shrinks the parameter beside the "
            "step. The exercise asks for the coupled form: where does the decay join the gradient?",
            "10_adaptive_steps#sec-adamw",
            (f"grad = {_COUPLED}", 'param.mul_(1 - group["lr"] * group["weight_decay"])'),
        ),
    )


def _of_the_count(rule: _Rule) -> tuple[Misconception, ...]:
    counted_once = 'self.steps = self.__dict__.get("steps", 0) + 1\nstate["step"].fill_(self.steps)'
    return (
        rule.mistake(
            "step_counted_for_all",
            "The optimizer counts its steps once, for all parameters.",
            "Your step count runs ahead when there is more than one parameter. Whose steps does "
            "it count?",
            _OPTIMIZER,
            (_COUNT, f"{counted_once}\n"),
        ),
    )


MISCONCEPTIONS = tuple(
    mistake
    for rule in _RULES
    for mistake in (
        *_of_every_rule(rule),
        *(_of_coupled_decay(rule) if rule.coupled else ()),
        *(_of_the_count(rule) if rule.counted else ()),
    )
)
