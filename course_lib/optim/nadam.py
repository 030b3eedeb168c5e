"""NAdam: Adam whose first moment looks one step ahead."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer


class NAdam(Optimizer):
    r"""Adam with Nesterov momentum under Dozat's schedule of momenta.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        \mu_t &= \beta_1 \left(1 - \tfrac12 \, 0.96^{\, t \psi}\right), \qquad
        P_t = P_{t-1} \mu_t, \quad P_0 = 1 \\
        m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t, \qquad m_0 = 0 \\
        v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \qquad v_0 = 0 \\
        \theta_t &= \theta_{t-1} - \frac{\eta}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}
            \left(\frac{1 - \mu_t}{1 - P_t} g_t
                + \frac{\mu_{t+1}}{1 - P_t \mu_{t+1}} m_t\right)

    All operations are element by element; :math:`t` counts the steps of each parameter from 1.
    The moment is corrected and weighted as if the next step's momentum :math:`\mu_{t+1}` had
    already acted: that is the look-ahead. The average :math:`m` itself decays by
    :math:`\beta_1`, not by :math:`\mu_t`. :math:`\epsilon` stands outside of the root.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, in units of the parameter; at least 0. May be a tensor of
            one element.
        betas: :math:`(\beta_1, \beta_2)`, the parts of the two averages kept at each step,
            without unit; each in [0, 1).
        eps: :math:`\epsilon`, in units of the gradient; at least 0.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0.
        momentum_decay: :math:`\psi`, per step; at least 0. How fast the momenta climb from about
            :math:`\beta_1 / 2` to :math:`\beta_1`.
        decoupled_weight_decay: Shrink the parameter by :math:`1 - \eta \lambda` before the step,
            as :class:`AdamW` does, instead of adding the decay to the gradient.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.

    Raises:
        ValueError: If ``lr``, ``eps``, ``weight_decay`` or ``momentum_decay`` is negative, or a
            beta lies outside [0, 1).

    Example:
        With ``momentum_decay=0`` and :math:`\beta_1 = 0.5` every momentum is 0.25. A first
        gradient of 4 is 2 in the moment and counts with weight (1 - 0.25) / (1 - 0.25) = 1, the
        moment with 0.25 / (1 - 0.0625) = 4 / 15. Over the root of 16 that is 1 + 2 / 15:

        >>> import torch
        >>> from course_lib.optim import NAdam
        >>> weight = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = NAdam([weight], lr=1.0, betas=(0.5, 0.999), momentum_decay=0.0)
        >>> weight.grad = torch.tensor([4.0])
        >>> optimizer.step()
        >>> round((2.0 - weight.item() - 1.0) * 15, 4)
        2.0

    Torch:
        Equals ``torch.optim.NAdam``, state dict included, but for the options ``foreach``,
        ``capturable`` and ``differentiable``, ways to compute the same numbers, which are left
        out. State per parameter: ``step``, ``mu_product`` (:math:`P`), ``exp_avg`` (:math:`m`),
        ``exp_avg_sq`` (:math:`v`). The product is kept in the default dtype, so under float32 it
        is right to about 1e-8 also for float64 parameters.

    Source:
        Dozat, Incorporating Nesterov Momentum into Adam, 2016, Algorithm 2; the schedule of
        momenta is the paper's, with :math:`\psi = 1 / 250`.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                momentum_decay=momentum_decay,
                decoupled_weight_decay=decoupled_weight_decay,
                maximize=maximize,
            ),
        )

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Mix the gradient with the moment, each corrected by its own product of momenta."""
        ### BEGIN SOLUTION
        lr, (beta1, beta2) = group["lr"], group["betas"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["mu_product"] = torch.tensor(1.0)
            state["exp_avg"] = torch.zeros_like(param)
            state["exp_avg_sq"] = torch.zeros_like(param)
        state["step"] += 1
        if group["decoupled_weight_decay"]:
            param.mul_(1 - lr * group["weight_decay"])
        elif group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])

        t, psi = state["step"].item(), group["momentum_decay"]
        mu = beta1 * (1 - 0.5 * 0.96 ** (t * psi))
        mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))
        state["mu_product"] *= mu
        product = state["mu_product"].item()

        m = state["exp_avg"].lerp_(grad, 1 - beta1)
        v = state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        denominator = v.div(1 - beta2**t).sqrt_().add_(group["eps"])
        param.addcdiv_(grad, denominator, value=-lr * (1 - mu) / (1 - product))
        param.addcdiv_(m, denominator, value=-lr * mu_next / (1 - product * mu_next))
        ### END SOLUTION
