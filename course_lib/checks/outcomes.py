"""Judging by what comes of it: numbers drawn, a sample learned by heart, a configuration trained.

No two right answers are equal here. Numbers drawn are judged by counts (``checks.coins``), at most
six for each of three calls: an honest answer is called off less than once in a thousand million
checks. A training is judged by what the trained model says, never by how it got there.
"""

import math
import statistics
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from course_lib.checks import coins, ladder
from course_lib.checks.inputs.training import FITTED
from course_lib.checks.spec import KEPT_BACK, Answer, Break, Exercise, Inputs

NEAR = 1e-3
"""Part of a loss by which the one reported may differ from ours, single precision and all."""

QUARTERS = 4


def judge(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """Where an answer falls off the ladder, or None.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on, and what was kept back.
        answer: What came.
    """
    try:
        if broken := _form(exercise, inputs, answer):
            return broken
        found = next(JUDGES[exercise.kind](inputs, answer), None)
    except Exception as error:  # Else an answer built to break the judgement would pass.
        found = f"the answer cannot be judged ({type(error).__name__})"
    return Break("values", found) if found else None


def features(exercise: Exercise, inputs: Inputs, answer: Answer) -> list[str]:
    """What marks an answer, in words that depend neither on chance nor on the way taken.

    Args:
        exercise: What was checked.
        inputs: What the student's code was run on.
        answer: What came.
    """
    found: set[str] = set()
    try:
        broken = _form(exercise, inputs, answer)
        found = {f"form: {broken.rung}"} if broken else set()
        return sorted(found | set(MARKS[exercise.kind](inputs, answer)))
    except Exception:  # An answer of another form has no such marks; the verdict says what it is.
        return sorted({*found, "another form"})


def _form(exercise: Exercise, inputs: Inputs, answer: Answer) -> Break | None:
    """All rungs but the values."""
    wanted = TEMPLATES[exercise.kind](inputs, answer) if answer["outcome"] == "answered" else []
    case = ladder.Climb(exercise, inputs, answer, wanted, lambda dtype, step: math.inf)
    return ladder.climb(case, ladder.FORM)


# Numbers drawn.


def _draw_template(inputs: Inputs, answer: Answer) -> list[list[Tensor]]:
    rows = zip(inputs["seeds"], answer["trajectory"], strict=False)
    given = [row[0] for _, row in rows]
    dtypes = [drawn.dtype if drawn.is_floating_point() else torch.float64 for drawn in given]
    return [[torch.ones(inputs["options"]["count"], dtype=dtype)] for dtype in dtypes]


def _draws(inputs: Inputs, answer: Answer) -> Iterator[str]:
    low, high = _ends(inputs)
    first, again, other = (row[0].double() for row in answer["trajectory"])
    outside = first[(first < low * (1 - 1e-6)) | (first > high * (1 + 1e-6))]
    if len(outside):
        yield f"expected numbers from {low:g} to {high:g}, got {outside[0].item():g}"
        return
    for place in (_place(drawn, inputs) for drawn in (first, other)):
        yield from _uneven(place, inputs)
    if not torch.equal(first, again):
        yield "two generators with one seed must give the same numbers; they gave others"
    if torch.equal(first, other):
        yield "two generators with different seeds gave the same numbers"


def _place(drawn: Tensor, inputs: Inputs) -> Tensor:
    """Where numbers lie, from 0 at the lower end to 1 at the upper end, on the logarithm."""
    low, high = _ends(inputs)
    return (drawn / low).log() / math.log(high / low)


def _ends(inputs: Inputs) -> tuple[float, float]:
    return inputs["options"]["low"], inputs["options"]["high"]


def _uneven(place: Tensor, inputs: Inputs) -> Iterator[str]:
    total, different, (low, high) = len(place), len(set(place.tolist())), _ends(inputs)
    for part in range(QUARTERS):
        count = int(((place * QUARTERS).floor() == part).sum())
        if coins.is_off(count, total, 1 / QUARTERS):
            begin, end = (low * (high / low) ** (p / QUARTERS) for p in (part, part + 1))
            yield (
                f"expected about {total // QUARTERS} of {total} numbers from {begin:.3g} to "
                f"{end:.3g}, a quarter of the range on the logarithm, got {count}"
            )
    if different < total / 2:
        yield f"expected {total} independent numbers, got only {different} different ones"
    elif coins.is_off(int((place[:-1:2] < place[1::2]).sum()), len(place[1::2]), 1 / 2):
        yield "expected independent numbers, got numbers in an order"


def _draw_marks(inputs: Inputs, answer: Answer) -> Iterator[str]:
    low, high = _ends(inputs)
    first, again, other = (row[0].double() for row in answer["trajectory"])
    below, above = first < low * (1 - 1e-6), first > high * (1 + 1e-6)
    parts = {"negative": first < 0, "below": below, "above": above}
    yield from (f"some {name}" for name, hit in parts.items() if bool(hit.any()))
    yield from (f"all {name}" for name, hit in parts.items() if bool(hit.all()))
    different = len(set(first.tolist()))
    if different == 1:
        yield "one number"
    elif different < len(first) / 2:
        yield "few numbers"
    if bool((first.diff() >= 0).all()):
        yield "rising"
    yield "seed counts" if not torch.equal(first, other) else "seed does not count"
    yield "repeatable" if torch.equal(first, again) else "not repeatable"
    total, middle = len(first), int((first < (low + high) / 2).sum())
    if not coins.is_off(middle, total, 1 / 2):
        yield "half of the range"
    if coins.is_off(int((first < math.sqrt(low * high)).sum()), total, 1 / 2):
        yield "uneven halves"
    elif next(_uneven(_place(first, inputs), inputs), None):
        yield "uneven quarters"


# A sample learned by heart.


def _overfit_template(inputs: Inputs, answer: Answer) -> list[list[Tensor]]:
    told, before, _ = answer["trajectory"][0] if answer["trajectory"] else [torch.ones(1)] * 3
    return [[torch.ones(len(told)).double(), torch.ones_like(before), torch.ones_like(before)]]


def _overfit(inputs: Inputs, answer: Answer) -> Iterator[str]:
    told, before, after = answer["trajectory"][0]
    targets, steps = inputs["targets"].to(after.device), inputs["steps"]
    first, last = (functional.cross_entropy(z.double(), targets).item() for z in (before, after))
    if not len(told):
        yield "expected a loss for each step, got an empty list"
        return
    if torch.equal(before, after):
        yield "the model given says after the training what it said before"
    if not math.isclose(told[0].item(), first, rel_tol=NEAR):
        yield (
            "expected the mean cross-entropy before the first step as the first loss, "
            f"{first:.6g}, got {told[0].item():.6g}"
        )
    if max(len(told), answer.get("passes", 0)) > steps + 1:
        yield f"expected at most {steps} steps, got {max(len(told), answer['passes'])}"
    right = int((after.argmax(1) == targets).sum())
    if right < len(targets) or last > FITTED:
        yield (
            f"the trained model names {right} of {len(targets)} examples right with a loss of "
            f"{last:.3g}; expected all, and a loss below {FITTED:g}"
        )


def _overfit_marks(inputs: Inputs, answer: Answer) -> Iterator[str]:
    told, before, after = answer["trajectory"][0]
    targets, count = inputs["targets"].to(after.device), len(inputs["targets"])
    entropy = functional.cross_entropy
    first, last = (entropy(z.double(), targets).item() for z in (before, after))
    known = {
        "mean": first,
        "sum": first * count,
        "softmax twice": entropy(before.double().softmax(1), targets).item(),
        "bits": first / math.log(2),
    }
    named = (n for n, v in known.items() if math.isclose(told[0].item(), v, rel_tol=NEAR))
    yield f"first loss: {next(named, 'another')}"
    yield "model untouched" if torch.equal(before, after) else "model trained"
    yield "told losses fall" if told[-1] < 0.9 * told[0] else "told losses stay"
    if max(len(told), answer.get("passes", 0)) > inputs["steps"] + 1:
        yield "too many steps"
    right = after.argmax(1) == targets
    half = right[: count // 2]
    yield "all right" if right.all() else "first half right" if half.all() else "not all right"
    level = "fits" if last <= FITTED else "falls" if last < 0.9 * first else "stays"
    yield f"loss {level}" if last < 1.1 * first else "loss rises"


# A configuration.


def _configuration_template(inputs: Inputs, answer: Answer) -> list[list[Tensor]]:
    return [[torch.zeros_like(labels)] for labels in inputs[KEPT_BACK]["labels"]]


def _configuration(inputs: Inputs, answer: Answer) -> Iterator[str]:
    labels, threshold = (inputs[KEPT_BACK][name] for name in ("labels", "threshold"))
    rows = zip(answer["trajectory"], labels, strict=True)
    reached = [(row[0] == right).double().mean().item() for row, right in rows]
    middle = statistics.median(reached)
    if middle < threshold:
        stops = zip(inputs["labels"], answer.get("stopped", []), strict=False)
        why = [f"{label}: {reason}" for label, reason in stops if reason]
        broken = f" ({'; '.join(why)})" if why else ""
        yield (
            f"the median accuracy of {len(reached)} runs is {middle:.3f}; the band "
            f"{inputs['options']['band']!r} begins at {threshold:.3f}{broken}"
        )


def _no_marks(inputs: Inputs, answer: Answer) -> Iterator[str]:
    return iter(())


TEMPLATES: dict[str, Callable[[Inputs, Answer], list[list[Tensor]]]] = {
    "log uniform": _draw_template,
    "overfit": _overfit_template,
    "configuration": _configuration_template,
}
"""What an answer must look like."""

JUDGES: dict[str, Callable[[Inputs, Answer], Iterator[str]]] = {
    "log uniform": _draws,
    "overfit": _overfit,
    "configuration": _configuration,
}
"""What speaks against an answer, the weightiest first."""

MARKS: dict[str, Callable[[Inputs, Answer], Iterator[str]]] = {
    "log uniform": _draw_marks,
    "overfit": _overfit_marks,
    "configuration": _no_marks,
}
"""What mistakes are known by."""
