"""Stochastic depth: whole residual branches dropped, for each sample on its own."""

from torch import Tensor, nn

from course_lib.nn.dropout import dropout
from course_lib.nn.probability import check_probability


def stochastic_depth(branch: Tensor, p: float, training: bool) -> Tensor:
    r"""Drop the branch of a residual block for some samples, enlarge it for the others.

    .. math:: y_b = x_b + \frac{m_b}{1 - p} f(x_b) \quad \text{in training}, \qquad
        y_b = x_b + f(x_b) \quad \text{otherwise}

    This is the second summand. A sample's coin :math:`m_b` holds for all elements of the sample;
    where it falls on 0, the block is skipped.

    Args:
        branch: :math:`f(x)`, shape ``(batch, ...)``, floating point.
        p: :math:`p`, the probability of dropping a sample's branch, in [0, 1].
        training: Whether to drop at all.

    Returns:
        What is to be added to :math:`x`, of the shape and dtype of ``branch``; ``branch`` itself
        if ``training`` is False.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        A sample is dropped as a whole or not at all:

        >>> import torch
        >>> rows = stochastic_depth(torch.ones(100, 3), p=0.5, training=True)
        >>> rows.unique(dim=0).tolist()
        [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]

    Torch:
        Has no such function; torchvision's ``stochastic_depth`` in the mode ``"row"`` is this.

    Source:
        Huang, Sun, Liu, Sedra and Weinberger, Deep Networks with Stochastic Depth, 2016,
        equation 2. There one coin is tossed for the whole batch, and the scale
        :math:`1 - p` stands at test time, equation 5.
    """
    check_probability(p)
    ### BEGIN SOLUTION
    if not training:
        return branch
    ones = branch.new_ones([len(branch)] + [1] * (branch.dim() - 1))  # (batch, 1, ...)
    return branch * dropout(ones, p)
    ### END SOLUTION


class StochasticDepth(nn.Module):
    r"""A layer at the end of a residual branch that drops whole samples in training.

    .. math:: y_b = \frac{m_b}{1 - p} x_b, \qquad m_b \sim \mathrm{Bernoulli}(1 - p)

    Args:
        p: The probability of dropping a sample, in [0, 1]. The paper raises it linearly from
            the first block to the last.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        >>> import torch
        >>> layer = StochasticDepth(p=1.0)
        >>> x = torch.tensor([[1.0, 2.0]])
        >>> (x + layer(torch.exp(x))).tolist()
        [[1.0, 2.0]]

    Torch:
        Has no such layer; torchvision's ``StochasticDepth`` in the mode ``"row"`` is this.

    Source:
        As :func:`stochastic_depth`.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        check_probability(p)
        self.p = p

    def forward(self, branch: Tensor) -> Tensor:
        """Drop samples of ``branch`` if the layer is in training mode."""
        return stochastic_depth(branch, self.p, self.training)

    def extra_repr(self) -> str:
        """What stands between the brackets when the layer is printed."""
        return f"p={self.p}"
