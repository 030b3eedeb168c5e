"""Checks of the capstone: what each rung says, which cases there are, what counts as one's own."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from course_lib import session
from course_lib.checks import outcomes, run_check
from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.inputs import training as cases
from course_lib.checks.spec import KEPT_BACK, Answer, Inputs
from course_lib.checks.subject import Given
from course_lib.misconceptions import MISCONCEPTIONS, Misconception
from course_lib.session import library
from tests.checks.cells import run_cell

CASES: list[tuple[str, dict[str, Any]]] = [
    ("initial_loss", {"widths": (3, 2), "examples": 1}),
    ("initial_loss", {"widths": (4, 6, 6, 9), "batch_norm": True, "dropout": 0.9}),
    ("initial_loss", {"scale": 1e4}),
    ("overfit_sample", {"widths": (10, 64, 4), "examples": 12, "steps": 120}),
    ("log_uniform", {"low": 1e-8, "high": 1e8}),
    ("log_uniform", {"low": 0.5, "high": 0.6, "count": 5_000}),
    ("stop_early", {"losses": ((1.0,), (1.0, 1.0), (2.0, 1.0)), "patience": 1}),
    ("stop_early", {"losses": ((3.0, 2.0, 1.0, 0.0),), "patience": 1}),
    ("stop_early", {"losses": (tuple(float(n % 7) for n in range(40)),), "patience": 8}),
    ("average_probabilities", {"members": 1, "batch": 1, "classes": 2}),
    ("average_probabilities", {"scale": 1000.0, "dtype": "float32", "members": 7}),
]


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    yield
    session.reset()


@pytest.mark.parametrize(("slug", "case"), CASES)
def test_the_library_passes_every_case(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(library(slug)), **case)
    assert result.outcome == "passed", result.message
    assert all(line.startswith("passed") for line in result.cases), result.cases


def test_only_tensors_are_tried_on_a_pretended_device() -> None:
    for slug, lines in (("initial_loss", 1), ("average_probabilities", 2)):
        assert len(run_check(slug, Given(library(slug))).cases) == lines


def written(function: str) -> None:
    run_cell(
        "import math\nimport torch\nfrom course_lib.session import implement\n"
        f"@implement\n{function}"
    )


ENTROPY = "torch.nn.functional.cross_entropy(model(inputs), targets)"
TRAINED = f"""\
    moves = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        loss = {ENTROPY}
        losses.append(loss.item())
        moves.zero_grad(); loss.backward(); moves.step()
