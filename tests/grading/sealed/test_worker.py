"""What a student's process does and cannot do, as the judge sees it."""

import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from course_lib.grading.sealed.desk import Desk, Lost, Worker
from course_lib.grading.sealed.student import Bounds

from .conftest import QUICK, Class

OWN = """
from course_lib.session import implement

@implement
def rate_outside(velocity, grad, lr, momentum):
    velocity = momentum * velocity + grad
    return velocity, -lr * velocity
"""
INPUTS = {
    "kind": "convention",
    "device": "cpu",
    "gradients": [torch.ones(2, dtype=torch.float64)] * 3,
    "options": {"lr": 0.5, "momentum": 0.5},
    "changes": {},
}


def test_cells_put_out_what_a_kernel_puts_out(student: Class) -> None:
    one = student()
    assert one.run("print('a'); print('b'); 6 * 7") == [
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
        {
            "output_type": "execute_result",
            "execution_count": None,
            "metadata": {},
            "data": {"text/plain": "42"},
        },
    ]
    assert one.run("x = 1;") == []
    assert one.run("import sys; print('odd', file=sys.stderr)")[0]["name"] == "stderr"
    (picture,) = one.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert picture["output_type"] == "display_data" and "image/png" in picture["data"]
    (error,) = one.run("1 / 0")
    assert error["ename"] == "ZeroDivisionError" and "1 / 0" in "".join(error["traceback"])
    (shown,) = one.run("display('seen')")
    assert shown["data"] == {"text/plain": "'seen'"}
    assert one.run("await __import__('asyncio').sleep(0, 5)")[0]["data"] == {"text/plain": "5"}


@pytest.mark.parametrize(
    "source",
    [
        "print('x' * 50_000_000)",
        "while True: print('x' * 1000)",
        "while True: display('x' * 1000)",
        "'x' * 5_000_000",
        "raise ValueError('x' * 5_000_000)",
    ],
)
def test_output_is_bounded(student: Class, source: str) -> None:
    assert len(str(student().run(source))) < 1_000_000


def test_no_output_is_code_for_a_browser(student: Class) -> None:
    cell = (
        "from IPython.display import HTML, Javascript, SVG, Markdown\n"
        "display(HTML('<script>1</script>'), Javascript('1'), Markdown('<script>'))"
    )
    for shown in student().run(cell):
        assert set(shown["data"]) <= {"text/plain"}


def test_answers_are_what_the_registered_code_gives(student: Class) -> None:
    answer = student(OWN).call("rate_outside", INPUTS)
    assert answer["outcome"] == "answered"
    assert answer["trajectory"][2][1].tolist() == [-0.5 * 1.75] * 2
    assert student().call("rate_outside", INPUTS) == {"outcome": "undefined"}


def test_a_hanging_cell_is_interrupted_and_the_rest_goes_on(student: Class) -> None:
    one = student()
    assert one.run("x = 1\nwhile True: pass")[0]["ename"] == "CellTimeoutError"
    assert one.value("x") == 1 and one.starts == 1


STUBBORN = (
    "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
    # The jump back counts as what stands before the loop, so that is within the `try` as well.
    "while True:\n    try:\n        n = 0\n        while True: n = abs(n)\n"
    "    except BaseException: n = 1",
    "sum(range(10**15))",
)


@pytest.mark.parametrize("source", STUBBORN)
def test_what_heeds_no_interrupt_is_killed_and_the_other_cells_stay(
    student: Class, source: str
) -> None:
    one = student("x = 1")
    (error,) = one.run(source)
    assert error["ename"] == "CellTimeoutError"
    assert one.value("x") == 1 and one.starts == 2


@pytest.mark.parametrize(
    "source",
    [
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "import ctypes; ctypes.string_at(0)",
    ],
)
def test_a_process_that_ends_is_replaced(student: Class, source: str) -> None:
    one = student("x = 1")
    (error,) = one.run(source)
    assert error["ename"] == "NotRun" and "process" in error["evalue"]
    assert one.value("x") == 1


