"""What lies beside a notebook: a student's own library is part of a submission.

Other files do no harm: a kernel looks for modules in the submission last of all.
"""

import re
from pathlib import Path

OWN_LIBRARY = "my_course_lib.py"
"""The file by which earlier work is taken over."""

MAX_BYTES = 1_000_000
"""More than all exercises together come to, many times over."""

_MEANT = re.compile(r"my.?course.?lib.*\.py", re.IGNORECASE)


def notices(folder: Path) -> list[str]:
    """Say what is odd about a student's own library.

    Args:
        folder: What was handed in.

    Returns:
        A sentence if it is too large, or has another name; empty if it is there, or not wanted.
    """
    own = folder / OWN_LIBRARY
    if is_too_large(own):
        size = f"{own.stat().st_size:,} bytes, more than {MAX_BYTES:,}"
        return [f"`{OWN_LIBRARY}` has {size}: it is left out."]
    if own.is_file():
        return []
    meant = sorted(path.name for path in folder.glob("*.py") if _MEANT.fullmatch(path.name))
    if not meant:
        return []
    return [f"`{meant[0]}` is not read: it has to be called `{OWN_LIBRARY}`."]


def is_too_large(own: Path) -> bool:
    """Whether a student's own library is larger than any such file."""
    return own.is_file() and own.stat().st_size > MAX_BYTES


def leave_out(folder: Path) -> None:
    """Remove a library that is too large from the copy of a submission that is run."""
    own = folder / OWN_LIBRARY
    if is_too_large(own):
        own.unlink()
