"""Trim the built pages: what they load in vain, and the theme's faults for screen readers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ICON_SCRIPT = "/js/all.min.js"
FONTS = "_static/vendor/fontawesome"

# Each pair mends one fault of the theme or of an extension.
REPAIRS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.S), replacement)
    for pattern, replacement in (
        # Icons come from a font; the script that draws them a second time weighs 527 KB.
        (rf'<script src="[^"]*/fontawesome/[^"]*{ICON_SCRIPT}[^"]*"></script>\n?', ""),
        (r'<link rel="preload" as="font"[^>]*/fontawesome/[^>]*/>\n?', ""),
        # A button's spoken name must hold the words it shows.
        (r'(search-button__button" title="Search") aria-label="Search"', r"\1"),
        (r'<summary aria-label="[^"]*">', "<summary>"),
        # A paragraph may not stand in a summary.
        (r'<p class="(collapsed|expanded)">(.*?)</p>', r'<span class="\1">\2</span>'),
        (r'<div (class="bd-sidebar-primary)', r'<div role="region" aria-label="Chapters" \1'),
        # Every exercise of a page gets the same id from its extension.
        (r' id="(exercise|solution)-content"', ""),
        # A list's role needs list items inside, which bibliographies do not have.
        (r' role="(list|doc-biblioentry)"', ""),
    )
)


def offer_notebook(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Offer an executed page as a notebook to download."""
    notebook = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if doctree is not None and notebook.exists():
        target = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, target)
        context["ipynb_source"] = f"{pagename}.ipynb"


def keep_assets(app: Sphinx) -> None:
    """Leave scripts and fonts as they are where the build goes on with the last site."""
    if (Path(app.outdir) / FONTS).is_dir():
        app.builder.copy_static_files = lambda: None


def trim(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page, and leave out what none of them loads."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    untrimmed = list((site / FONTS).glob("*/js"))
    used: set[str] = set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if ICON_SCRIPT in text:  # written anew by this build
            for pattern, replacement in REPAIRS:
                text = pattern.sub(replacement, text)
            page.write_text(text, encoding="utf-8")
        if untrimmed:
            used.update(re.findall(r"\bfa-([a-z0-9-]+)", text))
    for scripts in untrimmed:
        trim_icons(scripts.parent, used, (site / "_static" / "styles").glob("*.css"))
    for source_map in (site / "_static").rglob("*.map"):
        source_map.unlink()


def trim_icons(folder: Path, used: set[str], styles: Any) -> None:
    """Keep, of the icon fonts, the icons that pages and style sheets use."""
    from fontTools import subset

    sheet = folder / "css" / "all.min.css"
    css = sheet.read_text(encoding="utf-8")
    codes = {
        int(code, 16)
        for names, code in re.findall(
            r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"', css
        )
        if used & set(re.findall(r"\.fa-([a-z0-9-]+):before", names))
    }
    for style in styles:
        text = style.read_text(encoding="utf-8")
        codes.update(ord(letter) for letter in text if "\ue000" <= letter <= "\uf8ff")
        codes.update(int(code, 16) for code in re.findall(r'"\\(f[0-9a-f]{3})"', text))
    keep = f"--unicodes={','.join(f'{code:x}' for code in codes)}"
    for font in (folder / "webfonts").glob("*.ttf"):
        subset.main([str(font), keep, f"--output-file={font}"])
        font.with_suffix(".woff2").unlink()
    sheet.write_text(re.sub(r'url\([^)]*\.woff2\) format\("woff2"\),', "", css), encoding="utf-8")
    shutil.rmtree(folder / "js")


def side_by_side(app: Sphinx) -> None:
    """Let several processes read pages: these two do not say that they come in afterwards."""
    for name in ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex"):
        app.extensions[name].parallel_read_safe = True


def shuffle(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Deal out the pages: a process reads some in a row, and the slow ones are the last few."""
    docnames[:] = docnames[::-2] + docnames[-2::-2]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    # Before the theme's own handler, which lists the downloads.
    app.connect("html-page-context", offer_notebook, priority=400)
    app.connect("builder-inited", side_by_side)
    app.connect("builder-inited", keep_assets)
    app.connect("env-before-read-docs", shuffle)
    app.connect("build-finished", trim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
