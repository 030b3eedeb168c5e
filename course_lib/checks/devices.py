"""The devices every check runs on; the one place that asks which there are."""

import os

import torch

from course_lib.checks.spec import FAKE

REQUIRE = "COURSE_REQUIRE_CUDA"


def devices() -> list[str]:
    """The CPU and every CUDA device; where there is none, a pretended one.

    Raises:
        RuntimeError: If ``COURSE_REQUIRE_CUDA=1`` and there is no CUDA device.
    """
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if not found and os.environ.get(REQUIRE) == "1":
        raise RuntimeError(f"{REQUIRE}=1 needs a CUDA device, got none")
    return ["cpu", *(found or [FAKE])]
