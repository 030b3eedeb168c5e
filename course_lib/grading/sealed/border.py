"""What may cross between judge and worker: plain values and raw tensor bytes, within limits.

A message is a header and a body. The header is JSON in which a tensor, or a list of them, is the
place where it begins and a count; it tells the form of each. The body is the tensors' bytes, those
of one form after those of another. Nothing in it is ever executed: whoever reads a message gets
numbers, strings, lists, dicts and tensors, or an error.
"""

import json
import math
import os
import select
import struct
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

AHEAD = 0.5
"""Seconds after which a process that was asked for several answers gives those it has."""

_HEAD = struct.Struct("<IQ")
"""Lengths of header and body."""

_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool,
        torch.uint8,
        torch.int32,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
        torch.complex128,
    )
}

_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

_Form = tuple[torch.dtype, torch.Size]

_TENSOR, _TENSORS, _COMPLEX = "\0tensor", "\0tensors", "\0complex"
"""Keys no dict of plain values may have."""


class BorderError(Exception):
    """A message that may not pass; the text says which limit or rule it breaks."""


@dataclass(frozen=True)
class Limits:
    """What one message may hold.

    Args:
        header: Bytes of plain values.
        body: Bytes of tensors.
        tensors: How many of them.
        depth: Lists and dicts within each other.
    """

    header: int = 4_000_000
    body: int = 64_000_000
    tensors: int = 100_000
    depth: int = 12


def encode(value: Any, limits: Limits = Limits()) -> bytes:
    """A message that holds ``value``.

    Args:
        value: Numbers, strings, None, tensors; lists, tuples and dicts with string keys of these.
        limits: What it may hold.

    Raises:
        BorderError: If a value is of another kind, or a limit is broken.
    """
    tensors: list[Tensor] = []

    def placed(found: Sequence[Tensor]) -> int:
        tensors.extend(map(_plain, found))
        if len(tensors) > limits.tensors:
            raise BorderError(f"more than {limits.tensors} tensors")
        return len(tensors) - len(found)

    def plain(value: Any, depth: int) -> Any:
        if depth > limits.depth:
            raise BorderError(f"values lie more than {limits.depth} deep")
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) is complex:
            return {_COMPLEX: [value.real, value.imag]}
        if type(value) in (list, tuple):
            if value and all(isinstance(entry, Tensor) for entry in value):
                return {_TENSORS: [placed(value), len(value)]}
            return [plain(entry, depth + 1) for entry in value]
        if type(value) is dict:
            if not all(type(key) is str and not key.startswith("\0") for key in value):
                raise BorderError("a dict has keys that are no plain strings")
            return {key: plain(entry, depth + 1) for key, entry in value.items()}
        if isinstance(value, Tensor):
            return {_TENSOR: placed([value])}
        raise BorderError(f"a {type(value).__name__} cannot pass")

    written = plain(value, 0)
    forms: dict[_Form, tuple[int, list[Tensor]]] = {}
    places = []
    for tensor in tensors:
        place, alike = forms.setdefault((tensor.dtype, tensor.shape), (len(forms), []))
        alike.append(tensor)
        places.append(place)
    body = sum(_size(form) * len(alike) for form, (_, alike) in forms.items())
    if body > limits.body:
        raise BorderError(f"tensors of more than {limits.body} bytes")
    message = {
        "value": written,
        "forms": [(_NAMES[dtype], list(shape)) for dtype, shape in forms],
        "tensors": places,
    }
    try:
        header = json.dumps(message).encode()
    except (ValueError, UnicodeEncodeError) as error:
        raise BorderError(f"a value cannot be written ({error})") from error
    if len(header) > limits.header:
        raise BorderError(f"plain values of more than {limits.header} bytes")
    every = (_bytes(alike) for _, alike in forms.values())
    return b"".join([_HEAD.pack(len(header), body), header, *every])


def decode(header: bytes, body: bytes, limits: Limits = Limits()) -> Any:
    """The value in a message, from whomever it came.

    Args:
        header: Of the message.
        body: Of the message.
        limits: What it may hold.

    Raises:
        BorderError: If it is not a message as ``encode`` writes them.
    """
    try:
        message = json.loads(header)
        if len(message["tensors"]) > limits.tensors:
            raise BorderError(f"more than {limits.tensors} tensors")
        forms = [_described(entry) for entry in message["forms"]]
        tensors = _cut(forms, list(map(_place, message["tensors"])), body)
        return _value(message["value"], tensors, limits.depth)
    except BorderError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, RuntimeError, OverflowError) as error:
        raise BorderError(f"not a message ({type(error).__name__})") from error


