"""Right ways to write ``drop_connect`` and ``stochastic_depth``."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right
from course_lib.nn import dropout_mask


@right("drop_connect", "einsum")
def sums_by_einsum(input, weight, bias, p, training):
    """All masks at once, and the sum written with indices."""
    if training:
        scale = 1 / (1 - p) if p < 1 else 0
        mask = torch.rand((*input.shape[:-1], *weight.shape), device=input.device) >= p
        output = torch.einsum("...i,oi,...oi->...o", input, weight, mask.to(input.dtype) * scale)
    else:
        output = input @ weight.T
    return output if bias is None else output + bias


@right("drop_connect", "sample by sample")
def sample_by_sample(input, weight, bias, p, training):
    """A loop over the samples, each with a matrix of its own."""
    rows = input.reshape(-1, input.shape[-1])
    outputs = []
    for row in rows:
        thinned = weight
        if training:
            thinned = weight * dropout_mask(weight, p) * (0 if p == 1 else 1 / (1 - p))
        outputs.append(torch.nn.functional.linear(row, thinned, bias))
    return torch.stack(outputs).reshape(*input.shape[:-1], -1)


@right("stochastic_depth", "coins of its own")
def coin_for_each_row(branch, p, training):
    """A column of coins."""
    if training:
        coins = torch.rand(branch.shape[0], device=branch.device) >= p
        weights = coins.to(branch.dtype) / max(1 - p, 1e-12)
        return branch * weights.reshape(-1, *[1] * (branch.dim() - 1))
    return branch


@right("stochastic_depth", "filling")
def fills_whole_samples(branch, p, training):
    """Everything enlarged, then whole samples filled with zeros."""
    if not training:
        return branch
    first = branch.flatten(1)[:, 0].detach()
    dropped = ~dropout_mask(first, p)
    while dropped.dim() < branch.dim():
        dropped = dropped.unsqueeze(-1)
    return torch.masked_fill(branch / (1 - p if p < 1 else 1), dropped, 0)
