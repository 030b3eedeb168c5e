"""Random answers taken apart: of every call what was kept, and what is certain once it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.inputs.dropout import EACH
from course_lib.checks.spec import Answer, Exercise, Inputs


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
        fold: From a tensor of the output's form to one of the gradient's.
    """

    number: int
    keep: float
    whole: Tensor
    factor: float
    output: Tensor
    upstream: Tensor | None
    gradient: Tensor | None
    fold: Callable[[Tensor], Tensor]

    @property
    def random(self) -> bool:
        """Whether a coin decides."""
        return 0 < self.keep < 1

    @property
    def kept(self) -> Tensor:
        """Which elements are not zero."""
        return self.output != 0

    @property
    def right(self) -> Tensor:
        """What a kept element must be; zero where none may be kept."""
        return self.whole * (self.factor if self.keep else 0.0)


def tosses(exercise: Exercise, inputs: Inputs, answer: Answer) -> Iterator[Toss]:
    """Every call or pass of an answer, with what it is made from."""
    rows = zip(asked(inputs), answer["trajectory"], strict=True)
    for number, (one, row) in enumerate(rows, start=1):
        training = _training(one)
        keep = probability(inputs) if training else 1.0
        whole, added = _whole(exercise, one)
        upstream, device = one.get("upstream"), row[0].device
        yield Toss(
            number,
            keep,
            whole.to(device),
            _factor(exercise, inputs, training),
            _without(row[0], added) if added is not None else row[0].to(whole.dtype),
            None if upstream is None else upstream.to(device),
            row[1] if len(row) > 1 else None,
            _folded if exercise.kind == "drop connect" else _as_it_is,
        )


def template(exercise: Exercise, inputs: Inputs) -> list[list[Tensor]]:
    """What every call or pass must give, were nothing dropped; of the right form."""
    rows = []
    for one in asked(inputs):
        training = _training(one)
        whole, added = _whole(exercise, one)
        factor = _factor(exercise, inputs, training)
        row = [whole * factor + (0.0 if added is None else added)]  # never -0
        if one.get("upstream") is not None:
            fold = _folded if exercise.kind == "drop connect" else _as_it_is
            row.append(fold(one["upstream"] * factor))
        if exercise.kind == "mask":
            row = [whole.bool()]
        rows.append([tensor.to(inputs["device"]) for tensor in row])
    return rows


def asked(inputs: Inputs) -> list[dict[str, Any]]:
    """The calls or passes of a case."""
    found: list[dict[str, Any]] = inputs["passes" if inputs["kind"] == "layer" else "calls"]
    return found


def probability(inputs: Inputs) -> float:
    """Of keeping a unit in training."""
    options: dict[str, float] = inputs["options"]
    return options["keep"] if "keep" in options else 1 - options["p"]


def units(exercise: Exercise, found: list[Toss]) -> Tensor:
    """What was kept, shape ``(calls, rows, columns)``; one column if samples are dropped."""
    kept = torch.stack([toss.kept for toss in found])
    kept = kept.reshape(len(kept), kept.shape[1] if kept.dim() > 1 else 1, -1)
    if exercise.kind == "stochastic depth":
        return kept.any(-1, keepdim=True)
    return kept


def _training(one: dict[str, Any]) -> bool:
    """A pass says so itself, a call in its options; masks are for training only."""
    return bool(one.get("training", one.get("kwargs", {}).get("training", True)))


def _factor(exercise: Exercise, inputs: Inputs, training: bool) -> float:
    keep = probability(inputs)
    if exercise.kind == "mask":
        return 1.0
    if exercise.kind == "published dropout":
        return float(keep > 0) if training else keep
    if not training:
        return 1.0
    return 1 / keep if keep else 0.0


def _whole(exercise: Exercise, one: dict[str, Any]) -> tuple[Tensor, Tensor | None]:
    """The output with nothing dropped, and what is added to it afterwards."""
    args = one["args"] if "args" in one else [one["input"]]
    if exercise.kind == "mask":
        return torch.ones_like(args[0], dtype=torch.float64), None
    if exercise.kind == "drop connect":
        return args[0] @ args[1].T, args[2]
    return args[0], None


def _without(output: Tensor, added: Tensor) -> Tensor:
    """What is left of a dropped weight is the rounding of adding the bias and taking it away."""
    left = output - added.to(output.device)
    return left.masked_fill(left.abs() < 1e-3, 0)


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def _folded(tensor: Tensor) -> Tensor:
    """Samples that are the same give their gradients to the same weights."""
    return tensor.reshape(-1, EACH, tensor.shape[1]).sum(1).T
