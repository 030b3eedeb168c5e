"""The student edition: the library without its solutions and without the instructor's packages."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

from course_lib.checks.exercises import EXERCISES
from course_lib.editions.library import PACKAGE, ROOT, student_files
from course_lib.editions.regions import Region, replace_regions

_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "course-lib"
version = "{version}"
description = "Neural Networks in Practice: the student edition"
requires-python = ">=3.11"
license = "MIT"
dependencies = {dependencies}

[tool.setuptools.packages.find]
include = ["course_lib*"]

[tool.setuptools.package-data]
course_lib = ["**/*.json", "py.typed"]
"""


def derive(out: Path) -> bool:
    """Write the student edition into a folder of its own.

    Args:
        out: The folder; what it held before is replaced as a whole, so that a kernel never sees
            half an edition.

    Returns:
        Whether anything had to be written: the same sources are not derived twice.

    Raises:
        RegionError: If a solution mark is stray, nested, unclosed or misspelled.
    """
    current = stamp()
    stamp_file = out / ".stamp"
    if stamp_file.is_file() and stamp_file.read_text() == current:
        return False
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        fresh = Path(scratch) / out.name
        _write_package(fresh / "course_lib")
        _write_project(fresh)
        (fresh / ".stamp").write_text(current)
        if out.exists():
            shutil.rmtree(out)
        fresh.rename(out)
    return True


def student_source(source: str, where: str) -> str:
    """Replace each solution region by an error that names the assignment and the exercise.

    Args:
        source: Text of a library module.
        where: Its name, for messages.

    Returns:
        The text a student gets.
    """
    return replace_regions(source, where, _not_written)


def _not_written(region: Region, indent: str) -> str:
    name = region.key.split(".")[0]
    exercise = next((e for e in EXERCISES if e.target.endswith(f".{name}")), None)
    if exercise is None:
        raise ValueError(
            f"region {region.key!r} belongs to no exercise: add one that targets {name}"
        )
    message = (
        f"{region.key}: yours to write. Assignment '{exercise.assignment}',"
        f" exercise '{exercise.slug}': open {exercise.assignment}.ipynb."
    )
    return f"{indent}raise NotImplementedError(\n{indent}    {json.dumps(message)}\n{indent})\n"


def _write_package(package: Path) -> None:
    from course_lib.misconceptions.fingerprint import write_fingerprints

    for path in student_files():
        target = package / path.relative_to(PACKAGE)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            source = path.read_text(encoding="utf-8")
            target.write_text(student_source(source, str(path.relative_to(ROOT))), encoding="utf-8")
        else:
            shutil.copy(path, target)
    write_fingerprints(package / "checks" / "fingerprints")


def _write_project(folder: Path) -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = _PYPROJECT.format(
        version=project["version"], dependencies=json.dumps(project["dependencies"])
    )
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def stamp() -> str:
    """Digest of all that the edition is made from: the package and the source notebooks."""
    digest = hashlib.sha256()
    notebooks = sorted((ROOT / "assignments" / "source").glob("*/*.ipynb"))
    sources = [path for path in sorted(PACKAGE.rglob("*")) if path.suffix in (".py", ".json")]
    for path in [*sources, *notebooks]:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
