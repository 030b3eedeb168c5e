"""What the schedules are tried on: rows to be followed as torch does, rows to be refused."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

Options = dict[str, Any]

RECURSIVE = ("StepLR", "MultiStepLR", "ExponentialLR", "LinearLR", "CosineAnnealingLR")
ABSOLUTE = ("CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR")
TORCHS = (*RECURSIVE, *ABSOLUTE)
OWN = ("LinearDecayLR", "InverseSqrtLR", "LinearWarmupLR")
STEPPED = (*TORCHS, *OWN)
NAMES = (*STEPPED, "ReduceLROnPlateau")

BASE_LRS = (0.1, 0.3, 2e-3)
"""Rates of the three groups every row drives."""


@dataclass(frozen=True)
class Case:
    """One run of a schedule beside torch's, on an optimizer with three groups.

    ``catches`` is the mistake that shows here. ``edits`` holds factors on every group's rate,
    applied from outside before a step, ``chained`` further schedules of the same optimizer,
    ``after`` what a warm-up hands over to, ``optimizer`` whose groups are driven, ``resumed`` the
    ``last_epoch`` of the constructor, ``tensors`` whether the rates are tensors.
    """

    catches: str
    options: Options = field(default_factory=dict)
    schedule: str = ""
    edits: dict[int, float] = field(default_factory=dict)
    chained: tuple[tuple[str, Options], ...] = ()
    after: tuple[str, Options] | None = None
    optimizer: str = "SGD"
    resumed: int = -1
    tensors: bool = False
    steps: int = 1000
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{self.schedule}-{self.catches.replace(' ', '_')}"


# Options under which every schedule is tried for edits, chains, resuming and state dicts.
TYPICAL: dict[str, Options] = {
    "StepLR": {"step_size": 30, "gamma": 0.9},
    "MultiStepLR": {"milestones": [80, 20, 60, 60], "gamma": 0.5},
    "ExponentialLR": {"gamma": 0.99},
    "LinearLR": {"start_factor": 0.2, "end_factor": 0.9, "total_iters": 50},
    "CosineAnnealingLR": {"T_max": 40, "eta_min": 1e-3},
    "CosineAnnealingWarmRestarts": {"T_0": 7, "T_mult": 2, "eta_min": 1e-3},
    "CyclicLR": {"base_lr": 0.01, "max_lr": [0.2, 0.4, 0.1], "step_size_up": 30},
    "OneCycleLR": {"max_lr": [1.0, 2.0, 0.5], "total_steps": 2000},
    "LinearDecayLR": {"total_steps": 400},
    "InverseSqrtLR": {"warmup_steps": 40},
    "LinearWarmupLR": {"warmup_steps": 40},
}

# Rows every schedule is tried on. After 35 steps all of them are in mid-course.
COMMON = (
    Case("typical options"),
    Case("an edit kept or forgotten", edits={35: 0.5, 300: 3.0}),
    Case("rates as tensors", tensors=True),
    Case("a chain", chained=(("ExponentialLR", {"gamma": 0.995}), ("StepLR", {"step_size": 300}))),
    Case("betas in the groups", optimizer="Adam"),
)

_CYCLE = {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 13}

CASES_OF: dict[str, tuple[Case, ...]] = {
    "StepLR": (
        Case("off by one step", {"step_size": 3, "gamma": 0.98}),
        Case("default gamma", {"step_size": 100}),
        Case("a step in every epoch", {"step_size": 1, "gamma": 0.99}),
        Case("a rate that grows", {"step_size": 250, "gamma": 3.0}),
        Case("longer than the run", {"step_size": 5000}),
        Case("resumed on a stair", {"step_size": 30}, resumed=28),
        Case("resumed at an edge", {"step_size": 30}, resumed=29),
    ),
    "MultiStepLR": (
        Case("default gamma", {"milestones": [5, 700]}),
        Case("milestones in order only", {"milestones": [700, 5], "gamma": 0.3}),
        Case("repeats counted once", {"milestones": [9, 9, 9, 500], "gamma": 0.7}),
        Case("milestone zero", {"milestones": [0, 1], "gamma": 0.5}),
        Case("no milestone", {"milestones": []}),
        Case("a tuple", {"milestones": (3, 4)}),
        Case("resumed at a milestone", {"milestones": [30, 40]}, resumed=29),
    ),
    "ExponentialLR": (
        Case("slow decay", {"gamma": 0.9999}),
        Case("growth", {"gamma": 1.005}),
        Case("down to denormal numbers", {"gamma": 0.48}),
        Case("no decay", {"gamma": 1.0}),
        Case("zero after the first epoch", {"gamma": 0.0}),
        Case("resumed", {"gamma": 0.99}, resumed=41),
    ),
    "LinearLR": (
        Case("defaults"),
        Case("down to zero", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 600}),
        Case("end a step late", {"start_factor": 0.1, "total_iters": 1}),
        Case("no iterations", {"start_factor": 0.5, "total_iters": 0}),
        Case("longer than the run", {"start_factor": 1e-3, "total_iters": 3000}),
        Case("the warm-up of a thousand", {"start_factor": 1 / 1000, "total_iters": 999}),
        Case("resumed on the way", {"start_factor": 0.2, "total_iters": 50}, resumed=20),
        Case("resumed at the end", {"start_factor": 0.2, "total_iters": 50}, resumed=49),
        Case("resumed before the start", {"start_factor": 0.2, "total_iters": 50}, resumed=0),
    ),
    "CosineAnnealingLR": (
        Case("stays at the bottom", {"T_max": 250}),
        Case("period of T_max", {"T_max": 333, "eta_min": 0.01}),
        Case("floor above the rate", {"T_max": 100, "eta_min": 0.5}),
        Case("two epochs a period", {"T_max": 1}),
        Case("four epochs a period", {"T_max": 2, "eta_min": 1e-3}),
        Case("one descent", {"T_max": 1000}),
        Case("an edit at the bottom", {"T_max": 40}, edits={41: 2.0, 120: 0.5}),
        Case("resumed on the way down", {"T_max": 60, "eta_min": 0.01}, resumed=29),
        Case("resumed at the bottom", {"T_max": 60, "eta_min": 0.01}, resumed=60),
    ),
    "CosineAnnealingWarmRestarts": (
        Case("equal cycles", {"T_0": 10}),
        Case("factor on the first cycle", {"T_0": 1, "T_mult": 2}),
        Case("restart a step late", {"T_0": 3, "T_mult": 3, "eta_min": 0.02}),
        Case("one epoch a cycle", {"T_0": 1}),
        Case("longer than the run", {"T_0": 4000, "eta_min": 0.01}),
        Case("floor above the rate", {"T_0": 50, "eta_min": 1}),
        Case("resumed in a later cycle", {"T_0": 10}, resumed=34),
        Case("resumed in the second cycle", {"T_0": 10, "T_mult": 2}, resumed=14),
    ),
    "CyclicLR": (
        Case("half a cycle for the whole", _CYCLE),
        Case("defaults", {"base_lr": 1e-4, "max_lr": 0.1}),
        Case("a fall of its own length", _CYCLE | {"step_size_down": 40}),
        Case("no fall", _CYCLE | {"step_size_down": 0}),
        Case("halving each cycle", _CYCLE | {"mode": "triangular2"}),
        Case(
            "halving with unequal sides",
            _CYCLE | {"mode": "triangular2", "step_size_down": 2},
        ),
        Case("decay within the cycle only", _CYCLE | {"mode": "exp_range", "gamma": 0.99}),
        Case("gamma in other modes", _CYCLE | {"gamma": 0.5}),
        Case("lists", _CYCLE | {"base_lr": [0.1, 0.0, 1.0], "max_lr": (0.2, 0.5, 0.5)}),
        Case("no momentum", _CYCLE | {"cycle_momentum": False}, optimizer="Adagrad"),
        Case("momentum left alone", _CYCLE | {"cycle_momentum": False}),
        Case(
            "lists of momenta",
            _CYCLE | {"base_momentum": [0.1, 0.5, 0.85], "max_momentum": [0.9, 0.95, 0.99]},
        ),
        Case("momentum unscaled", _CYCLE | {"mode": "triangular2"}, optimizer="NAdam"),
        Case("own scale of cycles", _CYCLE | {"scale_fn": lambda cycle: 1 / cycle}),
        Case(
            "own scale of steps",
            _CYCLE | {"scale_fn": lambda step: math.exp(-step / 100), "scale_mode": "iterations"},
        ),
        Case("scale of steps without a function", _CYCLE | {"scale_mode": "iterations"}),
        Case("own scale besides a mode", _CYCLE | {"mode": "none", "scale_fn": lambda x: 0.5}),
        Case("resumed", _CYCLE, resumed=30),
    ),
    "OneCycleLR": (
        Case("defaults", {"max_lr": 0.1, "total_steps": 1000}),
        Case("epochs and steps", {"max_lr": 0.1, "epochs": 10, "steps_per_epoch": 100}),
        Case("straight lines", {"max_lr": 0.1, "total_steps": 1000, "anneal_strategy": "linear"}),
        Case("three phases", {"max_lr": 0.1, "total_steps": 1000, "three_phase": True}),
        Case(
            "three straight phases",
            {"max_lr": 0.1, "total_steps": 1001, "three_phase": True, "anneal_strategy": "linear"},
        ),
        Case("ends rounded", {"max_lr": 0.1, "total_steps": 1003, "pct_start": 0.1234}),
        Case("no rise", {"max_lr": 0.1, "total_steps": 1000, "pct_start": 0.0}),
        Case("only a rise", {"max_lr": 0.1, "total_steps": 1001, "pct_start": 1.0}),
        Case(
            "third phase cut",
            {"max_lr": 0.1, "total_steps": 1001, "pct_start": 0.8, "three_phase": True},
        ),
        Case("floor of the peak", {"max_lr": 0.1, "total_steps": 1000, "final_div_factor": 2.0}),
        Case("start of the peak", {"max_lr": 0.1, "total_steps": 1000, "div_factor": 3.0}),
        Case("down to zero", {"max_lr": 0.1, "total_steps": 1000, "final_div_factor": math.inf}),
        Case("up from zero", {"max_lr": 0.1, "total_steps": 1000, "div_factor": math.inf}),
        Case("a frozen group", {"max_lr": [0.1, 0.0, 0.1], "total_steps": 1000}),
        Case("no momentum", {"max_lr": 0.1, "total_steps": 1000, "cycle_momentum": False}),
        Case(
            "lists of momenta",
            {
                "max_lr": 0.1,
                "total_steps": 1000,
                "base_momentum": [0.1, 0.5, 0.85],
                "max_momentum": (0.9, 0.95, 0.99),
                "three_phase": True,
            },
        ),
        Case(
            "straight momentum",
            {"max_lr": 0.1, "total_steps": 1000, "anneal_strategy": "linear"},
            optimizer="AdamW",
        ),
        Case("resumed", {"max_lr": 0.1, "total_steps": 1500}, resumed=100),
    ),
    "LinearDecayLR": (
        Case("below zero past the end", {"total_steps": 10}),
        Case("one step", {"total_steps": 1}),
        Case("longer than the run", {"total_steps": 3000}),
        Case("resumed", {"total_steps": 100}, resumed=50),
    ),
    "InverseSqrtLR": (
        Case("warm-up from zero", {"warmup_steps": 10}),
        Case("no warm-up", {"warmup_steps": 1}),
        Case("longer than the run", {"warmup_steps": 3000}),
        Case("resumed", {"warmup_steps": 100}, resumed=99),
    ),
    "LinearWarmupLR": (
        Case("warm-up from zero", {"warmup_steps": 10}),
        Case("no warm-up", {"warmup_steps": 1}),
        Case("longer than the run", {"warmup_steps": 3000}),
        Case("resumed", {"warmup_steps": 100}, resumed=50),
        *(
            Case(f"then {name}", {"warmup_steps": 10}, after=(name, TYPICAL[name]))
            for name in (*TORCHS, *OWN[:2])
        ),
        Case(
            "a milestone at the start of what follows",
            {"warmup_steps": 5},
            after=("MultiStepLR", {"milestones": [0, 3]}),
        ),
        Case("one step, then another", {"warmup_steps": 1}, after=("StepLR", {"step_size": 2})),
        Case(
            "a cycle of betas behind",
            {"warmup_steps": 9},
            after=("CyclicLR", _CYCLE),
            optimizer="Adam",
        ),
        Case(
            "an edit behind",
            {"warmup_steps": 10},
            after=("ExponentialLR", {"gamma": 0.99}),
            edits={300: 0.5},
        ),
    ),
}


def _filled(name: str, case: Case) -> Case:
    options = case.options if case in CASES_OF[name] else TYPICAL[name]
    return replace(case, schedule=name, options=options)


CASES = tuple(_filled(name, case) for name in STEPPED for case in (*COMMON, *CASES_OF[name]))


@dataclass(frozen=True)
class Plateau:
    """A series of metrics shown to ``ReduceLROnPlateau``."""

    catches: str
    metric: Callable[[int], float]
    options: Options = field(default_factory=dict)
    edits: dict[int, float] = field(default_factory=dict)
    tensors: bool = False
    steps: int = 300

    def __str__(self) -> str:
        return self.catches.replace(" ", "_")


def _noisy(step: int) -> float:
    """Falls from 2 towards 1, with a noise that repeats itself nowhere."""
    return 1 + math.exp(-step / 20) + 0.3 * math.sin(1.7 * step**1.3)


def _flat(step: int) -> float:
    return 1.0


PLATEAUS = (
    Plateau("defaults", _noisy),
    Plateau("patience off by one", _flat, {"patience": 3}),
    Plateau("no patience", _flat, {"patience": 0}),
    Plateau("equal counted as better", _flat, {"patience": 5, "threshold": 0.0}),
    Plateau("larger is better", lambda t: -_noisy(t), {"mode": "max", "patience": 2}),
    Plateau("larger is better, positive", lambda t: 5 - _noisy(t), {"mode": "max", "patience": 2}),
    Plateau(
        "larger is better by an amount",
        lambda t: t / 100,
        {"mode": "max", "threshold_mode": "abs", "threshold": 0.025, "patience": 1},
    ),
    Plateau(
        "smaller is better by an amount",
        lambda t: -t / 100,
        {"threshold_mode": "abs", "threshold": 0.025, "patience": 1},
    ),
    Plateau("slow progress", lambda t: 0.999**t, {"threshold": 2.5e-3, "patience": 1}),
    Plateau(
        "slow growth",
        lambda t: 1.001**t,
        {"mode": "max", "threshold": 2.5e-3, "patience": 1},
    ),
    Plateau("exactly the threshold", lambda t: 0.5**t, {"threshold": 0.5, "patience": 0}),
    Plateau("threshold of one", _noisy, {"threshold": 1.0, "patience": 2}),
    Plateau("negative best", lambda t: -1.0, {"patience": 2}),
    Plateau("negative best, larger is better", lambda t: -1.0, {"patience": 2, "mode": "max"}),
    Plateau("rising through zero", lambda t: (t - 50) / 50, {"patience": 4}),
    Plateau("cooldown ignored", _flat, {"patience": 2, "cooldown": 4, "factor": 0.9}),
    Plateau("cooldown without patience", _flat, {"patience": 0, "cooldown": 1, "factor": 0.9}),
    Plateau("best kept from the cooldown", _noisy, {"patience": 1, "cooldown": 5, "factor": 0.9}),
    Plateau("not a number", lambda t: math.nan if t % 3 else _noisy(t), {"patience": 2}),
    Plateau("never a number", lambda t: math.nan, {"patience": 4}),
    Plateau("infinite", lambda t: math.inf, {"patience": 4}),
    Plateau("infinite and back", lambda t: math.inf if t < 9 else _noisy(t), {"patience": 4}),
    Plateau("one floor", _flat, {"patience": 1, "min_lr": 1e-3}),
    Plateau("floors by group", _flat, {"patience": 1, "min_lr": [1e-2, 1e-5, 1e-3]}),
    Plateau("floor above the rate", _flat, {"patience": 1, "min_lr": (1.0, 0.0, 1.0)}),
    Plateau("least change", _flat, {"patience": 1, "factor": 0.5, "eps": 1e-2}),
    Plateau("least change met exactly", _flat, {"patience": 1, "factor": 0.5, "eps": 1e-3}),
    Plateau("cooldown after a change too small", _flat, {"patience": 1, "cooldown": 3, "eps": 1.0}),
    Plateau("an edit", _flat, {"patience": 9, "factor": 0.5}, edits={31: 4.0}),
    Plateau("rates as tensors", _noisy, {"patience": 1, "factor": 0.5}, tensors=True),
)


@dataclass(frozen=True)
class Refused:
    """Constructor arguments that must be refused: the message says what was needed and got."""

    schedule: str
    options: Options
    message: str
    error: type[Exception] = ValueError
    optimizer: str = "SGD"

    def __str__(self) -> str:
        return f"{self.schedule}-{self.message}"


_ONE = {"max_lr": 0.1, "total_steps": 10}
REFUSED = (
    Refused("LinearLR", {"start_factor": 0.0}, r"start_factor must be in \(0, 1\], got 0\.0"),
    Refused("LinearLR", {"start_factor": 1.1}, r"start_factor must be in \(0, 1\], got 1\.1"),
    Refused("LinearLR", {"end_factor": -0.1}, r"end_factor must be in \[0, 1\], got -0\.1"),
    Refused("LinearLR", {"end_factor": 1.1}, r"end_factor must be in \[0, 1\], got 1\.1"),
    Refused(
        "CosineAnnealingWarmRestarts", {"T_0": 0}, "T_0 must be an integer of at least 1, got 0"
    ),
    Refused("CosineAnnealingWarmRestarts", {"T_0": 2.0}, r"at least 1, got 2\.0"),
    Refused("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 0}, "T_mult must be .* got 0"),
    Refused("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 1.5}, r"T_mult must be .* got 1.5"),
    Refused("CosineAnnealingWarmRestarts", {"T_0": 2, "eta_min": "0"}, "eta_min must be a number"),
    Refused("CyclicLR", _CYCLE | {"mode": "square"}, "mode must be one of triangular.*got square"),
    Refused("CyclicLR", _CYCLE | {"base_lr": [0.1]}, "base_lr must have 3 values.* got 1"),
    Refused("CyclicLR", _CYCLE | {"max_lr": [0.1] * 4}, "max_lr must have 3 values.* got 4"),
    Refused("CyclicLR", _CYCLE | {"base_momentum": [0.1]}, "base_momentum must have 3 values"),
    Refused("CyclicLR", _CYCLE | {"max_momentum": (0.1,)}, "max_momentum must have 3 values"),
    Refused("CyclicLR", _CYCLE, "momentum or betas, got Adagrad", optimizer="Adagrad"),
    Refused("CyclicLR", _CYCLE | {"step_size_up": 0}, "division", ZeroDivisionError),
    Refused("OneCycleLR", {"max_lr": 0.1}, "needed total_steps, or both epochs and"),
    Refused("OneCycleLR", {"max_lr": 0.1, "epochs": 3}, "needed total_steps, or both epochs and"),
    Refused("OneCycleLR", _ONE | {"total_steps": 0}, "total_steps must be an integer .* got 0"),
    Refused("OneCycleLR", _ONE | {"total_steps": 9.0}, r"total_steps must be an integer .* 9\.0"),
    Refused("OneCycleLR", {"max_lr": 1.0, "epochs": 0, "steps_per_epoch": 3}, "epochs must be"),
    Refused(
        "OneCycleLR", {"max_lr": 1.0, "epochs": 3, "steps_per_epoch": -3}, "steps_per_epoch must be"
    ),
    Refused("OneCycleLR", _ONE | {"pct_start": 1.1}, r"pct_start must be a float .* got 1\.1"),
    Refused("OneCycleLR", _ONE | {"pct_start": -0.1}, r"pct_start must be a float .* got -0\.1"),
    Refused("OneCycleLR", _ONE | {"pct_start": 1}, "pct_start must be a float .* got 1"),
    Refused("OneCycleLR", _ONE | {"pct_start": 0.1}, "must not be 1, got", ZeroDivisionError),
    Refused("OneCycleLR", _ONE | {"anneal_strategy": "sin"}, "must be one of cos, linear, got sin"),
    Refused("OneCycleLR", _ONE | {"max_lr": [0.1]}, "max_lr must have 3 values.* got 1"),
    Refused("OneCycleLR", _ONE | {"base_momentum": [0.1]}, "base_momentum must have 3 values"),
    Refused("OneCycleLR", _ONE | {"max_momentum": [0.1]}, "max_momentum must have 3 values"),
    Refused("OneCycleLR", _ONE, "momentum or betas, got Adagrad", optimizer="Adagrad"),
    Refused("ReduceLROnPlateau", {"factor": 1.0}, r"factor must be below 1, got 1\.0"),
    Refused("ReduceLROnPlateau", {"mode": "least"}, "mode must be one of min, max, got least"),
    Refused("ReduceLROnPlateau", {"threshold_mode": "x"}, "must be one of rel, abs, got x"),
    Refused("ReduceLROnPlateau", {"min_lr": [0.1]}, "min_lr must have 3 values.* got 1"),
    Refused("LinearDecayLR", {"total_steps": 0}, "total_steps must be an integer .* got 0"),
    Refused("LinearDecayLR", {"total_steps": 2.0}, r"total_steps must be an integer .* got 2\.0"),
    Refused("InverseSqrtLR", {"warmup_steps": 0}, "warmup_steps must be an integer .* got 0"),
    Refused("LinearWarmupLR", {"warmup_steps": 0}, "warmup_steps must be an integer .* got 0"),
    Refused("LinearWarmupLR", {"warmup_steps": 2, "after": 3}, "after must be a sch", TypeError),
)
