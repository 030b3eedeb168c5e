"""Adagrad: each element's rate falls with the sum of its squared gradients."""

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from course_lib.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    r"""Adaptive gradient: the gradient over the root of the sum of all its squares.

    .. math::
        g_t &= \nabla L(\theta_{t-1}) + \lambda \theta_{t-1} \\
        s_t &= s_{t-1} + g_t^2, \qquad s_0 = a \\
        \theta_t &= \theta_{t-1}
            - \frac{\eta}{1 + (t - 1) \gamma} \cdot \frac{g_t}{\sqrt{s_t} + \epsilon}

    All operations are element by element; :math:`t` counts the steps of each parameter from 1.
    The sum never forgets, so steps shrink like :math:`1 / \sqrt t` under constant gradients.
    :math:`\epsilon` stands outside of the root.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or groups of them.
        lr: Learning rate :math:`\eta`, in units of the parameter: the size of an element's first
            step; at least 0. May be a tensor of one element.
        lr_decay: :math:`\gamma`, per step; at least 0. A further fall of the rate, which leaves
            the first step alone.
        weight_decay: :math:`\lambda`, gradient per parameter; at least 0.
        initial_accumulator_value: :math:`a`, gradient squared; at least 0. The constructor's
            value holds for all groups.
        eps: :math:`\epsilon`, in units of the gradient; at least 0.
        maximize: Climb instead of descending: :math:`\nabla L` changes its sign, the decay does
            not.

    Raises:
        ValueError: If a number among the arguments is negative.

    Example:
        Gradients of 3 and then 4: the root of the sum is 3, then 5.

        >>> import torch
        >>> from course_lib.optim import Adagrad
        >>> weight = torch.tensor([2.0], requires_grad=True)
        >>> optimizer = Adagrad([weight], lr=1.0)
        >>> for grad in (3.0, 4.0):
        ...     weight.grad = torch.tensor([grad])
        ...     optimizer.step()
        ...     print(round(weight.item(), 6))
        1.0
        0.2

    Torch:
        Equals ``torch.optim.Adagrad``, state dict included, but for sparse gradients (refused
        here) and the options ``foreach``, ``differentiable`` and ``fused``, ways to compute the
        same numbers, which are left out. State per parameter, from the constructor on: ``step``
        and ``sum`` (:math:`s`).

    Source:
        Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic
        Optimization, 2011, equation 1, without the projection; ``lr_decay`` is torch's.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            dict(
                lr=lr,
                lr_decay=lr_decay,
                eps=eps,
                weight_decay=weight_decay,
                initial_accumulator_value=initial_accumulator_value,
                maximize=maximize,
            ),
        )
        # As in torch, a state dict is complete before the first step. Parameters that are added
        # later get theirs in their first update.
        for group in self.param_groups:
            for param in group["params"]:
                start = initial_accumulator_value * ((1 + 1j) if param.is_complex() else 1)
                total = torch.full_like(param, start, requires_grad=False)
                self.state[param] = {"step": torch.tensor(0.0), "sum": total}

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Divide the gradient by the root of the sum of its squares."""
        ### BEGIN SOLUTION
        if not state:
            state["step"] = torch.tensor(0.0)
            state["sum"] = torch.full_like(param, self.defaults["initial_accumulator_value"])
        state["step"] += 1
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=group["weight_decay"])

        state["sum"].addcmul_(grad, grad)
        steps_before = state["step"].item() - 1
        lr = group["lr"] / (1 + steps_before * group["lr_decay"])
        param.addcdiv_(grad, state["sum"].sqrt().add_(group["eps"]), value=-lr)
        ### END SOLUTION
