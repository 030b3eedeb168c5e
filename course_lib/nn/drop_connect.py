"""DropConnect: dropout of single weights, drawn anew for each sample."""

from typing import Any

import torch
from torch import Tensor, nn

from course_lib.nn.dropout import dropout
from course_lib.nn.probability import check_probability


def drop_connect(
    input: Tensor, weight: Tensor, bias: Tensor | None, p: float, training: bool
) -> Tensor:
    r"""A linear map whose weights are dropped at random, for each sample on its own.

    .. math:: y_b = \frac{M_b \odot W}{1 - p}\, x_b + c \quad \text{in training}, \qquad
        y_b = W x_b + c \quad \text{otherwise}

    Each element of each :math:`M_b` is 1 with probability :math:`1 - p`, else 0. The weights of
    all samples exist at once: ``batch * out_features * in_features`` numbers.

    Args:
        input: :math:`x`, shape ``(..., in_features)``; each sample along the leading axes has a
            mask of its own.
        weight: :math:`W`, shape ``(out_features, in_features)``.
        bias: :math:`c`, shape ``(out_features,)``, or None. It is never dropped.
        p: :math:`p`, the probability of dropping a weight, in [0, 1].
        training: Whether to drop at all.

    Returns:
        :math:`y`, shape ``(..., out_features)``.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        With every weight dropped the bias is left:

        >>> input, weight = torch.ones(2, 3), torch.ones(1, 3)
        >>> drop_connect(input, weight, torch.tensor([5.0]), p=1.0, training=True).tolist()
        [[5.0], [5.0]]

    Torch:
        Has no such layer. In evaluation this is ``torch.nn.functional.linear``.

    Source:
        Wan, Zeiler, Zhang, LeCun and Fergus, Regularization of Neural Networks using
        DropConnect, 2013, section 3. There the bias is masked too, the weights are not enlarged,
        and evaluation samples from a normal distribution of the same mean and variance.
    """
    check_probability(p)
    ### BEGIN SOLUTION
    if not training:
        return torch.nn.functional.linear(input, weight, bias)
    weights = weight.expand(*input.shape[:-1], *weight.shape)  # (..., out_features, in_features)
    output = (dropout(weights, p) @ input.unsqueeze(-1)).squeeze(-1)  # (..., out_features)
    return output if bias is None else output + bias
    ### END SOLUTION


class DropConnect(nn.Linear):
    r"""A linear layer that drops single weights in training.

    .. math:: y_b = \frac{M_b \odot W}{1 - p}\, x_b + c

    Args:
        in_features: Length of a sample, at least 1.
        out_features: Length of an output, at least 1.
        bias: Whether there is a :math:`c`.
        device: Where the parameters live.
        dtype: Their dtype.
        p: The probability of dropping a weight, in [0, 1].

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        >>> layer = DropConnect(3, 2, p=0.25)
        >>> layer
        DropConnect(in_features=3, out_features=2, bias=True, p=0.25)
        >>> layer(torch.ones(5, 3)).shape
        torch.Size([5, 2])

    Torch:
        Is a ``torch.nn.Linear``: same parameters, same start, same state dict; equal to it in
        evaluation. torch has no ``DropConnect``.

    Source:
        As :func:`drop_connect`.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        p: float = 0.5,
    ) -> None:
        check_probability(p)
        super().__init__(in_features, out_features, bias, device, dtype)
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        """Map ``input``; in training mode with part of the weights."""
        return drop_connect(input, self.weight, self.bias, self.p, self.training)

    def extra_repr(self) -> str:
        """What stands between the brackets when the layer is printed."""
        return f"{super().extra_repr()}, p={self.p}"
