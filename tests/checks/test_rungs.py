"""Each rung of the ladder, broken one way each."""

import pytest
import torch

from course_lib.checks import run_check
from course_lib.checks.exercises import find
from course_lib.checks.spec import Answer, Inputs
from course_lib.checks.subject import InSession
from course_lib.checks.verify import expected
from tests.checks.cells import BROKEN, RIGHT, STATE_ON_THE_CPU, run_cell, sgd

CASE = {"lr": 0.1, "steps": 4}


@pytest.mark.parametrize("way", BROKEN)
def test_a_broken_solution_stops_at_its_rung(way: str) -> None:
    rung, body = BROKEN[way]
    sgd(body)
    result = run_check("sgd", **CASE)
    assert (result.outcome, result.rung) == ("failed", rung), result.message


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("stub", "SGD is not written yet"),
        ("raises_at_the_second_step", "SGD raised KeyError at step 2: 'velocity' (line"),
        ("flattens_the_parameter", "step 1, parameter 0: expected shape (3, 2), got (6,)"),
        ("halves_the_precision", "expected dtype torch.float64, got torch.float32"),
        ("divides_by_zero", ", got inf"),
        ("does_not_move", "it did not move at all in this step"),
        ("rebinds_the_parameter", "parameter 0 was exchanged for another tensor"),
        ("scales_the_gradient_in_place", "the gradient given to parameter 0 at step 1 was changed"),
        ("keeps_the_graph", "state 'seen' still holds the autograd graph"),
    ],
)
def test_the_message_says_what_broke(way: str, says: str) -> None:
    sgd(BROKEN[way][1])
    assert says in run_check("sgd", seed=1, **CASE).message


def test_values_are_said_with_step_parameter_element_expected_and_got() -> None:
    late = RIGHT + "state['t'] = state.get('t', 0) + 1\n"
    late += "if param.dim() == 1 and state['t'] == 3:\n    param[2] += 1.0\n"
    sgd(late)
    message = run_check("sgd", momentum=0.9, **CASE).message
    assert message.startswith("step 3, parameter 1 at [2]: expected "), message
    assert ", got " in message and "relative difference" in message


def test_nothing_registered_is_not_defined() -> None:
    result = run_check("sgd", **CASE)
    assert (result.outcome, result.rung) == ("failed", "defined")
    assert "no SGD here" in result.message


@pytest.mark.parametrize(
    "cell",
    [
        "from course_lib.optim import SGD",
        "import course_lib.optim as o, course_lib.session as s\ns.implement(o.SGD)",
        "import course_lib.optim as o, course_lib.session as s\n"
        "@s.implement\nclass SGD(o.SGD):\n    pass",
        "import course_lib.optim as o, course_lib.session as s\n"
        "@s.implement\nclass SGD(o.Optimizer):\n    update = o.SGD.update",
        "import torch, course_lib.session as s\ns.implement(torch.optim.SGD)",
        "import torch, course_lib.session as s\n"
        "@s.implement\nclass SGD(torch.optim.SGD):\n    def step(self):\n        super().step()",
        "import course_lib.session as s\n@s.implement\ndef SGD(params):\n    pass",
    ],
    ids=[
        "import_only",
        "library_class",
        "library_subclass",
        "library_update",
        "torch_class",
        "torch_subclass",
        "function_for_class",
    ],
)
def test_what_is_not_own_work_is_not_defined(cell: str) -> None:
    run_cell(cell)
    result = run_check("sgd", **CASE)
    assert (result.outcome, result.rung) == ("failed", "defined"), result.message


@pytest.mark.parametrize(
    "inner", ["torch.optim.SGD", "course_lib.optim.SGD"], ids=["torch", "library"]
)
def test_a_ready_made_optimizer_inside_is_out_of_reach(inner: str) -> None:
    run_cell(f"""
import torch, course_lib.optim
from course_lib.session import implement
Theirs = {inner}

@implement
class SGD(course_lib.optim.Optimizer):
    def __init__(self, params, **options):
        super().__init__(params, options)
        self.inner = Theirs(self.param_groups, **options)

    def step(self):
        self.inner.step()
""")
    result = run_check("sgd", **CASE)
    assert result.rung == "defined" and "out of reach" in result.message
    assert Theirs_still_works()


def Theirs_still_works() -> bool:
    param = torch.ones(2, requires_grad=True)
    param.grad = torch.ones(2)
    torch.optim.SGD([param], lr=1.0).step()
    return bool((param == 0).all())


