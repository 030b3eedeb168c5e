import json
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.grading.sandbox import bubblewrap, clean_environment

ROOT = Path(__file__).parents[3]
NOTHING = [sys.executable, "-c", ""]
INSIDE = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from course_lib.grading import sandbox
sandbox.prepare()
layers = sandbox.probe(sandbox.Policy(Path.cwd(), readable=(Path({root!r}),)))
print(json.dumps(dict(
    layers={{layer.name: layer.active for layer in layers}},
    environment=sorted(os.environ),
    processes=len([name for name in os.listdir("/proc") if name.isdigit()]),
    root=sorted(os.listdir("/")),
    passwd=os.path.exists("/etc/passwd"),
    gradebook=os.path.exists({gradebook!r}),
)))
"""


@pytest.fixture
def runs(tmp_path: Path) -> None:
    if why := bubblewrap.available(NOTHING, tmp_path):
        pytest.skip(f"bubblewrap cannot run here: {why}")


@pytest.mark.sandbox
def test_a_parent_inside_still_puts_up_the_other_layers(runs: None, tmp_path: Path) -> None:
    scratch, gradebook = tmp_path / "scratch", tmp_path / "gradebook.db"
    scratch.mkdir()
    gradebook.write_text("hidden")
    script = INSIDE.format(root=str(ROOT), gradebook=str(gradebook))
    readable = (ROOT / "course_lib",)
    words = bubblewrap.around(
        [sys.executable, "-c", script],
        writable=scratch,
        readable=readable,
        environment=clean_environment(scratch),
    )
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    missing = {name for name, active in said["layers"].items() if not active}
    assert missing <= {"threads"}
    assert said["processes"] <= 2
    assert not said["passwd"] and not said["gradebook"]
    assert {"home", "root", "var"} & set(said["root"]) <= {"root"}
    assert set(clean_environment(scratch)) <= set(said["environment"])
    assert "USER" not in said["environment"]


def test_a_machine_without_it_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bubblewrap.available(NOTHING, tmp_path) == "bwrap is not installed"


def test_what_holds_it_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no permission >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert bubblewrap.available(NOTHING, tmp_path) == "no permission"
