"""A forked kernel is shut in, and says so, or is not started."""

import os
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpec
from traitlets.config import Config

from course_lib.grading.kernel import ForkedProvisioner, provisioner
from course_lib.grading.kernel.parent import KernelRefused
from course_lib.grading.sandbox import documented

from .conftest import Run, text

pytestmark = [pytest.mark.sandbox, pytest.mark.filterwarnings("ignore")]

REFUSED = {
    "read a file of the machine": "open('/etc/passwd').read()",
    "read the gradebook": "open('../../../gradebook.db').read()",
    "read another's work": "open('../../bob/any.txt').read()",
    "write outside": "open('../planted', 'w')",
    "link to a file": "os.symlink('/etc/passwd', 'mine')",
    "start a program": "import subprocess; subprocess.run(['true'])",
    "split": "os.fork()",
    "a socket of its own": "import socket; socket.socket()",
    "a local socket of its own": "import socket; socket.socket(socket.AF_UNIX)",
    "signal the grader": "os.kill(os.getppid(), 0)",
    "see the instructor's secrets": "os.environ['SECRET']",
    "too much memory": "x = bytearray(3 * 2**30)",
    "too large a file": "open('big', 'wb').write(bytes(60_000_000))",
    "too many threads": (
        "import threading, time\n"
        "for _ in range(999): threading.Thread(target=time.sleep, args=(5,)).start()"
    ),
}
SAYS = ("PermissionError", "OSError", "KeyError", "MemoryError", "RuntimeError", "OverflowError")


@pytest.mark.slow
def test_what_a_notebook_has_no_need_of_is_refused(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder.parents[2]
    (root / "gradebook.db").write_text("marks")
    (root / "autograded" / "bob").mkdir()
    (root / "autograded" / "bob" / "any.txt").write_text("his")
    monkeypatch.setenv("SECRET", "1")
    limits = {"limits": {"memory": 2**31, "threads": 64}}
    deeds = ["import os, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);", *REFUSED.values()]
    _, *cells = run(*deeds, "print('alive')", settings=limits)
    for name, cell in zip(REFUSED, cells, strict=False):
        assert text(cell).startswith(SAYS), f"{name}: {text(cell)[:200]}"
    assert text(cells[-1]) == "alive\n"
    assert sorted(path.name for path in folder.parents[1].iterdir()) == ["ada", "bob"]


@pytest.mark.slow
def test_what_is_asked_for_is_given(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    (folder / "beside.txt").write_text("beside")
    monkeypatch.setenv("TERM_OF_YEAR", "spring")
    (cell,) = run(
        f"import os; print(os.environ['TERM_OF_YEAR'], open({str(tmp_path / 'data.csv')!r}).read(),"
        " open('beside.txt').read(), os.environ['NBGRADER_EXECUTION'])",
        settings={"readable": [str(tmp_path / "data.csv")], "environment": ["TERM_OF_YEAR"]},
    )
    assert "KeyError: 'NBGRADER_EXECUTION'" in text(cell)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    (cell,) = run(
        f"import os; print(os.environ['TERM_OF_YEAR'], open({str(tmp_path / 'data.csv')!r}).read(),"
        " open('beside.txt').read(), os.environ['NBGRADER_EXECUTION'])",
        settings={"readable": [str(tmp_path / "data.csv")], "environment": ["TERM_OF_YEAR"]},
    )
    assert text(cell) == "spring 1,2 beside autograde\n"


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["strict", "off"])
def test_variables_have_the_values_of_the_settings(run: Run, sandbox: str) -> None:
    settings = {"variables": {"COURSE_YEAR": "2026"}, "sandbox": sandbox}
    (cell,) = run("import os; print(os.environ['COURSE_YEAR'])", settings=settings)
    assert text(cell) == "2026\n"


@pytest.mark.slow
def test_the_layers_that_stand_are_reported(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[list[dict[str, object]]] = []
    report = ForkedProvisioner._report
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ForkedProvisioner, "_report", lambda p: (seen.append(p.layers), report(p)))
        run("pass")
    standing = {str(layer["layer"]) for layer in seen[0] if layer["active"]}
    assert documented() <= standing


@pytest.mark.slow
def test_with_a_wall_missing_no_kernel_is_started(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioner, "documented", lambda: {"bubblewrap"})
    with pytest.raises(KernelRefused, match="bubblewrap: missing, not started by bwrap"):
        run("pass")
    (cell,) = run("print('here')", settings={"sandbox": "available"})
    assert text(cell) == "here\n"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["python", "-m", "ipykernel_launcher", "-f", "x"], ""),
        (["python3.11", "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "x"], ""),
        (["R", "--slave", "-e", "IRkernel::main()"], "only ipykernel's kernels are forked"),
        (["/bin/sh", "-m", "ipykernel_launcher"], "only kernels of"),
        (["python", "-m", "xpython"], "only ipykernel's kernels are forked"),
    ],
)
def test_only_kernels_of_this_python_are_forked(command: list[str], why: str) -> None:
    said = provisioner._unfit(command)
    assert said.startswith(why) and bool(said) == bool(why)


async def _prepared(command: list[str], sandbox: str) -> dict[str, object]:
    spec = KernelSpec(argv=command, language="R")
    made = ForkedProvisioner(
        kernel_spec=spec, config=Config(ForkedProvisioner={"sandbox": sandbox})
    )
    return await made.pre_launch(env=dict(os.environ))


def test_another_kernel_is_started_outside_only_where_that_is_asked_for() -> None:
    import asyncio

    with pytest.raises(KernelRefused, match="sandbox = 'available' starts it"):
        asyncio.run(_prepared(["R"], "strict"))
    assert asyncio.run(_prepared(["R"], "available"))["cmd"] == ["R"]
