"""Messages arrive whole and in order, however the system cuts or joins what was sent."""

import os
import socket
from collections.abc import Iterator

import pytest

from course_lib.grading.sealed.lines import Lines


@pytest.fixture
def pair() -> Iterator[tuple[Lines, Lines]]:
    ends = socket.socketpair()
    yield Lines(ends[0]), Lines(ends[1])
    for end in ends:
        end.close()


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ([b'{"kill": 1}\n'], [[{"kill": 1}]]),
        ([b'{"kill": 1}\n{"kill": null}\n'], [[{"kill": 1}, {"kill": None}]]),
        ([b'{"ki', b'll": 1}\n'], [[], [{"kill": 1}]]),
        ([b'{"kill": 1}\n{"k', b'ill": 2}\n'], [[{"kill": 1}], [{"kill": 2}]]),
        ([b'{"why": "two\\nlines"}\n'], [[{"why": "two\nlines"}]]),
    ],
)
def test_messages_are_heard_once_they_are_whole(
    pair: tuple[Lines, Lines], sent: list[bytes], heard: list[object]
) -> None:
    ours, theirs = pair
    for data, messages in zip(sent, heard, strict=True):
        ours.end.sendall(data)
        assert theirs.receive() == messages


def test_descriptors_come_in_the_order_of_their_messages(pair: tuple[Lines, Lines]) -> None:
    ours, theirs = pair
    pipes = [os.pipe() for _ in range(2)]
    ours.send({"worker": 1}, [pipes[0][1]])
    ours.send({"kill": 1})
    ours.send({"worker": 2}, [pipes[1][1]])
    said = []
    while len(said) < 3:
        said += theirs.receive()
    assert said == [{"worker": 1}, {"kill": 1}, {"worker": 2}]
    for reader, writer in pipes:
        descriptor = theirs.descriptor()
        os.write(descriptor, b"here")
        assert os.read(reader, 4) == b"here"
        for open_one in (descriptor, reader, writer):
            os.close(open_one)


def test_a_message_longer_than_one_read_arrives(pair: tuple[Lines, Lines]) -> None:
    ours, theirs = pair
    long = {"limits": "x" * 100_000}
    ours.send(long)
    said: list[object] = []
    while not said:
        said += theirs.receive()
    assert said == [long]


def test_an_end_that_is_closed_is_told(pair: tuple[Lines, Lines]) -> None:
    ours, theirs = pair
    ours.end.close()
    with pytest.raises(EOFError):
        theirs.receive()
    with pytest.raises(OSError):
        theirs.send({"kill": 1})
