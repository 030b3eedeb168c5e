"""What does a student's work ready-made is refused by whatever name; what resembles it is not."""

from collections.abc import Iterator

import pytest

from course_lib import session
from course_lib.checks.exercises import find
from course_lib.checks.inputs import build
from course_lib.checks.run import run_check
from course_lib.checks.spec import Answer
from course_lib.checks.subject import InSession

from .cells import run_cell

NORM = """
import torch
from torch.nn import functional
from course_lib.session import implement

@implement
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5):
    {body}
"""
DROP = """
import torch
from torch.nn import functional
from course_lib.session import implement

@implement
def dropout(input, p=0.5, training=True):
    {body}
"""
ADAM = """
import torch
from course_lib.optim import Optimizer
from course_lib.session import implement

@implement
class Adam(Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
                 amsgrad=False, *, maximize=False):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
                                      amsgrad=amsgrad, maximize=maximize))

    def update(self, param, grad, state, group):
        if not state:
            state.update(m=torch.zeros_like(param), v=torch.zeros_like(param),
                         t=torch.zeros((), dtype=torch.float32))
        m, v, (beta, gamma) = state["m"], state["v"], group["betas"]
        t = state["t"].add_(1)
        {body}
"""
FUSED = (
    "{name}([param], [grad], [m], [v], [], [t], lr=group['lr'], beta1=beta, beta2=gamma,"
    " weight_decay=0.0, eps=group['eps'], amsgrad=False, maximize=False)"
)
NATIVE = "(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]"
LEGIT = "(input, weight, bias, running_mean, running_var, True, momentum, eps)[0]"

DELEGATED = {
    "functional": ("batch_norm", "return functional.batch_norm(input, None, None, training=True)"),
    "operator": ("batch_norm", f"return torch.ops.aten.native_batch_norm{NATIVE}"),
    "overload": ("batch_norm", f"return torch.ops.aten.native_batch_norm.default{NATIVE}"),
    "C function": ("batch_norm", f"return torch._C._VariableFunctions.native_batch_norm{NATIVE}"),
    "another operator": ("batch_norm", f"return torch._native_batch_norm_legit{LEGIT}"),
    "a new name": (
        "batch_norm",
        "own = functional.batch_norm; own.__name__ = 'own'\n"
        "    return own(input, None, None, training=True)",
    ),
    "group norm": (
        "batch_norm",
        "return functional.group_norm(input.T[None], input.shape[1])[0].T",
    ),
    "script": (
        "batch_norm",
        "return torch.jit.script(torch.nn.BatchNorm1d(input.shape[1])).double()(input)",
    ),
    "function mode off": (
        "batch_norm",
        "with torch._C.DisableTorchFunction():\n"
        "        return functional.batch_norm(input, None, None, training=True)",
    ),
    "written out": (
        "batch_norm",
        "from torch._decomp.decompositions import native_batch_norm_helper as own\n"
        "    return own(input, weight, bias, None, None, True, momentum, eps, False)[0]",
    ),
    "caught": (
        "batch_norm",
        "try:\n        functional.layer_norm(input, input.shape[1:])\n"
        "    except RuntimeError:\n        pass\n    return input",
    ),
    "dropout": ("dropout", "return torch.dropout(input, p, training)"),
    "native dropout": ("dropout", "return torch.ops.aten.native_dropout(input, p, training)[0]"),
    "dropout written out": (
        "dropout",
        "from torch._decomp.decompositions import native_dropout as own\n"
        "    return own(input, p, training)[0]",
    ),
    "dropout in a reference": (
        "dropout",
        "from torch._refs.nn.functional import dropout as own\n    return own(input, p, training)",
    ),
    "fused Adam": ("adam", FUSED.format(name="torch._fused_adam_")),
    "fused Adam, an operator": ("adam", FUSED.format(name="torch.ops.aten._fused_adam_.default")),
    "fused Adam, C function": (
        "adam",
        FUSED.format(name="torch._C._VariableFunctions._fused_adam_"),
    ),
    "functional Adam": (
        "adam",
        "from torch.optim.adam import adam\n"
        "        adam([param], [grad], [m], [v], [], [t], foreach=True, amsgrad=False,\n"
        "             beta1=beta, beta2=gamma, lr=0.1, weight_decay=0.0, eps=1e-8, maximize=False)",
    ),
}
"""Ways to have torch do the work: the exercise, and the body."""

HONEST = {
    "var_mean": (
        "batch_norm",
        "var, mean = torch.var_mean(input, 0, correction=0)\n"
        "    return (input - mean) * torch.rsqrt(var + eps)",
    ),
    "standardized by hand": (
        "batch_norm",
        "mean = input.mean(0)\n    return (input - mean) / ((input - mean) ** 2).mean(0).sqrt()",
    ),
    "matrix norm": ("batch_norm", "return input / torch.linalg.norm(input, dim=0)"),
    "norm": ("batch_norm", "return input / input.norm(2, 0).add(eps)"),
    "coins": ("dropout", "return input * torch.bernoulli(torch.full_like(input, 1 - p)) / (1 - p)"),
    "coins in place": ("dropout", "return input * torch.empty_like(input).bernoulli_(1 - p)"),
    "masked": ("dropout", "return input.masked_fill(torch.rand_like(input) < p, 0) / (1 - p)"),
    "leaky": ("dropout", "return functional.rrelu(input, 0.1, 0.3, training=True)"),
    "foreach": (
        "adam",
        "torch._foreach_mul_([m, v], beta); torch._foreach_add_([m, v], [grad, grad * grad])\n"
        "        torch._foreach_addcdiv_([param], [m], [v.sqrt() + 1e-8], value=-group['lr'])",
    ),
    "lerp": (
        "adam",
        "m.lerp_(grad, 1 - beta); v.mul_(gamma).addcmul_(grad, grad, value=1 - gamma)\n"
        "        param.addcdiv_(m, v.sqrt().add_(group['eps']), value=-group['lr'])",
    ),
    "maximum": ("adam", "torch.maximum(v, grad * grad, out=v); param.sub_(m / v.sqrt())"),
}
"""Work of one's own, right or wrong, with operators that resemble what is refused."""

CELLS = {"batch_norm": NORM, "dropout": DROP, "adam": ADAM}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    session.reset()


def answer(slug: str, body: str) -> Answer:
    run_cell(CELLS[slug].replace("{body}", body))
    inputs = build(find(slug), {} if slug == "adam" else {"shape": (8, 3)})
    return InSession(traced=True).call(slug, {**inputs, "device": "cpu"})


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("way", DELEGATED)
def test_delegating_is_refused(way: str) -> None:
    found = answer(*DELEGATED[way])
    assert found["outcome"] in ("raised", "refused") and "out of reach" in found["message"], found


@pytest.mark.parametrize("way", HONEST)
def test_what_resembles_it_is_not(way: str) -> None:
    found = answer(*HONEST[way])
    assert found["outcome"] == "answered", found


def test_a_refusal_that_is_caught_names_its_line() -> None:
    found = answer(*DELEGATED["caught"])
    assert found["reached"]["name"] == "layer_norm"
    assert found["reached"]["text"] == "functional.layer_norm(input, input.shape[1:])"


def test_what_only_operators_show_is_refused_where_they_are_traced() -> None:
    run_cell(NORM.replace("{body}", DELEGATED["function mode off"][1]))
    assert "out of reach" not in run_check("batch_norm").message
    found = answer(*DELEGATED["function mode off"])
    assert found["reached"]["name"] in ("native_batch_norm", "batch_norm")
