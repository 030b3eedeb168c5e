"""Runs an optimizer of ours and torch's on the same gradients and measures how far they part."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from course_lib import optim
from tests.cases.optimizers import Case, Options

SHAPES = ((3, 2), (4,), ())
SEED = 20


def ours(name: str) -> Any:
    return getattr(optim, name)


def torchs(name: str) -> Any:
    """Torch's class, told to work plainly: one parameter at a time."""
    cls = getattr(torch.optim, name)
    return lambda params, **options: cls(params, **options, foreach=False)


def parameters(case: Case) -> list[Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    return [
        (case.start * torch.randn(shape, dtype=case.dtype, generator=generator)).requires_grad_()
        for shape in SHAPES
    ]


def gradients(case: Case) -> Iterator[list[Tensor | None]]:
    """For every step the gradient of every parameter, or None."""
    generator = torch.Generator().manual_seed(SEED + 1)
    for step in range(1, case.steps + 1):
        noise = [torch.randn(shape, dtype=case.dtype, generator=generator) for shape in SHAPES]
        if case.wave is not None:
            noise = [torch.full_like(one, case.wave(step)) for one in noise]
        yield [
            None if step in case.missing.get(index, ()) else case.scale * one
            for index, one in enumerate(noise)
        ]


def build(cls: Any, params: list[Tensor], case: Case) -> Any:
    groups: list[Any] = params
    if case.groups is not None:
        groups = [{"params": [p], **own} for p, own in zip(params, case.groups, strict=True)]
    return cls(groups, **case.options)


def take(optimizer: Any, params: list[Tensor], grads: list[Tensor | None], change: Options) -> None:
    """One step on given gradients, after a change of options in every group."""
    for group in optimizer.param_groups:
        group.update(change)
    for param, grad in zip(params, grads, strict=True):
        param.grad = None if grad is None else grad.clone()
    optimizer.step()


def walk(cls: Any, case: Case) -> Iterator[list[dict[str, Tensor]]]:
    """After every step each parameter, as the entry ``param``, beside the entries of its state."""
    params = parameters(case)
    optimizer = build(cls, params, case)
    for step, grads in enumerate(gradients(case), start=1):
        take(optimizer, params, grads, case.changes.get(step, {}))
        yield [
            {"param": param.detach().clone()}
            | {name: entry.clone() for name, entry in optimizer.state.get(param, {}).items()}
            for param in params
        ]


def distance(case: Case) -> dict[str, float]:
    """The largest relative difference of each entry: every element beside its largest size yet."""
    largest: dict[tuple[int, str], Tensor] = {}
    worst: dict[str, float] = {}
    both = zip(walk(ours(case.optimizer), case), walk(torchs(case.optimizer), case), strict=True)
    for our_step, torch_step in both:
        for index, (our, their) in enumerate(zip(our_step, torch_step, strict=True)):
            _same_layout(our, their)
            for name, expected in their.items():
                size = torch.maximum(
                    largest.get((index, name), torch.zeros(())), _parts(expected).abs()
                )
                largest[index, name] = size
                apart = (_parts(our[name]) - _parts(expected)).abs()
                ratio = (apart / size).masked_fill(apart == 0, 0.0).max().item()
                # Not max(): that would lose a NaN.
                worst[name] = ratio if not ratio <= worst.get(name, 0.0) else worst.get(name, 0.0)
    return worst


def _same_layout(our: dict[str, Tensor], their: dict[str, Tensor]) -> None:
    def layout(entries: dict[str, Tensor]) -> dict[str, object]:
        return {
            name: (entry.shape, entry.dtype, entry.device, entry.stride(), entry.requires_grad)
            for name, entry in entries.items()
        }

    assert layout(our) == layout(their)


def _parts(tensor: Tensor) -> Tensor:
    """Complex numbers as pairs of reals, which is how they are treated."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