"""
HEADS = {
    "initial_loss": "def initial_loss(model, inputs, targets):\n",
    "overfit_sample": "def overfit_sample(model, inputs, targets, steps):\n",
    "log_uniform": "def log_uniform(low, high, count, generator):\n",
    "stop_early": "def stop_early(losses, patience):\n",
    "average_probabilities": "def average_probabilities(logits):\n",
}
RUNGS = [
    ("initial_loss", "raise NotImplementedError", "defined", "initial_loss is not written yet"),
    ("initial_loss", "return targets.foo", "defined", "raised AttributeError at the first loss: "),
    ("initial_loss", "pass", "type", "expected a number, the loss, got nothing"),
    ("initial_loss", "return model(inputs)", "type", "the loss, got a Tensor"),
    ("initial_loss", "return math.nan", "finite", "the first loss, the loss: expected 2.11"),
    ("initial_loss", "return 1.0", "values", "the first loss, the loss: expected 2.11"),
    (
        "initial_loss",
        f"model.train(); loss = {ENTROPY}; model.eval(); return {ENTROPY}.item()",
        "values",
        "the first loss",
    ),
    ("overfit_sample", "pass", "type", "expected a list of numbers, the losses, got nothing"),
    ("overfit_sample", "return ['a']", "type", "the losses, got a list"),
    ("overfit_sample", "return []", "values", "expected a loss for each step, got an empty list"),
    ("overfit_sample", f"return [{ENTROPY}.item()]", "values", "says after the training what it"),
    ("log_uniform", "return 1.0", "type", "expected a tensor of numbers, got a float"),
    ("log_uniform", "return torch.ones(3)", "shape", "expected shape (20000,), got (3,)"),
    (
        "log_uniform",
        "return torch.ones(count).long()",
        "dtype",
        "expected dtype torch.float64, got",
    ),
    ("log_uniform", "return torch.full((count,), math.inf)", "finite", "got inf"),
    ("log_uniform", "return torch.zeros(count)", "values", "numbers from 0.0001 to 1, got 0"),
    ("stop_early", "return 1", "type", "expected two numbers, the best epoch and the last, got"),
    ("stop_early", "return 0, 5", "values", "the best epoch: expected 1, got 0"),
    ("stop_early", "losses.sort(); return 1, 3", "values", "an argument was changed (number 0"),
    ("average_probabilities", "return logits", "shape", "expected shape (4, 5), got (3, 4, 5)"),
    (
        "average_probabilities",
        "return logits.mean(0).float()",
        "dtype",
        "expected dtype torch.float64",
    ),
]


@pytest.mark.parametrize(("slug", "body", "rung", "says"), RUNGS)
def test_every_rung_says_what_was_needed_and_what_came(
    slug: str, body: str, rung: str, says: str
) -> None:
    written(f"{HEADS[slug]}    {body}")
    more = {"losses": ((0.9, 0.5, 0.6, 0.7),)} if slug == "stop_early" else {}
    if "model.train()" in body:
        more = {"batch_norm": True}
    result = run_check(slug, **more)
    assert (result.outcome, result.rung) == ("failed", rung), result.message
    assert says in result.message


def test_a_model_may_not_be_changed_by_asking() -> None:
    written(
        f"{HEADS['initial_loss']}    model.eval(); loss = {ENTROPY}.item()\n"
        "    model[0].bias.data.add_(1); return loss"
    )
    assert "the model was changed (its 0.bias)" in run_check("initial_loss").message


def test_chance_comes_from_the_generator_alone() -> None:
    written(
        f"{HEADS['log_uniform']}    torch.rand(1)\n"
        "    return low * (high / low) ** torch.rand(count, generator=generator)"
    )
    assert "global random state was moved" in run_check("log_uniform").message


@pytest.mark.parametrize(
    ("after", "says"),
    [
        ("    return losses[1:]", "before the first step as the first loss"),
        ("    [model(inputs) for _ in range(40)]; return losses", "expected at most 200 steps"),
        ("    model[2].weight.data.zero_(); return losses", "names"),
    ],
)
def test_a_training_is_judged_by_what_it_leaves_behind(after: str, says: str) -> None:
    written(f"{HEADS['overfit_sample']}{TRAINED}{after}")
    assert says in run_check("overfit_sample").message


def drawn(values: Tensor, other: Tensor | None = None) -> Answer:
    rows = [[values], [values], [values.flip(0) if other is None else other]]
    return {"outcome": "answered", "trajectory": rows, "faults": {}}


def test_honest_draws_pass_a_thousand_times() -> None:
    exercise = find("log_uniform")
    inputs = {**build(exercise, {"low": 1e-3, "high": 10.0}), "device": "cpu"}
    generator = torch.Generator().manual_seed(0)
    for _ in range(1000):
        place = torch.rand(2, 20_000, generator=generator)
        assert outcomes.judge(exercise, inputs, drawn(*(1e-3 * 1e4**place))) is None


def test_independent_numbers_are_in_no_order_and_do_not_repeat() -> None:
    exercise = find("log_uniform")
    inputs = {**build(exercise, {"low": 1e-3, "high": 10.0}), "device": "cpu"}
    grid = 1e-3 * 1e4 ** torch.linspace(0, 1, 20_000)
    few = 1e-3 * 1e4 ** (torch.randint(8_000, (20_000,)) / 8_000)
    for values, says in ((grid, "in an order"), (few, "different ones")):
        broken = outcomes.judge(exercise, inputs, drawn(values))
        assert broken and says in broken.message


class Predicting:
    """A subject that knows the labels of a share of the part held out."""

    notes: tuple[str, ...] = ()

    def __init__(self, share: float, labels: list[Tensor]) -> None:
        self.share, self.labels, self.asked = share, labels, list[Inputs]()

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        self.asked.append(inputs)
        rows = []
        for labels in self.labels:
            wrong = torch.arange(len(labels)) >= round(self.share * len(labels))
            rows.append([torch.where(wrong, (labels + 1) % 10, labels)])
        stopped = ["", "the loss is nan at step 3", ""]
        return {"outcome": "answered", "trajectory": rows, "faults": {}, "stopped": stopped}


@pytest.mark.parametrize(("share", "outcome"), [(0.0, "failed"), (1.0, "passed")])
def test_the_median_is_held_against_the_band(share: float, outcome: str) -> None:
    inputs = build(find("digits_configuration"), {"student": "ann"})
    subject = Predicting(share, inputs[KEPT_BACK]["labels"])
    result = run_check("digits_configuration", subject, student="ann")
    assert result.outcome == outcome
    if outcome == "failed":
        assert (
            "the median accuracy of 3 runs is 0.000; the band 'first' begins at" in result.message
        )
        assert "(run 2: the loss is nan at step 3)" in result.message


def test_who_answers_sees_neither_labels_nor_seeds_of_the_hold_out() -> None:
    inputs = build(find("digits_configuration"), {"student": "ann", "seeds": (5, 6, 7)})
    subject = Predicting(1.0, inputs[KEPT_BACK]["labels"])
    result = run_check("digits_configuration", subject, student="ann", seeds=(5, 6, 7))
    (asked,) = subject.asked
    assert KEPT_BACK not in asked
    assert all(set(run) == {"train", "validation", "held_out", "seed"} for run in asked["runs"])
    assert not {5, 6, 7} & {run["seed"] for run in asked["runs"]}
    assert "seed" not in "".join(result.cases) and "ann" not in "".join(result.cases)


def test_students_and_seeds_have_other_data() -> None:
    def first(student: str, seed: int) -> Tensor:
        inputs = build(find("digits_configuration"), {"student": student, "seeds": (seed,)})
        held_out: Tensor = inputs["runs"][0]["held_out"]
        return held_out

    assert torch.equal(first("ann", 1), first("ann", 1))
    assert not torch.equal(first("ann", 1), first("ann", 2))
    assert not torch.equal(first("ann", 1), first("ben", 1))


@pytest.mark.parametrize(
    ("slug", "case", "error"),
    [
        ("digits_configuration", {"student": "a", "band": "top"}, "band must be one of first"),
        ("own_parts", {"student": "a", "part": "loss"}, "part must be one of optimizer"),
    ],
)
def test_a_case_outside_its_domain_is_refused(slug: str, case: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        run_check(slug, **case)


def configured(**entries: Any) -> None:
    config = {
        "widths": [8],
        "optimizer": "torch.optim.SGD",
        "optimizer_options": {"lr": 0.01},
    } | entries
    written(f"def mnist1d_configuration():\n    return {config!r}")


@pytest.mark.parametrize(
    ("entries", "part", "says"),
    [
        ({}, "optimizer", "torch.optim.SGD is torch's own: name the one you wrote"),
        ({}, "schedule", "the configuration uses no schedule"),
        ({}, "layers", "the configuration uses no layers"),
        ({"optimizer": "SGD"}, "optimizer", "no SGD of your own in this session"),
        ({"optimizer": "course_lib.optim.SGD"}, "optimizer", "no SGD of your own"),
        ({"optimizer": "Adagard"}, "optimizer", "no Adagard of your own in this session"),
    ],
)
def test_what_is_not_ones_own_is_named(entries: dict[str, Any], part: str, says: str) -> None:
    configured(**entries)
    result = run_check("own_parts", student="ann", part=part)
    assert result.outcome == "failed"
    assert says in result.message


OWN_SGD = """
from course_lib.optim import Optimizer
from course_lib.session import implement
@implement
class SGD({base}):
    def __init__(self, params, lr=0.01):
        super().__init__(params, dict(lr=lr))
    def update(self, param, grad, state, group):
        param.sub_(group["lr"] * grad)
