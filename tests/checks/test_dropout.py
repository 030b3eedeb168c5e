"""Checks of dropout: messages at every rung, cases, refusals, devices, hints in any style."""

import inspect
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from course_lib.checks import fingerprints, run_check
from course_lib.checks.collect import collect
from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.spec import Result
from course_lib.checks.subject import Given
from course_lib.misconceptions import MISCONCEPTIONS, variant_object
from course_lib.session import library
from tests.checks.cells import run_cell

HEADER = "import torch\nfrom course_lib.session import implement\n\n@implement\n"
WRITTEN = {
    "dropout_mask": "def dropout_mask(input, p):\n",
    "dropout": "def dropout(input, p=0.5, training=True, inplace=False):\n",
    "dropout_backward": "def dropout_backward(grad_output, mask, p):\n",
    "dropout_as_published": "def dropout_as_published(input, keep, training):\n",
    "drop_connect": "def drop_connect(input, weight, bias, p, training):\n",
    "stochastic_depth": "def stochastic_depth(branch, p, training):\n",
}
LAYER = (
    "class Dropout(torch.nn.Module):\n    def __init__(self, p=0.5, inplace=False):\n"
    "        super().__init__()\n        self.p, self.inplace = p, False\n"
    "    def forward(self, input):\n        "
)
RIGHT = "return input * (torch.rand_like(input) >= p) / (1 - p) if training else input"

COMMON: dict[str, dict[str, Any]] = {
    "plain": {},
    "single precision": {"dtype": "float32"},
    "images": {"shape": (8, 3, 5, 5)},
    "one row": {"shape": (1, 500)},
    "rarely": {"p": 0.01},
    "mostly": {"p": 0.97},
    "never": {"p": 0.0},
    "always": {"p": 1.0},
}
MODES: dict[str, dict[str, Any]] = {
    "evaluation": {"training": False},
    "both modes": {"training": [True, False, True]},
    "evaluation at p = 1": {"training": False, "p": 1.0},
}
CASES = [
    (slug, {**case, **({"keep": 1 - case["p"]} if keep and "p" in case else {})})
    for slug, keep, cases in (
        ("dropout_mask", False, COMMON),
        ("dropout", False, COMMON | MODES),
        ("dropout_backward", False, COMMON),
        ("dropout_as_published", True, COMMON | MODES),
        ("dropout_layer", False, COMMON | {"modes": {"modes": "tTeE"}}),
        ("stochastic_depth", False, COMMON | MODES),
    )
    for case in cases.values()
] + [("drop_connect", {"shape": (12, 10), **case}) for case in MODES.values()]


def define(slug: str, body: str) -> None:
    """Register a function, or a layer, with one line inside."""
    if slug == "dropout_layer":
        run_cell(HEADER + LAYER + body + "\n")
    else:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        run_cell(HEADER + WRITTEN[slug] + lines)


def checked(slug: str, body: str, **case: Any) -> Result:
    define(slug, body)
    return run_check(slug, **case)


def kept_out(slug: str, case: dict[str, Any]) -> dict[str, Any]:
    """The case in the words of its exercise."""
    return {n: v for n, v in case.items() if not (n == "p" and "keep" in find(slug).options)}


@pytest.mark.parametrize(("slug", "case"), CASES)
def test_the_library_passes_on_every_device(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(library(find(slug).name)), **kept_out(slug, case))
    assert all(line.startswith("passed") for line in result.cases), result.cases


def _mask(input: torch.Tensor, p: float) -> torch.Tensor:
    kept: torch.Tensor = torch.ops.aten.native_dropout(input.float(), p, True)[1]
    return kept


TORCH: dict[str, Any] = {
    "dropout_mask": _mask,
    "dropout": lambda input, p, training: F.dropout(input, p, training),
    "dropout_as_published": lambda input, keep, training: (
        F.dropout(input, 1 - keep, training) * keep
    ),
    "dropout_layer": torch.nn.Dropout,
}


@pytest.mark.parametrize(("slug", "case"), [one for one in CASES if one[0] in TORCH])
def test_torch_itself_passes(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(TORCH[slug]), **kept_out(slug, case))
    assert result.outcome == "passed", result.message


