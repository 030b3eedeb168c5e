"""Checks of batch normalization: what each rung says, which cases there are, what is refused."""

from typing import Any

import pytest
import torch

from course_lib.checks import run_check
from course_lib.checks.exercises import EXERCISES, find
from course_lib.checks.inputs import build
from course_lib.checks.subject import Given
from course_lib.session import library
from tests.checks.cells import run_cell

SLUGS = [exercise.slug for exercise in EXERCISES if exercise.assignment == "batchnorm"]
TORCHS = {
    "batch_norm": torch.nn.functional.batch_norm,
    "batch_norm_2d": torch.nn.functional.batch_norm,
    "batch_norm_layer": torch.nn.BatchNorm1d,
}

COMMON: dict[str, dict[str, Any]] = {
    "plain": {},
    "two samples": {"shape": (2, 3)},
    "sequences": {"shape": (4, 3, 5)},
    "far from 0 in single precision": {"mean": 1e4, "dtype": "float32"},
    "a spread below eps": {"std": 1e-3, "eps": 1e-2},
    "no scale": {"affine": False},
}
OWN: list[tuple[str, dict[str, Any]]] = [
    ("batch_norm", {"training": False, "eps": 0.0}),
    ("batch_norm", {"training": False, "shape": (1, 3)}),
    ("batch_norm", {"statistics": False, "affine": False}),
    ("batch_norm", {"momentum": 1.0}),
    ("batch_norm", {"dtype": "bfloat16"}),
    ("batch_norm_layer", {"dtype": "float16"}),
    ("batch_norm_2d", {"shape": (1, 3, 4, 4), "mean": 1e4, "dtype": "float32"}),
    ("batch_norm_layer", {"modes": "tTeEtE", "momentum": None}),
    ("batch_norm_layer", {"modes": "ETe", "sizes": (1, 4, 1), "momentum": 0.0}),
    ("batch_norm_layer", {"modes": "tTeE", "track_running_stats": False}),
    ("batch_norm_backward", {"shape": (2, 3, 4, 5)}),
]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("case", COMMON)
def test_the_library_passes_on_every_device(slug: str, case: str) -> None:
    result = run_check(slug, Given(library(find(slug).name)), **COMMON[case])
    assert all(line.startswith("passed") for line in result.cases), result.cases


@pytest.mark.parametrize(("slug", "case"), OWN)
def test_the_library_passes_every_case(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(library(find(slug).name)), **case)
    assert all(line.startswith("passed") for line in result.cases), result.cases


@pytest.mark.parametrize(("slug", "case"), [row for row in OWN if row[0] in TORCHS])
def test_torch_itself_passes(slug: str, case: dict[str, Any]) -> None:
    assert run_check(slug, Given(TORCHS[slug]), **case).outcome == "passed"


def written(function: str) -> Any:
    head = "import torch\nfrom course_lib.nn import BatchNorm, batch_norm\n"
    return run_cell(f"{head}from course_lib.session import implement\n@implement\n{function}")


FORWARD = (
    "def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,\n"
    "               momentum=0.1, eps=1e-5):\n    "
)
NORMALIZED = "(input - input.mean(0)) / (input.var(0, correction=0) + eps).sqrt()"
PLAIN = {"affine": False, "statistics": False}


@pytest.mark.parametrize(
    ("body", "rung", "says"),
    [
        ("raise NotImplementedError", "defined", "batch_norm is not written yet"),
        ("return weight.view(1)", "defined", "raised AttributeError at batch 1 (training): "),
        ("pass", "type", "expected a tensor, the output, got nothing"),
        ("return input, input", "type", "got a tuple of Tensor, Tensor"),
        ("return input[0]", "shape", "the output: expected shape (6, 3), got (3,)"),
        ("return input.float()", "dtype", "expected dtype torch.float64, got torch.float32"),
        ("return input / 0", "finite", "batch 1 (training), the output at [0, 0]: expected"),
        ("return input", "values", "batch 1 (training), the output at "),
        (f"return ({NORMALIZED}).detach()", "values", "no gradient flows back from the output"),
        ("return input - input.mean(0).detach()", "values", "the output at "),
    ],
)
def test_a_message_names_the_rung_the_batch_and_what_is_off(
    body: str, rung: str, says: str
) -> None:
    written(FORWARD + body)
    result = run_check("batch_norm", **PLAIN)
    assert (result.outcome, result.rung) == ("failed", rung), result.message
    assert says in result.message


