r"""Judging random answers: what is kept by its values, how often by its frequencies.

A kept element's value is certain once the coin has fallen, so it is compared as any other. The
coins are judged by counts. A count :math:`x` of :math:`n` fair tosses with probability :math:`q`
is called off if :math:`2 e^{-n\,\mathrm{KL}(x/n \,\|\, q)}` falls below ``FALSE_ALARM``; by
Chernoff's bound an honest answer meets that less often than once in ``1 / FALSE_ALARM`` counts. A
check makes fewer than ten counts, so a false alarm in a check is rarer than 1e-10.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.checks import ladder
from course_lib.checks.spec import Answer, Break, Exercise, Inputs

FALSE_ALARM = 1e-11
"""The most an honest count may be called off by chance."""

RTOL = 1e-6
"""Of a kept element, also in double precision: a mask divided by a number is a single one."""


@dataclass(frozen=True)
class Toss:
    """One random call: what came, and what it is made from.

    Args:
        number: Of the call, from 1.
        keep: Probability of keeping a unit; 1 where nothing may be dropped.
        whole: The output if every unit were kept and none rescaled, on the answer's device.
        factor: What a kept unit is multiplied by.
        output: What came, less what is added to it afterwards.
        upstream: The gradient of the output, or None.
        gradient: What came as the gradient of what is dropped, or None.
    """

    number: int
    keep: float
    whole: Tensor
    factor: float
    output: Tensor
    upstream: Tensor | None
    gradient: Tensor | None

    @property
    def kept(self) -> Tensor:
        """Which elements are not zero."""
        return self.output != 0


def judge(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where a random answer falls off the ladder, or None.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    template = _template(exercise, inputs) if answer["outcome"] == "answered" else []
    case = ladder.Climb(exercise, inputs, answer, template, lambda dtype, step: math.inf)
    if broken := ladder.climb(case, ladder.FORM):
        return broken
    tosses = list(_tosses(exercise, inputs, answer))
    labels = inputs["labels"]
    for toss in tosses:
        for found in (_values(toss), _gradients(toss)):
            if found:
                return Break("values", f"{labels[toss.number - 1]}, {found}", toss.number)
    random = [toss for toss in tosses if 0 < toss.keep < 1]
    for look in (_frequency, _alike_rows, _alike_columns, _alike_calls, _fixed_count):
        if random and (found := look(_units(exercise, random), random[0].keep)):
            return Break("values", found)
    return None


def features(exercise: Exercise, inputs: Inputs, answer: Answer) -> list[str]:
    """What marks a random answer, in words that do not depend on how the coins fell.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    try:
        tosses = list(_tosses(exercise, inputs, answer))
        found = {word for toss in tosses for word in _marks(toss)}
        random = [toss for toss in tosses if 0 < toss.keep < 1]
        if random:
            units, keep = _units(exercise, random), random[0].keep
            shares = {"keep": keep, "drop": 1 - keep, "all": 1.0, "none": 0.0}
            fits = [n for n, q in shares.items() if not _off(int(units.sum()), units.numel(), q)]
            found.add(f"kept: {fits[0] if fits else 'another share'}")
            looks = (_alike_rows, _alike_columns, _alike_calls, _fixed_count)
            found |= {look.__name__ for look in looks if look(units, keep)}
    except Exception:  # An answer of another form has no such marks; the verdict says what it is.
        return ["another form"]
    return sorted(found)


def _template(exercise: Exercise, inputs: Inputs) -> list[list[Tensor]]:
    """Tensors of the shape, dtype and device that every call or pass must give."""
    device = inputs["device"]
    if exercise.kind == "mask":
        return [[c["args"][0].to(device, torch.bool)] for c in inputs["calls"]]
    if inputs["kind"] == "layer":
        shapes = [(p["input"], p["input"] if p["grad"] else None) for p in inputs["passes"]]
    elif exercise.kind == "drop connect":
        shapes = [(c["upstream"], c["args"][1]) for c in inputs["calls"]]
    else:
        shapes = [(c["args"][0], c["args"][0]) for c in inputs["calls"]]
    return [[t.to(device) for t in row if t is not None] for row in shapes]


