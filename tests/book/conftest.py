"""The built book, built once for a test session however many processes it has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from course_lib.publish.build import build


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the site, built strictly."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    built = shared / "site"
    with FileLock(shared / "site.lock"):
        if not built.exists():
            built.write_text(str(build()))
    return Path(built.read_text())
