"""Take your own work from one notebook to the next, in a file that can be imported."""

import ast
import builtins
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from course_lib import session

_HEAD = '"""Your own library, written by course_lib.takeover.save_work: hand it in, too."""\n'
_TITLE = re.compile(r"^# ---- (.+)$", re.MULTILINE)


def save_work(path: str | Path = "my_course_lib.py") -> list[str]:
    """Write all that this session registered into a file, beside what other sessions wrote there.

    Each cell is written whole, with the imports it needs. Importing the file registers all of it
    again.

    Args:
        path: The file; made if need be. A name that is there already is replaced.

    Returns:
        The names the file now holds.

    Raises:
        LookupError: If nothing is registered.
        ValueError: If a cell uses something that was made elsewhere in the notebook.

    Example:
        Nothing was written in this session yet:

        >>> session.reset()
        >>> save_work("my_course_lib.py")
        Traceback (most recent call last):
        ...
        LookupError: nothing is registered here: run the cells with @implement first
    """
    written = session.sources()
    if not written:
        raise LookupError("nothing is registered here: run the cells with @implement first")
    file = Path(path)
    blocks = _blocks(file.read_text(encoding="utf-8")) if file.exists() else {}
    for names, text in _cells(written).items():
        blocks = {old: kept for old, kept in blocks.items() if not {*old} & {*names}}
        blocks[names] = f"{_imports(names, text)}\n\n{text.strip()}\n"
    parts = (f"# ---- {', '.join(names)}\n{text.strip()}\n" for names, text in blocks.items())
    file.write_text("\n\n".join([_HEAD, *parts]), encoding="utf-8")
    return [name for names in blocks for name in names]


def _cells(written: dict[str, str]) -> dict[tuple[str, ...], str]:
    """From the names a cell has registered to its text; one cell may register several."""
    texts = dict.fromkeys(text for text in written.values() if not _TITLE.search(text))
    return {tuple(n for n, text in written.items() if text == one): one for one in texts}


def _blocks(text: str) -> dict[tuple[str, ...], str]:
    """What such a file holds, by the names of each cell."""
    _, *parts = _TITLE.split(text)
    return {
        tuple(title.split(", ")): body for title, body in zip(parts[::2], parts[1::2], strict=True)
    }


def _imports(names: tuple[str, ...], text: str) -> str:
    """The imports a cell needs, found by what its names stand for where it was run."""
    known = _globals(session.registered(names[0]))
    lines = {_import(name, known[name]) for name in sorted(_used(text)) if name in known}
    return "\n".join(sorted(lines - {""}))


def _globals(obj: Any) -> dict[str, Any]:
    """The names of the notebook a registered object was written in."""
    members = vars(obj).values() if inspect.isclass(obj) else (obj,)
    function = next(filter(inspect.isfunction, members), None)
    return function.__globals__ if function else {}


def _used(text: str) -> set[str]:
    """Names a cell reads and does not make itself."""
    nodes = list(ast.walk(ast.parse(text)))
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    made = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    made |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    made |= {n.name for n in nodes if isinstance(n, ast.ClassDef | ast.FunctionDef)}
    made |= {
        (alias.asname or alias.name).partition(".")[0]
        for n in nodes
        if isinstance(n, ast.Import | ast.ImportFrom)
        for alias in n.names
    }
    return read - made - set(vars(builtins))


def _import(name: str, value: Any) -> str:
    """The line that imports a value; empty for what another cell of the file holds.

    Raises:
        ValueError: If it can be imported from nowhere.
    """
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}"
    if session.registered(name) is value:
        return ""
    home, own = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if home in (None, "__main__") or own is None:
        raise ValueError(
            f"{name} was made in another cell of the notebook, and my_course_lib.py would not have "
            "it: make it in the cell that uses it"
        )
    return f"from {home} import {own}" + (f" as {name}" if own != name else "")