def _tosses(exercise: Exercise, inputs: Inputs, answer: Answer) -> Iterator[Toss]:
    """Every call or pass of an answer, with what it is made from."""
    asked = inputs["passes"] if inputs["kind"] == "layer" else inputs["calls"]
    for number, (one, row) in enumerate(zip(asked, answer["trajectory"], strict=True), start=1):
        training = one["training"] if "training" in one else inputs["options"].get("training", True)
        keep = _keep(inputs["options"]) if training else 1.0
        whole, output, upstream = _parts(exercise, one, row[0])
        yield Toss(
            number,
            keep,
            whole,
            _factor(exercise, inputs, training, keep),
            output,
            upstream,
            _turned(exercise, row[1]) if len(row) > 1 else None,
        )


def _keep(options: dict[str, float]) -> float:
    return options["keep"] if "keep" in options else 1 - options["p"]


def _factor(exercise: Exercise, inputs: Inputs, training: bool, keep: float) -> float:
    if exercise.kind == "mask":
        return 1.0
    if exercise.kind == "published dropout":
        return 1.0 if training else float(inputs["options"]["keep"])
    return 1 / keep if keep else 0.0


def _parts(
    exercise: Exercise, one: dict[str, Tensor], output: Tensor
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The output with nothing dropped, what came in its form, and the gradient from above."""
    args = one["args"] if "args" in one else [one["input"]]
    upstream = one.get("upstream")
    device = output.device
    if exercise.kind == "mask":
        return torch.ones_like(output, dtype=torch.float64), output.double(), None
    if exercise.kind == "drop connect":
        _, weight, bias = (tensor.to(device) for tensor in args)
        dropped = output - bias
        # What is left of a dropped weight is the rounding of adding the bias and taking it away.
        dropped = dropped.masked_fill(dropped.abs() < 1e-3, 0)
        return weight.T.clone(), dropped, upstream.to(device) if upstream is not None else None
    return args[0].to(device), output, upstream.to(device) if upstream is not None else None


def _turned(exercise: Exercise, gradient: Tensor) -> Tensor:
    """A weight's gradient in the form of the output of the identity."""
    return gradient.T if exercise.kind == "drop connect" else gradient


def _values(toss: Toss) -> str | None:
    """Whether every kept element has the value it must have."""
    if toss.keep == 1 and not bool(toss.kept.all()):
        at = tuple((~toss.kept).nonzero()[0].tolist())
        return f"the output at {list(at)}: expected {_number(toss.whole[at] * toss.factor)}, got 0"
    return _differs(toss, toss.output, toss.whole * toss.factor, "the output")


def _gradients(toss: Toss) -> str | None:
    """Whether the gradient went through the mask and the factor of the output."""
    if toss.gradient is None or toss.upstream is None:
        return None
    dropped = ~toss.kept & (toss.gradient != 0)
    if bool(dropped.any()):
        at = tuple(dropped.nonzero()[0].tolist())
        got = _number(toss.gradient[at])
        return f"the gradient at {list(at)}: expected 0, as the element is dropped, got {got}"
    return _differs(toss, toss.gradient, toss.upstream * toss.factor, "the gradient")


def _differs(toss: Toss, came: Tensor, right: Tensor, what: str) -> str | None:
    off = toss.kept & ((came - right).abs() > RTOL * right.abs())
    if not bool(off.any()):
        return None
    at = tuple(off.nonzero()[0].tolist())
    return f"{what} at {list(at)}: expected {_number(right[at])}, got {_number(came[at])}"


def _number(tensor: Tensor) -> str:
    return f"{tensor.item():.9g}"


def _units(exercise: Exercise, tosses: list[Toss]) -> Tensor:
    """Coin by coin what was kept, shape ``(calls, rows, columns)``; columns 1 for whole samples."""
    kept = torch.stack([toss.kept for toss in tosses])
    kept = kept.reshape(len(kept), kept.shape[1] if kept.dim() > 1 else 1, -1)
    if exercise.kind == "stochastic depth":
        return kept.any(-1, keepdim=True)
    return kept


def _frequency(units: Tensor, keep: float) -> str | None:
    count, total = int(units.sum()), units.numel()
    if not _off(count, total, keep):
        return None
    return f"a share of {keep:g} is kept: expected about {keep * total:.0f} of {total}, got {count}"


def _alike_rows(units: Tensor, keep: float) -> str | None:
    """Whether neighboring rows agree more or less often than coins of their own do."""
    return _agreement(units.transpose(0, 1), keep, "rows", "every element has a coin of its own")


def _alike_columns(units: Tensor, keep: float) -> str | None:
    moved = units.permute(2, 0, 1)
    return _agreement(moved, keep, "columns", "every element has a coin of its own")


def _alike_calls(units: Tensor, keep: float) -> str | None:
    return _agreement(units, keep, "calls", "every call draws a new mask")


def _agreement(units: Tensor, keep: float, what: str, law: str) -> str | None:
    """Pairs along the first axis, none sharing a member, so that their coins are independent."""
    even = len(units) // 2 * 2
    if even == 0:
        return None
    same = units[0:even:2] == units[1:even:2]
    expected = keep**2 + (1 - keep) ** 2
    if not _off(int(same.sum()), same.numel(), expected):
        return None
    share = same.double().mean().item()
    return f"{law}: neighboring {what} agree in a share of {share:.3f}, expected {expected:.3f}"


def _fixed_count(units: Tensor, keep: float) -> str | None:
    """Whether every call keeps exactly as many, as shuffling does and coins do not.

    The most likely count of n coins has a probability below 1 / sqrt(2 e q (1 - q) n).
    """
    counts = units.flatten(1).sum(1)
    likely = 1 / math.sqrt(2 * math.e * keep * (1 - keep) * units[0].numel())
    if len(counts) < 2 or bool((counts != counts[0]).any()):
        return None
    if min(1.0, likely) ** (len(counts) - 1) > FALSE_ALARM:
        return None
    return f"every call keeps exactly {int(counts[0])}; coins of their own do not count"


def _off(count: int, total: int, q: float) -> bool:
    """Whether ``count`` of ``total`` is out of the question for independent coins."""
    share = count / total
    distance = sum(
        a * math.log(a / b) if a and b else (0.0 if not a else math.inf)
        for a, b in ((share, q), (1 - share, 1 - q))
    )
    return 2 * math.exp(-total * distance) < FALSE_ALARM


def _marks(toss: Toss) -> Iterator[str]:
    """How the kept elements of a call and their gradients are scaled."""
    where = "random" if toss.keep < 1 else "certain"
    yield f"{where} output: {_ratio(toss.output, toss.whole, toss)}"
    if toss.gradient is not None and toss.upstream is not None:
        yield f"{where} gradient: {_ratio(toss.gradient, toss.upstream, toss)}"
        if bool((~toss.kept & (toss.gradient != 0)).any()):
            yield f"{where} gradient where dropped"
    if toss.keep == 1 and not bool(toss.kept.all()):
        yield "drops where nothing is dropped"


def _ratio(came: Tensor, whole: Tensor, toss: Toss) -> str:
    """By what the kept elements are multiplied, to six digits."""
    ratios = (came / whole)[toss.kept].double()
    if not ratios.numel():
        return "nothing kept"
    one = ratios.median()
    alike = bool(((ratios - one).abs() <= 1e-4 * one.abs()).all())
    return f"{one.item():.5g}" if alike else "several factors"
