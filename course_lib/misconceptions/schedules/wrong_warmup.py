"""Known mistakes in ``linear_warmup_lr``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_ramp = mistakes_in("linear_warmup_lr", "12_schedules#sec-warmup")
_SHARE = "(epoch + 1) / warmup_steps"

WARMUP = (
    _ramp(
        "from_zero",
        "A warm-up begins with a rate of zero.",
        "You wrote a ramp that begins at zero. The exercise asks for base / W in the first step: "
        "what does a step with rate zero change?",
        (_SHARE, "epoch / warmup_steps"),
    ),
    _ramp(
        "one_step_too_long",
        "The base rate comes after the warm-up, not within it.",
        "You wrote the form that reaches the base rate in the step after the warm-up. The exercise "
        "asks for it in step W: into how many parts is the base rate cut?",
        (_SHARE, "(epoch + 1) / (warmup_steps + 1)"),
    ),
    _ramp(
        "evenly_from_zero_to_base",
        "The W rates are spaced evenly from zero to the base rate.",
        "You wrote W rates from zero to base, both included. The exercise asks for W rates above "
        "zero: which one comes first, and how far apart are they?",
        (_SHARE, "epoch / (warmup_steps - 1)"),
    ),
    _ramp(
        "never_stops",
        "The warm-up goes on until somebody ends it.",
        "After the warm-up your rate goes on rising. Where should it stay?",
        (f"min(1.0, {_SHARE})", _SHARE),
    ),
    _ramp(
        "scaled_backwards",
        "The share of the warm-up divides the rate.",
        "Your first rates are above the base rate, and the first is the highest. Should the share "
        "of the warm-up that has passed multiply the rate or divide it?",
        ("base_lr * min", "base_lr / min"),
    ),
    _ramp(
        "constant",
        "Warm-up means a low rate for a while, then the full one.",
        "You wrote a constant warm-up, which jumps at its end. The exercise asks for a linear one: "
        "by how much should the rate rise from step to step?",
        (f"min(1.0, {_SHARE})", "(1 / warmup_steps if epoch < warmup_steps else 1.0)"),
    ),
    _ramp(
        "whole_division",
        "Both are whole numbers, so they are divided as whole numbers.",
        "Your rate is zero until the warm-up is over. What is 3 // 8?",
        (") / warmup_steps", ") // warmup_steps"),
    ),
    _ramp(
        "falls_afterwards",
        "The warm-up is mirrored by a decay of the same length.",
        "After the warm-up your rate falls again. Which schedule decides what comes after a "
        "warm-up, and what is the rate if there is none?",
        (f"min(1.0, {_SHARE})", f"max(0.0, 1.0 - abs(1.0 - {_SHARE}))"),
    ),
)
