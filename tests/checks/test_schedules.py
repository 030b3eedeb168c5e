"""Checks of schedules: what each rung says, which cases there are, what is refused."""

from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from course_lib.checks import run_check
from course_lib.checks.exercises import EXERCISES, find
from course_lib.checks.inputs import build
from course_lib.checks.subject import Given
from course_lib.session import library
from tests.checks.cells import run_cell

FORMS = [e.slug for e in EXERCISES if e.assignment == "schedules" and e.kind != "plateau"]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("step_lr", {"step_size": 1, "gamma": 0.5}),
    ("step_lr", {"epochs": 400, "every": 7, "step_size": 30}),
    ("linear_decay_lr", {"total_steps": 1}),
    ("inverse_sqrt_lr", {"warmup_steps": 1, "epochs": 1000, "every": 50}),
    ("linear_warmup_lr", {"warmup_steps": 1}),
    ("cosine_annealing_lr", {"T_max": 1, "eta_min": 0.5}),
    ("cosine_annealing_lr", {"T_max": 50, "epochs": 500}),
    ("cosine_annealing_warm_restarts", {"T_0": 1, "T_mult": 1}),
    ("cosine_annealing_warm_restarts", {"T_0": 3, "T_mult": 2, "every": 0.125, "epochs": 25}),
    ("cyclic_lr", {"mode": "triangular2", "step_size_down": 2, "epochs": 80}),
    ("cyclic_lr", {"mode": "exp_range", "gamma": 0.9, "base_lr": 0.0}),
    ("reduce_on_plateau", {"patience": 0, "metrics": ["nan", "inf", 1.0, "-inf", 0.0]}),
    ("reduce_on_plateau", {"mode": "max", "metrics": [-1.0, -2.0, -1.0, -1.0], "patience": 1}),
    ("reduce_on_plateau", {"rates": [1.0, 1e-8], "patience": 0, "eps": 0.0}),
    ("reduce_on_plateau", {"rates": [1.0, 0.5], "min_lr": [0.1, 0.2], "edits": {2: [3.0, 4.0]}}),
    ("range_test_lr", {"steps": 2}),
    ("range_test_lr", {"mode": "linear", "start_lr": 1.0, "end_lr": 0.1}),
    ("smoothed_losses", {"beta": 0.0}),
    ("smoothed_losses", {"beta": 0.999, "losses": [1.0, -1.0, 1e6, 0.0]}),
    ("suggested_lr", {"steps": 4}),
    ("multi_step_lr", {"milestones": [7, 0, 7]}),
    ("multi_step_lr", {"milestones": []}),
    ("linear_lr", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 1}),
    ("one_cycle_lr", {"pct_start": 0.25, "three_phase": True, "anneal_strategy": "linear"}),
]


@pytest.mark.parametrize("slug", FORMS)
def test_the_library_passes_the_plain_case(slug: str) -> None:
    result = run_check(slug, Given(library(slug)))
    assert result.outcome == "passed", result.message
    assert len(result.cases) == 1 and "(cpu, " in result.cases[0]


@pytest.mark.parametrize(("slug", "case"), CASES)
def test_the_library_passes_every_case(slug: str, case: dict[str, Any]) -> None:
    result = run_check(slug, Given(library(find(slug).name)), **case)
    assert result.outcome == "passed", result.message
    assert all(line.startswith("passed") for line in result.cases), result.cases


def test_torchs_own_plateau_passes_on_every_device() -> None:
    given = Given(lr_scheduler.ReduceLROnPlateau)
    result = run_check("reduce_on_plateau", given, cooldown=2, metrics=[1.0, 0.5] + [0.5] * 20)
    assert [line.split(" reduce")[0] for line in result.cases] == ["passed"] * len(result.cases)
    assert len(result.cases) >= 2


def written(function: str) -> None:
    run_cell(f"import math\nfrom course_lib.session import implement\n@implement\n{function}")


STEP = "def step_lr(epoch, base_lr, step_size, gamma=0.1):\n    "


