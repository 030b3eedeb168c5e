"""RMSprop: the gradient over its own recent size."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer


class RMSprop(Optimizer):
    r"""Root mean square propagation: Adagrad with a sum that forgets.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        v_t &= \alpha v_{t-1} + (1 - \alpha) g_t^2, \qquad v_0 = 0 \\
        w_t &= \begin{cases}
            v_t - a_t^2, \quad a_t = \alpha a_{t-1} + (1 - \alpha) g_t, \quad a_0 = 0
                & \text{if centered} \\
            v_t & \text{otherwise}
        \end{cases} \\
        b_t &= \mu b_{t-1} + \frac{g_t}{\sqrt{w_t} + \epsilon}, \qquad b_0 = 0 \\
        \theta_t &= \theta_{t-1} - \eta b_t

    All operations are element by element. :math:`\epsilon` stands outside of the root and the
    rate outside of the buffer :math:`b`. Nothing corrects the start at zero: the first step moves
    an element by :math:`\eta / \sqrt{1 - \alpha}`, ten times the rate at the default.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, in units of the parameter; at least 0. May be a tensor of
            one element.
        alpha: :math:`\alpha`, the part of the averages kept at each step, without unit; at least
            0, below 1 to forget.
        eps: :math:`\epsilon`, in units of the gradient; at least 0.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0.
        momentum: :math:`\mu`, the part of the buffer kept at each step, without unit; at least 0.
            0 keeps no buffer: then :math:`b_t` is the scaled gradient.
        centered: Divide by an estimate of the standard deviation instead of the root mean
            square. Where gradients hardly vary it is a difference of nearly equal numbers.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.

    Raises:
        ValueError: If a number among the arguments is negative.
        KeyError: At a step, if ``momentum`` or ``centered`` was switched on after the first one.

    Example:
        A first gradient of 4 with ``alpha=0.75`` gives a mean square of 4, whose root is 2:

        >>> import torch
        >>> from course_lib.optim import RMSprop
        >>> weight = torch.tensor([1.0], requires_grad=True)
        >>> optimizer = RMSprop([weight], lr=0.1, alpha=0.75)
        >>> weight.grad = torch.tensor([4.0])
        >>> optimizer.step()
        >>> round(weight.item(), 6)
        0.8

    Torch:
        Equals ``torch.optim.RMSprop``, state dict included, but for the options ``capturable``,
        ``foreach`` and ``differentiable``, ways to compute the same numbers, which are left out;
        ``maximize`` is thereby the seventh argument. State per parameter: ``step``,
        ``square_avg`` (:math:`v`), ``momentum_buffer`` (:math:`b`) with momentum, ``grad_avg``
        (:math:`a`) if centered.

    Source:
        Tieleman and Hinton, Lecture 6.5, Neural Networks for Machine Learning, 2012. The centered
        form: Graves, Generating Sequences With Recurrent Neural Networks, 2013, equations 38 to
        41, there with :math:`\epsilon` inside of the root.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                momentum=momentum,
                alpha=alpha,
                eps=eps,
                centered=centered,
                weight_decay=weight_decay,
                maximize=maximize,
            ),
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Divide the gradient by its root mean square, then step, perhaps through a buffer."""
        ### BEGIN SOLUTION
        alpha, momentum = group["alpha"], group["momentum"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["square_avg"] = torch.zeros_like(param)
            if momentum > 0:
                state["momentum_buffer"] = torch.zeros_like(param)
            if group["centered"]:
                state["grad_avg"] = torch.zeros_like(param)
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])

        v = state["square_avg"].mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"].lerp_(grad, 1 - alpha)
            v = v.addcmul(mean, mean, value=-1)
        denominator = v.sqrt().add_(group["eps"])
        if momentum > 0:
            buffer = state["momentum_buffer"].mul_(momentum).addcdiv_(grad, denominator)
            param.add_(buffer, alpha=-group["lr"])
        else:
            param.addcdiv_(grad, denominator, value=-group["lr"])
        ### END SOLUTION
