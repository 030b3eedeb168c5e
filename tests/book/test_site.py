"""What must hold on every page of the built site; no browser needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from course_lib.editions.library import ROOT
from course_lib.misconceptions import MISCONCEPTIONS
from tests.book.html_pages import Page, pages, read

pytestmark = pytest.mark.book


def is_outside(address: str) -> bool:
    return bool(urlparse(address).scheme or urlparse(address).netloc)


def broken_links(site: Path) -> Iterator[str]:
    for path in pages(site):
        for link in filter(lambda link: link and not is_outside(link), read(path).links):
            target = (path.parent / unquote(urlparse(link).path)).resolve()
            page = path if not urlparse(link).path else target
            anchor = unquote(urlparse(link).fragment)
            known = page.suffix != ".html" or anchor in {"", *ids(page)}
            if not page.exists() or not known:
                yield f"{path.relative_to(site)} -> {link}"


def ids(page: Path) -> set[str]:
    return read(page).ids if page.exists() else set()


def unnamed_pictures(page: Page) -> list[dict[str, str | None]]:
    return [picture for picture in page.pictures if not is_named(picture)]


def is_named(picture: dict[str, str | None]) -> bool:
    name = picture.get("alt") or picture.get("aria-label") or ""
    return len(name.split()) > 1 and "/" not in name


def test_every_link_and_anchor_inside_the_site_leads_somewhere(site: Path) -> None:
    assert list(broken_links(site)) == []


def test_a_broken_link_and_a_broken_anchor_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#x"></a><a href="c.html"></a><a href="#y">')
    (tmp_path / "b.html").write_text('<p id="z">')
    assert len(list(broken_links(tmp_path))) == 3


def test_every_picture_has_words_for_those_who_do_not_see_it(site: Path) -> None:
    written = pages(site / "book")
    unnamed = {path.stem: found for path in written if (found := unnamed_pictures(read(path)))}
    assert unnamed == {}


@pytest.mark.parametrize("name", ["", 'alt="../_images/ab12.png"', 'alt="curve"'])
def test_a_picture_without_words_would_be_seen(name: str) -> None:
    page = Page()
    page.feed(f'<article><img src="x.png" {name}></article>')
    assert len(unnamed_pictures(page)) == 1


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = {src for path in pages(site) for src in read(path).loads}
    assert [src for src in loaded if is_outside(src) and not src.startswith("data:")] == []


def test_no_page_names_a_place_on_this_machine(site: Path) -> None:
    named = [path.name for path in pages(site) if str(ROOT) in path.read_text()]
    assert named == []


def test_no_page_uses_an_id_twice(site: Path) -> None:
    doubled = {path.stem: read(path).doubled for path in pages(site / "book")}
    assert {path: names for path, names in doubled.items() if names} == {}


def test_every_executed_chapter_can_be_downloaded_as_a_notebook(site: Path) -> None:
    chapters = [path for path in pages(site) if path.stem[:2].isdigit()]
    assert chapters
    for path in chapters:
        notebook = f"../_sources/book/{path.stem}.ipynb"
        assert notebook in read(path).links, path.stem
        assert (path.parent / notebook).exists(), path.stem


def test_every_hint_leads_to_a_section_of_the_book(site: Path) -> None:
    targets = {m.section.partition("#")[::2] for m in MISCONCEPTIONS}
    lost = [
        f"{page}#{anchor}"
        for page, anchor in sorted(targets)
        if (ROOT / "book" / f"{page}.md").exists()
        and anchor not in ids(site / "book" / f"{page}.html")
    ]
    assert targets and lost == []
