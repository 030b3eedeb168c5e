"""The corpus as a table: on the terminal, and as data for the instructor's guide."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course_lib.grading.attacks import guide, stock
from course_lib.grading.attacks.model import HONEST, Attack, corpus
from course_lib.grading.attacks.run import Finding, Outcome, grade_corpus


def show(console: Console, outcome: Outcome) -> None:
    """Print what became of every submission of the corpus."""
    shown = Table("kind", "name", "what it tries", "deserved", "given", "effects")
    for finding in outcome.findings:
        shown.add_row(*map(escape, _row(finding)), style="" if finding.held else "red")
    console.print(shown)
    attacks = [f for f in outcome.findings if f.attack.kind != HONEST]
    honest = [f for f in outcome.findings if f.attack.kind == HONEST]
    console.print(
        f"{_held(attacks)} of {len(attacks)} attacks gained nothing and did no harm;"
        f" {_held(honest)} of {len(honest)} honest oddities kept every point;"
        f" {outcome.seconds:.0f} s."
    )
    for effect in outcome.effects:
        console.print(effect, style="red", markup=False, highlight=False)


def attack(
    console: Console,
    names: Sequence[str] = (),
    jobs: int | None = None,
    sandbox: str = "strict",
    record: bool = False,
) -> bool:
    """Grade the corpus and print its table.

    Args:
        console: Where to print.
        names: Names or kinds of those to take; all by default.
        jobs: How many at a time.
        sandbox: As for ``grade``.
        record: Whether to write what came of all of them into the instructor's guide.

    Returns:
        Whether every defence held.
    """
    taken = chosen(names)
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        outcome = grade_corpus(taken, Path(folder).resolve(), jobs, sandbox)
    show(console, outcome)
    if record and not names:
        console.print(f"Recorded: {guide.record(outcome)}")
    return outcome.held


def record_stock(names: Sequence[str] = (), jobs: int = 2) -> Path:
    """Record how stock nbgrader grades attacks that are not recorded yet, or those named.

    Args:
        names: Names or kinds of those to record again.
        jobs: How many at a time.

    Returns:
        The data file.
    """
    recorded = () if names else stock.known()
    taken = [a for a in chosen(names) if a.kind != HONEST and a.name not in recorded]
    recorded_in = stock.record(taken, jobs)
    guide.PAGE.write_text(guide.page())
    return recorded_in


def chosen(names: Sequence[str]) -> list[Attack]:
    """Submissions of the corpus by their names or kinds; all by default.

    Raises:
        LookupError: If there is none of that name or kind.
    """
    every = corpus()
    if unknown := [n for n in names if not any(n in (a.name, a.kind) for a in every)]:
        kinds = ", ".join(dict.fromkeys(a.kind for a in every))
        raise LookupError(f"no attack {unknown[0]!r}; the kinds are: {kinds}")
    return [a for a in every if not names or a.name in names or a.kind in names]


def _row(finding: Finding) -> tuple[str, ...]:
    given = "-" if finding.given is None else f"{finding.given:g}"
    said = "\n".join(finding.effects) or (
        f"{finding.reported} lines reported" * bool(finding.reported)
    )
    return (
        finding.attack.kind,
        finding.attack.name,
        finding.attack.tries,
        f"{finding.deserved:g}",
        given,
        said,
    )


def _held(findings: Sequence[Finding]) -> int:
    return sum(finding.held for finding in findings)
