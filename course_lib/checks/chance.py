"""Judging random answers: what is kept by its values, how often by its frequencies.

A kept element's value is certain once the coin has fallen, so it is compared as any other. The
coins are judged by counts; see ``checks.coins`` for how often an honest answer is called off, which
is less than once in a thousand million checks.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from course_lib.checks import coins, ladder
from course_lib.checks.spec import FAKE, Answer, Break, Exercise, Inputs
from course_lib.checks.tosses import Toss, probability, template, tosses, units

RTOL = 1e-5
"""Of a kept element, also in double precision: a mask divided by a number is a single one."""


def judge(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where a random answer falls off the ladder, or None.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    if broken := _form(exercise, inputs, answer):
        return broken
    every = list(tosses(exercise, inputs, answer))
    for toss in every:
        label = inputs["labels"][toss.number - 1]
        for found in (_values(exercise, toss), _gradients(toss), _parts(exercise, toss)):
            if found:
                return Break("values", f"{label}, {found}", toss.number)
    random = [toss for toss in every if toss.random]
    for law in coins.LAWS.values():
        if random and (found := law(units(exercise, random), random[0].keep)):
            return Break("values", found)
    return None


def features(exercise: Exercise, inputs: Inputs, answer: Answer) -> list[str]:
    """What marks a random answer, in words that do not depend on how the coins fell.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    if inputs["device"] == FAKE:
        return []  # pretended tensors have no values
    broken = _form(exercise, inputs, answer)
    found = {f"form: {broken.rung}"} if broken and broken.rung != "values" else set()
    try:
        every = list(tosses(exercise, inputs, answer))
        found |= set(_marks(exercise, inputs, every))
        random = [toss for toss in every if toss.random]
        if random:
            found |= _habits(units(exercise, random), random[0].keep)
    except Exception:  # An answer of another form has no such marks; the verdict says what it is.
        return sorted({*found, "another form"})
    return sorted(found)


def _form(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """All rungs but the values: those depend on the coins."""
    wanted = template(exercise, inputs) if answer["outcome"] == "answered" else []
    case = ladder.Climb(exercise, inputs, answer, wanted, lambda dtype, step: math.inf)
    return ladder.climb(case, ladder.FORM)


def _values(exercise: Exercise, toss: Toss) -> str | None:
    """Whether every kept element has the value it must have, and all are, or none, if certain."""
    where = toss.kept if toss.random else torch.ones_like(toss.kept)
    off = where & ((toss.output - toss.right).abs() > RTOL * toss.right.abs())
    if exercise.kind == "mask":
        return _first(off, "the mask", toss.right.bool(), toss.output.bool())
    return _first(off, "the output", toss.right, toss.output)


def _gradients(toss: Toss) -> str | None:
    """Whether the gradient went through the mask and the factor of the output."""
    if toss.gradient is None or toss.upstream is None:
        return None
    parts = toss.upstream * toss.factor * (toss.kept if toss.keep else 0)
    right, scale = toss.fold(parts), toss.fold(parts.abs())
    off = (toss.gradient - right).abs() > RTOL * scale
    return _first(off, "the gradient", right, toss.gradient)


def _first(off: Tensor, what: str, right: Tensor, came: Tensor) -> str | None:
    if not bool(off.any()):
        return None
    at = tuple(off.nonzero()[0].tolist())
    expected, got = (_said(tensor[at]) for tensor in (right, came))
    why = ", as the element is dropped" if what == "the gradient" and expected == "0" else ""
    return f"{what} at {list(at)}: expected {expected}{why}, got {got}"


def _said(element: Tensor) -> str:
    """A number to nine digits, zero without a sign; True or False."""
    return str(element.item()) if element.dtype == torch.bool else f"{element.item() + 0.0:.9g}"


def _parts(exercise: Exercise, toss: Toss) -> str | None:
    """Whether a sample is dropped in parts, where it must be dropped as a whole."""
    if exercise.kind != "stochastic depth":
        return None
    kept = toss.kept.flatten(1)
    broken = kept.any(1) & ~kept.all(1)
    if not bool(broken.any()):
        return None
    row = int(broken.nonzero()[0])
    count, total = int(kept[row].sum()), kept.shape[1]
    return f"sample {row}: expected it to be kept or dropped as a whole, got {count} of {total}"


def _habits(tossed: Tensor, keep: float) -> set[str]:
    """Along which axes coins stick together, else whether they are counted, and the share kept.

    Coins that stick together are few: all but that they do is a matter of luck.
    """
    if bool(tossed.any()) and not bool(tossed.all()):
        if stuck := {f"{how} {axis}" for axis in coins.AXES if (how := _stuck(tossed, axis))}:
            return stuck
    counted = {"fixed count"} if coins.LAWS["fixed count"](tossed, keep) else set()
    return {*counted, f"kept: {_share(tossed, keep)}"}


def _stuck(tossed: Tensor, axis: str) -> str:
    """Whether all along an axis have one coin, or neighbors have."""
    along = coins.along(tossed, axis)
    if len(along) < 2 or not bool(coins.pairs(along).all()):
        return ""
    return "one coin for all" if bool((along == along[:1]).all()) else "one coin for neighboring"


def _share(tossed: Tensor, keep: float) -> str:
    """Which share of the coins was kept, by the first name that it could have."""
    shares = {"keep": keep, "drop": 1 - keep, "all": 1.0, "none": 0.0, "half": 0.5}
    count, total = int(tossed.sum()), tossed.numel()
    return next(
        (n for n, q in shares.items() if not coins.is_off(count, total, q)), "another share"
    )


def _marks(exercise: Exercise, inputs: Inputs, every: list[Toss]) -> Iterator[str]:
    """How what is kept and its gradients are scaled, where coins decide and where they do not."""
    for where, random in (("random", True), ("certain", False)):
        some = [toss for toss in every if toss.random is random]
        outputs = [(toss.output, toss.whole * toss.kept) for toss in some]
        if outputs:
            yield f"{where} output: {_ratio(outputs, probability(inputs))}"
        gradients = [
            (toss.gradient, toss.fold(toss.upstream * toss.kept))
            for toss in some
            if toss.gradient is not None and toss.upstream is not None
        ]
        if gradients:
            yield f"{where} gradient: {_ratio(gradients, probability(inputs))}"
        if any(bool(((base == 0) & (came != 0)).any()) for came, base in gradients):
            yield f"{where} gradient where dropped"
    if any(toss.keep == 1 and not bool(toss.kept.all()) for toss in every):
        yield "drops where nothing is dropped"
    if any(_parts(exercise, toss) for toss in every):
        yield "parts of samples"


def _ratio(came_and_whole: list[tuple[Tensor, Tensor]], q: float) -> str:
    """By what the kept elements are multiplied, in words: coins may decide about a number."""
    ratios = torch.cat([(came / whole)[whole != 0].double() for came, whole in came_and_whole])
    if not ratios.numel():
        return "nothing kept"
    one = ratios.median().item()
    if not bool(((ratios - one).abs() <= 1e-4 * abs(one)).all()):
        return "several factors"
    known = {"1": 1.0, "q": q, "1 - q": 1 - q, "q (1 - q)": q * (1 - q), "q q": q * q}
    known |= {f"1 / ({name})": 1 / value for name, value in known.items() if value}
    return next((n for n, v in known.items() if math.isclose(one, v, rel_tol=2e-6)), "another")
