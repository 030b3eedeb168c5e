"""What the optimizers are tried on: rows to be followed as torch does, rows to be refused."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

NAMES = ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "NAdam")
Options = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One run of an optimizer on given gradients, three parameters long.

    ``catches`` is the mistake that shows here. ``groups`` holds the options of one group per
    parameter, ``changes`` options set in every group before a step, ``missing`` the steps in which
    a parameter has no gradient, ``start`` the magnitude of the parameters, ``scale`` that of the
    gradients, ``wave`` another function from a step to a gradient's element.
    """

    catches: str
    options: Options = field(default_factory=dict)
    optimizer: str = ""
    groups: tuple[Options, ...] | None = None
    changes: dict[int, Options] = field(default_factory=dict)
    missing: dict[int, range] = field(default_factory=dict)
    start: float = 1.0
    scale: float = 1.0
    wave: Callable[[int], float] | None = None
    dtype: torch.dtype = torch.float64
    steps: int = 200
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{self.optimizer}-{self.catches.replace(' ', '_')}"


# Rows every optimizer is tried on.
COMMON = (
    Case("wrong defaults"),
    Case("one step count for all parameters", missing={0: range(60, 70), 1: range(1, 40)}),
    Case("state for a parameter without gradients", missing={1: range(1, 201)}),
    Case("options of the first group for all", groups=({"lr": 0.1}, {"weight_decay": 0.3}, {})),
    Case("rate read once or kept inside the state", changes={20: {"lr": 0.2}, 90: {"lr": 1e-4}}),
    Case("decay with the gradient's sign", {"weight_decay": 0.3, "maximize": True}),
    Case("decay read once", {"weight_decay": 0.3}, changes={50: {"weight_decay": 0.0}}),
    Case("large gradients", scale=1e4),
    Case("gradients of the size of eps", {"lr": 0.1}, scale=1e-7, start=0.0),
    Case("zeros taken for missing", {"weight_decay": 0.1}, wave=lambda t: float(t % 3 == 0)),
    Case("rate as a tensor", {"lr": torch.tensor(0.05, dtype=torch.float64)}),
    Case("rate as a tensor with an axis", {"lr": torch.tensor([0.05], dtype=torch.float64)}),
    Case("complex numbers squared as such", {"weight_decay": 0.1}, dtype=torch.complex128),
    Case("double precision assumed", {"lr": 0.01}, dtype=torch.float32, tolerance=2e-6),
)

_MOMENTS = (
    Case("betas swapped", {"lr": 0.1, "betas": (0.5, 0.9)}),
    Case("eps in another place", {"lr": 0.1, "eps": 1e-2}, scale=1e-2),
    Case("eps zero", {"eps": 0.0}),
    Case("beta1 zero", {"lr": 0.1, "betas": (0.0, 0.99)}),
    Case("betas read once", {"lr": 0.1}, changes={50: {"betas": (0.5, 0.9)}}),
    Case("no bias correction", {"lr": 0.1, "betas": (0.99, 0.9999)}),
)

_AMSGRAD = (
    Case("maximum of corrected moments", {"amsgrad": True, "betas": (0.9, 0.9)}),
    Case("maximum and eps", {"amsgrad": True, "eps": 1e-2}, scale=1e-2),
    Case("complex maximum", {"amsgrad": True, "betas": (0.9, 0.9)}, dtype=torch.complex128),
    Case(
        "betas as tensors",
        {"betas": (torch.tensor(0.8, dtype=torch.float64), torch.tensor([0.9]).double())},
    ),
)

_DECOUPLED = Case(
    "decay through the moments", {"weight_decay": 0.3, "lr": 0.1, "decoupled_weight_decay": True}
)

