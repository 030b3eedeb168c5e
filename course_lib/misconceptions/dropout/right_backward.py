"""Right ways to write ``dropout_backward`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right


@right("dropout_backward", "out of place")
def formula_read_aloud(grad_output, mask, p):
    """The case that cannot be divided first."""
    if p == 1:
        return torch.zeros_like(grad_output)
    return grad_output * mask / (1 - p)


@right("dropout_backward", "a choice")
def chooses_by_where(grad_output, mask, p):
    """One of two values for each element."""
    keep = 1 - p if p < 1 else 1
    return torch.where(mask, grad_output / keep, torch.zeros_like(grad_output))


@right("dropout_backward", "filling")
def fills_with_zeros(grad_output, mask, p):
    """Everything enlarged, then zeros filled in."""
    enlarged = grad_output / max(1 - p, 1e-9)
    return enlarged.masked_fill(~mask, 0.0)


@right("dropout_backward", "factor in the mask")
def scales_the_mask(grad_output, mask, p):
    """The mask turned into weights, in single precision."""
    weights = mask / (1 - p) if p != 1 else mask.float()
    return grad_output * weights


@right("dropout_backward", "indexing")
def writes_what_is_kept(grad_output, mask, p):
    """Zeros, into which the kept elements are written."""
    result = torch.zeros_like(grad_output)
    result[mask] = grad_output[mask] / (1 - p or 1)
    return result


@right("dropout_backward", "autograd")
def asks_autograd(grad_output, mask, p):
    """The way there built again, and differentiated."""
    scale = 0.0 if p == 1 else 1 / (1 - p)
    with torch.enable_grad():
        x = torch.zeros_like(grad_output, requires_grad=True)
        y = x * mask * scale
    (gradient,) = torch.autograd.grad(y, x, grad_output)
    return gradient


@right("dropout_backward", "in place on a copy")
def copy_in_place(grad_output, mask, p):
    """A copy, every operation on it in place."""
    result = grad_output.clone()
    result[~mask] = 0
    if p < 1:
        result /= 1 - p
    return result


@right("dropout_backward", "fused")
def fused_product(grad_output, mask, p):
    """Product and factor in one call."""
    weights = mask.to(grad_output.dtype)
    value = 1 / (1 - p) if p < 1 else 1.0
    return torch.addcmul(torch.zeros_like(grad_output), grad_output, weights, value=value)