def test_a_library_function_under_another_name_is_out_of_reach() -> None:
    run_cell("""
from course_lib.optim.conventions import rate_outside as theirs
from course_lib.session import implement

@implement
def rate_outside(velocity, grad, lr, momentum):
    return theirs(velocity, grad, lr, momentum)
""")
    assert "out of reach" in run_check("rate_outside").message


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("[velocity, velocity]", "got a list at step 1"),
        ("velocity", "got a Tensor at step 1"),
        ("(velocity, 0.1)", "got a tuple of Tensor, float at step 1"),
    ],
)
def test_a_convention_returns_a_pair_of_tensors(returned: str, says: str) -> None:
    run_cell(f"""
from course_lib.session import implement
@implement
def rate_inside(velocity, grad, lr, momentum):
    return {returned}
""")
    result = run_check("rate_inside")
    assert result.rung == "type" and says.removesuffix(" at step 1") in result.message


class Forged:
    """Answers with torch's own trajectory, changed."""

    notes: tuple[str, ...] = ()

    def __init__(self, change: object) -> None:
        self.change = change

    def call(self, exercise: str, inputs: Inputs) -> Answer:
        right = expected(find(exercise), {**inputs, "device": "cpu"})
        path = [[self.change(tensor) for tensor in step] for step in right]  # type: ignore[operator]
        return {"outcome": "answered", "trajectory": path, "faults": {}}


def test_a_tensor_on_another_device_breaks_the_device_rung() -> None:
    result = run_check("sgd", Forged(lambda tensor: tensor.to("meta")))
    assert result.rung == "device"
    assert "expected device cpu, got meta" in result.message


def test_something_that_is_no_tensor_breaks_the_type_rung() -> None:
    assert run_check("sgd", Forged(lambda tensor: tensor.tolist())).rung == "type"


@pytest.mark.parametrize(
    ("dtype", "close", "far"), [("float64", 2e-13, 5e-12), ("float32", 3e-7, 5e-6)]
)
def test_rounding_passes_and_more_does_not(dtype: str, close: float, far: float) -> None:
    assert run_check("sgd", Forged(lambda t: t * (1 + close)), dtype=dtype).outcome == "passed"
    assert run_check("sgd", Forged(lambda t: t * (1 + far)), dtype=dtype).rung == "values"


DIVERGING = {"lr": 1e200, "weight_decay": 1.0, "steps": 5}


def test_where_torch_itself_diverges_the_same_divergence_passes() -> None:
    assert run_check("sgd", Forged(lambda t: t), **DIVERGING).outcome == "passed"


def test_where_torch_itself_diverges_a_finite_answer_does_not_pass() -> None:
    calmed = Forged(lambda t: t.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0))
    assert run_check("sgd", calmed, **DIVERGING).rung == "values"


def test_a_parameter_without_elements_passes() -> None:
    assert run_check("sgd", Forged(lambda t: t), shapes=[(0,), (2,)]).outcome == "passed"


def test_an_answer_that_breaks_off_does_not_pass() -> None:
    class BreaksOff(Forged):
        def call(self, exercise: str, inputs: Inputs) -> Answer:
            answer = super().call(exercise, inputs)
            return {**answer, "trajectory": answer["trajectory"][:2]}

    result = run_check("sgd", BreaksOff(lambda t: t))
    assert result.rung == "values" and "of 10 steps, got those of 2" in result.message


def test_an_answer_built_to_break_the_comparison_fails() -> None:
    class Stubborn(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            raise RuntimeError("no")

    result = run_check("sgd", Forged(lambda t: t.as_subclass(Stubborn)))
    assert result.outcome == "failed" and "cannot be compared" in result.message


def test_an_exception_named_like_ours_is_no_excuse_on_the_cpu() -> None:
    sgd("class OutOfMemoryError(Exception): pass\nraise OutOfMemoryError()")
    assert run_check("sgd").rung == "defined"


def test_state_on_the_cpu_fails_device_hygiene() -> None:
    sgd(STATE_ON_THE_CPU)
    result = run_check("sgd", momentum=0.9)
    assert (result.outcome, result.rung) == ("failed", "device")
    assert "cpu" in result.message


def test_state_elsewhere_that_never_meets_the_parameter_fails_too() -> None:
    sgd(RIGHT + "state['log'] = torch.zeros(3)\n")
    result = run_check("sgd")
    assert result.rung == "device" and "'log' lies on cpu" in result.message


def test_reading_a_value_in_device_hygiene_costs_nothing() -> None:
    sgd("if bool(torch.isnan(grad).any()):\n    return\n" + RIGHT)
    result = run_check("sgd", momentum=0.9)
    assert result.outcome == "passed"
    assert result.cases[-1].startswith("could not tell sgd: no GPU here")


def test_a_number_may_be_counted_on_the_cpu() -> None:
    sgd(RIGHT + "state['step'] = state.get('step', torch.tensor(0.0)) + 1\nstate['step'].item()\n")
    result = run_check("sgd", momentum=0.9)
    assert all(line.startswith("passed") for line in result.cases), result.cases


def test_the_session_answers_only_with_what_is_registered() -> None:
    sgd(RIGHT)
    assert InSession().call("adam", {})["outcome"] == "undefined"
