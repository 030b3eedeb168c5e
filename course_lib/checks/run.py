"""One check from its name to its result: ask on every device, judge, look for a hint."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from course_lib.checks import devices, hints, verify
from course_lib.checks.capture import Capture
from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.spec import (
    FAKE,
    KEPT_BACK,
    Answer,
    Break,
    CouldNotTell,
    Exercise,
    Inputs,
    Outcome,
    Result,
    Subject,
)
from course_lib.checks.subject import InSession

LINES: dict[Outcome, str] = {
    "passed": "passed {slug}: {claim}",
    "failed": "FAILED {slug}: {found}\n  checked: {claim}",
    "could not tell": "could not tell {slug}: {found}\n  checked: {claim}",
}
ODD = {
    "missing": "with gradients missing",
    "groups": "with a group for each parameter",
    "changes": "with options changed between steps",
    "edits": "with rates set from outside",
}
UNSAID = (
    "steps",
    "epochs",
    "times",
    "every",
    "seed",
    "seeds",
    "student",
    "shapes",
    "shape",
    "modes",
    "sizes",
    "metrics",
    "losses",
    *ODD,
)
HYGIENE = "{name} keeps everything it makes on its parameter's device"
HYGIENE_STEPS = 2
"""One makes the state, one uses it."""


def run_check(exercise: str, subject: Subject | None = None, **parameters: Any) -> Result:
    """Check one exercise on every device, without printing or raising.

    Args:
        exercise: Slug of the exercise.
        subject: Who answers; None asks what this session registered.
        **parameters: The case, as in ``course_lib.checks.inputs``.

    Returns:
        The result of the first device that fails, else that of the CPU; ``cases`` of all tried.

    Raises:
        LookupError: If there is no such exercise.
        TypeError: If a parameter is unknown.
        ValueError: If a parameter is outside its domain.
    """
    return hinted(run_cases(cases(exercise, parameters), subject or InSession()), parameters)


@dataclass(frozen=True)
class Case:
    """A check on one device."""

    exercise: Exercise
    parameters: Mapping[str, Any]
    inputs: Inputs
    claim: str

    @cached_property
    def shown(self) -> Inputs:
        """The inputs as whoever answers may see them."""
        return {name: value for name, value in self.inputs.items() if name != KEPT_BACK}

    @cached_property
    def right(self) -> Trajectory:
        """The right trajectory, computed once."""
        return verify.expected(self.exercise, self.inputs)


def cases(exercise: str, parameters: Mapping[str, Any]) -> list[Case]:
    """One check on every device of this machine, the CPU first and a pretended one last.

    Raises:
        LookupError, TypeError, ValueError: As ``run_check``.
    """
    wanted = find(exercise)
    inputs = build(wanted, parameters)
    return [_case(device, wanted, parameters, inputs) for device in _devices(wanted)]


def run_cases(cases: Sequence[Case], subject: Subject) -> Result:
    """Check on one device after the other, up to the first that fails; no hint is looked for.

    Args:
        cases: The same check on each device.
        subject: Who answers.
    """
    results: list[Result] = []
    for case in cases:
        results.append(_judged(case, subject))
        if results[-1].outcome == "failed":
            break
    decisive = results[-1] if results[-1].outcome == "failed" else results[0]
    return replace(decisive, cases=tuple(line for result in results for line in result.cases))


def hinted(result: Result, parameters: Mapping[str, Any]) -> Result:
    """A result with its hint, if it failed by a known mistake.

    Args:
        result: What a check found.
        parameters: The case, as the check was given it.
    """
    if result.outcome != "failed":
        return result
    try:
        with Capture():
            exercise = find(result.exercise)
            hint = hints.find_hint(exercise, parameters, result.inputs, result.answer)
    except Exception as error:  # A hint is help; its failure must not hide the verdict.
        note = f"note: no hint could be looked up ({type(error).__name__}: {error})"
        return replace(result, notes=(*result.notes, note))
    return replace(result, hint=str(hint), slug=hint.slug) if hint else result


def _devices(exercise: Exercise) -> list[str]:
    """The devices an exercise is checked on."""
    if not exercise.on_devices:
        return ["cpu"]
    return [device for device in devices.devices() if exercise.pretended or device != FAKE]


def _case(device: str, exercise: Exercise, parameters: Mapping[str, Any], inputs: Inputs) -> Case:
    """The case for ``device``."""
    if device == FAKE:
        inputs = _pretended(inputs)
        promise = HYGIENE.format(name=exercise.name)
    else:
        promise = f"{exercise.claim}{_said({**exercise.defaults, **parameters})}"
    claim = f"{promise} ({device}, {inputs['extent']})"
    return Case(exercise, parameters, {**inputs, "device": device}, claim)


def _pretended(inputs: Inputs) -> Inputs:
    """The inputs for the pretended device, where few steps, of one parameter, are enough."""
    if "gradients" not in inputs:
        return inputs
    gradients = inputs["gradients"]
    if "parameters" in inputs:
        count = len(inputs["parameters"]) if inputs["groups"] else 1
        rows = [row[:count] for row in gradients]
        full = [row for row in rows if all(grad is not None for grad in row)]
        gradients = full or rows
        inputs = {**inputs, "parameters": inputs["parameters"][:count]}
    few = gradients[:HYGIENE_STEPS]
    return {**inputs, "gradients": few, "extent": f"{len(few)} steps"}


def _said(parameters: Mapping[str, Any]) -> str:
    """The case in words, to end a claim with: its hyper-parameters, then what is odd in it."""
    said = [f"{name}={value}" for name, value in parameters.items() if name not in UNSAID]
    odd = [words for name, words in ODD.items() if parameters.get(name)]
    return "".join(f", {part}" for part in (*said, *odd))


def _judged(case: Case, subject: Subject) -> Result:
    """The result of one case, with its line."""
    slug = case.exercise.slug
    answer = subject.call(slug, case.shown)
    outcome, broken = _verdict(case, answer)
    found = broken.message if broken else ""
    return Result(
        slug,
        outcome,
        found,
        case.claim,
        cases=(LINES[outcome].format(slug=slug, claim=case.claim, found=found),),
        rung=broken.rung if broken else None,
        notes=subject.notes if case.inputs["device"] != FAKE else (),
        inputs=case.inputs,
        answer=answer,
    )


def _verdict(case: Case, answer: Answer) -> tuple[Outcome, Break | None]:
    """Passed, failed or could not tell, and why."""
    try:
        broken = verify.judge(case.exercise, case.inputs, answer, lambda: case.right)
    except CouldNotTell as cause:
        return "could not tell", Break("", str(cause))
    return ("failed" if broken else "passed"), broken
