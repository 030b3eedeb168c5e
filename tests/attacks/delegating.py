"""Having torch, or somebody else, do the work: answers that are right and not the student's own."""

import base64
from dataclasses import replace

from course_lib.grading.attacks.model import added, change, table, written

OPTIONS = """
options = dict(
    lr=group["lr"], betas=group["betas"], eps=group["eps"], weight_decay=group["weight_decay"],
    amsgrad=group["amsgrad"],
)
param.grad = grad
"""

BY_CLASS = (
    """
kind = {kind}
"""
    + OPTIONS
    + """
held = state.setdefault("held", kind([param], **options))
held.param_groups[0].update(options)
held.step()
"""
)
"""Adam by a ready-made class; ``{kind}`` says where it comes from."""

BY_FUNCTION = """
run = {function}
zeros = lambda: torch.zeros_like(param)
if not state:
    state.update(step=torch.tensor(0.0), m=zeros(), v=zeros(), top=zeros())
beta1, beta2 = group["betas"]
run(
    [param], [grad], [state["m"]], [state["v"]], [state["top"]] if group["amsgrad"] else [],
    [state["step"]], amsgrad=group["amsgrad"], beta1=beta1, beta2=beta2, lr=group["lr"],
    weight_decay=group["weight_decay"], eps=group["eps"], maximize=False, {more}
)
"""
"""Adam by torch's function over lists."""

FUNCTIONAL = "foreach=False, capturable=False, differentiable=False, fused=False"
SINGLE = (
    "grad_scale=None, found_inf=None, has_complex=False, capturable=False, "
    "differentiable=False, decoupled_weight_decay=False"
)

FUSED = """
zeros = lambda: torch.zeros_like(param)
if not state:
    state.update(step=torch.tensor(0.0), m=zeros(), v=zeros(), top=zeros())
state["step"] += 1
beta1, beta2 = group["betas"]
{call}(
    [param], [grad.contiguous()], [state["m"]], [state["v"]],
    [state["top"]] if group["amsgrad"] else [], [state["step"]],
    lr=group["lr"], beta1=beta1, beta2=beta2, weight_decay=group["weight_decay"],
    eps=group["eps"], amsgrad=group["amsgrad"], maximize=False,
)
"""


def _adam(name, tries, body, before=""):
    return change(name, tries, written("adam-solution", body, before))


def _class(name, tries, kind, before=""):
    return _adam(name, tries, BY_CLASS.format(kind=kind), before)


def _dropout(name, tries, call, before=""):
    return change(
        name,
        tries,
        written("dropout-solution", f"return {call}", before),
        written("dropout_layer-solution", f"p, training = self.p, self.training\nreturn {call}"),
        assignment="dropout",
    )


def _norm(name, tries, body, before=""):
    return change(name, tries, written("batch_norm-solution", body, before), assignment="batchnorm")


def _backward(name, tries, body, before=""):
    change_it = written("batch_norm_backward-solution", body, before)
    return change(name, tries, change_it, assignment="batchnorm")


def _rate(name, tries, body, before=""):
    return change(name, tries, written("step_lr-solution", body, before), assignment="schedules")


_HIDDEN = base64.b64encode(b"import torch.optim as o; KIND = o.Adam").decode()

