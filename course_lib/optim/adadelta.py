"""Adadelta: steps in the parameter's own units, without a rate to choose."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer


class Adadelta(Optimizer):
    r"""The gradient times the typical size of past steps over that of past gradients.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        v_t &= \rho v_{t-1} + (1 - \rho) g_t^2, \qquad v_0 = 0 \\
        \Delta_t &= \frac{\sqrt{u_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}} g_t \\
        u_t &= \rho u_{t-1} + (1 - \rho) \Delta_t^2, \qquad u_0 = 0 \\
        \theta_t &= \theta_{t-1} - \eta \Delta_t

    All operations are element by element. :math:`\epsilon` stands inside of both roots; above the
    line it starts the first step, where :math:`u_0 = 0`. The average :math:`u` is of
    :math:`\Delta`, before the rate.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Factor :math:`\eta` on the step, without unit; at least 0. The original has none
            (1.0). May be a tensor of one element.
        rho: :math:`\rho`, the part of both averages kept at each step, without unit; in [0, 1].
        eps: :math:`\epsilon`, at least 0. It is added to squared gradients and to squared steps,
            whatever their units.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.

    Raises:
        ValueError: If ``lr``, ``eps`` or ``weight_decay`` is negative, or ``rho`` outside [0, 1].

    Example:
        A first gradient of 2 with ``rho=0.5`` gives an average square of 2. With ``eps=2`` the
        step is the root of 2 over the root of 4, times 2: the root of 2.

        >>> import torch
        >>> from course_lib.optim import Adadelta
        >>> weight = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = Adadelta([weight], rho=0.5, eps=2.0)
        >>> weight.grad = torch.tensor([2.0])
        >>> optimizer.step()
        >>> round(2.0 - weight.item(), 4)
        1.4142

    Torch:
        Equals ``torch.optim.Adadelta``, state dict included, but for the options ``foreach``,
        ``capturable`` and ``differentiable``, ways to compute the same numbers, which are left
        out. State per parameter: ``step``, ``square_avg`` (:math:`v`), ``acc_delta``
        (:math:`u`).

    Source:
        Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, Algorithm 1 and equation 14.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Scale the gradient by the root mean square of steps over that of gradients."""
        ### BEGIN SOLUTION
        rho, eps = group["rho"], group["eps"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["square_avg"] = torch.zeros_like(param)
            state["acc_delta"] = torch.zeros_like(param)
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])

        v = state["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        u = state["acc_delta"]
        delta = u.add(eps).sqrt_().div_(v.add(eps).sqrt_()).mul_(grad)
        u.mul_(rho).addcmul_(delta, delta, value=1 - rho)
        param.add_(delta, alpha=-group["lr"])
        ### END SOLUTION