@pytest.mark.parametrize(
    ("slug", "body", "case", "rung", "says"),
    [
        ("dropout", "raise NotImplementedError", {}, "defined", "dropout is not written yet"),
        (
            "dropout",
            "return input * kept",
            {},
            "defined",
            "dropout raised NameError at call 1 (training): name 'kept' is not defined (line 6: ",
        ),
        ("dropout", "pass", {}, "type", "expected a tensor, got nothing"),
        (
            "dropout_mask",
            "return [True]",
            {},
            "type",
            "expected a tensor of True and False, got a list",
        ),
        (
            "dropout_mask",
            "return torch.rand_like(input[0]) >= p",
            {},
            "shape",
            "call 1, the mask: expected shape (40, 60), got (60,)",
        ),
        (
            "dropout_mask",
            "return (torch.rand_like(input) >= p).float()",
            {},
            "dtype",
            "call 1, the mask: expected dtype torch.bool, got torch.float32",
        ),
        (
            "dropout_layer",
            "return input.float()",
            {},
            "dtype",
            "pass 1 (training), the output: expected dtype torch.float64, got torch.float32",
        ),
        (
            "dropout",
            "return input * (torch.rand_like(input) >= p) / (1 - p)",
            {"p": 1.0},
            "finite",
            "call 1 (training), the output at [0, 0]: expected 0, got nan",
        ),
        (
            "dropout_mask",
            "return torch.rand_like(input) < p",
            {"p": 0.0, "shape": (2, 2)},
            "values",
            "call 1, the mask at [0, 0]: expected True, got False",
        ),
        (
            "dropout_mask",
            "return torch.rand_like(input) >= 0",
            {"p": 1.0, "shape": (2, 2)},
            "values",
            "call 1, the mask at [0, 0]: expected False, got True",
        ),
        (
            "dropout",
            "return input * 2",
            {"training": [True, False], "p": 0.5, "shape": (2, 2)},
            "values",
            "call 2 (evaluation), the output at [0, 0]: expected",
        ),
        (
            "dropout",
            "return input.detach() * 2",
            {"p": 0.5, "shape": (2, 2)},
            "values",
            "call 1 (training): no gradient flows back from the output",
        ),
        (
            "dropout",
            "enlarged = input / (1 - p)\n"
            "return enlarged + (enlarged * -(torch.rand_like(input) < p).double()).detach()",
            {"p": 0.4},
            "values",
            ", as the element is dropped, got ",
        ),
        (
            "dropout_as_published",
            "return input * 0.3",
            {"training": False, "keep": 0.7},
            "values",
            "call 1 (evaluation), the output at [0, 0]: expected",
        ),
        (
            "dropout_mask",
            "return torch.rand_like(input) < p",
            {"p": 0.3},
            "values",
            "a share of 0.7 is kept: expected about 13440 of 19200, got ",
        ),
        (
            "dropout_mask",
            "torch.manual_seed(0)\nreturn torch.rand_like(input) >= p",
            {"p": 0.3},
            "values",
            "every call draws a new mask: neighboring calls agree in a share of 1.000",
        ),
        (
            "stochastic_depth",
            "return branch * (torch.rand_like(branch) >= p) / (1 - p)",
            {"p": 0.3, "shape": (60, 4)},
            "values",
            "expected it to be kept or dropped as a whole, got ",
        ),
        (
            "dropout_backward",
            "return grad_output / (1 - p)",
            {"p": 0.5},
            "values",
            "the call, the gradient at [",
        ),
        (
            "dropout_backward",
            "return grad_output.mul_(mask) / (1 - p)",
            {"p": 0.5},
            "values",
            "an argument was changed (number 0, counted from 0)",
        ),
    ],
)
def test_a_broken_answer_stops_at_its_rung_and_says_why(
    slug: str, body: str, case: dict[str, Any], rung: str, says: str
) -> None:
    result = checked(slug, body, **case)
    assert (result.outcome, result.rung) == ("failed", rung), result.message
    assert says in result.message


@pytest.mark.parametrize("slug", [*WRITTEN, "dropout_layer"])
def test_nothing_registered_is_not_defined(slug: str) -> None:
    result = run_check(slug)
    assert (result.outcome, result.rung) == ("failed", "defined")
    assert f"no {find(slug).name} here" in result.message