OPTIMIZERS = (
    _class("optim-adam", "steps torch's own Adam", "torch.optim.Adam"),
    change(
        "optim-subclass",
        "subclasses torch's own Adam",
        added(
            """
@implement
class Adam(torch.optim.Adam):
    def update(self, param, grad, state, group):
        pass
""",
            "adam-solution",
        ),
    ),
    _class(
        "optim-by-string",
        "imports torch's Adam by names made of parts",
        "getattr(__import__('importlib').import_module('torch.' + 'op' + 'tim'), 'A' + 'dam')",
    ),
    _class(
        "optim-by-base64",
        "runs hidden code that imports torch's Adam",
        "KIND",
        f"import base64\nexec(base64.b64decode('{_HIDDEN}'))",
    ),
    _class(
        "optim-by-modules",
        "takes torch's Adam out of the table of loaded modules",
        "vars(__import__('sys').modules[''.join(('torch.op', 'tim.adam'))])['Adam']",
    ),
    _class(
        "optim-by-subclasses",
        "finds torch's Adam among the subclasses of the base class it may build on",
        "next(c for c in torch.optim.Optimizer.__subclasses__() if c.__name__ == 'Adam' "
        "and c.__module__ == 'torch.optim.adam')",
    ),
    _class(
        "optim-renamed",
        "keeps a copy of torch's Adam under a name of its own",
        "Mine",
        "class Mine(torch.optim.Adam):\n    pass\nMine.__module__ = '__main__'",
    ),
    _class(
        "optim-fresh-module",
        "loads a second copy of torch's file, which nobody has closed",
        "MODULE.Adam",
        """
import importlib.util
spec = importlib.util.spec_from_file_location("mine", torch.optim.adam.__file__)
MODULE = importlib.util.module_from_spec(spec)
spec.loader.exec_module(MODULE)
""",
    ),
    _adam(
        "optim-source-copied",
        "reads torch's source from disk and runs it as its own",
        BY_FUNCTION.format(function="SPACE['_single_tensor_adam']", more=SINGLE),
        """
import inspect
SPACE = dict(vars(torch.optim.adam))
exec(inspect.getsource(torch.optim.adam._single_tensor_adam), SPACE)
""",
    ),
    _adam(
        "optim-source-read",
        "opens torch's file as text and runs it as its own",
        BY_FUNCTION.format(function="SPACE['_single_tensor_adam']", more=SINGLE),
        """
from pathlib import Path
SPACE = {"__name__": "torch.optim.mine", "__package__": "torch.optim"}
exec(Path(torch.__file__).with_name("optim").joinpath("adam.py").read_text(), SPACE)
""",
    ),
    _adam(
        "optim-code-copied",
        "copies the code object of torch's function before it is closed",
        BY_FUNCTION.format(function="MINE", more=SINGLE),
        """
import types
theirs = torch.optim.adam._single_tensor_adam
MINE = types.FunctionType(theirs.__code__, theirs.__globals__, "mine", theirs.__defaults__)
MINE.__kwdefaults__ = theirs.__kwdefaults__
""",
    ),
    _adam(
        "optim-functional",
        "calls torch's functional Adam",
        BY_FUNCTION.format(function="torch.optim.adam.adam", more=FUNCTIONAL),
    ),
    _adam(
        "optim-fused",
        "calls the operator of the fused Adam",
        FUSED.format(call="torch._fused_adam_"),
    ),
    _adam(
        "optim-aten",
        "calls the fused Adam by the table of operators",
        FUSED.format(call="torch.ops.aten._fused_adam_"),
    ),
    _adam(
        "optim-aten-by-string",
        "finds the fused Adam's operator by a name made of parts",
        FUSED.format(call="getattr(getattr(torch.ops, 'at' + 'en'), '_fus' + 'ed_adam_').default"),
    ),
    _adam(
        "optim-operator-object",
        "asks torch's C library for the fused Adam's handle",
        FUSED.format(call="torch._C._jit_get_operation('aten::_fused_adam_')[0]"),
    ),
    _adam(
        "optim-torchscript",
        "compiles a TorchScript text that calls the fused Adam",
        """
zeros = lambda: torch.zeros_like(param)
if not state:
    state.update(step=torch.tensor(0.0), m=zeros(), v=zeros(), top=zeros())
state["step"] += 1
beta1, beta2 = group["betas"]
UNIT.f(
    [param], [grad.contiguous()], [state["m"]], [state["v"]],
    [state["top"]] if group["amsgrad"] else [], [state["step"]], float(group["lr"]),
    float(beta1), float(beta2), float(group["weight_decay"]), float(group["eps"]),
    bool(group["amsgrad"]),
)
""",
        '''
import warnings
warnings.simplefilter("ignore")
UNIT = torch.jit.CompilationUnit("""
def f(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], t: List[Tensor],
      s: List[Tensor], lr: float, b1: float, b2: float, wd: float, eps: float, ams: bool):
    torch._fused_adam_(p, g, m, v, t, s, lr=lr, beta1=b1, beta2=b2, weight_decay=wd, eps=eps,
                       amsgrad=ams, maximize=False)
""")
''',
    ),
    _class(
        "optim-in-a-thread",
        "has a thread that began earlier step torch's Adam",
        "Threaded",
        """
import queue, threading
asked, done = queue.Queue(), queue.Queue()
def work():
    while True:
        call, arguments, options = asked.get()
        done.put(call(*arguments, **options))
threading.Thread(target=work, daemon=True).start()
def there(call, *arguments, **options):
    asked.put((call, arguments, options))
    return done.get(timeout=2)
class Threaded:
    def __init__(self, params, **options):
        self.inner = there(torch.optim.Adam, params, **options)
        self.param_groups = self.inner.param_groups
    def step(self):
        there(self.inner.step)
""",
    ),
    _adam(
        "optim-in-another-python",
        "starts another Python to step torch's Adam",
        """
import json, subprocess, sys
script = (
    "import json, sys, torch\\n"
    "p, g = (torch.tensor(x, dtype=torch.float64) for x in json.load(sys.stdin))\\n"
    "o = torch.optim.Adam([p], lr=0.01); p.grad = g; o.step(); print(json.dumps(p.tolist()))"
)
said = subprocess.run(
    [sys.executable, "-c", script], input=json.dumps([param.tolist(), grad.tolist()]),
    capture_output=True, text=True, timeout=5,
)
param.copy_(torch.tensor(json.loads(said.stdout)))
""",
    ),
    _class(
        "optim-out-of-reach-patched",
        "patches what keeps torch's own out of reach",
        "torch.optim.Adam",
        """
from contextlib import nullcontext
import course_lib.checks.reach as reach, course_lib.checks.subject as subject
reach.out_of_reach = subject.out_of_reach = lambda exercise: nullcontext()
reach.refusal = subject.refusal = lambda obj, exercise: None
""",
    ),
    _class(
        "optim-code-put-back",
        "puts the code of torch's function back while it is closed",
        "Back",
        """
theirs = torch.optim.adam._single_tensor_adam
CODE = theirs.__code__.replace()
class Back(torch.optim.Adam):
    def step(self):
        now, theirs.__code__ = theirs.__code__, CODE
        try:
            super().step()
        finally:
            theirs.__code__ = now
""",
    ),
    _class(
        "optim-modes-popped",
        "leaves the mode in which torch's calls are watched",
        "Free",
        """
class Free(torch.optim.Adam):
    def step(self):
        with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
            super().step()
""",
    ),
    change(
        "library-own",
        "registers a thin subclass of the library's own class",
        added(
            """
from course_lib import optim as theirs
Base = theirs.Adam
@implement
class Adam(Base):
    def step(self, closure=None):
        return super().step(closure)
""",
            "setup",
        ),
    ),
    change(
        "library-own-code",
        "copies the code of the library's own rule",
        written(
            "adam-solution",
            "MINE(self, param, grad, state, group)",
            """
import types
from course_lib.optim.adam import Adam as Theirs
MINE = types.FunctionType(Theirs.update.__code__, Theirs.update.__globals__)
""",
        ),
    ),
    change(
        "library-conventions",
        "calls the library's own velocity rules",
        written(
            "rate_inside-solution",
            "return theirs(velocity, grad, lr, momentum)",
            "from course_lib.optim.conventions import rate_inside as theirs",
        ),
        written(
            "rate_outside-solution",
            "return theirs_too(velocity, grad, lr, momentum)",
            "from course_lib.optim.conventions import rate_outside as theirs_too",
        ),
    ),
    change(
        "references-own",
        "calls the references by which its answers are judged",
        written(
            "rate_inside-solution",
            """
from course_lib.checks import references
for name in dir(references):
    if "rate_inside" in name or "convention" in name:
        return getattr(references, name)(velocity, grad, lr, momentum)
""",
        ),
    ),
)