def test_a_normalization_that_is_right_needs_no_more_for_the_plain_case() -> None:
    written(FORWARD + f"return {NORMALIZED}")
    assert run_check("batch_norm", **PLAIN).outcome == "passed"
    assert "running_mean at [" in run_check("batch_norm", affine=False).message


def test_statistics_with_a_graph_are_told() -> None:
    kept = "running_mean *= 1 - momentum\n    running_mean += momentum * input.mean(0)\n    "
    spread = "running_var *= 1 - momentum\n    running_var += momentum * input.var(0)\n    "
    written(FORWARD + kept + spread + f"return {NORMALIZED}")
    message = run_check("batch_norm", affine=False).message
    assert message.startswith("batch 1 (training): the running statistics hold the autograd graph")


def test_single_precision_tells_two_passes_from_one_formula() -> None:
    far = {"mean": 1e4, "dtype": "float32", "shape": (16, 3), **PLAIN}
    written(FORWARD + f"return {NORMALIZED}")
    assert run_check("batch_norm", **far).outcome == "passed"
    squares = "(input.square().mean(0) - input.mean(0).square() + eps).sqrt()"
    written(FORWARD + f"return (input - input.mean(0)) / {squares}")
    assert run_check("batch_norm", **far).outcome == "failed"
    assert run_check("batch_norm", dtype="float32", **PLAIN).outcome == "passed"


BACKWARD = "def batch_norm_backward(grad_output, input, weight, mean, var, eps):\n    "
SUMS = """x = (input - mean) / (var + eps).sqrt()
    g, b = (grad_output * x).sum(0), grad_output.sum(0)"""


def test_gradients_not_asked_for_need_only_the_shape() -> None:
    written(f"{BACKWARD}{SUMS}\n    return torch.zeros_like(input), g, b")
    part = run_check("batch_norm_backward", gradients=("weight", "bias"))
    assert part.outcome == "passed", part.message
    whole = run_check("batch_norm_backward")
    assert whole.message.startswith("the batch, the gradient of input at [")
    written(f"{BACKWARD}{SUMS}\n    return None, g, b")
    assert run_check("batch_norm_backward", gradients=("weight", "bias")).rung == "type"


@pytest.mark.parametrize(
    ("function", "slug", "says"),
    [
        (
            FORWARD + "return torch.nn.functional.batch_norm(input, None, None, training=True)",
            "batch_norm",
            "torch's own batch_norm is out of reach",
        ),
        (
            FORWARD + "return torch.nn.functional.layer_norm(input.T, input.T.shape[1:]).T",
            "batch_norm",
            "torch's own layer_norm is out of reach",
        ),
        (
            FORWARD + "return torch.ops.aten.native_batch_norm(input, None, None, None, None, True,"
            " 0.1, eps)[0]",
            "batch_norm",
            "torch's own native_batch_norm is out of reach",
        ),
        (
            BACKWARD + "x = input.clone().requires_grad_()\n"
            "    return torch.autograd.grad((x * grad_output).sum(), [x]), mean, var",
            "batch_norm_backward",
            "torch's own grad is out of reach",
        ),
        (
            "class BatchNorm1d(torch.nn.BatchNorm1d):\n    pass",
            "batch_norm_layer",
            "builds on torch's own BatchNorm1d",
        ),
        (
            "class BatchNorm1d(BatchNorm):\n"
            "    from course_lib.nn.batchnorm import BatchNorm1d as own\n"
            "    forward = own.forward",
            "batch_norm_layer",
            "has no code of your own",
        ),
    ],
)
def test_ready_made_work_is_refused(function: str, slug: str, says: str) -> None:
    written(function)
    result = run_check(slug, **(PLAIN if slug == "batch_norm" else {}))
    assert result.outcome == "failed" and says in result.message, result.message


