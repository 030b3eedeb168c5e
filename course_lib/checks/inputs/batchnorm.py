"""Cases of batch normalization: single calls, their way back, and layers over several batches."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.inputs.shared import one_of, plain, require_known
from course_lib.checks.spec import Exercise, Inputs

DTYPES = ("float32", "float64", "float16", "bfloat16")
GRADIENTS = ("input", "weight", "bias")
"""What ``batch_norm_backward`` gives, in its order."""


def _batch(
    draw: torch.Generator, shape: Sequence[int], mean: float, std: float, dtype: str
) -> Tensor:
    """A batch whose channels differ in mean and spread."""
    numbers = torch.randn(tuple(shape), generator=draw, dtype=torch.float64)
    across = [1, -1] + [1] * (len(shape) - 2)
    channel = torch.arange(1, shape[1] + 1, dtype=torch.float64).reshape(across)
    return (mean + std * channel * (numbers + 0.3 * channel)).to(getattr(torch, dtype))


def _vector(draw: torch.Generator, channels: int, dtype: str) -> Tensor:
    return torch.rand(channels, generator=draw, dtype=torch.float64).add(0.5).to(_type(dtype))


def _type(dtype: str) -> torch.dtype:
    found: torch.dtype = getattr(torch, dtype)
    return found


def batch_norm_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (6, 3),
    batches: int = 2,
    seed: int = 0,
    mean: float = 0.0,
    std: float = 1.0,
    dtype: str = "float64",
    affine: bool = True,
    statistics: bool = True,
    **options: Any,
) -> Inputs:
    """Several calls of ``batch_norm``, each with statistics of its own.

    Args:
        exercise: Whose options are allowed.
        shape: Of every batch: ``(batch, channels, ...)``.
        batches: How many calls there are.
        seed: Draws all numbers.
        mean: Where the data lie.
        std: How far they spread.
        dtype: One of ``DTYPES``.
        affine: Whether there are weight and bias.
        statistics: Whether running statistics are given.
        **options: ``training``, ``momentum``, ``eps``.

    Returns:
        Inputs whose calls give the output, then the running statistics, then the gradients of
        input, weight and bias.

    Raises:
        TypeError: If a parameter is unknown.
        ValueError: If ``dtype`` is none of those allowed.
    """
    require_known(exercise, options, batch_norm_inputs)
    one_of("dtype", dtype, DTYPES)
    draw = torch.Generator().manual_seed(seed)
    given = plain(exercise.defaults | options)
    channels = shape[1]
    calls = []
    for _ in range(batches):
        batch = _batch(draw, shape, mean, std, dtype)
        running = [_vector(draw, channels, dtype).add(mean), _vector(draw, channels, dtype)]
        scale = [_vector(draw, channels, dtype), _vector(draw, channels, dtype)]
        upstream = torch.randn(tuple(shape), generator=draw, dtype=torch.float64).to(_type(dtype))
        args: list[Any] = [batch, *(running if statistics else [None, None])]
        args += scale if affine else [None, None]
        calls.append({"args": args, "kwargs": given, "upstream": upstream})
    sources = [0, 3, 4] if affine else [0]
    grads = [f"the gradient of {name}" for name in GRADIENTS[: len(sources)]]
    running_names = ["running_mean", "running_var"] if statistics else []
    mode = "training" if given["training"] else "evaluation"
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{batches} batches",
        "labels": [f"batch {number} ({mode})" for number in range(1, batches + 1)],
        "names": ["the output", *running_names, *grads],
        "wanted": "a tensor, the output",
        "calls": calls,
        "returns": 1,
        "changes": [1, 2] if statistics else [],
        "differentiate": sources,
        "options": given,
    }


def batch_norm_backward_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (6, 3),
    seed: int = 0,
    mean: float = 0.0,
    std: float = 1.0,
    dtype: str = "float64",
    affine: bool = True,
    gradients: Sequence[str] = GRADIENTS,
    eps: float = 1e-5,
) -> Inputs:
    """One call of ``batch_norm_backward``, with the batch's own mean and biased variance.

    Args:
        exercise: The exercise.
        shape: Of the batch: ``(batch, channels, ...)``.
        seed: Draws all numbers.
        mean: Where the data lie.
        std: How far they spread.
        dtype: "float32" or "float64".
        affine: Whether there is a weight.
        gradients: Those that are looked at, some of ``GRADIENTS``; the others need only the shape.
        eps: Added to the variance.

    Returns:
        Inputs whose call gives the gradients of input, weight and bias.

    Raises:
        ValueError: If ``dtype`` or one of ``gradients`` is none of those allowed.
    """
    one_of("dtype", dtype, DTYPES[:2])
    for name in gradients:
        one_of("gradients", name, GRADIENTS)
    draw = torch.Generator().manual_seed(seed)
    batch = _batch(draw, shape, mean, std, dtype)
    weight = _vector(draw, shape[1], dtype) if affine else None
    upstream = torch.randn(tuple(shape), generator=draw, dtype=torch.float64).to(_type(dtype))
    over = [axis for axis in range(len(shape)) if axis != 1]
    var, center = torch.var_mean(batch.double(), dim=over, correction=0)
    args = [upstream, batch, weight, center.to(batch.dtype), var.to(batch.dtype), eps]
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": "1 batch",
        "labels": ["the batch"],
        "names": [f"the gradient of {name}" for name in GRADIENTS],
        "asked": list(gradients),
        "wanted": "three tensors (grad_input, grad_weight, grad_bias)",
        "calls": [{"args": args, "kwargs": {}}],
        "returns": 3,
        "changes": [],
        "differentiate": [],
        "options": {"eps": eps},
    }


def batch_norm_layer_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (6, 3),
    modes: str = "tttee",
    sizes: Sequence[int] | None = None,
    seed: int = 0,
    mean: float = 0.0,
    std: float = 1.0,
    dtype: str = "float64",
    **options: Any,
) -> Inputs:
    """Batches sent through a layer, in training and in evaluation.

    Args:
        exercise: Whose options are allowed.
        shape: Of the first batch: ``(batch, channels, ...)``.
        modes: One letter a batch: ``t`` training, ``e`` evaluation; small letters without autograd,
            capital letters with a gradient from above.
        sizes: The number of samples of every batch; None leaves that of ``shape``.
        seed: Draws all numbers.
        mean: Where the data lie.
        std: How far they spread.
        dtype: One of ``DTYPES``.
        **options: Hyper-parameters of the constructor.

    Returns:
        Inputs whose passes give the output, the running statistics with their counter, then the
        gradients.

    Raises:
        TypeError: If a parameter is unknown.
        ValueError: If another parameter is outside its domain.
    """
    require_known(exercise, options, batch_norm_layer_inputs)
    one_of("dtype", dtype, DTYPES)
    if not modes or set(modes) - set("teTE"):
        raise ValueError(f"modes needs letters among t, e, T and E, got {modes!r}")
    if sizes is not None and len(sizes) != len(modes):
        raise ValueError(f"needed a size for each of {len(modes)} batches, got {len(sizes)}")
    draw = torch.Generator().manual_seed(seed)
    given = plain(exercise.defaults | options)
    affine, tracked = given.get("affine", True), given.get("track_running_stats", True)
    state: dict[str, Tensor] = {}
    if affine:
        state |= {name: _vector(draw, shape[1], dtype) for name in ("weight", "bias")}
    passes = []
    for number, mode in enumerate(modes):
        size = [sizes[number] if sizes is not None else shape[0], *shape[1:]]
        batch = _batch(draw, size, mean, std, dtype)
        upstream = torch.randn(size, generator=draw, dtype=torch.float64).to(_type(dtype))
        passes.append(
            {
                "input": batch,
                "training": mode in "tT",
                "grad": mode in "TE",
                "upstream": upstream if mode in "TE" else None,
            }
        )
    watched = ["running_mean", "running_var", "num_batches_tracked"] if tracked else []
    grads = ["input", "weight", "bias"] if affine else ["input"]
    names = {"t": "training", "e": "evaluation"}
    return {
        "kind": "layer",
        "apart": True,
        "device": "cpu",
        "extent": _extent(modes),
        "labels": [f"batch {n} ({names[m.lower()]})" for n, m in enumerate(modes, start=1)],
        "names": ["the output", *watched, *(f"the gradient of {name}" for name in grads)],
        "wanted": "a tensor, the output",
        "options": {"num_features": shape[1], **given},
        "dtype": dtype,
        "state": state,
        "passes": passes,
        "watched": watched,
    }


def _extent(modes: str) -> str:
    """How many batches there are, in words."""
    trained = sum(mode in "tT" for mode in modes)
    said = [(trained, "training"), (len(modes) - trained, "evaluation")]
    return ", ".join(f"{n} {'batch' if n == 1 else 'batches'} in {mode}" for n, mode in said if n)
