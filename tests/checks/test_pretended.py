"""The pretended GPU: an operator gives the same form each time, and refuses as before."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from course_lib.checks.collect.pretended import DEVICE, DeviceMismatch, Pretended


def empty(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.empty(shape, dtype=dtype, device=DEVICE)


OPERATORS: dict[str, Callable[[Tensor], Tensor]] = {
    "a number": lambda x: x * 2,
    "another tensor": lambda x: x + x,
    "broadcasting": lambda x: x * empty(3, 1, 1),
    "promotion": lambda x: x + empty(3, 2, dtype=torch.complex128),
    "a number that promotes": lambda x: empty(3, 2, dtype=torch.int64) + 0.5,
    "a comparison": lambda x: x > 0,
    "other strides": lambda x: empty(2, 3).T.sqrt(),
    "a number on the CPU": lambda x: x / torch.tensor(3.0, dtype=torch.float64),
    "in place": lambda x: x.mul_(0.5).addcdiv_(x, x, value=-1.0),
    "out": lambda x: torch.maximum(x, x, out=empty(3, 2)),
    "rounding": lambda x: torch.div(x, 2, rounding_mode="floor"),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_a_form_is_that_of_torch_each_time(name: str) -> None:
    plain = OPERATORS[name](empty(3, 2))
    with Pretended():
        for _ in range(3):
            given = empty(3, 2)
            found = OPERATORS[name](given)
            assert (found.shape, found.stride(), found.dtype) == (
                plain.shape,
                plain.stride(),
                plain.dtype,
            )
            assert found.device.type == DEVICE and (found is given) == (name == "in place")


@pytest.mark.parametrize("wrong", [(4,), (2, 2)], ids=str)
def test_a_form_that_does_not_fit_is_refused_each_time(wrong: tuple[int, ...]) -> None:
    with Pretended():
        empty(3, 2).add_(empty(3, 2))
        for _ in range(3):
            with pytest.raises(RuntimeError, match=r"size|broadcast"):
                empty(3, 2).add_(empty(*wrong))


def test_two_devices_are_refused_each_time() -> None:
    with Pretended():
        for _ in range(3):
            with pytest.raises(DeviceMismatch):
                empty(3, 2).add_(torch.ones(3, 2, dtype=torch.float64))


def test_a_number_on_the_cpu_keeps_its_value() -> None:
    with Pretended():
        count = torch.tensor(0.0)
        for _ in range(3):
            count.add_(1)
            empty(2).mul_(count)
        assert (count * 2).item() == 6
