"""The table of what each chapter holds counts what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_lib.cli import app
from course_lib.publish import census
from course_lib.publish.execute import read
from tests.book import covered

PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

# Two words

Seen by {cite:t}`A2001,B2002` and again {cite:p}`A2001`; see [](#c-01) and $x$.

```python
not_counted = 1
```

```{code-cell} python
show(fig, key="F-1.1", alt="a b", caption="c", data={})
widget("race", fig, key="F-1.2", alt="a b", caption="c", data={})
correct(
    "C-01", says=f, right=g, holds=h, because="d"
)
incorrect("C-02")
```
"""


def test_a_page_is_counted(tmp_path: Path) -> None:
    page = tmp_path / "01_page.md"
    page.write_text(PAGE)
    counted = census.count(page, tmp_path / "cache")
    assert counted.figures == {"F-1.1", "F-1.2"}
    assert counted.corrections == {"C-01"}
    assert counted.references == {"A2001", "B2002"}
    assert counted.words == 10
    assert counted.seconds is None


def test_the_seconds_of_a_page_are_those_of_the_run_that_is_kept(tmp_path: Path) -> None:
    from course_lib.publish.execute import keep

    page, cache = tmp_path / "01_page.md", tmp_path / "cache"
    page.write_text(PAGE)
    keep(read(page), page, cache, 12.5)
    assert census.count(page, cache).seconds == 12.5
    page.write_text(PAGE.replace("show(", "display("))
    assert census.count(page, cache).seconds is None


def test_the_census_agrees_with_what_the_pages_say_they_cover() -> None:
    chapters = census.census()
    assert [chapter.name for chapter in chapters] == [
        page for place, page in covered.pages().items() if place != "index"
    ]
    for chapter in chapters:
        said = covered.read(chapter.name)
        assert chapter.figures == set(said["figures"]), chapter.name
        assert chapter.corrections == set(said["corrections"]), chapter.name


def test_the_command_prints_a_line_a_chapter_and_the_totals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = census.Chapter("01_page", 1500, frozenset({"a"}), frozenset(), frozenset({"k"}), 61.4)
    two = census.Chapter("02_page", 2500, frozenset({"b"}), frozenset({"c"}), frozenset("k"), None)
    monkeypatch.setattr(census, "census", lambda: [one, two])
    lines = CliRunner().invoke(app, ["chapters"]).output.splitlines()
    rows = [line.replace("│", " ").split() for line in lines if "│" in line]
    assert ["01_page", "1,500", "1", "0", "1", "61"] in rows
    assert ["02_page", "2,500", "1", "1", "1", "–"] in rows
    assert ["2", "chapters", "4,000", "2", "1", "1", "–"] in rows