@pytest.mark.parametrize(
    ("slug", "body"),
    [
        ("dropout", "return torch.nn.functional.dropout(input, p, training)"),
        ("dropout", "return torch.dropout(input, p, training)"),
        ("dropout", "return torch.nn.Dropout(p)(input)"),
        ("dropout", "return torch.native_dropout(input, p, training)[0]"),
        ("dropout", "return torch.ops.aten.native_dropout(input, p, training)[0]"),
        ("dropout", "return torch.ops.aten.dropout.default(input, p, training)"),
        ("dropout", "return torch.feature_dropout(input, p, training)"),
        ("dropout", "return torch.nn.functional.dropout1d(input, p, training)"),
        ("dropout_mask", "return torch.nn.functional.dropout(torch.ones_like(input), p) != 0"),
        ("dropout_mask", "return torch.native_dropout(input, p, True)[1]"),
        (
            "dropout_backward",
            "return torch.ops.aten.native_dropout_backward(grad_output, mask, 1 / (1 - p))",
        ),
        ("dropout_layer", "return torch.nn.functional.dropout(input, self.p, self.training)"),
        ("dropout_layer", "return torch.nn.Dropout.forward(self, input)"),
        ("dropout", "import course_lib.nn as own\n    return own.dropout_mask(input, p)"),
        ("dropout_layer", "import course_lib.nn; return course_lib.nn.dropout(input)"),
    ],
)
def test_what_is_ready_made_is_out_of_reach(slug: str, body: str) -> None:
    result = checked(slug, body.replace("\n    ", "\n"), shape=(8, 3, 5))
    assert (result.outcome, result.rung) == ("failed", "defined"), result.message
    assert "out of reach" in result.message


@pytest.mark.parametrize(
    "cell",
    [
        "from course_lib.nn import dropout",
        "import course_lib.nn as n, course_lib.session as s\ns.implement(n.dropout)",
        "import torch, course_lib.session as s\ns.implement(torch.nn.functional.dropout)",
    ],
    ids=["import_only", "library_function", "torch_function"],
)
def test_a_function_that_is_not_own_work_is_not_defined(cell: str) -> None:
    run_cell(cell)
    assert run_check("dropout").rung == "defined"


@pytest.mark.parametrize(
    "cell",
    [
        "import course_lib.nn as n, course_lib.session as s\ns.implement(n.Dropout)",
        "import torch, course_lib.session as s\ns.implement(torch.nn.Dropout)",
        "import torch, course_lib.session as s\n"
        "@s.implement\nclass Dropout(torch.nn.Dropout):\n"
        "    def forward(self, input):\n        return super().forward(input)",
        "import course_lib.nn as n, course_lib.session as s\n"
        "@s.implement\nclass Dropout(n.Dropout):\n    pass",
    ],
    ids=["library_class", "torch_class", "torch_subclass", "library_subclass"],
)
def test_a_layer_that_is_not_own_work_is_not_defined(cell: str) -> None:
    run_cell(cell)
    assert run_check("dropout_layer").rung == "defined"


@pytest.mark.parametrize("made", ["torch.rand(input.shape)", "torch.rand(*input.shape)"])
def test_a_mask_on_the_cpu_fails_device_hygiene(made: str) -> None:
    result = checked("dropout_mask", f"return {made} >= p")
    assert (result.outcome, result.rung) == ("failed", "device")
    assert "what comes back lies on cpu, the input on a GPU" in result.message
    met = checked("dropout", f"return input * ({made} >= p) / (1 - p) if training else input")
    assert (met.outcome, met.rung) == ("failed", "device")
    assert "tensors of two devices meet" in met.message
    assert "device=input.device" in met.message


def test_reading_a_value_costs_nothing_in_device_hygiene() -> None:
    result = checked("dropout", f"if input.abs().sum().item() < 0:\n    return input\n{RIGHT}")
    assert result.outcome == "passed"
    assert result.cases[-1].startswith("could not tell dropout: no GPU here")


