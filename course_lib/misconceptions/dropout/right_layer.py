"""Right ways to write ``Dropout.forward`` that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import torch

from course_lib.misconceptions.model import right
from course_lib.nn import dropout, dropout_mask


@right("dropout_layer", "two branches")
def asks_for_its_mode(self, input):
    """The mode decides here, not in the function."""
    if self.training:
        return dropout(input, self.p)
    return input


@right("dropout_layer", "written out")
def rule_written_out(self, input):
    """No call of another exercise but the mask."""
    if not self.training:
        return input
    q = 1 - self.p
    if q == 0:
        return input * 0
    return input * dropout_mask(input, self.p) / q


@right("dropout_layer", "written out")
def weights_of_its_own(self, input):
    """No call of another exercise at all."""
    if self.training and self.p > 0:
        weights = torch.full_like(input, 1 - self.p, requires_grad=False).bernoulli()
        return input * weights * (1 / (1 - self.p) if self.p < 1 else 0)
    return input


@right("dropout_layer", "a choice")
def chooses_by_where(self, input):
    """A mask of ones in evaluation, and one rule for both modes."""
    p = self.p if self.training else 0.0
    kept = torch.rand_like(input) >= p
    return torch.where(kept, input / (1 - p if p < 1 else 1), torch.zeros_like(input))
