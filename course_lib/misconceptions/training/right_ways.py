"""Right ways to write the small tools of tuning that differ from the library's."""
# mypy: disallow-untyped-defs=False, check-untyped-defs=False
# Written as students write: without annotations. Only their text is used.

import math

import torch

from course_lib.misconceptions.model import right


@right("initial_loss", "log softmax by hand")
def loss_from_log_probabilities(model, inputs, targets):
    """The mean of what the right classes get."""
    was_training = model.training
    model.train(False)
    with torch.inference_mode():
        scores = torch.log_softmax(model(inputs), dim=1)
    model.train(was_training)
    return -scores.gather(1, targets[:, None]).mean().item()


@right("initial_loss", "a module for the loss, a tensor returned")
def loss_by_module(model, inputs, targets):
    """Without a context: nothing is stepped, so a graph does no harm."""
    criterion = torch.nn.CrossEntropyLoss()
    loss = criterion(model.eval()(inputs), targets)
    return loss.detach()


@right("initial_loss", "one example at a time")
def loss_example_by_example(model, inputs, targets):
    """A plain sum in Python, divided at the end."""
    model.eval()
    total = 0.0
    for example, target in zip(inputs, targets, strict=True):
        logits = model(example[None])[0]
        total += (logits.logsumexp(0) - logits[target]).item()
    return total / len(targets)


@right("overfit_sample", "stops when it fits")
def stops_when_fitted(model, inputs, targets, steps):
    """No step too many."""
    model.eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.0)
    history = []
    while len(history) < steps:
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        history.append(float(loss.detach()))
        if history[-1] < 0.01:
            break
        for param in model.parameters():
            param.grad = None
        loss.backward()
        optimizer.step()
    return history


@right("overfit_sample", "momentum by hand")
def momentum_by_hand(model, inputs, targets, steps):
    """No optimizer object: gradients are asked for and normed."""
    params = [p for p in model.parameters() if p.requires_grad]
    velocity = [torch.zeros_like(p) for p in params]
    told = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(inputs), targets)
        told.append(loss.item())
        grads = torch.autograd.grad(loss, params)
        norm = max(1.0, math.sqrt(sum(g.square().sum().item() for g in grads)))
        with torch.no_grad():
            for p, v, g in zip(params, velocity, grads, strict=True):
                v.mul_(0.9).add_(g / norm)
                p.sub_(v, alpha=0.1)
    return told


@right("overfit_sample", "RMSprop with a falling rate")
def rate_falls(model, inputs, targets, steps):
    """Another rule, and a schedule on top."""
    moves = torch.optim.RMSprop(model.parameters(), lr=5e-3)
    rates = torch.optim.lr_scheduler.LinearLR(moves, 1.0, 0.05, steps)
    losses = [0.0] * steps
    for number in range(steps):
        moves.zero_grad(set_to_none=False)
        value = torch.nn.functional.cross_entropy(model(inputs), targets)
        value.backward()
        losses[number] = value.item()
        moves.step()
        rates.step()
    return losses


@right("log_uniform", "power of the quotient")
def power_of_quotient(low, high, count, generator):
    """Single precision will do."""
    return low * (high / low) ** torch.rand(count, generator=generator)


@right("log_uniform", "uniform in place, base ten")
def decades(low, high, count, generator):
    """As the lecture writes it: ten to a uniform exponent."""
    exponents = torch.empty(count, dtype=torch.double)
    exponents.uniform_(math.log10(low), math.log10(high), generator=generator)
    return 10**exponents


@right("log_uniform", "one number at a time")
def one_by_one(low, high, count, generator):
    """Plain numbers, made a tensor at the end."""
    rates = []
    for _ in range(count):
        share = torch.rand((), generator=generator).item()
        rates.append(math.exp((1 - share) * math.log(low) + share * math.log(high)))
    return torch.tensor(rates)


@right("stop_early", "a counter")
def waits_by_counter(losses, patience):
    """The best value and a counter, as a training loop has them."""
    lowest, kept, waited = math.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            lowest, kept, waited = loss, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return kept, epoch
    return kept, epoch


@right("stop_early", "minimum of what was seen")
def argmin_of_the_past(losses, patience):
    """For each end the best epoch until then; the first end that has waited long enough."""
    ends = range(len(losses))
    bests = [min(range(end + 1), key=losses.__getitem__) for end in ends]
    stop = next((end for end in ends if end - bests[end] >= patience), ends[-1])
    return bests[stop], stop


@right("stop_early", "jumps from best to best")
def jumps(losses, patience):
    """Look patience epochs ahead of each best; go on from the next better one."""
    best = 0
    while True:
        ahead = range(best + 1, min(best + patience, len(losses) - 1) + 1)
        better = [epoch for epoch in ahead if losses[epoch] < losses[best]]
        if not better:
            return [best, min(best + patience, len(losses) - 1)]
        best = better[0]


@right("average_probabilities", "logarithms of sums")
def by_logsumexp(logits):
    """Exact where probabilities are too small for a number."""
    log_mean = logits.log_softmax(2).logsumexp(0) - math.log(logits.shape[0])
    return log_mean.exp()


@right("average_probabilities", "softmax by hand")
def shifted_exponentials(logits):
    """The largest logit is subtracted first."""
    powers = (logits - logits.amax(dim=2, keepdim=True)).exp()
    return (powers / powers.sum(dim=2, keepdim=True)).sum(dim=0) / len(logits)


@right("average_probabilities", "a running mean over members")
def running_mean(logits):
    """One member after the other."""
    mean = torch.zeros_like(logits[0])
    for number, member in enumerate(logits, start=1):
        mean = mean + (torch.softmax(member, dim=1) - mean) / number
    return mean
