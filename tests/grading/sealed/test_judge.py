"""What the judge makes of test cells and answers: marks nobody can talk it into."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

import pytest

from course_lib.checks import hints, verify
from course_lib.grading.sealed import judge as judging
from course_lib.grading.sealed.judge import Judge, Verdict
from course_lib.grading.sealed.questions import Question, fresh, order
from course_lib.grading.sealed.student import Student
from course_lib.grading.sealed.testcells import TestCell

from .conftest import Class
from .test_worker import OWN

SEED = b"a seed of this submission"
HEAD = "from course_lib.checks import check\n"
VISIBLE = TestCell("v", HEAD + 'check("rate_outside", lr=0.1, momentum=0.9, seed=1)', 2.0)
HIDDEN = TestCell(
    "h",
    HEAD + 'check("rate_outside", lr=0.5, momentum=0.5, steps=12, seed=21)\n'
    'check("rate_outside", lr=0.03, momentum=0.99, steps=9, seed=22, changes={5: {"lr": 0.2}})',
    8.0,
)
WRONG = OWN.replace("momentum * velocity + grad", "grad")


def judged(one: Student, *tests: TestCell, seed: bytes = SEED) -> list[Verdict]:
    return decided(Judge(one, tests or (VISIBLE, HIDDEN), seed))


def decided(judge: Judge) -> list[Verdict]:
    judge.ask()
    return judge.decide()


def scores(verdicts: Iterable[Verdict]) -> list[float]:
    return [verdict.score for verdict in verdicts]


def test_right_work_earns_its_points_and_the_lines_a_session_shows(student: Class) -> None:
    verdicts = judged(student(OWN))
    assert scores(verdicts) == [2.0, 8.0]
    assert verdicts[1].outputs[0]["text"].count("passed rate_outside: ") >= 2


def test_wrong_work_earns_none_and_says_where(student: Class) -> None:
    verdicts = judged(student(WRONG))
    assert scores(verdicts) == [0.0, 0.0]
    assert "FAILED rate_outside: step 2" in verdicts[0].outputs[0]["text"]
    assert verdicts[0].outputs[1]["traceback"] == ["CheckFailed: see the message above"]


def test_a_known_mistake_earns_its_hint(student: Class) -> None:
    (verdict,) = judged(student(OWN.replace("-lr * velocity", "lr * velocity")), VISIBLE)
    assert "Hint: " in verdict.outputs[0]["text"]


def test_right_answers_can_be_made_ahead(student: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(student(OWN), (VISIBLE, HIDDEN), SEED)
    assert len(list(judge.prepared())) >= 3
    monkeypatch.setattr(verify, "expected", pytest.fail)
    assert scores(decided(judge)) == [2.0, 8.0]


UNCOMPILED = """
import sys
from course_lib.checks.run import cases
from course_lib.grading.sealed.judges import warm_up
from course_lib.misconceptions.matching import given_answers

warm_up()
for name, options in (("adam", {}), ("step_lr", {}), ("reduce_on_plateau", {}), ("dropout", {})):
    case = cases(name, options)[0]
    assert case.exercise.judged == "chance" or case.right
    list(given_answers(name, case.inputs))