# Rows for one optimizer's own options.
OWN: dict[str, tuple[Case, ...]] = {
    "SGD": (
        Case("averaged momentum", {"lr": 0.1, "momentum": 0.9}),
        Case("first buffer dampened", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
        Case("dampening without momentum", {"lr": 0.1, "dampening": 0.5}),
        Case("old buffer looked along", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        Case(
            "decay missing in the look-ahead",
            {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2},
        ),
        Case("rate inside the buffer", {"momentum": 0.9}, changes={50: {"lr": 0.5}}),
        Case("momentum read once", {"momentum": 0.9}, changes={50: {"momentum": 0.5}}),
        Case("buffer before momentum", changes={50: {"momentum": 0.9}, 99: {"nesterov": True}}),
        Case(
            "first buffer counted for all",
            {"momentum": 0.9, "dampening": 0.5},
            missing={1: range(1, 20)},
        ),
        Case("complex buffer", {"momentum": 0.9, "nesterov": True}, dtype=torch.complex128),
    ),
    "Adagrad": (
        Case("eps inside the root", {"lr": 0.1, "eps": 1e-2}, scale=1e-2),
        Case("rate decayed in the first step", {"lr": 0.1, "lr_decay": 0.5}),
        Case("sum from zero", {"lr": 0.1, "initial_accumulator_value": 2.0}),
        Case(
            "start value of a group",
            {"initial_accumulator_value": 2.0},
            groups=({"initial_accumulator_value": 9.0}, {}, {}),
        ),
        Case("complex start value", {"initial_accumulator_value": 2.0}, dtype=torch.complex128),
    ),
    "Adadelta": (
        Case("eps outside the roots", {"eps": 1e-2}, scale=1e-2),
        Case("rate in the average of steps", {"lr": 0.1}),
        Case("averages swapped", {"rho": 0.5}),
        Case("rho read once", changes={50: {"rho": 0.5}}),
    ),
    "RMSprop": (
        Case("eps inside the root", {"lr": 0.1, "eps": 1e-2}, scale=1e-2),
        Case("a sum in place of an average", {"lr": 0.1, "alpha": 0.5}),
        Case("rate inside the buffer", {"momentum": 0.9}, changes={50: {"lr": 0.3}}),
        Case("old mean subtracted", {"lr": 0.1, "alpha": 0.5, "centered": True}),
        Case("centered and eps", {"centered": True, "eps": 1e-2}, scale=1e-2),
        Case("centered and momentum", {"centered": True, "momentum": 0.5, "weight_decay": 0.1}),
        Case("alpha read once", {"momentum": 0.5}, changes={50: {"alpha": 0.5, "momentum": 0.9}}),
        Case("complex mean", {"centered": True, "momentum": 0.5}, dtype=torch.complex128),
    ),
    "Adam": (*_MOMENTS, *_AMSGRAD, _DECOUPLED),
    "AdamW": (
        *_MOMENTS,
        *_AMSGRAD,
        Case("decay without the rate", {"weight_decay": 0.3, "lr": 0.1}),
        Case("decay at an earlier rate", {"weight_decay": 0.3}, changes={50: {"lr": 0.3}}),
    ),
    "NAdam": (
        *_MOMENTS,
        Case("constant momentum", {"lr": 0.1, "momentum_decay": 0.3}),
        Case("products of one step too few", {"lr": 0.1, "momentum_decay": 0.0}),
        _DECOUPLED,
    ),
}

CASES = tuple(replace(case, optimizer=name) for name in NAMES for case in (*COMMON, *OWN[name]))


@dataclass(frozen=True)
class Refused:
    """Constructor arguments that must be refused: the message says what was needed and got."""

    options: Options
    message: str
    optimizers: tuple[str, ...] = NAMES
    error: type[Exception] = ValueError


_BETAS = ("Adam", "AdamW", "NAdam")
REFUSED = (
    Refused({"lr": -1.0}, r"lr must be at least 0, got -1\.0"),
    Refused({"lr": torch.tensor(-1.0)}, r"lr must be at least 0, got -1\.0"),
    Refused({"lr": torch.ones(2)}, r"lr must have one element, got shape \(2,\)"),
    Refused({"lr": "fast"}, "'>=' not supported", error=TypeError),
    Refused({"weight_decay": -0.1}, r"weight_decay must be at least 0, got -0\.1"),
    Refused({"eps": -1e-8}, "eps must be at least 0, got -1e-08", NAMES[1:]),
    Refused({"momentum": -0.5}, r"momentum must be at least 0, got -0\.5", ("SGD", "RMSprop")),
    Refused({"nesterov": True}, "nesterov needs momentum above 0 and dampening 0", ("SGD",)),
    Refused(
        {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
        r"got momentum 0\.9 and dampening 0\.1",
        ("SGD",),
    ),
    Refused({"alpha": -0.1}, r"alpha must be at least 0, got -0\.1", ("RMSprop",)),
    Refused({"rho": 1.1}, r"rho must be in \[0, 1\], got 1\.1", ("Adadelta",)),
    Refused({"rho": -0.1}, r"rho must be in \[0, 1\], got -0\.1", ("Adadelta",)),
    Refused({"lr_decay": -0.1}, r"lr_decay must be at least 0, got -0\.1", ("Adagrad",)),
    Refused(
        {"initial_accumulator_value": -1.0},
        r"initial_accumulator_value must be at least 0, got -1\.0",
        ("Adagrad",),
    ),
    Refused({"momentum_decay": -0.1}, r"momentum_decay must be at least 0", ("NAdam",)),
    Refused({"betas": (1.0, 0.9)}, r"betas\[0\] must be in \[0, 1\), got 1\.0", _BETAS),
    Refused({"betas": (0.9, 1.0)}, r"betas\[1\] must be in \[0, 1\), got 1\.0", _BETAS),
    Refused({"betas": (-0.1, 0.9)}, r"betas\[0\] must be in \[0, 1\), got -0\.1", _BETAS),
    Refused({"betas": (0, 0.9)}, "two floats or two tensors, got int and float", _BETAS[:2]),
    Refused(
        {"betas": (torch.tensor(0.9), 0.9)},
        "two floats or two tensors, got Tensor and float",
        _BETAS[:2],
    ),
    Refused({"rate": 0.1}, "unexpected keyword argument 'rate'", error=TypeError),
)
REFUSED_ROWS = tuple((name, row) for row in REFUSED for name in row.optimizers)

# Accepted although one might expect otherwise.
ACCEPTED_ROWS: tuple[tuple[str, Options], ...] = (
    ("SGD", {"dampening": -3.0}),
    ("SGD", {"momentum": 5.0}),
    ("RMSprop", {"alpha": 1.5}),
    ("Adadelta", {"rho": 1.0}),
    ("NAdam", {"betas": (0, 0.9)}),
    *((name, {"lr": 0.0}) for name in NAMES),
)


def _tensor() -> Tensor:
    return torch.zeros(2, requires_grad=True)


def _shared() -> list[Options]:
    tensor = _tensor()
    return [{"params": tensor}, {"params": [tensor]}]


# Parameters that must be refused: what, how to make them, the exception's type.
REFUSED_PARAMS: tuple[tuple[str, Callable[[], Any], type[Exception]], ...] = (
    ("a bare tensor", _tensor, TypeError),
    ("nothing", list, ValueError),
    ("a set in a group", lambda: [{"params": {_tensor()}}], TypeError),
    ("a number", lambda: [_tensor(), 1.0], TypeError),
    ("a tensor with a history", lambda: [_tensor() * 2], ValueError),
    ("a parameter in two groups", _shared, ValueError),
    ("names for some", lambda: [("a", _tensor()), _tensor()], ValueError),
    (
        "names in one group",
        lambda: [{"params": [("a", _tensor())]}, {"params": [_tensor()]}],
        ValueError,
    ),
)
