"""What all optimizers share, so that each of them is its hyper-parameters and one update rule."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

Domain = tuple[str, Callable[[Any], bool]]

_AT_LEAST_0: Domain = ("at least 0", lambda value: value >= 0.0)

# A name means the same in every optimizer, so its domain is stated once. Dampening has none.
_DOMAINS: dict[str, Domain] = {
    "lr": _AT_LEAST_0,
    "eps": _AT_LEAST_0,
    "weight_decay": _AT_LEAST_0,
    "momentum": _AT_LEAST_0,
    "alpha": _AT_LEAST_0,
    "lr_decay": _AT_LEAST_0,
    "initial_accumulator_value": _AT_LEAST_0,
    "momentum_decay": _AT_LEAST_0,
    "rho": ("in [0, 1]", lambda value: 0.0 <= value <= 1.0),
    "betas[0]": ("in [0, 1)", lambda value: 0.0 <= value < 1.0),
    "betas[1]": ("in [0, 1)", lambda value: 0.0 <= value < 1.0),
}

# Options that older saved groups may lack, with what they meant before they existed.
_LATER_OPTIONS: dict[str, Any] = {
    "momentum": 0,
    "nesterov": False,
    "centered": False,
    "amsgrad": False,
    "maximize": False,
    "decoupled_weight_decay": False,
}


class Optimizer(torch.optim.Optimizer):
    r"""Base of all optimizers here: everything but the mathematics.

    A subclass passes its hyper-parameters to ``__init__`` and writes one method, :meth:`update`.
    ``step`` calls it for each parameter that has a gradient, outside of autograd.

    Args:
        params: Tensors, ``(name, tensor)`` pairs, or dicts (parameter groups) whose ``"params"``
            holds them and whose other entries override ``defaults``.
        defaults: The hyper-parameters, by name.

    Raises:
        ValueError: If a hyper-parameter lies outside its domain, ``params`` is empty, a parameter
            is in two groups or no leaf, or only some of them are named.
        TypeError: If ``params`` is a tensor, holds something else than tensors, or a group holds
            a set.

    Example:
        A rule that moves every element by the rate, against the sign of its gradient:

        >>> class SignDescent(Optimizer):
        ...     def __init__(self, params, lr=0.5):
        ...         super().__init__(params, dict(lr=lr, maximize=False))
        ...
        ...     def update(self, param, grad, state, group):
        ...         param.sub_(group["lr"] * grad.sign())
        >>> weight = torch.tensor([1.0, 1.0], requires_grad=True)
        >>> weight.grad = torch.tensor([3.0, -0.1])
        >>> SignDescent([weight]).step()
        >>> weight.tolist()
        [0.5, 1.5]

    Torch:
        Is a ``torch.optim.Optimizer``: groups, hooks, ``zero_grad``, ``add_param_group``, state
        dicts and pickling are torch's own, and torch's schedulers accept it. This class adds the
        checks of hyper-parameters and the loop. The options ``foreach``, ``fused``,
        ``capturable`` and ``differentiable`` choose another way to compute the same numbers and
        do not exist here. A sparse gradient is refused, also where torch takes one.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        _check(defaults)
        super().__init__(params, defaults)

    def update(
        self, param: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Move one parameter by one step; the part that each optimizer writes.

        Args:
            param: The parameter, to be changed in place. A complex one comes as pairs of reals,
                shape ``(..., 2)``.
            grad: Its gradient in the same shape, with the sign changed if ``maximize`` is set.
                It may be ``param.grad`` itself: never change it in place.
            state: What this parameter remembers between steps; empty at its first step.
            group: The hyper-parameters of its group as of now, as plain numbers.

        Raises:
            NotImplementedError: If a subclass has not written it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update rule yet")

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; the others, and their state, stay.

        Args:
            closure: Called once before the updates, with gradients enabled; usually computes the
                loss and its gradients.

        Returns:
            What ``closure`` returned, or None without one.

        Raises:
            RuntimeError: If a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            options = _as_numbers(group)
            for param in group["params"]:
                if param.grad is not None:
                    self._update_one(param, options)
        return loss

    def _update_one(self, param: Tensor, group: dict[str, Any]) -> None:
        grad = param.grad
        assert grad is not None
        if grad.layout is not torch.strided:
            raise RuntimeError(f"{type(self).__name__} needs dense gradients, got a sparse one")
        grad = -grad if group.get("maximize") else grad
        state = self.state[param]
        if param.is_complex():
            real = {name: _to_real(value) for name, value in state.items()}
            param = torch.view_as_real(param)
            self.update(param, torch.view_as_real(grad), real, group)
            state.update({name: _to_complex(value, param) for name, value in real.items()})
        else:
            self.update(param, grad, state, group)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in _LATER_OPTIONS.items():
                if name in self.defaults:
                    group.setdefault(name, value)
        for entries in self.state.values():
            for name in {"step", "mu_product"} & entries.keys():
                # Saved by an old torch these are Python numbers.
                entries[name] = torch.as_tensor(entries[name], dtype=_counter_dtype(entries[name]))


def check_kind_of_betas(betas: tuple[Any, Any]) -> None:
    """Refuse betas that are not two floats or two tensors.

    Args:
        betas: The two decay rates.

    Raises:
        ValueError: If one is something else than the other, or neither float nor tensor.
    """
    if not any(all(isinstance(beta, kind) for beta in betas) for kind in (float, Tensor)):
        kinds = " and ".join(type(beta).__name__ for beta in betas)
        raise ValueError(f"betas must be two floats or two tensors, got {kinds}")


def _check(options: dict[str, Any]) -> None:
    values = dict(options)
    if "betas" in values:
        values |= {f"betas[{index}]": values["betas"][index] for index in (0, 1)}
    for name in values.keys() & _DOMAINS.keys():
        _check_one(name, values[name])


def _check_one(name: str, value: Any) -> None:
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError(f"{name} must have one element, got shape {tuple(value.shape)}")
    domain, contains = _DOMAINS[name]
    if not contains(value):
        raise ValueError(f"{name} must be {domain}, got {value}")


def _as_numbers(group: dict[str, Any]) -> dict[str, Any]:
    """The group's hyper-parameters, those that are tensors of one element as Python numbers."""
    return {name: _as_number(value) for name, value in group.items() if name != "params"}


def _as_number(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_as_number(one) for one in value)
    return value.item() if isinstance(value, Tensor) else value


def _to_real(value: Any) -> Any:
    is_complex = isinstance(value, Tensor) and value.is_complex()
    return torch.view_as_real(value) if is_complex else value


def _to_complex(value: Any, param: Tensor) -> Any:
    """The inverse of ``_to_real`` for all that has the shape of ``param``, a view as reals."""
    is_pairs = isinstance(value, Tensor) and value.shape == param.shape
    return torch.view_as_complex(value) if is_pairs else value


def _counter_dtype(value: Any) -> torch.dtype:
    if isinstance(value, Tensor):
        return value.dtype
    return torch.float64 if torch.get_default_dtype() == torch.float64 else torch.float32