sys.exit("torch._dynamo" in sys.modules)
"""


def test_no_judge_loads_torchs_compiler() -> None:
    assert subprocess.run([sys.executable, "-c", UNCOMPILED]).returncode == 0


def test_a_hint_is_looked_for_where_a_cell_stops(
    student: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    monkeypatch.setattr(hints, "find_hint", lambda exercise, *_: looked.append(exercise.slug))
    assert scores(judged(student(WRONG), VISIBLE, HIDDEN, HIDDEN)) == [0.0, 0.0, 0.0]
    assert looked == ["rate_outside"] * 2


CHEATS = {
    "answers known for the visible case": WRONG.replace(
        "    return velocity",
        "    if lr == 0.1 and abs(float(grad[0]) - {known!r}) < 1e-6:\n"
        "        velocity = momentum * velocity + grad\n    return velocity",
    ),
    "right for the first few calls": WRONG.replace(
        "    return velocity",
        "    global calls\n    calls += 1\n    if calls < 5:\n"
        "        velocity = momentum * kept + grad\n    return velocity",
    )
    .replace("    velocity = grad", "    kept, velocity = velocity, grad")
    .replace("@implement", "calls = 0\n\n@implement"),
    "tensors that say yes": WRONG + "import torch\ntorch.allclose = lambda *a, **k: True\n",
    "a check that passes": WRONG + "import course_lib.checks.run as r\nr.run_check = print\n",
    "a frame to look into": WRONG.replace(
        "    velocity =", "    __import__('sys')._getframe(3).f_locals['expected']\n    velocity ="
    ),
    "an exit": WRONG.replace("    velocity =", "    raise SystemExit(0)\n    velocity ="),
    "an end": WRONG.replace("    velocity =", "    __import__('os')._exit(0)\n    velocity ="),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_earns_nothing(student: Class, cheat: str) -> None:
    from course_lib.checks.exercises import find
    from course_lib.checks.inputs import build

    known = build(find("rate_outside"), {"lr": 0.1, "momentum": 0.9, "seed": 1})["gradients"]
    source = CHEATS[cheat].replace("{known!r}", repr(float(known[0][0])))
    assert scores(judged(student(source))) == [0.0, 0.0]


def test_a_call_that_ends_the_process_costs_its_own_exercise_only(student: Class) -> None:
    cell = OWN.replace("rate_outside", "rate_inside").replace(
        "    velocity =", "    __import__('os')._exit(0)\n    velocity ="
    )
    fatal = TestCell("f", HEAD + 'check("rate_inside", lr=0.1)', 1.0)
    verdicts = judged(student(OWN, cell), fatal, VISIBLE, HIDDEN)
    assert scores(verdicts) == [0.0, 2.0, 8.0]
    assert verdicts[0].outputs[0]["evalue"] == "Not run: the code ended its process."


@pytest.mark.parametrize(
    ("source", "score"),
    [
        ("student_value('rate')", None),
        ("assert student_value('rate') == 0.5", 4.0),
        ("assert student_value('rate') == 0.6", 0.0),
        ("student_value('nothing')\n4", 0.0),
        ("2.5 if student_value('rate') < 1 else 0", 2.5),
        ("5", 0.0),
        ("float('nan')", 0.0),
        ("-1", 0.0),
        ("'text'", 0.0),
        ("True", 0.0),
        ("", 4.0),
    ],
)
def test_values_and_partial_credit(student: Class, source: str, score: float | None) -> None:
    test = TestCell("t", "from course_lib.checks import check, student_value\n" + source, 4.0)
    (verdict,) = judged(student("rate = 0.5"), test)
    assert verdict.score == (0.5 if score is None else score)


def test_inputs_are_another_submissions_or_its_own() -> None:
    question = Question("rate_outside", {"lr": 0.1, "seed": 1})
    assert fresh(question, SEED) == fresh(question, SEED)
    assert fresh(question, SEED)["seed"] not in (1, fresh(question, b"other")["seed"])


def test_the_order_is_drawn_and_one_question_of_each_exercise_comes_again() -> None:
    exercises = ("sgd", "adam", "nadam")
    questions = [Question(name, {"seed": seed}) for seed in range(20) for name in exercises]
    asked = order(questions, SEED)
    assert asked == order(questions, SEED) != order(questions, b"other")
    times = Counter(one.key for one in asked)
    assert times.keys() == {one.key for one in questions}
    again = [one.exercise for one in questions if times[one.key] == 2]
    assert sorted(again) == sorted(exercises) and len(asked) == len(questions) + len(again)


@pytest.mark.parametrize("steps", [1, 39, 40, 100])
def test_a_rule_of_plain_numbers_is_run_until_no_guess_is_lucky(steps: int) -> None:
    assert fresh(Question("rate_inside", {"steps": steps}), SEED)["steps"] == max(steps, 40)
    assert fresh(Question("sgd", {"steps": steps}), SEED)["steps"] == steps


def test_the_worst_of_several_answers_counts(
    student: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "order", lambda questions, seed: [*questions, *questions])
    odd = WRONG.replace("    velocity = grad", "    velocity = (len(seen) // 5 % 2) * grad")
    one = OWN.replace("@implement", "calls = []\n\n@implement").replace(
        "    velocity =",
        "    calls.append(0)\n    grad = grad * (len(calls) <= 10)\n    velocity =",
    )
    assert scores(judged(student(one), VISIBLE)) == [0.0]
    assert scores(judged(student(odd), VISIBLE)) == [0.0]


@pytest.mark.parametrize(
    ("right_if", "expected"),
    [("len(calls) <= 20", [0.0, 0.0]), ("lr == 0.1", [2.0, 0.0])],
    ids=["right at first", "right in one case"],
)
def test_being_right_at_first_gains_nothing(
    student: Class, monkeypatch: pytest.MonkeyPatch, right_if: str, expected: list[float]
) -> None:
    monkeypatch.setattr(judging, "order", lambda questions, seed: list(questions))
    one = OWN.replace("@implement", "calls = []\n\n@implement").replace(
        "    velocity =", f"    calls.append(0)\n    grad = grad * ({right_if})\n    velocity ="
    )
    assert scores(judged(student(one))) == expected


def test_work_of_torchs_seen_once_costs_the_whole_exercise(student: Class) -> None:
    from .test_worker import TRACED

    tests = [
        TestCell(f"n{seed}", HEAD + f'check("batch_norm", statistics=False, seed={seed})', 1.0)
        for seed in range(3)
    ]
    judge = Judge(student(TRACED, OWN), [*tests, VISIBLE], SEED)
    assert scores(decided(judge)) == [0.0, 0.0, 0.0, 2.0]
    assert judge.reached["batch_norm"]["reached"]["name"] == "native_batch_norm"


SGD = """
@implement
class SGD(Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.0, nesterov=False, **rest):
        defaults = dict(lr=lr, momentum=momentum, nesterov=nesterov, **rest)
        super().__init__(params, defaults)

    def update(self, param, grad, state, group):
{body}
"""

OWN_SGD = """
        state["v"] = group["momentum"] * state.get("v", 0.0) + grad
        param.sub_(group["lr"] * {sign}state["v"])
