"""Cases of the capstone: a model to be asked or trained, draws, curves, a configuration to run."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.inputs.shared import one_of, plain, require_known
from course_lib.checks.spec import Exercise, Inputs
from course_lib.training.configured import TASKS, stride

PARTS = ("optimizer", "schedule", "layers")

BANDS = Path(__file__).parents[1] / "bands.json"
"""What the reference reaches, written by ``python -m benchmarks.bands``."""

FITTED = 0.1
"""A loss, in nats, below which a sample counts as known by heart."""


def model_inputs(
    exercise: Exercise,
    *,
    widths: tuple[int, ...] = (8, 16, 5),
    examples: int = 30,
    scale: float = 1.0,
    dropout: float = 0.0,
    batch_norm: bool = False,
    steps: int = 200,
    seed: int = 0,
) -> Inputs:
    """A perceptron with its weights, and examples with labels drawn at random.

    Args:
        exercise: Whose kind says whether the model is asked or trained.
        widths: Features, units of the hidden layers, classes.
        examples: How many.
        scale: Size of the inputs.
        dropout: Of every hidden layer; 0 for none.
        batch_norm: Whether hidden layers are normalized.
        steps: Steps allowed, where it is trained.
        seed: What weights and examples are drawn from.
    """
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    trained = exercise.kind == "overfit"
    dtype = torch.float32 if trained else torch.float64
    layers: list[list[Any]] = []
    for rows, columns in pairwise(widths[:-1]):
        layers.append(["linear", rows, columns])
        layers += [["norm", columns]] if batch_norm else []
        layers.append(["relu"])
        layers += [["dropout", dropout]] if dropout else []
    layers.append(["linear", *widths[-2:]])
    for place, (kind, *sizes) in enumerate(layers):
        state |= {f"{place}.{n}": v.to(dtype) for n, v in _drawn(kind, sizes, generator).items()}
    inputs = scale * torch.randn(examples, widths[0], generator=generator, dtype=torch.float64)
    return {
        "kind": exercise.kind,
        "device": "cpu",
        "extent": f"{examples} examples" + (f", {steps} steps" if trained else ""),
        "labels": ["the sample" if trained else "the first loss"],
        "names": ["your losses", "logits before", "logits after"] if trained else ["the loss"],
        "wanted": "a list of numbers, the losses" if trained else "a number, the loss",
        "layers": layers,
        "state": state,
        "inputs": inputs.to(dtype),
        "targets": torch.randint(widths[-1], (examples,), generator=generator),
        "steps": steps,
        "seed": seed,
        "options": {},
    }


def _drawn(kind: str, sizes: list[int], generator: torch.Generator) -> dict[str, Tensor]:
    """What a layer's state begins with; running statistics that are not those of a batch."""
    if kind == "linear":
        rows, columns = sizes
        linear = nn.Linear(rows, columns, device="meta").to_empty(device="cpu")
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu", generator=generator)
        nn.init.normal_(linear.bias, std=0.1, generator=generator)
        return {name: value.detach() for name, value in linear.state_dict().items()}
    if kind == "norm":
        mean, log_var = torch.randn(2, *sizes, generator=generator)
        ones, zeros = torch.ones(sizes), torch.zeros(sizes)
        stats = {"running_mean": mean, "running_var": log_var.exp()}
        return {"weight": ones, "bias": zeros, **stats, "num_batches_tracked": torch.tensor(7.0)}
    return {}


def draw_inputs(exercise: Exercise, *, seed: int = 0, **options: Any) -> Inputs:
    """Three calls of a function that draws: twice with one seed, then with another.

    Args:
        exercise: Whose options are allowed.
        seed: Of the first two generators; that of the third is the next number.
        **options: ``low``, ``high`` and ``count``.
    """
    require_known(exercise, options, draw_inputs)
    given = plain(exercise.defaults | options)
    return {
        "kind": "draws",
        "device": "cpu",
        "extent": "3 calls",
        "labels": ["call 1", "call 2", "call 3"],
        "names": ["the numbers"],
        "wanted": "a tensor of numbers",
        "args": [given[name] for name in exercise.options],
        "seeds": [seed, seed, seed + 1],
        "options": given,
    }


