"""Stochastic gradient descent, with momentum and Nesterov's look-ahead."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer


class SGD(Optimizer):
    r"""Gradient descent on mini-batches, optionally with momentum.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        b_t &= \mu b_{t-1} + (1 - \tau) g_t, \qquad b_1 = g_1 \\
        \theta_t &= \theta_{t-1} - \eta d_t, \qquad
        d_t = \begin{cases}
            g_t & \text{without momentum} \\
            b_t & \text{with momentum} \\
            g_t + \mu b_t & \text{with Nesterov momentum}
        \end{cases}

    The rate stands outside the buffer :math:`b`: after a change of rate the whole buffer acts at
    the new one. The first buffer is the gradient itself, whatever the dampening. Steps are
    counted per parameter: a parameter without a gradient keeps its buffer and its place.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, parameter per gradient; at least 0. May be a tensor of one
            element.
        momentum: :math:`\mu`, the part of the buffer kept at each step, without unit; at least 0,
            below 1 to forget. 0 keeps no buffer.
        dampening: :math:`\tau`, the part of each later gradient held back from the buffer,
            without unit. Unused without momentum.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0. Its pull goes through
            the buffer.
        nesterov: Look ahead along the new buffer; needs momentum and no dampening.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.

    Raises:
        ValueError: If ``lr``, ``momentum`` or ``weight_decay`` is negative, or ``nesterov`` comes
            without momentum or with dampening.

    Example:
        A gradient of 1 twice: the buffer is 1, then 0.5 * 1 + 1 = 1.5.

        >>> import torch
        >>> from course_lib.optim import SGD
        >>> weight = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = SGD([weight], lr=1.0, momentum=0.5)
        >>> for _ in range(2):
        ...     weight.grad = torch.tensor([1.0])
        ...     optimizer.step()
        ...     print(weight.item())
        1.0
        -0.5

    Torch:
        Equals ``torch.optim.SGD``, state dict included, but for sparse gradients (refused here)
        and the options ``foreach``, ``differentiable`` and ``fused``, ways to compute the same
        numbers, which are left out.

    Source:
        Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in
        deep learning, 2013, equations 1 to 4, there with the rate inside the buffer.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                "nesterov needs momentum above 0 and dampening 0, "
                f"got momentum {momentum} and dampening {dampening}"
            )
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                dampening=dampening,
                weight_decay=weight_decay,
                nesterov=nesterov,
                maximize=maximize,
            ),
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Step along the gradient, or along the buffer that gathers gradients."""
        ### BEGIN SOLUTION
        momentum = group["momentum"]
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])
        direction = grad
        if momentum != 0:
            if state.get("momentum_buffer") is None:
                # A copy: the gradient belongs to the caller, who overwrites it.
                state["momentum_buffer"] = torch.clone(grad)
            else:
                state["momentum_buffer"].mul_(momentum).add_(grad, alpha=1 - group["dampening"])
            direction = state["momentum_buffer"]
            if group["nesterov"]:
                direction = grad.add(direction, alpha=momentum)
        param.add_(direction, alpha=-group["lr"])
        ### END SOLUTION