class Channel:
    """One end of a border: two file descriptors, one to read and one to write."""

    def __init__(self, reading: int, writing: int, limits: Limits = Limits()) -> None:
        self.reading, self.writing, self.limits = reading, writing, limits

    def send(self, value: Any) -> None:
        """Write one message.

        Raises:
            BorderError: If the value may not pass.
            OSError: If the other end is gone.
        """
        self.post(encode(value, self.limits))

    def post(self, message: bytes) -> None:
        """Write one message that was encoded before.

        Raises:
            OSError: If the other end is gone.
        """
        view = memoryview(message)
        while view:
            view = view[os.write(self.writing, view) :]

    def waits(self, seconds: float) -> bool:
        """Whether a message, or the end, is there within ``seconds``."""
        return bool(select.select([self.reading], [], [], seconds)[0])

    def receive(self, seconds: float | None = None) -> Any:
        """Read one message.

        Args:
            seconds: How long to wait for all of it; None waits forever.

        Raises:
            TimeoutError: If it does not come in time.
            EOFError: If the other end is gone.
            BorderError: If it may not pass.
        """
        deadline = math.inf if seconds is None else time.monotonic() + seconds
        header_size, body_size = _HEAD.unpack(self._read(_HEAD.size, deadline))
        if header_size > self.limits.header or body_size > self.limits.body:
            raise BorderError("a message larger than allowed")
        header = self._read(header_size, deadline)
        return decode(header, self._read(body_size, deadline), self.limits)

    def close(self) -> None:
        """Close both ends."""
        for descriptor in {self.reading, self.writing}:
            os.close(descriptor)

    def _read(self, size: int, deadline: float) -> bytes:
        parts, left = [], size
        while left:
            wait = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
            if wait is not None and not self.waits(wait):
                raise TimeoutError
            part = os.read(self.reading, min(left, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _plain(tensor: Tensor) -> Tensor:
    """The numbers of a tensor alone: no subclass, on the CPU."""
    if type(tensor) not in (Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        raise BorderError(f"a {type(tensor).__name__} cannot pass")
    if tensor.dtype not in _NAMES:
        raise BorderError(f"a tensor of {tensor.dtype} cannot pass")
    return tensor if tensor.is_cpu else tensor.detach().cpu()


@torch.no_grad()
def _bytes(alike: list[Tensor]) -> bytes:
    """The bytes of tensors of one form: joined first, since a copy of each costs more."""
    # What is joined of tensors whose channels come last has its channels last, too.
    joined = torch.stack(alike).contiguous().resolve_conj().resolve_neg()
    return joined.view(-1).view(torch.uint8).numpy().tobytes() if joined.numel() else b""


def _size(form: _Form) -> int:
    """Bytes of a tensor."""
    return form[0].itemsize * math.prod(form[1])


def _described(entry: Any) -> _Form:
    name, shape = entry
    if not all(type(size) is int and size >= 0 for size in shape):
        raise BorderError("a tensor without a proper shape")
    return _DTYPES[name], torch.Size(shape)


def _cut(forms: Sequence[_Form], places: Sequence[int], body: bytes) -> list[Tensor]:
    """The tensors of a body, from their forms and the place of each one's form."""
    counts = Counter(places)
    if sum(count * _size(forms[place]) for place, count in counts.items()) != len(body):
        raise BorderError("a body that is not as long as its tensors")
    start = 0
    left: dict[int, Iterator[Tensor]] = {}
    for place in sorted(counts):
        dtype, shape = forms[place]
        end = start + counts[place] * _size(forms[place])
        raw = bytearray(body[start:end])
        joined = torch.frombuffer(raw, dtype=torch.uint8) if raw else torch.empty(0).byte()
        left[place] = iter(joined.view(dtype).view(counts[place], *shape).unbind())
        start = end
    return [next(left[place]) for place in places]


def _place(entry: Any) -> int:
    if type(entry) is not int or entry < 0:
        raise BorderError("a tensor without a place")
    return entry


def _value(entry: Any, tensors: list[Tensor], depth: int) -> Any:
    if depth < 0:
        raise BorderError("values lie too deep")
    if isinstance(entry, list):
        return [_value(item, tensors, depth - 1) for item in entry]
    if isinstance(entry, dict):
        if _TENSOR in entry:
            return tensors[_place(entry[_TENSOR])]
        if _TENSORS in entry:
            first, count = map(_place, entry[_TENSORS])
            if first + count > len(tensors):
                raise BorderError("tensors without a place")
            return tensors[first : first + count]
        if _COMPLEX in entry:
            real, imaginary = entry[_COMPLEX]
            return complex(real, imaginary)
        return {key: _value(item, tensors, depth - 1) for key, item in entry.items()}
    return entry
