"""Run what the capstone asks for: functions that are given a model, draws, configurations.

This file knows the library's training loop, and no other file here does: a configuration is a dict,
and what it describes is built and trained on this side of the border.
"""

from typing import Any

import torch
from torch import Tensor, nn

from course_lib import session
from course_lib.checks.collect.shared import At, copy, kind, same
from course_lib.checks.exercises import written_as
from course_lib.checks.reach import out_of_reach, refusal
from course_lib.checks.spec import Inputs
from course_lib.training.configured import complete, train_configured
from course_lib.training.evaluation import evaluating

LAYERS = {
    "linear": nn.Linear,
    "norm": nn.BatchNorm1d,
    "relu": nn.ReLU,
    "dropout": nn.Dropout,
}


def built(inputs: Inputs) -> nn.Module:
    """The model a case describes, on its device, in training mode."""
    model: nn.Module = nn.Sequential(*(LAYERS[name](*rest) for name, *rest in inputs["layers"]))
    model = model.to(inputs["inputs"].dtype)
    model.load_state_dict(inputs["state"])
    return model.to(inputs["device"])


def run_model_loss(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Ask for the loss of a model; what it gave, and whether the model was changed."""
    model, examples = _prepared(inputs)
    before = {name: copy(value) for name, value in model.state_dict().items()}
    at.step = 1
    loss = function(model, *examples)
    value = _number(loss)
    if value is None:
        return {"trajectory": [], "faults": {}, "got": kind(loss), "step": 1}
    changed = [n for n, value in model.state_dict().items() if not same(value, before[n])]
    faults = {"model changed": [{"entry": changed[0], "step": 1}]} if changed else {}
    return {"trajectory": [[value]], "faults": faults}


def run_overfit(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Have a model trained; the losses it reports, and the logits before and after.

    ``passes`` counts how often the model was run with autograd on.
    """
    model, examples = _prepared(inputs)
    passes = 0

    def count(*_: Any) -> None:
        nonlocal passes
        passes += torch.is_grad_enabled()

    before = _logits(model, examples[0])
    handle = model.register_forward_hook(count)
    at.step = 1
    losses = function(model, *examples, inputs["steps"])
    handle.remove()
    if not isinstance(losses, (list, tuple)) or not all(_number(v) is not None for v in losses):
        return {"trajectory": [], "faults": {}, "got": kind(losses), "step": 1}
    told = torch.tensor([float(loss) for loss in losses], dtype=torch.float64)
    trajectory = [[told, before, _logits(model, examples[0])]]
    return {"trajectory": trajectory, "faults": {}, "passes": passes}


def run_draws(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Call a function that draws, each time with a generator of its own."""
    trajectory = []
    state = torch.get_rng_state()
    for number, seed in enumerate(inputs["seeds"], start=1):
        at.step = number
        drawn = function(*inputs["args"], torch.Generator().manual_seed(seed))
        if not isinstance(drawn, Tensor):
            return {"trajectory": [], "faults": {}, "got": kind(drawn), "step": number}
        trajectory.append([copy(drawn)])
    stirred = not torch.equal(state, torch.get_rng_state())
    return {"trajectory": trajectory, "faults": {"global chance": [{"step": 1}]} if stirred else {}}


def run_configuration(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Train a configuration on every run's data; what it predicts for the part held out.

    ``stopped`` says why a run ended before its steps were spent; empty where it did not.
    """
    config = function()
    if not isinstance(config, dict):
        return {"trajectory": [], "faults": {}, "got": kind(config), "step": 1}
    trajectory, stopped = [], []
    for number, run in enumerate(inputs["runs"], start=1):
        at.step = number
        data = tuple(run["train"]), tuple(run["validation"])
        common = {"steps": inputs["steps"], "stride": inputs["stride"], "bar": False}
        model, history = train_configured(config, *data, seed=run["seed"], **common)
        trajectory.append([_logits(model, run["held_out"]).argmax(1)])
        stopped.append("" if history.stopped.startswith("all") else history.stopped)
    return {"trajectory": trajectory, "faults": {}, "stopped": stopped}


def run_own_parts(function: Any, inputs: Inputs, at: At) -> dict[str, Any]:
    """Whether a part of a configuration is what this session registered, and runs."""
    config = complete(function())
    names = [config["batch_norm"], config["dropout"]]
    names = [config[inputs["part"]]] if inputs["part"] != "layers" else [n for n in names if n]
    reasons = [_not_own(name, inputs["part"]) for name in names or [None]]
    if found := next(filter(None, reasons), ""):
        return {"outcome": "refused", "message": found, "step": 1}
    at.step = 1
    run = inputs["runs"][0]
    with out_of_reach(written_as(str(names[0]).rpartition(".")[2])[0]):
        train_configured(
            config, tuple(run["train"]), steps=inputs["steps"], seed=run["seed"], bar=False
        )
    return {"trajectory": [[torch.ones((), dtype=torch.float64)]], "faults": {}}


def _not_own(name: str | None, part: str) -> str:
    """Why a part is not a student's own; empty if it is."""
    if not name:
        return f"the configuration uses no {part}, so there is nothing of your own in it"
    if name.startswith("torch."):
        return f"{name} is torch's own: name the one you wrote"
    last = name.rpartition(".")[2]
    own = session.registered(last)
    if own is None:
        return f"no {last} of your own in this session: is it in my_course_lib.py, and imported?"
    return refusal(own, written_as(last)[0]) or ""


def _prepared(inputs: Inputs) -> tuple[nn.Module, tuple[Tensor, Tensor]]:
    torch.manual_seed(inputs["seed"])
    device = inputs["device"]
    examples = tuple(inputs[name].to(device, copy=True) for name in ("inputs", "targets"))
    return built(inputs).train(), examples


def _logits(model: nn.Module, examples: Tensor) -> Tensor:
    with evaluating(model), torch.no_grad():
        return copy(model(examples))


def _number(value: Any) -> Tensor | None:
    """A number as a tensor; None if it is none."""
    if isinstance(value, Tensor):
        return value.detach().double().cpu() if value.numel() == 1 and value.dim() == 0 else None
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return torch.tensor(float(value), dtype=torch.float64) if plain else None