def test_an_imported_function_is_not_registered() -> None:
    run_cell("from course_lib.nn import batch_norm")
    assert "no batch_norm here" in run_check("batch_norm").message


LAYER = """class BatchNorm1d(BatchNorm):
    def forward(self, input):
        share = self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1
            share = share or 1 / self.num_batches_tracked.item()
        of_batch = self.training or self.running_mean is None
        return batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias,
                          of_batch, {share}, {eps})
"""
RIGHT_LAYER = LAYER.format(share="share or 0", eps="self.eps")


@pytest.mark.parametrize("body", ["raise NotImplementedError", "return input", "return input / 0"])
def test_a_fault_in_the_function_costs_the_layer_nothing(body: str) -> None:
    written(FORWARD + body)
    assert run_check("batch_norm").outcome == "failed"
    written(RIGHT_LAYER)
    for case in ({}, {"momentum": None, "modes": "tTeE"}, {"track_running_stats": False}):
        result = run_check("batch_norm_layer", **case)
        assert all(line.startswith("passed") for line in result.cases), result.cases


@pytest.mark.parametrize(
    ("share", "eps", "case", "says"),
    [
        ("0.1", "self.eps", {"momentum": 0.5}, "momentum, as handed to batch_norm: expected 0.5"),
        ("share", "1e-5", {"eps": 0.5}, "eps, as handed to batch_norm: expected 0.5, got 1e-05"),
        ("share", "self.eps", {"momentum": 0.0}, "momentum, as handed to batch_norm: expected 0"),
    ],
)
def test_a_layer_is_told_what_it_handed_over(
    share: str, eps: str, case: dict[str, Any], says: str
) -> None:
    written(LAYER.format(share=share, eps=eps))
    result = run_check("batch_norm_layer", **case)
    assert result.outcome == "failed"
    assert result.message.startswith("batch 1 (training), ") and says in result.message


def test_a_layer_whose_output_has_another_shape_is_told() -> None:
    written(
        "class BatchNorm1d(BatchNorm):\n    def forward(self, input):\n        return input[0]\n"
    )
    result = run_check("batch_norm_layer", modes="T")
    assert result.rung == "shape" and "expected shape (6, 3), got (3,)" in result.message


def test_a_layer_may_do_without_the_function() -> None:
    written(
        "class BatchNorm1d(BatchNorm):\n    def forward(self, input):\n"
        "        var, mean = torch.var_mean(input, 0, correction=0)\n"
        "        return (input - mean) / (var + self.eps).sqrt()\n"
    )
    case = {"affine": False, "track_running_stats": False}
    assert run_check("batch_norm_layer", **case).outcome == "passed"
    assert "the output at [" in run_check("batch_norm_layer").message


def test_the_function_is_put_back_after_the_layer() -> None:
    names = written(RIGHT_LAYER)
    own = names["batch_norm"]
    assert run_check("batch_norm_layer").outcome == "passed"
    assert names["batch_norm"] is own is library("batch_norm")


def test_a_mean_on_the_cpu_fails_device_hygiene() -> None:
    here = "mean = torch.zeros(input.shape[1], dtype=input.dtype) + input.mean(0)\n    "
    written(FORWARD + here + f"return {NORMALIZED}")
    result = run_check("batch_norm", **PLAIN)
    assert (result.outcome, result.rung) == ("failed", "device")
    assert "tensors of two devices meet" in result.message


@pytest.mark.parametrize(
    ("slug", "case", "error", "says"),
    [
        ("batch_norm", {"track": 1}, TypeError, "has no parameter 'track'; its own are training"),
        ("batch_norm", {"dtype": "int8"}, ValueError, "dtype must be one of float32, float64"),
        ("batch_norm_backward", {"dtype": "float16"}, ValueError, "one of float32, float64, got"),
        ("batch_norm_layer", {"modes": "x"}, ValueError, "modes needs letters among t, e, T and E"),
        ("batch_norm_layer", {"sizes": (1,)}, ValueError, "a size for each of 5 batches, got 1"),
        ("batch_norm_backward", {"gradients": ("x",)}, ValueError, "gradients must be one of"),
    ],
)
def test_a_case_that_is_none_is_refused(
    slug: str, case: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        build(find(slug), case)
