"""The library's source files and the solution regions in them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from course_lib.editions.regions import BEGIN, Region, read_regions

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent  # the repository, with _config.yml, book/ and assignments/

# What a student does not get: mistakes, answers, the grader, the book's workshop.
INSTRUCTOR_ONLY = ("cli.py", "editions", "grading", "misconceptions", "publish")


def student_files() -> Iterator[Path]:
    """Yield the files of the package that go into the student edition, in sorted order."""
    for path in sorted(PACKAGE.rglob("*")):
        parts = path.relative_to(PACKAGE).parts
        if path.is_file() and parts[0] not in INSTRUCTOR_ONLY and "__pycache__" not in parts:
            yield path


@cache
def library_regions() -> dict[str, tuple[Path, Region]]:
    """Collect every solution region of the library.

    Returns:
        From a region's name to the file and the region.

    Raises:
        ValueError: If two regions have one name, or a region lies outside of any function.
        RegionError: If a mark is stray, nested, unclosed or misspelled.
    """
    found: dict[str, tuple[Path, Region]] = {}
    for path in student_files():
        if path.suffix != ".py" or BEGIN not in (source := path.read_text(encoding="utf-8")):
            continue
        for region in read_regions(source, str(path.relative_to(ROOT))):
            if not region.key or region.key in found:
                raise ValueError(
                    f"{path.relative_to(ROOT)}:{region.begin}: a region needs an enclosing function"
                    f" with a name of its own, got {region.key!r}"
                )
            found[region.key] = (path, region)
    return found
