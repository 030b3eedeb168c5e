"""The exercises of the assignment "optimizers", each with the promise its check makes."""

from typing import Any

from course_lib.checks.spec import Exercise

_MOMENTS = ("lr", "betas", "eps", "weight_decay")


def _convention(name: str, section: str, title: str, claim: str) -> Exercise:
    return Exercise(
        slug=name,
        target=f"course_lib.optim.conventions.{name}",
        assignment="optimizers",
        section=section,
        title=title,
        claim=claim,
        kind="convention",
        reference=name,
        options=("lr", "momentum"),
        defaults={"lr": 0.1, "momentum": 0.9},
    )


def _optimizer(
    slug: str,
    name: str,
    section: str,
    title: str,
    options: tuple[str, ...],
    defaults: dict[str, Any] | None = None,
    rtol: float = 1e-12,
) -> Exercise:
    return Exercise(
        slug=slug,
        target=f"course_lib.optim.{name}",
        assignment="optimizers",
        section=section,
        title=title,
        claim=f"{name} moves every parameter as torch.optim.{name} does",
        kind="optimizer",
        reference=name,
        options=options,
        defaults=defaults or {},
        rtol=rtol,
        method="update",
        refused=("torch.optim",),
    )


_SGD = ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")

EXERCISES = (
    _convention(
        "rate_inside",
        "09_momentum#sec-conventions",
        "The rate inside the velocity",
        "rate_inside keeps a velocity that already holds the rate, and adds it",
    ),
    _convention(
        "rate_outside",
        "09_momentum#sec-conventions",
        "The rate outside the velocity",
        "rate_outside keeps a velocity without the rate, and steps by minus rate times velocity",
    ),
    _convention(
        "rate_inside_flipped",
        "09_momentum#sec-conventions",
        "The rate inside, the sign flipped",
        "rate_inside_flipped keeps a velocity that points uphill, and subtracts it",
    ),
    _optimizer("sgd", "SGD", "09_momentum#sec-momentum", "SGD with momentum", _SGD),
    _optimizer(
        "nesterov",
        "SGD",
        "09_momentum#sec-nesterov",
        "Nesterov momentum",
        _SGD,
        {"momentum": 0.9, "nesterov": True},
    ),
    _optimizer(
        "adagrad",
        "Adagrad",
        "10_adaptive_steps#sec-adagrad",
        "Adagrad",
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "maximize"),
    ),
    _optimizer(
        "rmsprop",
        "RMSprop",
        "10_adaptive_steps#sec-rmsprop",
        "RMSprop",
        ("lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize"),
    ),
    _optimizer(
        "adam",
        "Adam",
        "10_adaptive_steps#sec-adam",
        "Adam",
        (*_MOMENTS, "amsgrad", "maximize"),
    ),
    _optimizer(
        "adamw",
        "AdamW",
        "10_adaptive_steps#sec-adamw",
        "AdamW: decay apart from the gradient",
        (*_MOMENTS, "amsgrad", "maximize"),
    ),
    _optimizer(
        "adadelta",
        "Adadelta",
        "10_adaptive_steps#sec-adadelta",
        "Adadelta (beyond)",
        ("lr", "rho", "eps", "weight_decay", "maximize"),
    ),
    _optimizer(
        "nadam",
        "NAdam",
        "10_adaptive_steps#sec-nadam",
        "NAdam (beyond)",
        (*_MOMENTS, "momentum_decay", "decoupled_weight_decay", "maximize"),
        # torch keeps the product of the momenta in single precision.
        rtol=1e-7,
    ),
)