def test_a_process_is_not_replaced_for_ever(student: Class) -> None:
    one = student(bounds=Bounds(restarts=1))
    said = [one.run("import os; os._exit(0)")[0]["evalue"] for _ in range(3)]
    assert said[2] == "Not run: the code ended its process 2 times."


def test_an_exercise_that_hangs_is_asked_once(student: Class) -> None:
    one = student(OWN.replace("    velocity =", "    while True: pass\n    velocity ="))
    for _ in range(2):
        with pytest.raises(Lost, match="did not finish within 2 s"):
            one.call("rate_outside", INPUTS)
    assert one.call("rate_inside", INPUTS) == {"outcome": "undefined"}


def test_the_whole_submission_has_its_time(student: Class) -> None:
    one = student(bounds=Bounds(cell=1.0, whole=1.5))
    said = [one.run("while True: pass")[0]["evalue"] for _ in range(3)]
    assert "took its 1.5 s" in said[2]


def test_a_process_that_is_slow_to_come_up_costs_its_submission_no_time(
    student: Class, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*about: Any) -> Worker:
        time.sleep(1.0)
        return Desk.hire(desk, *about)

    monkeypatch.setattr(desk, "hire", slowly)
    one = student("x = 1", bounds=Bounds(cell=1.0, whole=1.0))
    assert one.value("x") == 1


def test_too_many_files_end_the_process(student: Class) -> None:
    cell = (
        "import time\nfor i in range(8):\n"
        "    open(f'{i}', 'wb').write(b'x' * 40_000_000); time.sleep(0.2)"
    )
    (error,) = student(bounds=Bounds(cell=20.0)).run(cell)
    assert "100,000,000 bytes" in error["evalue"]


def test_plain_values_are_fetched_and_others_are_not(student: Class) -> None:
    one = student("import torch\na, b, c = 0.5, 'sgd', torch.ones(2)\nd = object()")
    assert (one.value("a"), one.value("b"), one.value("c").tolist()) == (0.5, "sgd", [1.0, 1.0])
    with pytest.raises(NameError, match="'e' is not defined"):
        one.value("e")
    with pytest.raises(TypeError, match="d cannot be read: a object cannot pass"):
        one.value("d")


def test_what_was_handed_in_beside_it_is_found_last(student: Class, tmp_path: Path) -> None:
    own, shadow = tmp_path / "my_course_lib.py", tmp_path / "torch.py"
    own.write_text("x = 5")
    shadow.write_text("x = 6")
    one = student("import my_course_lib, torch", files=((own.name, own), (shadow.name, shadow)))
    assert one.run("my_course_lib.x, torch.__name__ , hasattr(torch, 'x')")[0]["data"] == {
        "text/plain": "(5, 'torch', False)"
    }


def test_a_worker_starts_from_a_clean_slate(student: Class) -> None:
    student("import torch; torch.x = 1; y = 2")
    assert student().run("import torch; hasattr(torch, 'x'), 'y' in dir()")[0]["data"] == {
        "text/plain": "(False, False)"
    }


INSTRUCTORS = [f"course_lib.{name}" for name in ("grading", "misconceptions", "editions", "cli")]


@pytest.mark.parametrize("module", INSTRUCTORS)
def test_nothing_of_the_instructors_can_be_imported(student: Class, module: str) -> None:
    assert student().run(f"import {module}")[0]["ename"] == "ModuleNotFoundError"


def test_the_library_is_the_student_edition(student: Class, library: Path) -> None:
    (shown,) = student().run("import course_lib; course_lib.__file__")
    assert shown["data"]["text/plain"].startswith(f"'{library}")
    (error,) = student().run("from course_lib.optim.conventions import *; rate_inside(1, 2, 3, 4)")
    assert error["ename"] == "NotImplementedError"