"""

HELD_SGD = """
        held = state.setdefault("held", Inner(param))
        held.step(grad, group)
"""

INNER = """
class Inner:
    def __init__(self, param):
        self.param, self.velocity = param, 0.0

    def step(self, grad, group):
        self.velocity = group["momentum"] * self.velocity + grad
        self.param.sub_(group["lr"] * self.velocity)
"""


@pytest.mark.parametrize(
    ("body", "score", "shown"),
    [
        (OWN_SGD.format(sign=""), 1.0, []),
        (OWN_SGD.format(sign="-"), 0.0, []),
        (HELD_SGD, 1.0, ["sgd"]),
        ("        state['no copy'] = (one for one in ())" + OWN_SGD.format(sign=""), 1.0, ["sgd"]),
    ],
    ids=["own", "wrong", "another optimizer held", "what cannot be copied"],
)
def test_what_a_copied_state_spoils_is_shown_and_costs_nothing(
    student: Class, body: str, score: float, shown: list[str]
) -> None:
    test = TestCell("sgd", HEAD + 'check("sgd", lr=0.1, momentum=0.9, seed=3)', 1.0)
    one = "from course_lib.optim import Optimizer\nfrom course_lib.session import implement\n"
    judge = Judge(student(one + INNER + SGD.format(body=body)), [test], SEED)
    verdicts = decided(judge)
    assert scores(verdicts) == [score], verdicts[0].outputs
    assert judge.entangled == shown


def test_a_layer_is_judged_apart_from_a_faulty_function(student: Class) -> None:
    from course_lib.grading.sealed.evidence import answer

    inner = {"outcome": "answered", "trajectory": [[]], "faults": {}}
    assert answer({**inner, "apart": {**inner, "apart": inner}})["apart"] == inner