@pytest.mark.parametrize(
    ("slug", "parameters", "error", "says"),
    [
        ("dropout", {"keep": 0.5}, TypeError, "dropout has no parameter 'keep'"),
        ("dropout_as_published", {"p": 0.5}, TypeError, "no parameter 'p'"),
        ("dropout", {"dtype": "float16"}, ValueError, "dtype must be one of float32, float64"),
        ("dropout_backward", {"dtype": "int64"}, ValueError, "dtype must be one of"),
        ("dropout_layer", {"modes": "TX"}, ValueError, "modes needs letters among t, e, T and E"),
        ("dropout_layer", {"modes": ""}, ValueError, "modes needs letters among"),
        ("dropout_layer", {"keep": 0.5}, TypeError, "no parameter 'keep'"),
    ],
)
def test_a_case_outside_its_domain_is_refused(
    slug: str, parameters: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        run_check(slug, **parameters)


def test_no_element_of_a_case_is_so_small_that_it_passes_for_dropped() -> None:
    for seed in range(20):
        call = build(find("dropout"), {"seed": seed})["calls"][0]
        assert call["args"][0].abs().min() >= 0.5
        assert call["upstream"].abs().min() >= 0.5


@pytest.mark.parametrize(
    ("slug", "body", "case", "mistake"),
    [
        ("dropout_mask", "return torch.rand_like(input) < p", {"p": 0.3}, "keep_taken_for_drop"),
        (
            "dropout_mask",
            "row = torch.bernoulli(torch.full(input.shape[1:], 1 - p))\n"
            "return row.bool().repeat(len(input), 1).to(input.device)",
            {"p": 0.3},
            "one_row_for_all",
        ),
        (
            "dropout",
            "if not training: return input\nkept = torch.rand_like(input) >= p\n"
            "return torch.where(kept, input, torch.zeros_like(input))",
            {"p": 0.6, "training": [True, False], "shape": (20, 3)},
            "no_factor",
        ),
        (
            "dropout",
            "kept = torch.rand_like(input) >= p\n"
            "return input.masked_fill(~kept, 0) if training else (1 - p) * input",
            {"p": 0.6, "training": [True, False], "shape": (20, 3)},
            "as_published",
        ),
        (
            "dropout_as_published",
            "if not training: return input\n"
            "return input * torch.bernoulli(torch.full_like(input, keep, requires_grad=False))"
            " / keep",
            {"keep": 0.4, "training": [True, False], "shape": (20, 3)},
            "inverted",
        ),
        (
            "dropout_layer",
            "return input * (torch.rand_like(input) >= self.p) / (1 - self.p)",
            {"p": 0.6, "modes": "TEe", "shape": (20, 3)},
            "on_in_evaluation",
        ),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_known_mistake_gets_its_hint_in_whatever_style_and_however_the_coins_fall(
    slug: str, body: str, case: dict[str, Any], mistake: str, seed: int
) -> None:
    assert checked(slug, body, **case, seed=seed).slug == f"{slug}/{mistake}"


LUCKY = {"one_coin_for_all", "one_coin_for_the_batch"}
"""So few coins fall in these that their outcome is luck."""


@pytest.mark.parametrize(
    "mistake",
    [
        m
        for m in MISCONCEPTIONS
        if find(m.exercise).judged == "chance"
        and not m.needs_gpu
        and m.slug.split("/")[1] not in LUCKY
    ],
    ids=lambda m: m.slug,
)
def test_what_marks_a_mistake_does_not_depend_on_how_the_coins_fall(mistake: Any) -> None:
    exercise = find(mistake.exercise)
    case = {"shape": (12, 10)} if exercise.kind == "drop connect" else {}
    found = []
    for seed in range(4):
        inputs = build(exercise, {**case, "seed": seed})
        answer = collect(variant_object(mistake), inputs)
        found.append(fingerprints.describe(exercise, inputs, answer))
    assert all(one == found[0] for one in found)


def test_the_function_has_torchs_arguments_with_torchs_defaults() -> None:
    own, torchs = (inspect.signature(f).parameters for f in (library("dropout"), F.dropout))
    assert [(p.name, p.default) for p in own.values()] == [
        (p.name, p.default) for p in torchs.values()
    ]
