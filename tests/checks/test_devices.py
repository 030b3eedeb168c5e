"""The loop over devices, with a stubbed list so that it cannot rot."""

import pytest
import torch

from course_lib.checks import devices, run_check
from course_lib.checks.spec import FAKE, Answer, Inputs
from course_lib.checks.subject import Given
from tests.checks.cells import RIGHT, sgd


class Recorder(Given):
    """torch's SGD, which keeps what it was asked and is wrong on one device."""

    def __init__(self, wrong_on: str = "") -> None:
        super().__init__(torch.optim.SGD)
        self.asked: list[str] = []
        self.wrong_on = wrong_on

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        self.asked.append(inputs["device"])
        options = {"lr": 9.0} if inputs["device"] == self.wrong_on else {}
        return super().call(exercise, {**inputs, "options": inputs["options"] | options})


@pytest.fixture
def two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "devices", lambda: ["cpu", "cpu:0", FAKE])


@pytest.mark.usefixtures("two_devices")
def test_every_device_is_asked_and_has_its_line() -> None:
    subject = Recorder()
    result = run_check("sgd", subject)
    assert subject.asked == ["cpu", "cpu:0", FAKE]
    assert [line.split("(")[1] for line in result.cases] == [
        "cpu, 10 steps)",
        "cpu:0, 10 steps)",
        "fake cuda, 2 steps)",
    ]


@pytest.mark.usefixtures("two_devices")
def test_the_first_device_that_fails_decides() -> None:
    subject = Recorder(wrong_on="cpu:0")
    result = run_check("sgd", subject, lr=0.1)
    assert subject.asked == ["cpu", "cpu:0"]
    assert result.outcome == "failed" and "(cpu:0, 10 steps)" in result.cases[-1]


def test_no_memory_on_a_device_is_no_fault_of_a_student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "devices", lambda: ["cpu", "cuda:0"])

    class Full(Recorder):
        def call(self, exercise: str, inputs: Inputs) -> Answer:
            if inputs["device"] == "cpu":
                return super().call(exercise, inputs)
            return {"outcome": "raised", "type": "OutOfMemoryError", "message": "", "step": 1}

    result = run_check("sgd", Full())
    assert result.outcome == "passed"
    assert result.cases[-1].startswith("could not tell sgd: no memory left on cuda:0")


def test_without_a_gpu_there_is_a_pretended_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.delenv(devices.REQUIRE, raising=False)
    assert devices.devices() == ["cpu", FAKE]


def test_every_gpu_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.devices() == ["cpu", "cuda:0", "cuda:1"]


def test_a_required_gpu_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setenv(devices.REQUIRE, "1")
    with pytest.raises(RuntimeError, match="COURSE_REQUIRE_CUDA=1 needs a CUDA device, got none"):
        run_check("sgd", Recorder())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_right_solution_passes_on_every_gpu() -> None:
    sgd(RIGHT)
    for dtype in ("float32", "float64"):
        result = run_check("sgd", momentum=0.9, dtype=dtype)
        assert result.outcome == "passed", result.message
        assert "(cuda:0, 10 steps)" in result.cases[1]
