"""A broken book is refused, and refused again: Sphinx forgets, the build does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course_lib.editions.library import ROOT
from course_lib.publish.build import BuildFailed, build
from course_lib.publish.execute import (
    PageFailed,
    cache_folder,
    cell_seconds,
    kept,
    plain,
    run_missing,
)
from course_lib.publish.pages import notebooks

HEADER = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"

# A page with one fault each, and what the build must say about it.
DEFECTS = {
    "bad_tex": (r"Wrong: $\frac{1}{$.", "bad TeX"),
    "unknown_macro": (r"Wrong: $$ \nosuchmacro $$", "bad TeX"),
    "undefined_reference": ("See {ref}`nowhere`.", "undefined label: 'nowhere'"),
    "undefined_link": ("See [this](#nowhere).", "'nowhere'"),
    "undefined_equation": ("See {eq}`nowhere`.", "equation not found: nowhere"),
    "undefined_citation": ("See {cite:p}`Nobody1900`.", "Nobody1900"),
    "unknown_directive": ("```{nosuch}\n```", "Unknown directive type: 'nosuch'"),
    "unknown_role": ("A {nosuch}`role`.", 'Unknown interpreted text role "nosuch"'),
    "missing_picture": ("![Two words](nowhere.png)", "image file not readable"),
    "missing_page": ("[a page](nowhere.md)", "nowhere.md"),
    "skipped_heading": ("### Too deep", "Non-consecutive header level"),
    "undefined_number": ("It is {glue:text}`nowhere`.", "nowhere"),
    "quiz_without_answer": (
        "```{quiz} q\nWhich?\n\n- [ ] a\n\n  no\n- [ ] b\n\n  no\n```",
        "exactly one [x]",
    ),
    "pitfalls_of_nothing": ("```{pitfalls} optimizers nosuch\n```", "nosuch"),
    "warning_in_a_cell": (
        "```{code-cell} python\nimport sys\nprint('oops', file=sys.stderr)\n```",
        "stderr was found",
    ),
    "bad_tex_in_a_caption": (
        "```{code-cell} python\nfrom course_lib.figures import new, show\nfig, ax = new()\n"
        "show(fig, key='F-1.1', alt='An empty plot', caption='$\\\\frac{$', data={'x': [1]})\n```",
        "bad TeX",
    ),
}


def write_book(root: Path, bodies: dict[str, str]) -> None:
    """Lay out a book with the settings and extensions of the real one."""
    (root / "book").mkdir()
    (root / "_config.yml").write_text((ROOT / "_config.yml").read_text())
    for shared in ("_ext", "assets", "root", "vendor", "references.bib"):
        (root / "book" / shared).symlink_to(ROOT / "book" / shared)
    (root / "book" / "index.md").write_text("# A book\n\n```{bibliography}\n```\n")
    for name, body in bodies.items():
        header = HEADER if "{code-cell}" in body else ""
        (root / "book" / f"{name}.md").write_text(f"{header}# A page called {name}\n\n{body}\n")
    chapters = "".join(f"  - file: book/{name}\n" for name in bodies)
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/index\nchapters:\n{chapters}")


TWO = {
    "one": "A sentence.\n\n(here)=\n## A section\n\n$$ x = 1 $$ (eq-x)",
    "two": "See [](#here) and {eq}`eq-x`.",
}


def change(root: Path, page: str, old: str, new: str) -> None:
    path = root / "book" / f"{page}.md"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def read_again(root: Path) -> str:
    """Return how many pages the last build has read, as Sphinx says it."""
    log = plain((root / "_build" / "book" / "build.log").read_text())
    (said,) = re.findall(r"updating environment: (.*)", log)
    return str(said)


def assets(site: Path) -> dict[str, bytes]:
    """Return what pages load: styles, scripts and fonts."""
    static = site / "_static"
    files = (path for path in static.rglob("*") if path.is_file())
    found = {str(path.relative_to(static)): path.read_bytes() for path in files}
    assert any(name.endswith("fa-solid-900.ttf") for name in found)
    return found


@pytest.mark.slow
def test_a_changed_text_is_read_alone_and_hides_no_fault(tmp_path: Path) -> None:
    write_book(tmp_path, TWO)
    loaded = assets(build(root=tmp_path))
    change(tmp_path, "one", "A sentence.", "Another sentence.")
    page = build(root=tmp_path) / "book" / "one.html"
    assert "0 added, 1 changed" in read_again(tmp_path)
    assert "Another sentence." in page.read_text() and "/js/all.min.js" not in page.read_text()
    assert assets(page.parents[1]) == loaded

    change(tmp_path, "one", "Another sentence.", "{fas}`rocket`. Another sentence.")
    assert assets(build(root=tmp_path)) != loaded  # the font has one more icon
    change(tmp_path, "one", "{fas}`rocket`. ", "")
    build(root=tmp_path)

    for old, new, said in (
        ("Another sentence.", "{nosuch}`role`", "nosuch"),
        ("(here)=", "(there)=", "'here'"),
        ("(eq-x)", "(eq-y)", "eq-x"),
    ):
        change(tmp_path, "one", old, new)
        for _ in range(2):
            with pytest.raises(BuildFailed, match=said):
                build(root=tmp_path)
        change(tmp_path, "one", new, old)
        build(root=tmp_path)


@pytest.mark.slow
def test_every_planted_fault_is_refused_on_the_first_and_on_the_second_build(
    tmp_path: Path,
) -> None:
    write_book(tmp_path, {name: body for name, (body, _) in DEFECTS.items()})
    for _ in range(2):
        with pytest.raises(BuildFailed) as refused:
            build(root=tmp_path)
        complaints = str(refused.value).splitlines()
        for name, (_, message) in DEFECTS.items():
            assert [c for c in complaints if f"{name}.md" in c and message in c], (name, complaints)


@pytest.mark.slow
def test_a_sound_book_is_built_and_its_cells_run_once(tmp_path: Path) -> None:
    cell = "```{code-cell} python\nprint(6 * 7)\n```"
    write_book(tmp_path, {"sound": f"Since $a^2 \\ge 0$ and {{cite:p}}`Kingma2015`.\n\n{cell}"})
    page = build(root=tmp_path) / "book" / "sound.html"
    assert "katex-html" in page.read_text() and "42" in page.read_text()
    assert list(run_missing(notebooks(tmp_path), cache_folder(tmp_path))) == []
    (sound,) = notebooks(tmp_path)
    assert 0 < (cell_seconds(sound, cache_folder(tmp_path)) or 0) < 60


@pytest.mark.slow
def test_a_failing_cell_is_named_and_fails_again(tmp_path: Path) -> None:
    cell = "```{code-cell} python\n1 / 0\n```"
    write_book(tmp_path, {"failing": cell, "sound": cell.replace("0", "2")})
    cache = cache_folder(tmp_path)
    for _ in range(2):
        with pytest.raises(PageFailed, match=r"(?s)failing\.md.*ZeroDivisionError"):
            list(run_missing(notebooks(tmp_path), cache))
    failing, sound = notebooks(tmp_path)
    assert kept(failing, cache) is None and kept(sound, cache) is not None


def test_a_changed_library_makes_kept_outputs_stale(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("torch==1\n")
    module = tmp_path / "course_lib" / "data" / "surfaces.py"
    module.parent.mkdir(parents=True)
    module.write_text("a = 1\n")
    before = cache_folder(tmp_path)
    assert cache_folder(tmp_path) == before
    module.write_text("a = 2\n")
    changed = cache_folder(tmp_path)
    (tmp_path / "constraints.txt").write_text("torch==2\n")
    assert len({before, changed, cache_folder(tmp_path)}) == 3


def test_a_page_that_is_none_is_refused(tmp_path: Path) -> None:
    write_book(tmp_path, {"page": "Text."})
    with pytest.raises(BuildFailed, match=r"in _toc\.yml that holds cells, got 'page'"):
        build(root=tmp_path, only="page")
