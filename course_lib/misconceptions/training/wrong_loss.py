"""Known mistakes in ``initial_loss`` and ``overfit_sample``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_STEPS = "19_hyperparameter_search#sec-seven-steps"
_loss = mistakes_in("initial_loss", _STEPS)
_ASKED = "torch.nn.functional.cross_entropy(model(inputs), targets).item()"

INITIAL_LOSS = (
    _loss(
        "in_training_mode",
        "A model that has not been trained yet is in training mode.",
        "Your loss is that of the model in training mode, where dropout draws and batch norm reads "
        "the batch. In which mode will the model be judged later?",
        ("model.eval()\n", ""),
    ),
    _loss(
        "sum_for_mean",
        "The loss of a batch is the sum of the losses of its examples.",
        "You wrote the sum over the examples, which grows with their number. With which log C can "
        "a sum be compared?",
        (_ASKED, _ASKED.replace("targets)", 'targets, reduction="sum")')),
    ),
    _loss(
        "in_bits",
        "The logarithm of information is that to base 2.",
        "You wrote the loss in bits. Which logarithm does torch take, and which base has the log C "
        "it is compared with?",
        (_ASKED, f"{_ASKED} / math.log(2)"),
    ),
    _loss(
        "base_ten",
        "log is the logarithm to base 10.",
        "You wrote the loss to base 10. Which logarithm does torch take, and which base has the "
        "log C it is compared with?",
        (_ASKED, f"{_ASKED} / math.log(10)"),
    ),
    _loss(
        "softmax_twice",
        "Cross-entropy wants probabilities.",
        "Softmax is applied twice: your probabilities are taken for logits. What does torch's "
        "cross_entropy do first with what it is given?",
        ("model(inputs)", "model(inputs).softmax(dim=1)"),
    ),
    _loss(
        "logits_for_log_probabilities",
        "The negative log-likelihood is read off the outputs.",
        "You read the loss off the logits themselves. What turns a logit into the logarithm of a "
        "probability?",
        ("cross_entropy", "nll_loss"),
    ),
    _loss(
        "what_it_should_be",
        "The initial loss is log C.",
        "You return log C, which a guess would have. How does one find out whether this model "
        "guesses?",
        (_ASKED, "math.log(model(inputs).shape[1])"),
    ),
    _loss(
        "mean_over_classes_too",
        "The mean is taken over all numbers there are.",
        "You divide by the number of classes as well. How many terms of one example's sum over "
        "classes are not zero?",
        (_ASKED, f"{_ASKED} / model(inputs).shape[1]"),
    ),
    _loss(
        "after_a_step",
        "The first loss is the one after the first step.",
        "You take a step before you ask. What has the model learned by then, and whose model is "
        "it?",
        body="""\
model.eval()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
torch.nn.functional.cross_entropy(model(inputs), targets).backward()
optimizer.step()
with torch.no_grad():
    return torch.nn.functional.cross_entropy(model(inputs), targets).item()
""",
    ),
)

_fit = mistakes_in("overfit_sample", _STEPS)
_LOSS = "torch.nn.functional.cross_entropy(model(inputs), targets)"

OVERFIT = (
    _fit(
        "never_steps",
        "Calling backward trains the model.",
        "Your losses all are the first one: nothing moves. What does backward compute, and who "
        "moves the parameters?",
        ("    optimizer.step()\n", ""),
    ),
    _fit(
        "trains_a_copy",
        "The model is trained on a copy, to be safe.",
        "Your losses fall, and yet the model you were given stays as it was. Whose parameters does "
        "your optimizer hold?",
        (
            "optimizer = torch.optim.Adam",
            "model = __import__('copy').deepcopy(model)\noptimizer = torch.optim.Adam",
        ),
    ),
    _fit(
        "half_the_sample",
        "Half of the examples are for validation.",
        "The first half of the sample is known by heart, the second is not. Which part of so small "
        "a sample is there to be held back?",
        (_LOSS, "torch.nn.functional.cross_entropy(model(half), targets[: len(half)])"),
        ("losses = []", "losses = []\nhalf = inputs[: len(inputs) // 2]"),
    ),
    _fit(
        "over_budget",
        "A few steps more do no harm.",
        "You take more steps than you are allowed. How else can two rates be compared fairly?",
        ("range(steps)", "range(steps + 20)"),
    ),
    _fit(
        "first_loss_left_out",
        "A loss belongs to the parameters after the step.",
        "Your first loss is one that was taken after a step. Which number do you compare with "
        "log C?",
        (
            "    loss.backward()\n    losses.append(loss.item())\n    optimizer.step()\n",
            f"    loss.backward()\n    optimizer.step()\n    losses.append({_LOSS}.item())\n",
        ),
    ),
    _fit(
        "softmax_twice",
        "Cross-entropy wants probabilities.",
        "Softmax is applied twice: your probabilities are taken for logits. How low can the loss "
        "get, if the largest logit is 1?",
        (_LOSS, _LOSS.replace("model(inputs)", "model(inputs).softmax(dim=1)")),
    ),
    _fit(
        "sum_for_mean",
        "The loss of a sample is the sum of the losses of its examples.",
        "You wrote the sum over the examples. What is asked for, so that the first loss can be "
        "compared with log C?",
        (_LOSS, _LOSS.replace("targets)", 'targets, reduction="sum")')),
    ),
    _fit(
        "rate_too_small",
        "A small rate is a safe one.",
        "The model moves, and its loss hardly falls. Which rates have you tried, ten times larger "
        "each?",
        ("lr=1e-2", "lr=1e-6"),
    ),
    _fit(
        "uphill",
        "The gradient points to where the loss is lower.",
        "Your losses rise from step to step. Which way does the gradient point?",
        ("lr=1e-2", "lr=1e-2, maximize=True"),
    ),
)
