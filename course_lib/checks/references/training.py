"""Right answers for the capstone, where there is one: a loss, two epochs, mean probabilities."""

import torch
from torch.nn import functional

from course_lib.checks.collect.shared import Trajectory
from course_lib.checks.collect.training import built
from course_lib.checks.spec import Exercise, Inputs


def model_loss(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The mean cross-entropy in evaluation mode."""
    model = built({**inputs, "device": "cpu"}).eval()
    with torch.no_grad():
        loss = functional.cross_entropy(model(inputs["inputs"]), inputs["targets"])
    return [[loss.double()]]


def stopping(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The first epoch that ends a stretch without improvement, and the best until then."""
    rows = []
    for call in inputs["calls"]:
        curve, patience = torch.tensor(call["args"][0], dtype=torch.float64), call["args"][1]
        before = torch.cat([torch.tensor([torch.inf]).double(), curve.cummin(0).values[:-1]])
        epochs = torch.arange(len(curve))
        best = torch.where(curve < before, epochs, 0).cummax(0).values
        ends = (epochs - best >= patience).nonzero().flatten()
        last = int(ends[0]) if len(ends) else len(curve) - 1
        rows.append([best[last].double(), torch.tensor(last, dtype=torch.float64)])
    return rows


def ensemble(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """The mean over members of torch's softmax."""
    logits = inputs["calls"][0]["args"][0]
    return [[functional.softmax(logits.double(), -1).mean(0).to(logits.dtype)]]


def own_parts(exercise: Exercise, inputs: Inputs) -> Trajectory:
    """One yes."""
    return [[torch.ones((), dtype=torch.float64)]]
