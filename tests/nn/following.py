"""Takes a batch-norm layer of ours and torch's the same way and measures how far they part.

Every number is judged beside the terms it is made of: a gradient that is the difference of almost
equal terms is no better known than they are.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from course_lib import nn
from tests.cases.nn import BackwardCase, Call, NormCase

SEED = 20
Entries = dict[str, Tensor]

# Training, in which the statistics move, between evaluations, in which they are used.
MODES = (True, True, False, True, True, False)
CHANGE_BEFORE = 2
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def ours(name: str) -> Any:
    return getattr(nn, name)


def torchs(name: str) -> Any:
    return getattr(torch.nn, name)


def build(cls: Any, case: NormCase) -> Any:
    """A layer in the case's dtype with weights and statistics unlike those of a new one."""
    layer = cls(case.shape[1], **case.options, dtype=case.layer_dtype or case.dtype)
    generator = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for name, entry in layer.state_dict().items():
            noise = torch.randn(entry.shape, generator=generator, dtype=torch.float64)
            if name == "weight" and case.weight is not None:
                noise = torch.full_like(noise, case.weight)
            if name != "num_batches_tracked":
                entry.copy_(noise.abs() + 0.5 if name == "running_var" else noise)
    return layer


def data(case: NormCase | BackwardCase, seed: int) -> tuple[Tensor, Tensor]:
    """A batch, and a gradient of its normalization."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(case.shape, generator=generator, dtype=torch.float64)
    grad = torch.randn(case.shape, generator=generator, dtype=torch.float64)
    return (case.loc + case.scale * x).to(case.dtype), grad.to(case.dtype)


def walk(layer: Any, case: NormCase) -> Iterator[Entries]:
    """After every batch the output, all gradients and the statistics."""
    for index, training in enumerate(MODES):
        if index == CHANGE_BEFORE:
            vars(layer).update(case.changes)
        layer.train(training).zero_grad()
        x, grad = data(case, SEED + index)
        if case.strided:
            x = x.transpose(0, -1).contiguous().transpose(0, -1)
        yield step(layer, x, grad)


def step(layer: Any, x: Tensor, grad: Tensor) -> Entries:
    """One batch through a layer and back."""
    x = x.detach().requires_grad_()
    output = layer(x)
    output.backward(grad)
    found = {"output": output.detach(), "grad_input": x.grad}
    found |= {f"grad_{name}": param.grad for name, param in layer.named_parameters()}
    found |= {name: buffer.clone() for name, buffer in layer.named_buffers()}
    return {name: entry for name, entry in found.items() if entry is not None}


def distance(case: NormCase) -> dict[str, float]:
    """The largest difference of each entry, beside its terms."""
    layers = [build(make(case.layer), case) for make in (ours, torchs)]
    before = {name: entry.clone() for name, entry in layers[1].state_dict().items()}
    worst: dict[str, float] = {}
    walks = zip(*(walk(layer, case) for layer in layers), strict=True)
    for index, (mine, theirs) in enumerate(walks):
        x, grad = data(case, SEED + index)
        of_batch = MODES[index] or "running_mean" not in before
        size = terms(x, grad, before, None if of_batch else before, layers[1].eps)
        _collect(worst, apart(mine, theirs, size))
        before |= {name: theirs[name] for name in BUFFERS if name in theirs}
    return worst


def terms(
    x: Tensor, grad: Tensor, state: Entries, statistics: Entries | None, eps: float
) -> dict[str, Tensor]:
    """How large the terms are that each entry is the sum of; of the batch without statistics."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    per_channel = [1, -1] + [1] * (x.dim() - 2)
    x, grad = x.double(), grad.double().abs()
    mean = statistics["running_mean"].double() if statistics else x.mean(axes)
    spread = (x - x.mean(axes).view(per_channel)).square().mean(axes)
    var = statistics["running_var"].double() if statistics else spread
    scale = 1 / (var + eps).sqrt().view(per_channel)
    x_hat = (x - mean.view(per_channel)).abs() * scale + 1
    weight = state.get("weight", torch.ones_like(mean)).double().abs().view(per_channel)
    bias = state.get("bias", torch.zeros_like(mean)).double().abs().view(per_channel)
    sums = grad.mean(axes, keepdim=True) + x_hat * (grad * x_hat).mean(axes, keepdim=True)
    size = {
        "output": weight * x_hat + bias,
        "grad_input": weight * scale * (grad + (0 if statistics else sums)),
        "grad_weight": (grad * x_hat).sum(axes),
        "grad_bias": grad.sum(axes),
        "num_batches_tracked": torch.ones(()),
    }
    if "running_mean" in state:
        size["running_mean"] = state["running_mean"].abs() + x.abs().mean(axes)
        size["running_var"] = state["running_var"] + spread
    return size