@pytest.mark.parametrize(
    ("body", "rung", "says"),
    [
        ("raise NotImplementedError", "defined", "step_lr is not written yet"),
        ("return base_lr / epoch", "defined", "step_lr raised ZeroDivisionError at epoch 0: "),
        ("return {}[epoch]", "defined", "KeyError at epoch 0: 0 (line 5: return {}[epoch])"),
        ("pass", "type", "expected a number, the rate, got nothing"),
        ("return [base_lr]", "values", "epoch 5, rate: expected 0.01, got 0.1"),
        ("return base_lr, base_lr", "type", "got a tuple of float, float"),
        ("return True", "type", "expected a number, the rate, got a bool"),
        ("return math.inf", "finite", "epoch 0, rate: expected 0.1, got inf"),
        ("return base_lr", "values", "epoch 5, rate: expected 0.01, got 0.1 (relative difference"),
        ("return base_lr * gamma ** (epoch // step_size) + 1e-15", "values", ""),
    ],
)
def test_a_message_names_the_rung_the_epoch_and_both_rates(body: str, rung: str, says: str) -> None:
    written(STEP + body)
    result = run_check("step_lr", base_lr=0.1)
    if says:
        assert (result.outcome, result.rung) == ("failed", rung), result.message
        assert says in result.message
    else:
        assert result.outcome == "passed"


def test_a_rate_in_single_precision_is_told_from_a_number() -> None:
    written(
        "def exponential_lr(epoch, base_lr, gamma):\n    import torch\n"
        "    return torch.tensor(base_lr * gamma**epoch)"
    )
    assert run_check("exponential_lr").rung == "dtype"


def test_a_difference_is_measured_by_the_largest_rate() -> None:
    written(
        "def linear_decay_lr(epoch, base_lr, total_steps):\n"
        "    return base_lr * (1 - min(epoch, total_steps) / total_steps) + 1e-15"
    )
    assert run_check("linear_decay_lr", base_lr=1.0).outcome == "passed"
    assert run_check("linear_decay_lr", base_lr=1e-4).rung == "values"


PLATEAU = """
from course_lib.schedules import Schedule
from course_lib.session import implement

@implement
class ReduceLROnPlateau(Schedule):
    def __init__(self, optimizer, **options):
        self.optimizer = optimizer

    def step(self, metrics, epoch=None):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise NotImplementedError", "ReduceLROnPlateau is not written yet"),
        ("self.optimizer.nothing", "raised AttributeError at epoch 1 (metric 1): "),
        ("pass", "epoch 5 (metric 1), rate: expected 0.01, got 0.1"),
    ],
)
def test_a_plateau_names_the_epoch_and_its_metric(body: str, says: str) -> None:
    run_cell(PLATEAU.format(body=body))
    assert says in run_check("reduce_on_plateau").message


def test_a_plateau_names_the_group() -> None:
    run_cell(PLATEAU.format(body="self.optimizer.param_groups[0]['lr'] = 0.05"))
    case = {"rates": [0.5, 0.7], "patience": 0, "metrics": [1.0, 1.0]}
    message = run_check("reduce_on_plateau", factor=0.1, **case).message
    assert message.startswith("epoch 1 (metric 1), rate of group 0: expected 0.5, got 0.05")


def test_tensors_made_elsewhere_in_a_plateau_fail_device_hygiene() -> None:
    body = "self.optimizer.param_groups[0]['params'][0].add_(__import__('torch').zeros(2))"
    run_cell(PLATEAU.format(body=body))
    result = run_check("reduce_on_plateau", metrics=[1.0])
    assert result.outcome == "failed"


def test_a_list_that_was_changed_is_named_and_the_case_is_not_harmed() -> None:
    written(
        "def smoothed_losses(losses, beta=0.98):\n    result = list(losses)\n"
        "    losses.clear()\n    return result"
    )
    result = run_check("smoothed_losses", beta=0.0, losses=[1.0, 2.0, 3.0, 4.0])
    assert result.rung == "values"
    assert "4 losses: an argument was changed (number 0, counted from 0)" in result.message
    assert result.inputs["calls"][0]["args"] == [[1.0, 2.0, 3.0, 4.0]]


@pytest.mark.parametrize(
    "cell",
    [
        "from course_lib.schedules import step_lr",
        "from course_lib.schedules import step_lr\nimport course_lib.session as s\n"
        "s.implement(step_lr)",
        "import course_lib.session as s\n@s.implement\nclass step_lr:\n    pass",
    ],
    ids=["import_only", "library_function", "class_for_function"],
)
def test_a_function_that_is_not_own_work_is_not_defined(cell: str) -> None:
    run_cell(cell)
    result = run_check("step_lr")
    assert (result.outcome, result.rung) == ("failed", "defined"), result.message


@pytest.mark.parametrize(
    "cell",
    [
        "from torch.optim.lr_scheduler import ReduceLROnPlateau\nimport course_lib.session as s\n"
        "s.implement(ReduceLROnPlateau)",
        "from torch.optim import lr_scheduler\nimport course_lib.session as s\n"
        "@s.implement\nclass ReduceLROnPlateau(lr_scheduler.ReduceLROnPlateau):\n"
        "    def step(self, metrics, epoch=None):\n        super().step(metrics)",
        "import course_lib.schedules as c, course_lib.session as s\n"
        "@s.implement\nclass ReduceLROnPlateau(c.ReduceLROnPlateau):\n    pass",
    ],
    ids=["torch_class", "torch_subclass", "library_subclass"],
)
def test_a_plateau_that_is_not_own_work_is_not_defined(cell: str) -> None:
    run_cell(cell)
    result = run_check("reduce_on_plateau")
    assert (result.outcome, result.rung) == ("failed", "defined"), result.message


INSIDE = {
    "cosine_annealing_lr": (
        "epoch, base_lr, T_max, eta_min=0.0",
        "lr_scheduler.CosineAnnealingLR(o, T_max, eta_min)",
    ),
    "cyclic_lr": (
        "epoch, base_lr, max_lr, **options",
        "lr_scheduler.CyclicLR(o, base_lr, max_lr, cycle_momentum=False, **options)",
    ),
    "linear_warmup_lr": (
        "epoch, base_lr, warmup_steps",
        "lr_scheduler.LambdaLR(o, lambda e: min(1, (e + 1) / warmup_steps))",
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_torchs_schedule_inside_is_out_of_reach(name: str) -> None:
    arguments, schedule = INSIDE[name]
    run_cell(f"""
