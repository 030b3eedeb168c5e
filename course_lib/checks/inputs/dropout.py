"""Cases of dropout: the same batch sent through again and again, so that chance shows its law."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.inputs.shared import one_of, plain, require_known
from course_lib.checks.spec import Exercise, Inputs

DTYPES = ("float32", "float64")
WORDS = {True: "training", False: "evaluation"}
EACH = 2
"""How many samples of a DropConnect case are the same, so that a mask they share shows."""


def _away_from_zero(draw: torch.Generator, shape: Sequence[int], dtype: str) -> Tensor:
    """Numbers of both signs, none smaller than a half: a zero in the answer is a dropped one."""
    sizes = torch.rand(tuple(shape), generator=draw, dtype=torch.float64) + 0.5
    signs = torch.randint(0, 2, tuple(shape), generator=draw) * 2 - 1
    numbers: torch.dtype = getattr(torch, dtype)
    return (sizes * signs).to(numbers)


def random_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (40, 60),
    times: int = 8,
    seed: int = 0,
    dtype: str = "float64",
    **options: Any,
) -> Inputs:
    """One batch, given to a function several times.

    Args:
        exercise: Whose options are allowed; its kind says which tensors come first.
        shape: Of the batch; of the weights where these are dropped.
        times: How many calls there are, where ``training`` is not a list.
        seed: Draws the numbers, and starts the student's chance.
        dtype: One of ``DTYPES``.
        **options: Probability and ``training``: one mode, or a list with that of each call.

    Returns:
        Inputs whose calls give what the function returns and, but for masks, the gradient of its
        first argument.

    Raises:
        TypeError: If a parameter is unknown.
        ValueError: If ``dtype`` is none of those allowed.
    """
    require_known(exercise, options, random_inputs)
    one_of("dtype", dtype, DTYPES)
    draw = torch.Generator().manual_seed(seed)
    given = plain(exercise.defaults | options)
    batch = _away_from_zero(draw, shape, dtype)
    args: list[Any] = [batch]
    output = tuple(shape)
    if exercise.kind == "drop connect":  # Of the identity, every output is a single weight.
        identity = torch.eye(shape[1], dtype=batch.dtype).repeat_interleave(EACH, 0)
        args = [identity, batch, _away_from_zero(draw, shape[:1], dtype)]
        output = (EACH * shape[1], shape[0])
    masks = exercise.kind == "mask"
    upstream = None if masks else _away_from_zero(draw, output, dtype)
    options_of_calls = _each_call(given, times)
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": f"{len(options_of_calls)} calls",
        "labels": [f"call {n}{_mode(one)}" for n, one in enumerate(options_of_calls, start=1)],
        "names": ["the mask"] if masks else ["the output", "the gradient"],
        "wanted": "a tensor of True and False" if masks else "a tensor",
        "calls": [{"args": args, "kwargs": o, "upstream": upstream} for o in options_of_calls],
        "returns": 1,
        "changes": [],
        "differentiate": [] if masks else [len(args) - 1 - (exercise.kind == "drop connect")],
        "seed": seed,
        "options": given,
    }


def _each_call(given: dict[str, Any], times: int) -> list[dict[str, Any]]:
    """The options of every call: alike, but for a list of modes."""
    modes = given.get("training")
    if not isinstance(modes, list):
        return [given] * times
    return [{**given, "training": mode} for mode in modes]


def _mode(options: dict[str, Any]) -> str:
    if "training" not in options:
        return ""
    return f" ({WORDS[options['training']]})"


def dropout_backward_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (5, 4),
    seed: int = 0,
    dtype: str = "float64",
    p: float = 0.5,
) -> Inputs:
    """An upstream gradient and the mask of the forward pass.

    Args:
        exercise: The exercise.
        shape: Of both.
        seed: Draws them, and starts the student's chance, of which there should be none.
        dtype: One of ``DTYPES``.
        p: The probability of dropping an element.

    Returns:
        Inputs whose call gives the gradient of dropout's input.

    Raises:
        ValueError: If ``dtype`` is none of those allowed.
    """
    one_of("dtype", dtype, DTYPES)
    draw = torch.Generator().manual_seed(seed)
    upstream = _away_from_zero(draw, shape, dtype)
    mask = torch.rand(tuple(shape), generator=draw) >= p
    return {
        "kind": "calls",
        "device": "cpu",
        "extent": "1 call",
        "labels": ["the call"],
        "names": ["the gradient"],
        "wanted": "a tensor",
        "calls": [{"args": [upstream, mask, p], "kwargs": {}}],
        "returns": 1,
        "changes": [],
        "differentiate": [],
        "seed": seed,
        "options": {"p": p},
    }


def dropout_layer_inputs(
    exercise: Exercise,
    *,
    shape: Sequence[int] = (40, 60),
    modes: str = "TTTTTTTTEe",
    seed: int = 0,
    dtype: str = "float64",
    **options: Any,
) -> Inputs:
    """One batch, sent through a layer several times.

    Args:
        exercise: Whose options are allowed.
        shape: Of the batch.
        modes: One letter a pass: ``t`` training, ``e`` evaluation; small letters without autograd,
            capital letters with a gradient from above.
        seed: Draws the numbers, and starts the student's chance.
        dtype: One of ``DTYPES``.
        **options: Hyper-parameters of the constructor.

    Returns:
        Inputs whose passes give the output and the gradient of the input.

    Raises:
        TypeError: If a parameter is unknown.
        ValueError: If another parameter is outside its domain.
    """
    require_known(exercise, options, dropout_layer_inputs)
    one_of("dtype", dtype, DTYPES)
    if not modes or set(modes) - set("teTE"):
        raise ValueError(f"modes needs letters among t, e, T and E, got {modes!r}")
    draw = torch.Generator().manual_seed(seed)
    batch, upstream = (_away_from_zero(draw, shape, dtype) for _ in range(2))
    return {
        "kind": "layer",
        "device": "cpu",
        "extent": f"{len(modes)} passes",
        "labels": [f"pass {n} ({WORDS[m in 'tT']})" for n, m in enumerate(modes, start=1)],
        "names": ["the output", "the gradient"],
        "wanted": "a tensor",
        "options": plain(exercise.defaults | options),
        "dtype": dtype,
        "state": {},
        "passes": [
            {
                "input": batch,
                "training": mode in "tT",
                "grad": mode in "TE",
                "upstream": upstream if mode in "TE" else None,
            }
            for mode in modes
        ],
        "watched": [],
        "seed": seed,
    }
