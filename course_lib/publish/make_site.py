"""Make the site with Jupyter Book: python -m course_lib.publish.make_site ROOT OUT [strict].

It loads what it needs, which takes seconds, and waits for a line on its input before it begins, so
that the loading goes on while the cells still run.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
from importlib import metadata
from pathlib import Path

# Processes that read or write pages; more than two cores, so that long pieces even out.
_PROCESSES = 4


def main(root: Path, out: Path, *, strict: bool) -> None:
    """Read and write the pages, once told to, several at a time; exit with Sphinx's status.

    Settings come from ``_config.yml`` in ``out``, the site goes to ``_build/html`` there.
    """
    # Collecting garbage would take a third of the time, and the memory is not scarce.
    gc.disable()
    # Every citation asks for its style, for which all installed packages are searched anew.
    metadata.entry_points = functools.cache(metadata.entry_points)  # type: ignore[assignment]
    import myst_nb  # noqa: F401  loaded ahead, as the largest of the extensions
    from jupyter_book.sphinx import build_sphinx  # its command has no option for several processes

    if not sys.stdin.readline():
        sys.exit("the cells have failed")
    result = build_sphinx(
        root,
        out / "_build" / "html",
        noconfig=True,
        path_config=out / "_config.yml",
        confoverrides={
            "external_toc_path": str(root / "_toc.yml"),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        warningiserror=strict,
        keep_going=True,
        jobs=_PROCESSES,
    )
    sys.stdout.flush()
    sys.stderr.flush()
    # A number of Sphinx, or the exception that stopped it. Python's own end, which gives back every
    # object, would take more than a second.
    os._exit(bool(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), strict="strict" in sys.argv[3:])
