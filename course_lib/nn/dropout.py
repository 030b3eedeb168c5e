"""Inverted dropout: its mask, its two directions, and the layer around them."""

import torch
from torch import Tensor, nn

from course_lib.nn.probability import check_probability


def dropout_mask(input: Tensor, p: float) -> Tensor:
    r"""Which elements are kept: a coin of its own for each.

    .. math:: m_i \sim \mathrm{Bernoulli}(1 - p), \qquad \text{independently}

    Args:
        input: Any shape, any real dtype; only its shape and its device matter.
        p: :math:`p`, the probability of dropping an element, in [0, 1].

    Returns:
        A bool tensor of the shape and on the device of ``input``, new at each call: True where
        the element is kept.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        Nothing is dropped with probability 0, everything with probability 1:

        >>> dropout_mask(torch.ones(3), 0.0).tolist(), dropout_mask(torch.ones(3), 1.0).tolist()
        ([True, True, True], [False, False, False])

    Torch:
        Equals the second result of ``torch.ops.aten.native_dropout``; on the CPU the same seed
        gives the same mask.

    Source:
        Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: A Simple Way to
        Prevent Neural Networks from Overfitting, 2014, section 4, with the probability of
        keeping, there :math:`p`, written :math:`1 - p`.
    """
    check_probability(p)
    ### BEGIN SOLUTION
    return torch.empty_like(input, dtype=torch.bool).bernoulli_(1 - p)
    ### END SOLUTION


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    r"""Drop elements at random and enlarge the others, so that the mean stays.

    .. math:: y_i = \frac{m_i x_i}{1 - p} \quad \text{in training}, \qquad
        y_i = x_i \quad \text{otherwise}

    A kept element is divided by the probability of keeping it, hence :math:`E[y_i] = x_i`. The
    network needs no other scale when it is used: this is *inverted* dropout.

    Args:
        input: :math:`x`, any shape, also empty or without dimensions; floating point.
        p: :math:`p`, the probability of dropping an element, in [0, 1]. With 1 all is dropped.
        training: Whether to drop at all.
        inplace: Write the result into ``input`` and return that.

    Returns:
        :math:`y`, of the shape and dtype of ``input``; ``input`` itself if ``training`` is False
        or ``p`` is 0.

    Raises:
        ValueError: If ``p`` lies outside [0, 1], in evaluation too.
        RuntimeError: If something is to be enlarged and ``input`` holds integers, or ``inplace``
            meets a leaf that requires a gradient.

    Example:
        Of ones, with an eighth dropped, nothing but 0 and 8 / 7 is left:

        >>> values = dropout(torch.ones(1000, dtype=torch.float64), p=0.125).unique()
        >>> values.equal(torch.tensor([0, 8 / 7], dtype=torch.float64))
        True

    Torch:
        Equals ``torch.nn.functional.dropout``; on the CPU the same seed gives the same result. In
        float16 and bfloat16 torch rounds :math:`1 / (1 - p)` before it multiplies; here only the
        product is rounded. A ``p`` of NaN is a ValueError here, a RuntimeError there.

    Source:
        Srivastava et al., Dropout, 2014, section 10, which calls it another way to achieve the
        same effect; section 4 has the mask.
    """
    check_probability(p)
    ### BEGIN SOLUTION
    if not training or p == 0:
        return input
    mask = dropout_mask(input, p)
    dropped = input.mul_(mask) if inplace else input * mask
    return dropped.mul_(1 / (1 - p) if p < 1 else 0)
    ### END SOLUTION


def dropout_backward(grad_output: Tensor, mask: Tensor, p: float) -> Tensor:
    r"""The gradient of dropout's input: the same mask, the same factor.

    .. math:: \frac{\partial L}{\partial x_i} =
        \frac{m_i}{1 - p} \frac{\partial L}{\partial y_i}

    Args:
        grad_output: :math:`\partial L / \partial y`, any shape.
        mask: :math:`m`, bool, same shape: the mask that the forward pass drew.
        p: :math:`p`, the probability of dropping an element, in [0, 1].

    Returns:
        :math:`\partial L / \partial x`, of the shape and dtype of ``grad_output``; zeros if ``p``
        is 1.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        >>> dropout_backward(torch.tensor([1.0, -2.0]), torch.tensor([True, False]), 0.5).tolist()
        [2.0, -0.0]

    Torch:
        Equals ``torch.ops.aten.native_dropout_backward``, which takes the factor instead of
        ``p``.

    Source:
        The derivative of :func:`dropout`; Srivastava et al., Dropout, 2014, section 5.1, on
        back-propagation through the thinned network.
    """
    check_probability(p)
    ### BEGIN SOLUTION
    scale = 1 / (1 - p) if p < 1 else 0
    return grad_output * mask * scale
    ### END SOLUTION


class Dropout(nn.Module):
    r"""A layer that drops elements in training and does nothing in evaluation.

    .. math:: y = \mathrm{dropout}(x; p)

    Args:
        p: The probability of dropping an element, in [0, 1].
        inplace: Write the result into the input.

    Raises:
        ValueError: If ``p`` lies outside [0, 1].

    Example:
        >>> layer = Dropout(p=0.5).eval()
        >>> layer(torch.tensor([1.0, 2.0])).tolist()
        [1.0, 2.0]

    Torch:
        Equals ``torch.nn.Dropout``; no parameters, an empty state dict. It differs where
        :func:`dropout` does.

    Source:
        As :func:`dropout`.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(p)
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements of ``input`` if the layer is in training mode."""
        ### BEGIN SOLUTION
        return dropout(input, self.p, self.training, self.inplace)
        ### END SOLUTION

    def extra_repr(self) -> str:
        """What stands between the brackets when the layer is printed."""
        return f"p={self.p}, inplace={self.inplace}"
