"""Whether a build may go on where the last one, which had no fault, has left off.

Sphinx reads only pages that changed, and forgets the warnings of all others. That hides a fault
where a page refers to something another page no longer has. So the last site is gone on with only
if nothing but the text within pages has changed: what pages can be referred to by is as it was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

# Lines that give something a name: headings, labels, equations, figures, corrections. Icons, too:
# the site has only those in its font that its pages use.
_NAMES = re.compile(r"^(#|\([\w-]+\)=|:label:|:name:)|\$\$ *\(|\bkey=|\bcorrect\(|\bfa[a-z]?[-}]")


def goes_on(root: Path, out: Path) -> bool:
    """Tell whether the site in ``out`` had no fault, and nothing but text has changed since."""
    kept = out / "green"
    return kept.is_file() and kept.read_text(encoding="utf-8") == _digest(root)


def remember(root: Path, out: Path) -> None:
    """Write down that the site in ``out`` has no fault."""
    (out / "green").write_text(_digest(root), encoding="utf-8")


def forget(out: Path) -> None:
    """Have the next build begin with nothing."""
    (out / "green").unlink(missing_ok=True)


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_files(root)):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(_names(path) if path.suffix == ".md" else path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    yield from (root / name for name in ("_config.yml", "_toc.yml"))
    for pattern in ("constraints.txt", "book/**/*", "course_lib/**/*.py"):
        found = (path for path in root.glob(pattern) if path.suffix != ".pyc")
        yield from (path for path in found if path.is_file())


def _names(page: Path) -> bytes:
    lines = page.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if _NAMES.search(line)).encode()
