"""What may pass between judge and worker, and what may not."""

import json
import os
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from course_lib.grading.sealed.border import BorderError, Channel, Limits, decode, encode

SIZES = struct.Struct("<IQ")


def across(value: Any, limits: Limits = Limits()) -> Any:  # noqa: B008
    message = encode(value, limits)
    header, _ = SIZES.unpack(message[: SIZES.size])
    start = SIZES.size + header
    return decode(message[SIZES.size : start], message[start:], limits)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    (one, two), (three, four) = os.pipe(), os.pipe()
    here, there = Channel(one, four), Channel(three, two)
    yield here, there
    here.close()
    there.close()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        2.5,
        float("inf"),
        1 + 2j,
        "text with \u00e9 and \U0001f600",
        [1, [2, {"a": [3]}]],
        {"options": {"lr": 0.1}, "none": None},
    ],
)
def test_plain_values_arrive_as_they_were(value: Any) -> None:
    assert across(value) == value


@pytest.mark.parametrize(
    "dtype",
    ["bool", "uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
     "complex128"],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_tensors_arrive_bit_for_bit(dtype: str, shape: tuple[int, ...]) -> None:
    tensor = torch.randn(shape, generator=torch.Generator().manual_seed(1)).to(
        getattr(torch, dtype)
    )
    came = across([tensor, tensor])[1]
    assert came.dtype == tensor.dtype and came.shape == tensor.shape and torch.equal(came, tensor)


def test_views_parameters_and_graphs_leave_only_their_numbers() -> None:
    parameter = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
    for tensor in (parameter, parameter * 2, parameter.T, parameter[:, ::2]):
        came = across(tensor)
        assert type(came) is torch.Tensor and not came.requires_grad
        assert torch.equal(came, tensor.detach())


def test_tensors_arrive_however_they_lie_in_memory() -> None:
    image = torch.arange(120.0).reshape(2, 3, 4, 5)
    last = image.to(memory_format=torch.channels_last)
    for tensor in (last, image.permute(3, 1, 0, 2), image[:, :, ::2], image[:1].expand(4, 3, 4, 5)):
        for came in across([tensor, tensor]):
            assert torch.equal(came, tensor)
    for dtype in (torch.complex64, torch.complex128):
        turned = last.to(dtype).mul(1j).conj()
        assert torch.equal(across([turned, turned])[1], turned)


def test_nan_arrives() -> None:
    assert across(torch.tensor(float("nan"))).isnan() and across(float("nan")) != 0


class Sly(str):
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "a object cannot pass"),
        (Sly("a"), "a Sly cannot pass"),
        ({1: 2}, "no plain strings"),
        ({"\0tensor": 0}, "no plain strings"),
        ({"\0tensors": [0, 1]}, "no plain strings"),
        ([torch.eye(2), torch.eye(2).to_sparse()], "cannot pass"),
        (torch.eye(2).to_sparse(), "cannot pass"),
        (torch.empty(2, dtype=torch.uint16), "uint16 cannot pass"),
        ({"a": {1, 2}}, "a set cannot pass"),
    ],
)
def test_other_kinds_are_refused(value: Any, message: str) -> None:
    with pytest.raises(BorderError, match=message):
        encode(value)


def test_a_trajectory_arrives_step_by_step_in_its_forms() -> None:
    steps = [[torch.full((2, 3), float(t)), torch.arange(t)] for t in range(3)]
    arrived = across({"trajectory": steps, "none": [], "mixed": [torch.ones(1), None]})
    assert [[t.tolist() for t in row] for row in arrived["trajectory"]] == [
        [t.tolist() for t in row] for row in steps
    ]
    assert [t.dtype for t in arrived["trajectory"][1]] == [torch.float32, torch.int64]
    assert arrived["none"] == [] and arrived["mixed"][1] is None


def test_limits_hold_on_the_way_out() -> None:
    deep: list[Any] = []
    for _ in range(5):
        deep = [deep]
    for value, limits in (
        ("x" * 100, Limits(header=50)),
        (torch.zeros(100), Limits(body=399)),
        ([torch.zeros(1)] * 3, Limits(tensors=2)),
        (deep, Limits(depth=4)),
    ):
        with pytest.raises(BorderError):
            encode(value, limits)
    assert across(torch.zeros(100), Limits(body=400)).numel() == 100


def message(value: Any, forms: Any, tensors: Any = None) -> bytes:
    """A header; without ``tensors`` one of each form."""
    tensors = list(range(len(forms))) if tensors is None else tensors
    return json.dumps({"value": value, "forms": forms, "tensors": tensors}).encode()


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"", b""),
        (b"[]", b""),
        (b"{}", b""),
        (b"\xff", b""),
        (message(1, [["float32", [2]]]), b"1234"),
        (message(1, [["float32", [-1]]]), b""),
        (message(1, [["float32", [True]]]), b""),
        (message(1, [["object", [1]]]), b"12345678"),
        (message(1, [["float32", [10**30]]]), b""),
        (message(1, [["float32", [2**62, 4, 0]]]), b""),
        (message({"\0tensor": 0}, []), b""),
        (message({"\0tensor": -1}, [["uint8", [1]]]), b"1"),
        (message({"\0tensor": "0"}, [["uint8", [1]]]), b"1"),
        (message({"\0tensors": [0, 2]}, [["uint8", [1]]]), b"1"),
        (message({"\0tensors": [-1, 2]}, [["uint8", [1]]]), b"1"),
        (message({"\0tensors": [0, -1]}, [["uint8", [1]]]), b"1"),
        (message({"\0tensors": 0}, [["uint8", [1]]]), b"1"),
        (message({"\0tensors": [0, 1, 0]}, [["uint8", [1]]]), b"1"),
        (message(1, [["uint8", [1]]], [1]), b"1"),
        (message(1, [["uint8", [1]]], [-1]), b"1"),
        (message(1, [["uint8", [1]]], [True]), b"1"),
        (message(1, [["uint8", [0]]], [0] * 100_001), b""),
        (message({"\0complex": [1]}, []), b""),
        (b"[" * 100_000, b""),
        (message([[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]], []), b""),
    ],
)
def test_a_forged_message_is_an_error_and_nothing_else(header: bytes, body: bytes) -> None:
    with pytest.raises(BorderError):
        decode(header, body)


def test_messages_go_both_ways(ends: tuple[Channel, Channel]) -> None:
    here, there = ends
    here.send({"ask": torch.ones(3)})
    assert torch.equal(there.receive(1)["ask"], torch.ones(3))
    there.send("answer")
    assert here.receive(1) == "answer"


def test_silence_half_a_message_and_a_huge_one_end_the_wait(ends: tuple[Channel, Channel]) -> None:
    here, there = ends
    with pytest.raises(TimeoutError):
        here.receive(0.01)
    os.write(there.writing, SIZES.pack(100, 0) + b"half")
    with pytest.raises(TimeoutError):
        here.receive(0.01)
    os.write(there.writing, SIZES.pack(1 << 31, 0))
    with pytest.raises(BorderError, match=r"not a message|larger than allowed"):
        here.receive(0.1)
        here.receive(0.1)


def test_a_closed_end_is_the_end(ends: tuple[Channel, Channel]) -> None:
    here, there = ends
    os.close(os.dup2(os.open(os.devnull, os.O_WRONLY), there.writing))
    there.writing = os.open(os.devnull, os.O_WRONLY)
    with pytest.raises(EOFError):
        here.receive(1)