def test_no_environment_is_inherited(student: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "1")
    (shown,) = student().run("import os; 'SECRET' in os.environ")
    assert shown["data"] == {"text/plain": "False"}


def test_the_courses_own_pictures_are_not_drawn(student: Class) -> None:
    cell = "from course_lib.figures import picture\npicture(print)('drawn')"
    (said,) = student().run(cell)
    assert said["text"].endswith("not while grading.\n")


@pytest.mark.parametrize("path", [__file__, os.path.dirname(__file__), "/etc/passwd", "/root"])
def test_files_outside_cannot_be_read(student: Class, path: str) -> None:
    (error,) = student().run(f"import os; os.stat({path!r}) and open({path!r})")
    assert error["ename"] in ("PermissionError", "FileNotFoundError", "IsADirectoryError")


def test_the_layers_are_reported(student: Class) -> None:
    one = student("1")
    assert {layer["layer"] for layer in one.layers if layer["active"]} >= {"limits", "descriptors"}


def test_scratch_folders_are_cleared(student: Class, desk: Desk) -> None:
    before = set(desk.room.iterdir())
    one = student("open('mine', 'w').write('x')")
    one.__exit__(None, None, None)
    assert set(desk.room.iterdir()) == before


TRACED = """
import torch
from course_lib.session import implement

@implement
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5):
    with torch._C.DisableTorchFunction():
        return torch.nn.functional.batch_norm(input, None, None, training=True)
"""


def test_operators_are_looked_at_where_the_judge_asks_for_it(student: Class) -> None:
    from course_lib.checks.exercises import find
    from course_lib.checks.inputs import build

    inputs = {**build(find("batch_norm"), {"statistics": False, "affine": False}), "device": "cpu"}
    one = student(TRACED)
    assert one.call("batch_norm", inputs)["outcome"] == "answered"
    found = one.call("batch_norm", inputs, traced=True)
    assert "out of reach" in found["message"]
    assert found["reached"]["text"].startswith("return torch.nn.functional.batch_norm(")


FORGED = """
from course_lib.checks import subject
subject.InSession.call = lambda *_: {answer}
"""


@pytest.mark.parametrize(
    "answer",
    [
        "{'outcome': 'passed'}",
        "{'outcome': 'answered'}",
        "{'outcome': 'answered', 'trajectory': [[1]], 'faults': {}}",
        "{'outcome': 'answered', 'trajectory': 5, 'faults': {}}",
        "{'outcome': 'answered', 'trajectory': [], 'faults': {'a': 5}}",
        "{'outcome': 'raised', 'step': 'x'}",
        "object()",
        "5",
    ],
)
def test_an_answer_of_another_form_is_none(student: Class, answer: str) -> None:
    found = student(OWN, FORGED.format(answer=answer)).call("rate_outside", INPUTS)
    assert found["outcome"] == "raised" and found["type"] == "an answer nobody can judge"


@pytest.mark.parametrize("junk", ["b'x' * 100", "b'\\\\xff' * 4096", "b''"])
def test_a_channel_that_is_written_to_ends_the_process(student: Class, junk: str) -> None:
    cell = (
        "import os\nfor number in range(3, 64):\n    try:\n"
        f"        os.write(number, {junk})\n        os.close(number)\n    except OSError: pass"
    )
    one = student("x = 1", bounds=QUICK)
    assert one.run(cell)[0]["ename"] in ("NotRun", "CellTimeoutError")
    assert one.value("x") == 1


def test_a_tensor_without_numbers_is_an_answer_nobody_can_judge(student: Class) -> None:
    one = student(
        OWN.replace("return velocity", "velocity = velocity.to('meta')\n    return velocity")
    )
    answer = one.call("rate_outside", {**INPUTS, "gradients": INPUTS["gradients"][:1]})
    assert answer["outcome"] == "raised" and "meta" in answer["message"]
    assert one.starts == 1
