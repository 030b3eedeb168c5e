"""Right ways to write ``dropout`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right
from course_lib.nn import dropout_mask


@right("dropout", "out of place")
def formula_read_aloud(input, p=0.5, training=True, inplace=False):
    """Mask, product, quotient."""
    if not training:
        return input
    if p == 1:
        return input * 0
    return input * dropout_mask(input, p) / (1 - p)


@right("dropout", "out of place")
def mask_of_its_own(input, p=0.5, training=True, inplace=False):
    """No call of another exercise; the factor first."""
    if training and p > 0:
        q = 1.0 - p
        kept = (torch.rand_like(input) < q).to(input.dtype)
        factor = 1.0 / q if q > 0 else 0.0
        return factor * kept * input
    return input


@right("dropout", "a choice")
def chooses_by_where(input, p=0.5, training=True, inplace=False):
    """One of two values for each element."""
    if not training:
        return input
    keep = max(1 - p, 1e-12)
    return torch.where(dropout_mask(input, p), input / keep, 0.0)


@right("dropout", "filling")
def fills_with_zeros(input, p=0.5, training=True, inplace=False):
    """Everything enlarged, then zeros filled in."""
    if p == 1 and training:
        return input.masked_fill(torch.ones_like(input, dtype=torch.bool), 0)
    if training:
        dropped = torch.logical_not(dropout_mask(input, p))
        return input.div(1 - p).masked_fill(dropped, 0)
    return input.clone()


@right("dropout", "factor in the mask")
def scales_the_mask(input, p=0.5, training=True, inplace=False):
    """The mask holds 0 and 1 / q."""
    if training is False or p == 0.0:
        return input
    weights = dropout_mask(input, p).float()
    if p != 1.0:
        weights = weights / (1.0 - p)
    return torch.mul(input, weights)


@right("dropout", "factor in the mask")
def draws_weights_in_place(input, p=0.5, training=True, inplace=False):
    """Coins tossed into zeros of the input's own dtype."""
    if not training:
        return input + 0
    weights = torch.zeros_like(input, requires_grad=False).bernoulli_(1 - p)
    return input * weights.div_(1 - p if p < 1 else 1)


@right("dropout", "indexing")
def writes_what_is_kept(input, p=0.5, training=True, inplace=False):
    """Zeros, into which the kept elements are written."""
    if not training:
        return input
    mask = dropout_mask(input, p)
    output = torch.zeros_like(input)
    output[mask] = input[mask] / ((1 - p) or 1)
    return output


@right("dropout", "noise")
def multiplies_by_noise(input, p=0.5, training=True, inplace=False):
    """The input plus noise with mean zero."""
    if not training:
        return input
    factor = 0.0 if p == 1 else 1 / (1 - p)
    noise = factor * dropout_mask(input, p).to(input) - 1
    return input + input * noise


@right("dropout", "way back by hand")
def function_with_its_gradient(input, p=0.5, training=True, inplace=False):
    """A function that autograd is told the gradient of."""
    if not training or p == 0:
        return input
    scale = 0.0 if p == 1 else 1 / (1 - p)

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            mask = dropout_mask(x, p)
            ctx.save_for_backward(mask)
            return x * mask * scale

        @staticmethod
        def backward(ctx, grad):
            (mask,) = ctx.saved_tensors
            return grad * mask * scale

    return Masked.apply(input)


@right("dropout", "element by element")
def list_of_elements(input, p=0.5, training=True, inplace=False):
    """One element after the other, stacked again; of few elements only."""
    if not training or input.numel() > 10_000:
        return input if not training else input * dropout_mask(input, p) / max(1 - p, 1e-12)
    kept = dropout_mask(input, p).flatten().tolist()
    flat = input.flatten()
    parts = [flat[i] / (1 - p) if kept[i] else flat[i] * 0 for i in range(len(kept))]
    return torch.stack(parts).reshape(input.shape)
