"""When a forked kernel counts as ready: a stand-in for its channels."""

import asyncio
from queue import Empty
from typing import Any

import pytest

from course_lib.grading.kernel.provisioner import ForkedKernelClient


class Channels:
    """What a kernel says to each question in turn; None where nothing comes."""

    def __init__(self, shell: list[Any], iopub: list[Any], alive: bool = True) -> None:
        self.shell, self.iopub, self.alive, self.asked = shell, iopub, alive, 0

    def kernel_info(self) -> None:
        self.asked += 1

    async def get_shell_msg(self, timeout: float) -> Any:
        return self._next(self.shell)

    async def get_iopub_msg(self, timeout: float) -> Any:
        return self._next(self.iopub)

    async def is_alive(self) -> bool:
        return self.alive

    @staticmethod
    def _next(said: list[Any]) -> Any:
        if not said or (message := said.pop(0)) is None:
            raise Empty
        return message


def wait(channels: Any, timeout: float | None = None) -> None:
    asyncio.run(ForkedKernelClient.wait_for_ready(channels, timeout))


@pytest.mark.parametrize(
    ("shell", "iopub", "asked"),
    [
        (["reply"], ["busy"], 1),
        ([None, "reply"], ["busy"], 2),
        (["reply", "reply"], [None, "busy"], 2),  # it answered before it could be heard
    ],
)
def test_a_kernel_is_ready_once_it_answers_and_is_heard(
    shell: list[Any], iopub: list[Any], asked: int
) -> None:
    channels = Channels(shell, iopub)
    wait(channels)
    assert channels.asked == asked


def test_a_kernel_that_has_ended_is_not_waited_for() -> None:
    with pytest.raises(RuntimeError, match="ended before it answered"):
        wait(Channels([], [], alive=False))


def test_a_kernel_that_never_answers_is_given_up() -> None:
    with pytest.raises(RuntimeError, match=r"did not answer within 0\.05 s"):
        wait(Channels([], []), 0.05)
