"""Known mistakes in ``average_probabilities``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_mean = mistakes_in("average_probabilities", "21_ensembles#sec-averaging")
_SOFTMAX = "torch.softmax(logits, dim=-1)"
_ALL = f"{_SOFTMAX}.mean(dim=0)"

ENSEMBLE = (
    _mean(
        "mean_of_logits",
        "Averaging logits is averaging predictions.",
        "You wrote the softmax of the mean logits, a geometric mean of the members. What is asked "
        "for: the mean of the logits, or of the probabilities?",
        (_ALL, "torch.softmax(logits.mean(dim=0), dim=-1)"),
    ),
    _mean(
        "votes",
        "Every member has one vote.",
        "You wrote the share of votes for each class. What becomes of how sure a member is?",
        (
            _ALL,
            "torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1])"
            ".to(logits.dtype).mean(dim=0)",
        ),
    ),
    _mean(
        "log_of_mean",
        "An ensemble answers with logarithms.",
        "You return logarithms. What do probabilities of one example sum to?",
        (_ALL, f"{_ALL}.log()"),
    ),
    _mean(
        "mean_of_logs",
        "The mean of the logarithms is the logarithm of the mean.",
        "You wrote the exponential of the mean logarithm, which does not sum to 1. Which of the "
        "two comes first: the mean, or the logarithm?",
        (_ALL, "torch.log_softmax(logits, dim=-1).mean(dim=0).exp()"),
    ),
    _mean(
        "sum_for_mean",
        "The members' probabilities are added.",
        "Your probabilities of one example sum to the number of members. By what must they be "
        "divided?",
        (".mean(dim=0)", ".sum(dim=0)"),
    ),
    _mean(
        "softmax_over_members",
        "Softmax goes along the first axis.",
        "Your softmax runs over the members. Which axis of (members, batch, classes) must sum to "
        "1?",
        ("dim=-1", "dim=0"),
    ),
    _mean(
        "softmax_over_the_batch",
        "The axis of the classes is axis 1.",
        "Your softmax runs over the examples. Which axis of (members, batch, classes) must sum to "
        "1?",
        ("dim=-1", "dim=1"),
    ),
    _mean(
        "mean_over_the_batch",
        "The members are in axis 1.",
        "You average over the examples. Which axis of (members, batch, classes) holds the members?",
        ("mean(dim=0)", "mean(dim=1)"),
    ),
    _mean(
        "softmax_overflows",
        "Softmax is exp divided by its sum.",
        "Your exponentials overflow where logits are large. What may be subtracted from all logits "
        "of an example without changing its softmax?",
        (_SOFTMAX, "(logits.exp() / logits.exp().sum(dim=-1, keepdim=True))"),
    ),
    _mean(
        "surest_member",
        "The member that is surest is right.",
        "You take the largest probability of any member for each class. Do these sum to 1?",
        (".mean(dim=0)", ".amax(dim=0)"),
    ),
)