def stopping_inputs(
    exercise: Exercise,
    *,
    losses: tuple[tuple[float, ...], ...] = ((3.0, 1.0, 2.0, 2.0, 2.0, 2.0),),
    **options: Any,
) -> Inputs:
    """A validation curve for each call.

    Args:
        exercise: Whose options are allowed.
        losses: Curves, each a loss for every epoch.
        **options: ``patience``, the same for all.
    """
    require_known(exercise, options, stopping_inputs)
    given = plain(exercise.defaults | options)
    curves = plain(losses)
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{len(curves)} curves",
        "labels": [f"the curve {_shown(curve)}" for curve in curves],
        "names": ["the best epoch", "the last epoch"],
        "wanted": "two numbers, the best epoch and the last",
        "calls": [{"args": [curve, given["patience"]], "kwargs": {}} for curve in curves],
        "returns": 2,
        "changes": [],
        "differentiate": [],
        "options": given,
    }


def _shown(curve: list[float]) -> str:
    numbers = [f"{loss:g}" for loss in curve]
    return ", ".join(numbers if len(numbers) < 12 else [*numbers[:10], "..."])


def ensemble_inputs(
    exercise: Exercise,
    *,
    members: int = 3,
    batch: int = 4,
    classes: int = 5,
    scale: float = 1.0,
    offset: float = 0.0,
    dtype: str = "float64",
    seed: int = 0,
) -> Inputs:
    """Logits of several members.

    Args:
        exercise: What is checked.
        members: How many.
        batch: Examples.
        classes: Logits of an example.
        scale: Size of the logits.
        offset: Added to the logits of every second member; its probabilities stay the same.
        dtype: Of the logits.
        seed: What they are drawn from.
    """
    generator = torch.Generator().manual_seed(seed)
    logits = scale * torch.randn(members, batch, classes, generator=generator, dtype=torch.float64)
    logits[1::2] += offset
    logits = logits.to(getattr(torch, dtype))
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{members} members",
        "labels": ["the ensemble"],
        "names": ["the probabilities"],
        "wanted": "a tensor, the probabilities",
        "calls": [{"args": [logits], "kwargs": {}}],
        "returns": 1,
        "changes": [],
        "differentiate": [],
        "options": {},
    }


def configuration_inputs(
    exercise: Exercise, *, student: str, seeds: tuple[int, ...] = (1, 2, 3), **options: Any
) -> Inputs:
    """Data of a student for every run, the labels of the part held out kept back.

    Args:
        exercise: Whose reference names the data.
        student: The student's id.
        seeds: Of the data, one for each run.
        **options: ``band``, the threshold to be reached.

    Raises:
        ValueError: If there is no such band.
    """
    require_known(exercise, options, configuration_inputs)
    given = plain(exercise.defaults | options)
    found = bands(exercise.reference)
    one_of("band", given["band"], list(found["thresholds"]))
    data, steps = TASKS[exercise.reference]
    splits = [data(student=student, seed=seed) for seed in seeds]
    return {
        "kind": "configuration",
        "device": "cpu",
        "extent": f"{len(seeds)} runs of {steps} steps",
        "labels": [f"run {number}" for number in range(1, len(seeds) + 1)],
        "names": ["the predictions"],
        "wanted": "a configuration",
        "steps": steps,
        "stride": stride(exercise.reference, student),
        "runs": [
            {
                "train": list(split.train),
                "validation": list(split.validation),
                "held_out": split.test[0],
                "seed": _seed(split.test[0]),
            }
            for split in splits
        ],
        "options": given,
        "kept_back": {
            "labels": [split.test[1] for split in splits],
            "threshold": found["thresholds"][given["band"]],
        },
    }


def own_parts_inputs(exercise: Exercise, *, student: str, **options: Any) -> Inputs:
    """A few steps of a configuration, and which of its parts must be a student's own.

    Args:
        exercise: Whose reference names the data.
        student: The student's id.
        **options: ``part``, one of optimizer, schedule and layers.

    Raises:
        ValueError: If there is no such part.
    """
    require_known(exercise, options, own_parts_inputs)
    given = plain(exercise.defaults | options)
    one_of("part", given["part"], PARTS)
    split = TASKS[exercise.reference].data(student=student)
    return {
        "kind": "own parts",
        "device": "cpu",
        "extent": "3 steps",
        "labels": ["the run"],
        "names": ["the part"],
        "wanted": "a configuration",
        "steps": 3,
        "part": given["part"],
        "runs": [{"train": list(split.train), "seed": 0}],
        "options": given,
    }


def bands(task: str) -> dict[str, Any]:
    """What was measured for a task: ``thresholds`` by name, and what they are made of."""
    found: dict[str, Any] = json.loads(BANDS.read_text(encoding="utf-8"))["tasks"][task]
    return found


def _seed(held_out: Tensor) -> int:
    """A seed for start and order nobody could have tried, which tells nothing of the data's."""
    digest = hashlib.sha256(held_out.contiguous().numpy().tobytes()).digest()
    return int.from_bytes(digest[:4])
