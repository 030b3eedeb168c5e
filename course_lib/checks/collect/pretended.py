"""A pretended GPU: tensors without values, and operators that refuse to mix devices."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

DEVICE = "meta"
"""torch's device for tensors that have a shape and a dtype and no values."""

aten = torch.ops.aten

COPIES = (aten._to_copy, aten.copy_, aten.copy, aten._copy_from)
"""Operators that take numbers from one device to another; all others stay on one."""

LOOKUPS = (aten.index, aten.index_put, aten.index_put_)
"""Operators that take their places from the CPU, too."""


class DeviceMismatch(RuntimeError):
    """Tensors of two devices met, as no GPU would let them."""


class NoValue(RuntimeError):
    """A number was asked of a pretended tensor."""


class Pretended(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it holds, operators on pretended tensors behave as those on a GPU.

    torch's own operators without values let some pairs of devices pass, above all in place.
    A tensor of one number may lie anywhere, as on a GPU.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or torch loads its compiler, for nothing, and asks it at every operator

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _way(func)(func, args, kwargs or {})


@cache
def _way(func: Any) -> Callable[[Any, Any, dict[str, Any]], Any]:
    """How an operator is run here; torch takes long to say what an operator is."""
    operator = func.overloadpacket
    if operator in COPIES:
        return _copied
    if operator in LOOKUPS:
        return _as_it_is
    if operator is aten._local_scalar_dense:
        return _read
    if torch.Tag.pointwise not in func.tags:
        return _on_one_device
    if not func._schema.is_mutable:
        return _pointwise
    return _in_place if func._schema.name.endswith("_") else _on_one_device


def _as_it_is(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    return func(*args, **kwargs)


def _read(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    if args[0].device.type == DEVICE:
        raise NoValue("a pretended tensor has no value to read")
    return func(*args, **kwargs)


def _on_one_device(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    kinds = {tensor.device.type for tensor in tensors((args, kwargs)) if tensor.dim()}
    if len(kinds) > 1:
        raise DeviceMismatch(f"{func._schema.name}: needed tensors of one device, got cpu and cuda")
    return func(*args, **kwargs)


def _pointwise(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What an operator gives that goes element by element; its form is asked of torch only once.

    torch finds it in Python, which takes twenty times as long as to look it up.
    """
    case = _case(func, args, kwargs)
    if case in _FORMS:
        shape, stride, dtype = _FORMS[case]
        return torch.empty_strided(shape, stride, dtype=dtype, device=DEVICE)
    result = _on_one_device(func, args, kwargs)
    if isinstance(result, Tensor) and result.device.type == DEVICE:
        _FORMS[case] = result.shape, result.stride(), result.dtype
    return result


def _in_place(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """The same of an operator that changes its first argument."""
    case = _case(func, args, kwargs)
    if args[0].device.type == DEVICE and case in _FITTING:
        return args[0]
    result = _on_one_device(func, args, kwargs)
    _FITTING.add(case)
    return result


def _case(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """An operator with the forms of what it is given, the devices among them."""
    return func, *map(_form, args), *((name, _form(value)) for name, value in kwargs.items())


_FORMS: dict[Any, tuple[tuple[int, ...], tuple[int, ...], torch.dtype]] = {}
"""Shape, strides and dtype of what an operator gives, by the forms of what it was given."""

_FITTING: set[Any] = set()
"""What operators were given that change it in place, and took."""


def _form(value: Any) -> Any:
    """All of an argument that decides on the form of a result."""
    if isinstance(value, Tensor):
        return value.shape, value.stride(), value.dtype, value.device
    if isinstance(value, (list, tuple)):
        return tuple(map(_form, value))
    return value if isinstance(value, (str, torch.dtype, torch.device)) else type(value)


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in an operator's arguments."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from tensors(entry)
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))


def _copied(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """A copy; numbers that a pretended tensor does not have are zeros on the CPU."""
    target, source = (args[0], args[1]) if len(args) > 1 else (None, args[0])
    if source.device.type != DEVICE:
        return func(*args, **kwargs)
    if target is not None:
        return target if target.device.type == DEVICE else target.zero_()
    if torch.device(kwargs.get("device") or DEVICE).type == DEVICE:
        return func(*args, **kwargs)
    return torch.zeros(source.shape, dtype=kwargs.get("dtype") or source.dtype)