"""
OWN_RULE = """
from course_lib.session import implement
@implement
def step_lr(epoch, base_lr, step_size, gamma=0.1):
    return base_lr * gamma ** (epoch // step_size)
"""


def test_ones_own_optimizer_and_rule_pass() -> None:
    run_cell(OWN_SGD.format(base="Optimizer"))
    run_cell(OWN_RULE)
    configured(optimizer="SGD", schedule="step_lr", schedule_options={"step_size": 2})
    for part in ("optimizer", "schedule"):
        result = run_check("own_parts", student="ann", part=part)
        assert result.outcome == "passed", result.message


def test_torchs_class_under_ones_own_name_is_refused() -> None:
    run_cell("import torch\n" + OWN_SGD.format(base="torch.optim.SGD"))
    configured(optimizer="SGD")
    message = run_check("own_parts", student="ann", part="optimizer").message
    assert message == "SGD builds on torch's own SGD; write it yourself"


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"widths": [8, 8, 8]}, "widths needs at most 2 whole numbers from 1 to 256"),
        ({"steps": 10_000}, "a configuration has no entry 'steps'"),
        ({"optimizer": "Adammm"}, "needed the name of a class"),
    ],
)
def test_a_configuration_that_cannot_be_run_says_why(entries: dict[str, Any], says: str) -> None:
    configured(**entries)
    result = run_check("mnist1d_configuration", student="ann", seeds=(1,))
    assert result.rung == "defined"
    assert says in result.message


def test_a_configuration_is_a_dict() -> None:
    written("def mnist1d_configuration():\n    return [1, 2]")
    message = run_check("mnist1d_configuration", student="ann", seeds=(1,)).message
    assert message == "expected a configuration, got a list"


def test_the_bands_are_measured_and_rarely_miss_the_reference() -> None:
    for task in ("digits", "mnist1d"):
        found = cases.bands(task)
        assert found["runs"] >= 5 * 30
        assert found["false_alarm"] < 1e-3
        assert found["thresholds"]["third"] == pytest.approx(min(found["accuracies"]))
        assert list(found["thresholds"].values()) == sorted(found["thresholds"].values())
        below = 1 - 0.05 ** (1 / found["runs"])
        assert found["false_alarm"] == pytest.approx(3 * below**2 - 2 * below**3, rel=1e-3)


def mistakes(exercise: str) -> list[Misconception]:
    return [mistake for mistake in MISCONCEPTIONS if mistake.exercise == exercise]


def test_marks_do_not_depend_on_the_seed() -> None:
    from course_lib.checks.collect import collect
    from course_lib.misconceptions import variant_object

    exercise = find("log_uniform")
    for mistake in mistakes("log_uniform"):
        found = set()
        for seed in range(5):
            inputs = {**build(exercise, {"seed": seed, "count": 5_000}), "device": "cpu"}
            answer = collect(variant_object(mistake), inputs)
            found.add(tuple(outcomes.features(exercise, inputs, answer)))
        assert len(found) == 1, mistake.slug


def test_log_c_is_what_a_silent_model_has() -> None:
    inputs = build(find("initial_loss"), {"widths": (4, 10), "scale": 0.0})
    state = {name: torch.zeros_like(value) for name, value in inputs["state"].items()}
    from course_lib.checks.references.training import model_loss

    ((loss,),) = model_loss(find("initial_loss"), {**inputs, "state": state})
    assert loss.item() == pytest.approx(math.log(10))


@pytest.mark.parametrize("slug", ["overfit_sample", "log_uniform", "digits_configuration"])
@pytest.mark.parametrize("trajectory", [[], [[]], [[torch.ones(1)]], [[torch.ones(2, 2)] * 3] * 3])
def test_an_answer_of_no_known_form_fails(slug: str, trajectory: list[list[Tensor]]) -> None:
    exercise = find(slug)
    case = {"student": "ann"} if slug == "digits_configuration" else {}
    inputs = {**build(exercise, case), "device": "cpu"}
    answer = {"outcome": "answered", "trajectory": trajectory, "faults": {}}
    assert outcomes.judge(exercise, inputs, answer) is not None
    assert outcomes.features(exercise, inputs, answer)
