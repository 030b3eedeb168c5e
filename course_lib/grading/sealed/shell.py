"""An IPython session as a kernel has it, whose outputs are kept within bounds."""

import ast
import base64
import builtins
import io
import sys
import warnings
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from traitlets import Type
from traitlets.config import Config

from course_lib.grading.sealed import pictures

TEXT = 200_000
"""Characters of text kept of one cell."""

SHOWN = 2_000_000
"""Characters of pictures and other rich output kept of one cell."""

MOST = 200
"""Values and pictures kept of one cell."""

PICTURE = """
import matplotlib.pyplot as plt

for low in (-10, -5, -2, -1, 0):
    plt.figure()
    plt.contour([[1, 2], [3, 4]])
    plt.plot([low, 1, -low], ".-", label="a")
    plt.legend()
    plt.show()
"""
"""What the session draws before anyone's code: matplotlib puts much off until it is first asked."""

CUT = "\n... cut here: the cell printed too much ...\n"


class Outputs:
    """What one cell put out so far, each entry as nbformat has it."""

    def __init__(self) -> None:
        self._kept: list[dict[str, Any]] = []
        self._text, self._shown, self._full = TEXT, SHOWN, False

    def stream(self, name: str, text: str) -> None:
        """Take in printed text."""
        part = self._within(text)
        if not part:
            return
        if not (self._kept and self._kept[-1].get("name") == name):
            self._kept.append({"output_type": "stream", "name": name, "text": []})
        # Parts are joined once: a cell may print character by character.
        self._kept[-1]["text"].append(part)

    def show(self, kind: str, data: dict[str, Any], count: int | None = None) -> None:
        """Take in a value or a picture, in all its forms that still fit."""
        if self._full:
            return
        forms = {str(form): _as_text(value) for form, value in data.items()}
        fitting = {form: text for form, text in forms.items() if self._fits(form, text)}
        self._full = len(self._kept) >= MOST or not fitting
        shown: dict[str, Any] = {"output_type": kind, "data": fitting or {"text/plain": CUT}}
        if kind == "execute_result":
            shown["execution_count"] = count
        self._kept.append(shown)

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Take in an exception."""
        lines = [self._within(line) for line in traceback]
        self._kept.append(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": self._within(value),
                "traceback": lines,
            }
        )

    def clear(self) -> None:
        """Forget what was put out; the room it took stays taken."""
        self._kept.clear()

    def taken(self) -> list[dict[str, Any]]:
        """All that was kept, ready to pass the border."""
        return [
            {**one, "text": "".join(one["text"])} if one["output_type"] == "stream" else one
            for one in self._kept
        ]

    def _within(self, text: str) -> str:
        """As much of a text as there is room for; the first cut is marked."""
        room, self._text = self._text, max(0, self._text - len(text))
        return text if len(text) <= room else text[:room] + (CUT if room else "")

    def _fits(self, form: str, text: str) -> bool:
        if form.startswith("image/"):
            fits = len(text) <= self._shown
            self._shown -= len(text) if fits else 0
            return fits
        return self._within(text) == text


def _as_text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


class Stream(io.TextIOBase):
    """stdout or stderr of a session."""

    encoding = "utf-8"

    def __init__(self, shell: "Shell", name: str) -> None:
        self._shell, self.name = shell, name

    def write(self, text: str) -> int:
        """Hand ``text`` to the cell that runs now."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.outputs.stream(self.name, text)
        return len(text)

    def writable(self) -> bool:
        """Always."""
        return True


class _Values(DisplayHook):
    """The value of a cell's last line becomes an output."""

    def write_output_prompt(self) -> None:
        """Show nothing: the number stands beside the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        """Keep the value in all its forms."""
        shell: Any = self.shell
        shell.outputs.show("execute_result", format_dict, shell.execution_count)

    def finish_displayhook(self) -> None:
        """Show nothing."""


class _Display(DisplayPublisher):
    """What ``display`` is called with becomes an output."""

    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        """Keep what is shown in all its forms."""
        self.shell.outputs.show("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has put out."""
        self.shell.outputs.clear()


class Shell(InteractiveShell):
    """An IPython session without a terminal, a history file or a front end."""

    displayhook_class = Type(_Values)
    display_pub_class = Type(_Display)

    def __init__(self, **options: Any) -> None:
        self.outputs = Outputs()
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def run(self, source: str) -> list[dict[str, Any]]:
        """Run one cell; its outputs."""
        self.outputs = Outputs()
        try:
            self.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        except BaseException as error:  # an interrupt may arrive outside of the cell's own code
            self.outputs.error(type(error).__name__, _said(error), [])
        return self.outputs.taken()

    def transform_cell(self, raw_cell: str) -> str:
        """Leave Python as it is: to look for IPython's own words takes longer than a short cell."""
        if _is_python(raw_cell):
            return raw_cell if raw_cell.endswith("\n") else f"{raw_cell}\n"
        return super().transform_cell(raw_cell)  # type: ignore[no-any-return,no-untyped-call]

    def should_run_async(self, raw_cell: str, **options: Any) -> bool:
        """Whether a cell waits for something, which IPython finds out by compiling all of it."""
        if "await" not in raw_cell and "async" not in raw_cell:
            return False
        return super().should_run_async(raw_cell, **options)

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window here."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.error(getattr(etype, "__name__", str(etype)), _said(evalue), list(stb))


def _is_python(source: str) -> bool:
    """Whether several lines are Python that IPython runs as they are.

    A single line may be one of its own words, and blank lines and a prompt before the code, which
    looks like a type, are taken away.
    """
    if "\n" not in source.strip() or source[:1].isspace() or source.startswith("In ["):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _said(error: Any) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def started() -> Shell:
    """The session every worker is forked with: figures inline, output caught."""
    config = Config()
    config.HistoryManager.enabled = False  # it keeps a file and a thread
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.cache_size = 0  # values shown are not kept alive
    shell: Shell = Shell.instance(config=config)
    sys.stdout, sys.stderr = Stream(shell, "stdout"), Stream(shell, "stderr")
    builtins.display = shell.user_ns["display"] = _display  # type: ignore[attr-defined]
    shell.enable_matplotlib("inline")  # type: ignore[no-untyped-call]
    formats: Any = shell.display_formatter
    formats.formatters["image/png"].for_type(Figure, pictures.png)
    pictures.prepare()
    shell.run(PICTURE)
    shell.reset(new_session=True)  # type: ignore[no-untyped-call]
    return shell


def _display(*objects: Any, **options: Any) -> Any:
    from IPython.display import display

    return display(*objects, **options)  # type: ignore[no-untyped-call]