DROPOUTS = (
    _dropout(
        "dropout-functional",
        "calls torch's dropout",
        "torch.nn.functional.dropout(input, p, training)",
    ),
    _dropout(
        "dropout-module",
        "uses torch's dropping layer",
        "torch.nn.Dropout(p).train(training)(input)",
    ),
    _dropout(
        "dropout-native", "calls the native dropout", "torch.native_dropout(input, p, training)[0]"
    ),
    _dropout(
        "dropout-aten",
        "calls the operator of dropout by its table",
        "torch.ops.aten.native_dropout(input, p, training)[0]",
    ),
    _dropout(
        "dropout-vf",
        "calls the C function behind torch's",
        "torch._C._VariableFunctions.dropout(input, p, training)",
    ),
    _dropout(
        "dropout-in-place",
        "calls torch's in-place dropout on a copy",
        "torch.dropout_(input.clone(), p, training)",
    ),
    _dropout(
        "dropout-refs",
        "calls torch's own Python reference",
        "torch._refs.nn.functional.dropout(input, p, training)",
        "import torch._refs.nn.functional",
    ),
    _dropout(
        "dropout-torchscript",
        "compiles a TorchScript text that calls dropout",
        "UNIT.f(input, float(p), bool(training))",
        'import warnings\nwarnings.simplefilter("ignore")\n'
        'UNIT = torch.jit.CompilationUnit("def f(x, p: float, t: bool):\\n'
        '    return torch.dropout(x, p, t)")',
    ),
    _dropout(
        "dropout-feature",
        "calls dropout of features on a column",
        "torch.feature_dropout(input.reshape(-1, 1), p, training).reshape(input.shape)",
    ),
    _dropout(
        "dropout-attention",
        "has attention drop the elements of an identity",
        "torch.nn.functional.scaled_dot_product_attention("
        "torch.zeros(input.numel(), 1, 1, dtype=input.dtype), "
        "torch.zeros(input.numel(), 1, 1, dtype=input.dtype), "
        "input.reshape(-1, 1, 1), dropout_p=p if training else 0.0).reshape(input.shape)",
    ),
)