def apart(mine: Entries, theirs: Entries, size: dict[str, Tensor]) -> dict[str, float]:
    """The largest difference of each entry beside its size; 0 where it may not differ at all."""
    _same_layout(mine, theirs)
    found = {}
    for name, expected in theirs.items():
        difference = (mine[name].double() - expected.double()).abs()
        ratio = difference / size[name]
        found[name] = ratio.masked_fill(difference == 0, 0.0).max().item() if ratio.numel() else 0.0
    return found


def _collect(worst: dict[str, float], found: dict[str, float]) -> None:
    for name, ratio in found.items():
        # Not max(): that would lose a NaN.
        worst[name] = ratio if not ratio <= worst.get(name, 0.0) else worst.get(name, 0.0)


def _same_layout(mine: Entries, theirs: Entries) -> None:
    def layout(entries: Entries) -> dict[str, object]:
        return {
            name: (entry.shape, entry.dtype, entry.device, entry.requires_grad)
            for name, entry in entries.items()
        }

    assert layout(mine) == layout(theirs)


class Function(torch.nn.Module):
    """One call of a ``batch_norm``, as a layer that holds what the call is given."""

    def __init__(self, function: Any, call: Call) -> None:
        super().__init__()
        self.function, self.options = function, call.options
        self.eps = call.options.get("eps", 1e-5)
        generator = torch.Generator().manual_seed(SEED)
        for name in ("running_mean", "running_var", "weight", "bias"):
            tensor = torch.rand(
                call.shapes.get(name, call.shape[1:2]), generator=generator, dtype=torch.float64
            )
            tensor = (tensor + 0.5).to(call.dtypes.get(name, call.dtype))
            if name not in call.given.split():
                setattr(self, name, None)
            elif name.startswith("running"):
                self.register_buffer(name, tensor.requires_grad_(call.tracked))
            else:
                setattr(self, name, torch.nn.Parameter(tensor))

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = self.function(
            input, self.running_mean, self.running_var, self.weight, self.bias, **self.options
        )
        return result


def call_distance(call: Call) -> dict[str, float]:
    """The largest difference of each entry of one call from torch's, beside its terms."""
    x, grad = call_data(call)
    mine, theirs = (
        Function(function, call) for function in (nn.batch_norm, torch.nn.functional.batch_norm)
    )
    state = {name: entry.clone() for name, entry in theirs.state_dict().items()}
    statistics = None if call.options.get("training") else state
    size = terms(x, grad, state, statistics, theirs.eps)
    return apart(step(mine, x, grad), step(theirs, x, grad), size)


def call_data(call: Call) -> tuple[Tensor, Tensor]:
    """The input of a call, and a gradient of its output."""
    generator = torch.Generator().manual_seed(SEED)
    x, grad = (torch.randn(call.shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return x.to(call.dtype), grad.to(call.dtype)


def backward_distances(case: BackwardCase) -> dict[str, dict[str, float]]:
    """How far the gradients by hand are from torch's operator and from its autograd."""
    x, grad = data(case, SEED)
    wide = torch.float64 if case.dtype == torch.float64 else torch.float32
    weight = torch.linspace(-1.0, 2.0, case.shape[1], dtype=wide) if case.weighted else None
    axes = [axis for axis in range(x.dim()) if axis != 1]
    mean, var = x.to(wide).mean(axes), x.to(wide).var(axes, correction=0)
    state = {} if weight is None else {"weight": weight}
    size = terms(x, grad, state, None, case.eps)
    mine = _named(nn.batch_norm_backward(grad, x, weight, mean, var, case.eps))
    return {
        "operator": apart(mine, _operator(grad, x, weight, mean, var, case.eps), size),
        "autograd": apart(mine, _autograd(grad, x, weight, case.eps), size),
    }


def _operator(
    grad: Tensor, x: Tensor, weight: Tensor | None, mean: Tensor, var: Tensor, eps: float
) -> Entries:
    backward = torch.ops.aten.native_batch_norm_backward
    invstd = 1 / (var + eps).sqrt()
    # Its vectorized form for half precision needs a weight.
    return _named(
        backward(grad, x, weight, None, None, mean, invstd, True, eps, [True, True, True])
    )


def _autograd(grad: Tensor, x: Tensor, weight: Tensor | None, eps: float) -> Entries:
    wide = torch.float64 if x.dtype == torch.float64 else torch.float32
    ones, zeros = (torch.full(x.shape[1:2], value, dtype=wide) for value in (1.0, 0.0))
    leaves = [t.detach().clone().requires_grad_() for t in (x, ones if weight is None else weight)]
    bias = zeros.requires_grad_()
    y = torch.nn.functional.batch_norm(
        leaves[0], None, None, leaves[1], bias, training=True, eps=eps
    )
    return _named(torch.autograd.grad(y, [*leaves, bias], grad))


def _named(gradients: tuple[Tensor, ...]) -> Entries:
    return dict(zip(("grad_input", "grad_weight", "grad_bias"), gradients, strict=True))
