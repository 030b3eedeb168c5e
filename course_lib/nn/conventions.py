"""Dropout as first published: no scale in training, a smaller network in use."""

from torch import Tensor

from course_lib.nn.dropout import dropout_mask
from course_lib.nn.probability import check_probability


def dropout_as_published(input: Tensor, keep: float, training: bool) -> Tensor:
    r"""Dropout with the scale at test time.

    .. math:: y_i = m_i x_i \quad \text{in training}, \qquad
        y_i = q x_i \quad \text{otherwise}, \qquad m_i \sim \mathrm{Bernoulli}(q)

    The mean in training, :math:`q x_i`, is what evaluation returns. :func:`dropout` with
    ``p = 1 - keep`` is :math:`1 / q` times as large in both modes.

    Args:
        input: :math:`x`, any shape, floating point.
        keep: :math:`q`, the probability of **keeping** an element, in [0, 1].
        training: Whether to drop elements (True) or to shrink them all (False).

    Returns:
        :math:`y`, of the shape and dtype of ``input``.

    Raises:
        ValueError: If ``keep`` lies outside [0, 1].

    Example:
        >>> import torch
        >>> dropout_as_published(torch.tensor([4.0, 8.0]), keep=0.25, training=False).tolist()
        [1.0, 2.0]

    Torch:
        Equals :math:`q` times ``torch.nn.functional.dropout`` with ``p = 1 - keep``, in both
        modes.

    Source:
        Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
        2014, section 4: :math:`q`, there :math:`p`, scales the weights that leave the unit, which
        comes to the same.
    """
    check_probability(keep, "keep")
    ### BEGIN SOLUTION
    if training:
        return input * dropout_mask(input, 1 - keep)
    return input * keep
    ### END SOLUTION