NORMS = (
    _norm(
        "norm-functional",
        "calls torch's batch norm",
        "return torch.nn.functional.batch_norm("
        "input, running_mean, running_var, weight, bias, training, momentum, eps)",
    ),
    _norm(
        "norm-torch",
        "calls the function behind it",
        "return torch.batch_norm("
        "input, weight, bias, running_mean, running_var, training, momentum, eps, False)",
    ),
    _norm(
        "norm-native",
        "calls the native batch norm",
        "return torch.native_batch_norm("
        "input, weight, bias, running_mean, running_var, training, momentum, eps)[0]",
    ),
    _norm(
        "norm-aten",
        "calls the operator of batch norm by its table",
        "return torch.ops.aten.native_batch_norm("
        "input, weight, bias, running_mean, running_var, training, momentum, eps)[0]",
    ),
    _norm(
        "norm-c",
        "calls the C function",
        "return torch._C._VariableFunctions.batch_norm("
        "input, weight, bias, running_mean, running_var, training, momentum, eps, False)",
    ),
    _norm(
        "norm-decomposed",
        "calls torch's own decomposition",
        "return NORM(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]",
        "import torch._decomp.decompositions as d\nNORM = d.native_batch_norm_decomposition",
    ),
    _norm(
        "norm-by-layer-norm",
        "turns the batch around and calls layer norm",
        """
if not training:
    raise ValueError("not yet")
flat = input.transpose(0, 1).reshape(input.shape[1], -1)
flat = torch.nn.functional.layer_norm(flat, flat.shape[1:], eps=eps)
found = flat.reshape(input.shape[1], input.shape[0], *input.shape[2:]).transpose(0, 1)
shape = (1, -1) + (1,) * (input.dim() - 2)
if weight is not None:
    found = found * weight.reshape(shape)
return found if bias is None else found + bias.reshape(shape)
""",
    ),
    _norm(
        "norm-module",
        "uses torch's normalizing layer",
        """
layer = torch.nn.BatchNorm1d(input.shape[1], eps, momentum, weight is not None).to(input.dtype)
layer.running_mean, layer.running_var = running_mean, running_var
if weight is not None:
    layer.weight, layer.bias = torch.nn.Parameter(weight), torch.nn.Parameter(bias)
return layer.train(training)(input)
""",
    ),
)

