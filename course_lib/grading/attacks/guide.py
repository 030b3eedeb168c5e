"""The instructor's page on attacks: stock nbgrader's score beside ours, as it was recorded."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from course_lib.editions.library import ROOT
from course_lib.grading.attacks import stock
from course_lib.grading.attacks.model import HONEST, Attack, corpus
from course_lib.grading.attacks.run import Outcome
from course_lib.grading.course import Course
from course_lib.grading.sample_class import expected

DATA = ROOT / "tests" / "attacks" / "sealed.json"
PAGE = ROOT / "book" / "instructors" / "attacks.md"

PACKAGES = ("nbformat", "ipython", "torch")

OPENING = """# What was tried against the grader

<!-- Written by `course attacks --record` and `course attacks --stock`: change it there. -->

Can a student get points for nothing, or spoil somebody else's?
`make attacks` hands in {attacks} submissions that try, and {honest} that are only odd.
They are graded in a course of their own, with honest students before, among and after them.
Then it looks at marks, files, processes, sockets and pages.
It fails if one point is given undeservedly, one deserved point is lost,
or anything outside a submission's own folder is touched.
Each attack is a few lines in `tests/attacks/`, bounded by itself, and speaks to this machine alone.
To add one, write a row in the module of its kind, and try it with `course attacks <its name>`.
Code that is right while it is graded, and turns wrong later by the clock,
nobody can tell from right code: all questions of a submission take a fraction of a second.

The tables set the sealed grader beside stock nbgrader,
which runs tests in the student's own kernel.
A dash means that nothing was recorded; *no mark*, that nbgrader left the submission without one.
{sealed}
{stock}

{summary}
"""

HEAD = """
## {kind}

| Attack | What it tries | Deserved | Stock | Sealed |
| --- | --- | ---: | --- | ---: |
"""


def record(outcome: Outcome) -> Path:
    """Write down what came of the whole corpus here, and the page.

    Args:
        outcome: Of all of it.

    Returns:
        The data file.
    """
    data = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: version(name) for name in PACKAGES},
        "attacks": {
            finding.attack.name: {"score": finding.given, "effects": finding.effects}
            for finding in sorted(outcome.findings, key=lambda finding: finding.attack.name)
        },
    }
    DATA.write_text(json.dumps(data, indent=1) + "\n")
    PAGE.write_text(page())
    return DATA


def page() -> str:
    """The page, in Markdown."""
    sealed = json.loads(DATA.read_text()) if DATA.is_file() else {"attacks": {}}
    beside = json.loads(stock.DATA.read_text()) if stock.DATA.is_file() else {"attacks": {}}
    every = corpus()
    attacks = [attack for attack in every if attack.kind != HONEST]
    deserved = {attack.name: _deserved(attack) for attack in every}
    fallen = [a for a in attacks if _falls(beside["attacks"].get(a.name), deserved[a.name])]
    known = [a for a in attacks if a.name in beside["attacks"]]
    text = OPENING.format(
        attacks=len(attacks),
        honest=len(every) - len(attacks),
        sealed=_when("The sealed grader's side was recorded", sealed),
        stock=_when("Stock nbgrader's side was recorded", beside),
        summary=f"Stock nbgrader falls to {len(fallen)} of the {len(known)} attacks recorded:"
        " it gives undeserved points or none at all, or the attack reaches somebody else.",
    )
    for kind in dict.fromkeys(attack.kind for attack in every):
        text += HEAD.format(kind=kind.capitalize())
        for attack in (a for a in every if a.kind == kind):
            cells = (
                f"`{attack.name}`",
                attack.tries.replace("|", "\\|"),
                f"{deserved[attack.name]:g}",
                _stock(beside["attacks"].get(attack.name)),
                _score(sealed["attacks"].get(attack.name)),
            )
            text += f"| {' | '.join(cells)} |\n"
    return text


def _deserved(attack: Attack) -> float:
    return expected(attack.recipe, _source(attack.assignment))


@cache
def _source(assignment: str) -> nbformat.NotebookNode:
    source: nbformat.NotebookNode = nbformat.read(Course().source(assignment), as_version=4)
    return source


def _falls(entry: stock.Entry | None, deserved: float) -> bool:
    return entry is not None and bool(
        entry["score"] != deserved or entry["effects"] or entry["hangs"]
    )


def _when(what: str, data: dict[str, Any]) -> str:
    if "date" not in data:
        return ""
    used = ", ".join(f"{name} {number}" for name, number in data["versions"].items())
    return f"{what} on {data['date']}, with {used}."


def _score(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "-"
    return "no mark" if entry["score"] is None else f"{entry['score']:g}"


def _stock(entry: stock.Entry | None) -> str:
    said: Sequence[str] = () if entry is None else _effects(entry)
    return "; ".join((_score(entry), *said))


_SHORT = {
    "TCP": "sent data out",
    "UDP": "sent data out",
    "Unix": "reached a socket",
    "abstract": "reached a socket",
    "changed": "changed others' files",
    "wrote": "wrote outside",
    "left": "left files behind",
    "page": "runs in the page",
}
"""First words of effects, and what a table says of them."""


def _effects(entry: stock.Entry) -> list[str]:
    found = [
        _SHORT.get(effect.partition(" ")[0].rstrip(":"), effect) for effect in entry["effects"]
    ]
    return list(dict.fromkeys([*(["hangs"] if entry["hangs"] else []), *found]))
