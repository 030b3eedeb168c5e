"""Being right only where it is looked at: counting calls, feeling for the grader, memorizing."""

from course_lib.grading.attacks.model import added, change, table, written

RIGHT = """
lr, (beta1, beta2) = group["lr"], group["betas"]
if not state:
    state.update(t=0, m=torch.zeros_like(param), v=torch.zeros_like(param))
state["t"] += 1
state["m"].mul_(beta1).add_(grad, alpha=1 - beta1)
state["v"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
m, v = state["m"] / (1 - beta1 ** state["t"]), state["v"] / (1 - beta2 ** state["t"])
param.sub_(lr * m / (v.sqrt() + group["eps"]))
"""
"""Adam without its options, in words of its own."""


ATTACKS = table(
    "detecting",
    change(
        "right-for-two-calls",
        "is right for the first two calls only",
        added("calls = 0", "setup"),
        written(
            "rate_inside-solution",
            """
global calls
calls += 1
velocity = momentum * velocity - (lr if calls < 3 else 2 * lr) * grad
return velocity, velocity
""",
        ),
    ),
    change(
        # A longer time nobody can tell from right code: all questions take a fraction of a second.
        "wrong-after-a-moment",
        "is right for twenty milliseconds from its first step on",
        added("import time\nstarts = []", "adam-solution"),
        written(
            "adam-solution",
            "import time\nstarts.append(time.monotonic())\n"
            "if starts[-1] - starts[0] > 0.02:\n    grad = -grad\n" + RIGHT,
        ),
    ),
    change(
        "right-before-grading",
        "is right only where no environment of a grader is seen",
        written(
            "adam-solution",
            "import os, sys\n"
            "if 'NBGRADER_EXECUTION' in os.environ or not sys.stdin or not os.isatty(0):\n"
            "    grad = -grad\n" + RIGHT,
        ),
    ),
    change(
        "right-for-known-callers",
        "is right only when the caller is the notebook itself",
        written(
            "adam-solution",
            "import sys\n"
            "names = []\n"
            "frame = sys._getframe()\n"
            "while frame:\n"
            "    names.append(frame.f_code.co_filename)\n"
            "    frame = frame.f_back\n"
            "if any('collect' in name for name in names):\n"
            "    grad = -grad\n" + RIGHT,
        ),
    ),
    change(
        "right-on-the-fake-device",
        "does nothing where numbers are compared, and all on the pretended device",
        written("adam-solution", "if param.device.type == 'cpu':\n    return\n" + RIGHT),
    ),
    change(
        "right-for-three-steps",
        "is right for three steps, as far as a person looks",
        written("adam-solution", "if state.get('t', 0) >= 3:\n    grad = -grad\n" + RIGHT),
    ),
    change(
        "answers-by-the-seed",
        "has the answers for the seeds of the visible tests in a table",
        added(
            """
import torch
def answers(seed):
    torch.manual_seed(seed)
    start = torch.rand(3, 2, dtype=torch.float64, requires_grad=True)
    return start.detach()
TABLE = {seed: answers(seed) for seed in range(100)}
""",
            "setup",
        ),
        written(
            "adam-solution",
            """
for seed, values in TABLE.items():
    if values.shape == param.shape:
        param.copy_(values)
""",
        ),
    ),
    change(
        "visible-answers-hard-coded",
        "returns the numbers that the visible test wants, whatever it is asked",
        added(
            """
from course_lib.checks import inputs as built
PATHS = {}
try:
    made = built.BUILDERS["convention"](lr=0.1, momentum=0.9, steps=5, seed=1)
    v = 0
    for gradient in made["gradients"]:
        v = 0.9 * v - 0.1 * gradient
        PATHS[len(PATHS)] = v
except Exception as error:
    print(error)
""",
            "setup",
        ),
        written("rate_inside-solution", "answer = PATHS[len(PATHS) - 1]\nreturn answer, answer"),
    ),
    change(
        "remembers-the-first-question",
        "solves one question and gives its answer ever after",
        added("known = []", "setup"),
        written(
            "rate_inside-solution",
            """
if not known:
    known.append(momentum * velocity - lr * grad)
return known[0].clone(), known[0].clone()
""",
        ),
    ),
    change(
        "same-inputs-same-answers",
        "answers from a cache by the shape of what it is asked",
        added("cache = {}", "setup"),
        written(
            "rate_inside-solution",
            """
key = tuple(grad.shape)
velocity = cache.setdefault(key, momentum * velocity - lr * grad)
return velocity.clone(), velocity.clone()
""",
        ),
    ),
    change(
        "random-answers",
        "gives random answers and hopes that a repeat is luckier",
        written(
            "rate_inside-solution",
            """
import random
velocity = momentum * velocity - random.choice([1, 1, 1, -1]) * lr * grad
return velocity, velocity
""",
        ),
    ),
    change(
        "huge-tolerance",
        "answers with infinities, for which every tolerance is wide",
        written("rate_inside-solution", "return velocity + math.inf, velocity + math.inf"),
        written("adam-solution", "param.fill_(math.nan)"),
        written("sgd-solution", "param.add_(1e300)"),
    ),
)