FORWARD = """
def forward(x, w, b):
    axes = [axis for axis in range(x.dim()) if axis != 1]
    shape = [1, -1] + [1] * (x.dim() - 2)
    mean, var = x.mean(axes, keepdim=True), x.var(axes, unbiased=False, keepdim=True)
    found = (x - mean) / torch.sqrt(var + EPS) * w.view(shape) + b.view(shape)
    return found
"""

ONES = """
globals()["EPS"] = eps
channels = input.shape[1]
w = torch.ones(channels, dtype=input.dtype) if weight is None else weight
b = torch.zeros(channels, dtype=input.dtype)
"""

BACKWARDS = (
    _backward(
        "backward-autograd",
        "has autograd find the gradients",
        ONES
        + """
with torch.enable_grad():
    leaves = [t.detach().clone().requires_grad_() for t in (input, w, b)]
    return torch.autograd.grad(forward(*leaves), leaves, grad_output)
""",
        FORWARD,
    ),
    _backward(
        "backward-tensor",
        "has the backward of a tensor fill the gradients",
        ONES
        + """
with torch.enable_grad():
    leaves = [t.detach().clone().requires_grad_() for t in (input, w, b)]
    forward(*leaves).backward(grad_output)
return tuple(leaf.grad for leaf in leaves)
""",
        FORWARD,
    ),
    _backward(
        "backward-func",
        "has torch.func find the gradients",
        ONES + "return torch.func.vjp(forward, input, w, b)[1](grad_output)",
        FORWARD,
    ),
    _backward(
        "backward-engine",
        "calls the engine behind autograd",
        ONES
        + """
with torch.enable_grad():
    leaves = [t.detach().clone().requires_grad_() for t in (input, w, b)]
    return torch.autograd.Variable._execution_engine.run_backward(
        (forward(*leaves),), (grad_output,), False, False, tuple(leaves),
        allow_unreachable=True, accumulate_grad=False,
    )
""",
        FORWARD,
    ),
    _backward(
        "backward-native",
        "calls the operator of the backward pass",
        ONES
        + """
scale = 1 / torch.sqrt(var + eps)
return torch.ops.aten.native_batch_norm_backward(
    grad_output, input, w, None, None, mean, scale, True, eps, [True, True, True]
)
""",
    ),
)

RATES = (
    _rate(
        "rate-scheduler",
        "asks torch's own schedule",
        """
held = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base_lr)
theirs = torch.optim.lr_scheduler.StepLR(held, step_size, gamma)
theirs.last_epoch = epoch
return theirs._get_closed_form_lr()[0]
""",
    ),
    _rate(
        "rate-closed-form",
        "calls the closed form of torch's schedule on a stand-in",
        """
import types
held = types.SimpleNamespace(
    base_lrs=[base_lr], gamma=gamma, step_size=step_size, last_epoch=epoch
)
return torch.optim.lr_scheduler.StepLR._get_closed_form_lr(held)[0]
""",
    ),
    _rate(
        "rate-code-copied",
        "copies the code of torch's closed form",
        """
import types
held = types.SimpleNamespace(
    base_lrs=[base_lr], gamma=gamma, step_size=step_size, last_epoch=epoch
)
return MINE(held)[0]
""",
        """
import types
theirs = torch.optim.lr_scheduler.StepLR._get_closed_form_lr
MINE = types.FunctionType(theirs.__code__, theirs.__globals__)
""",
    ),
)

REPORTED = ("optim-source-read", "rate-code-copied")
"""Copies of torch's text or code: whoever types them in by hand looks the same."""

ATTACKS = tuple(
    replace(attack, reported=attack.name in REPORTED)
    for attack in table("delegating", *OPTIMIZERS, *DROPOUTS, *NORMS, *BACKWARDS, *RATES)
)
