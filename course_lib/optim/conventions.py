r"""Three ways to write momentum, which part as soon as the learning rate changes.

Each function takes one step for one tensor and returns ``(velocity, update)``; the new parameter
is ``param + update``. With a constant rate and a velocity that starts at zero all three move the
parameter alike; the velocities differ by the factor :math:`\eta` or the sign.
"""

from torch import Tensor


def rate_inside(
    velocity: Tensor, grad: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    r"""Momentum with the learning rate inside the velocity.

    .. math:: v_t = \mu v_{t-1} - \eta g_t, \qquad \theta_t = \theta_{t-1} + v_t

    The velocity is a step: past gradients keep the rate of their own time when the rate changes.

    Args:
        velocity: :math:`v_{t-1}`, any shape, in units of the parameter; zero at the start.
        grad: :math:`g_t`, same shape.
        lr: Learning rate :math:`\eta`, at least 0.
        momentum: :math:`\mu`, in [0, 1).

    Returns:
        The new velocity :math:`v_t` and the update, here the same.

    Example:
        >>> import torch
        >>> velocity, update = rate_inside(torch.tensor(1.0), torch.tensor(2.0), 0.25, 0.5)
        >>> velocity.item(), update.item()
        (0.0, 0.0)

    Torch:
        None of its optimizers; equals ``SGD`` with ``momentum`` while ``lr`` is constant.

    Source:
        Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
        deep learning, 2013, equations 1 and 2.
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity - lr * grad
    return velocity, velocity
    ### END SOLUTION


def rate_outside(
    velocity: Tensor, grad: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    r"""Momentum with the learning rate outside the velocity.

    .. math:: v_t = \mu v_{t-1} + g_t, \qquad \theta_t = \theta_{t-1} - \eta v_t

    The velocity is a weighted sum of gradients: a new rate rescales all of it at once.

    Args:
        velocity: :math:`v_{t-1}`, any shape, in units of the gradient; zero at the start.
        grad: :math:`g_t`, same shape.
        lr: Learning rate :math:`\eta`, at least 0.
        momentum: :math:`\mu`, in [0, 1).

    Returns:
        The new velocity :math:`v_t` and the update :math:`-\eta v_t`.

    Example:
        >>> import torch
        >>> velocity, update = rate_outside(torch.tensor(1.0), torch.tensor(2.0), 0.25, 0.5)
        >>> velocity.item(), update.item()
        (2.5, -0.625)

    Torch:
        Equals ``SGD`` with ``momentum``, whose ``momentum_buffer`` is this velocity.

    Source:
        The documentation of ``torch.optim.SGD``.
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity + grad
    return velocity, -lr * velocity
    ### END SOLUTION


def rate_inside_flipped(
    velocity: Tensor, grad: Tensor, lr: float, momentum: float
) -> tuple[Tensor, Tensor]:
    r"""Momentum with the learning rate inside the velocity, which points uphill.

    .. math:: v_t = \mu v_{t-1} + \eta g_t, \qquad \theta_t = \theta_{t-1} - v_t

    The same path as :func:`rate_inside`, with a velocity of the opposite sign.

    Args:
        velocity: :math:`v_{t-1}`, any shape, in units of the parameter; zero at the start.
        grad: :math:`g_t`, same shape.
        lr: Learning rate :math:`\eta`, at least 0.
        momentum: :math:`\mu`, in [0, 1).

    Returns:
        The new velocity :math:`v_t` and the update :math:`-v_t`.

    Example:
        >>> import torch
        >>> velocity, update = rate_inside_flipped(torch.tensor(1.0), torch.tensor(2.0), 0.25, 0.5)
        >>> velocity.item(), update.item()
        (1.0, -1.0)

    Torch:
        None of its optimizers; equals ``SGD`` with ``momentum`` while ``lr`` is constant.

    Source:
        Ruder, An overview of gradient descent optimization algorithms, 2016, section 4.1.
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity + lr * grad
    return velocity, -velocity
    ### END SOLUTION
