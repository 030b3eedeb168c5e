"""The words checks are written in: plain data, no torch, so that every part can read them."""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Inputs = dict[str, Any]
"""What a subject is asked: numbers, strings, lists, dicts with string keys, tensors."""

KEPT_BACK = "kept_back"
"""The entry of inputs that no subject is shown: what the judge alone may know."""

Answer = dict[str, Any]
"""What a subject says: the same plain things; ``outcome`` tells which of ``OUTCOMES``."""

OUTCOMES = ("answered", "undefined", "refused", "unwritten", "raised")
"""What became of a call: values; nothing registered; not own work; a stub; an exception."""

FAKE = "fake cuda"
"""The pretended device on which device hygiene is tried where there is no GPU."""

Judged = Literal["torch", "chance", "outcome"]
Outcome = Literal["passed", "failed", "could not tell"]


@dataclass(frozen=True)
class Exercise:
    """One exercise of an assignment, and what its check promises.

    Args:
        slug: The name ``check`` is called with, as ``"adam"``.
        target: Full name of the class or function the student writes.
        assignment: Slug of the assignment notebook.
        section: Page and heading that explain it, as ``"10_adaptive_steps#sec-adam"``.
        title: Heading of the exercise.
        claim: The promise in one sentence; the case's own parameters are added to it.
        kind: How its cases are made and its right answers found, see ``checks.inputs``.
        reference: What gives the right answer.
        options: Hyper-parameters a case may set, named as in torch.
        defaults: Hyper-parameters a case has where it says nothing.
        rtol: Relative tolerance in double precision for up to ten steps.
        method: The method a student writes, if the target is a class.
        judged: By torch's own numbers; where the answer is random, by its frequencies; where only
            what comes of it counts, by a judgement of its kind (``checks.outcomes``).
        refused: Names of torch's functions and operators that would do the student's work.
        on_devices: Whether it works on tensors; plain numbers lie on no device.
        pretended: Whether it can be tried on tensors without values.
    """

    slug: str
    target: str
    assignment: str
    section: str
    title: str
    claim: str
    kind: str
    reference: str
    options: tuple[str, ...]
    defaults: dict[str, Any] = field(default_factory=dict)
    rtol: float = 1e-12
    method: str = ""
    judged: Judged = "torch"
    refused: tuple[str, ...] = ()
    on_devices: bool = True
    pretended: bool = True

    @property
    def name(self) -> str:
        """The last part of ``target``: the name the student's code must have."""
        return self.target.rpartition(".")[2]

    @property
    def region(self) -> str:
        """The solution region the student writes, as ``Adam.update`` or ``rate_inside``."""
        return f"{self.name}.{self.method}" if self.method else self.name


class Subject(Protocol):
    """Whoever answers for the student: this session, or a process somewhere else."""

    notes: tuple[str, ...]
    """What the code printed or warned in the last call."""

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        """Run what the student wrote for ``exercise`` on ``inputs``."""


@dataclass(frozen=True)
class Break:
    """Where an answer falls off the ladder: the rung, the sentence, the place."""

    rung: str
    message: str
    step: int | None = None
    parameter: int | None = None


class CouldNotTell(Exception):
    """A check has no verdict, through no fault of the student; the text is the cause."""


@dataclass(frozen=True)
class Hint:
    """A likely belief behind a wrong answer, and the sentence that helps."""

    slug: str
    belief: str
    text: str
    section: str

    def __str__(self) -> str:
        return f"Hint: {self.text} (see {self.section})"


@dataclass(frozen=True)
class Result:
    """What one check found.

    Args:
        exercise: Slug of the exercise.
        outcome: Passed, failed or could not tell.
        message: What was expected and what came; why it could not be told.
        claim: The promise that was checked.
        cases: One line for each device tried.
        hint: The hint line, if the answer matches a known mistake.
        slug: The slug of that mistake.
        rung: The rung of the ladder that broke.
        notes: What the student's code printed or warned; never graded.
        inputs: The inputs of the case that decided.
        answer: The answer of the case that decided.
    """

    exercise: str
    outcome: Outcome
    message: str
    claim: str
    cases: tuple[str, ...] = ()
    hint: str | None = None
    slug: str | None = None
    rung: str | None = None
    notes: tuple[str, ...] = ()
    inputs: Inputs = field(default_factory=dict, repr=False)
    answer: Answer = field(default_factory=dict, repr=False)