import torch
from torch.optim import lr_scheduler
from course_lib.session import implement

@implement
def {name}({arguments}):
    o = torch.optim.SGD([torch.zeros(1)], lr=base_lr)
    schedule = {schedule}
    for _ in range(epoch):
        o.step()
        schedule.step()
    return o.param_groups[0]["lr"]
""")
    result = run_check(name)
    assert result.rung == "defined" and "out of reach" in result.message


def test_torchs_plateau_inside_is_out_of_reach() -> None:
    run_cell("""
from torch.optim import lr_scheduler
from course_lib.schedules import Schedule
from course_lib.session import implement

@implement
class ReduceLROnPlateau(Schedule):
    def __init__(self, optimizer, **options):
        self.inner = lr_scheduler.ReduceLROnPlateau(optimizer, **options)

    def step(self, metrics, epoch=None):
        self.inner.step(metrics)
""")
    result = run_check("reduce_on_plateau")
    assert result.rung == "defined" and "out of reach" in result.message


def test_torchs_schedules_work_again_after_a_check() -> None:
    test_torchs_schedule_inside_is_out_of_reach("cosine_annealing_lr")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=8.0)
    schedule = lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    optimizer.step()
    schedule.step()
    assert schedule.get_last_lr() == pytest.approx([4.0])


@pytest.mark.parametrize(
    ("slug", "parameters", "error", "says"),
    [
        ("step_lr", {"T_max": 3}, TypeError, "step_lr has no parameter 'T_max'; its own are base"),
        ("step_lr", {"T_max": 3}, TypeError, "every schedule case has epochs, every"),
        ("step_lr", {"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ("step_lr", {"every": 0.5}, ValueError, "every must be at least 1 and whole, got 0.5"),
        ("cyclic_lr", {"every": 0}, ValueError, "every must be at least 1 and whole, got 0"),
        ("reduce_on_plateau", {"loss": [1.0]}, TypeError, "plateau case has metrics, rates, edits"),
        ("range_test_lr", {"epochs": 3}, TypeError, "every range rate case has every"),
        ("smoothed_losses", {"steps": 3}, ValueError, "steps must be at least 4, got 3"),
        ("suggested_lr", {"losses": [1.0]}, ValueError, "steps must be at least 4, got 1"),
    ],
)
def test_a_wrong_case_is_refused(
    slug: str, parameters: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        build(find(slug), parameters)


def test_parameters_torch_refuses_are_no_fault_of_a_student() -> None:
    given = Given(lambda epoch, base_lr, **options: base_lr)
    result = run_check("linear_lr", given, start_factor=2.0)
    assert result.outcome == "could not tell"
    assert "torch refuses these parameters" in result.message


def test_seeds_give_different_losses() -> None:
    one, other = (build(find("suggested_lr"), {"seed": seed})["calls"] for seed in (0, 1))
    assert one[0]["args"][0] == other[0]["args"][0]
    assert one[0]["args"][1] != other[0]["args"][1]


def test_long_lists_are_left_out_of_the_claim() -> None:
    result = run_check("reduce_on_plateau", edits={2: [0.5]}, metrics=[1.0, 1.0])
    assert "metrics" not in result.claim
    assert result.claim.endswith("with rates set from outside (cpu, 2 epochs)")
