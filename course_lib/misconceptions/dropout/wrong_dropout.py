"""Known mistakes in ``dropout``, the inverted form."""

from course_lib.misconceptions.model import Misconception

_INVERTED = "16_dropout#sec-inverted"
_PUBLISHED = "16_dropout#sec-published"
_BACKWARD = "16_dropout#sec-dropout-backward"
_LAYER = "16_dropout#sec-layer"
_MASK = "16_dropout#sec-mask"
_BY = ("dropout",)

_SKIP = "if not training or p == 0:\n    return input"
_DRAWN = "mask = dropout_mask(input, p)"
_FACTOR = "1 / (1 - p) if p < 1 else 0"

MISCONCEPTIONS = (
    Misconception(
        slug="dropout/no_factor",
        belief="Dropout sets elements to zero, and that is all.",
        hint="What you keep stays as it is, so the mean sinks to 1 - p of what evaluation gives. "
        "By what must a kept element be divided for the mean to stay?",
        section=_INVERTED,
        edits=((f".mul_({_FACTOR})", ""),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/as_published",
        belief="Training drops, and the test-time network is shrunk by the probability of keeping.",
        hint="You wrote the form of the paper, which leaves training alone and shrinks everything "
        "at test time. Here the inverted form is asked for: in which mode does its factor stand?",
        section=_PUBLISHED,
        edits=(
            (_SKIP, "if not training:\n    return input * (1 - p)"),
            (f".mul_({_FACTOR})", ""),
        ),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/scaled_at_test_time_too",
        belief="At test time all elements are there, so they are always to be shrunk by 1 - p.",
        hint="Evaluation shrinks the input by 1 - p although training has already enlarged it by "
        "the inverse. What is left to be done at test time, once the mean in training is right?",
        section=_INVERTED,
        edits=((_SKIP, "if not training:\n    return input * (1 - p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/divided_by_p",
        belief="The factor of inverted dropout is one over the dropout probability.",
        hint="You enlarge what is kept by 1 / p. A coin keeps an element with which probability, "
        "and which factor makes up for that?",
        section=_INVERTED,
        edits=((_FACTOR, "1 / p"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/multiplied_by_keep",
        belief="The factor of the test-time network goes to training as it is.",
        hint="You multiply what is kept by 1 - p, so that the mean shrinks twice: once by the "
        "zeros, once by you. Which way does the factor have to go?",
        section=_INVERTED,
        edits=((_FACTOR, "1 - p"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/keep_taken_for_drop",
        belief="p is the probability of keeping, as in the paper.",
        hint="You keep with probability p, which is the paper's letter for it. Here p is the "
        "probability of dropping: what do mask and factor become?",
        section="16_dropout#sec-mask",
        edits=((_DRAWN, "mask = dropout_mask(input, 1 - p)"), (_FACTOR, "1 / p if p > 0 else 0")),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/on_in_evaluation",
        belief="Dropout drops; whoever does not want it leaves it out.",
        hint="You drop in evaluation, too. What does the argument training say there, and what "
        "should come back?",
        section=_LAYER,
        edits=((_SKIP, "if p == 0:\n    return input"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/divides_by_zero",
        belief="1 - p is a probability of keeping, so it can be divided by.",
        hint="At p = 1 you divide by zero. What is left to be enlarged when everything is dropped?",
        section=_INVERTED,
        edits=((_FACTOR, "1 / (1 - p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/zero_by_zero",
        belief="Zero divided by anything is zero.",
        hint="At p = 1 you divide zeros by zero, and a tensor answers with nan instead of an "
        "exception. What should come back when everything is dropped?",
        section=_INVERTED,
        edits=((f"dropped.mul_({_FACTOR})", "dropped / (1 - p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/zeros_from_nowhere",
        belief="When everything is dropped, the output has nothing to do with the input.",
        hint="At p = 1 you return fresh zeros, which autograd cannot follow back. What does a "
        "loss above them meet on its way to the input?",
        section=_BACKWARD,
        edits=((_DRAWN, f"if p == 1:\n    return torch.zeros_like(input)\n{_DRAWN}"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/graph_cut",
        belief="Dropping is bookkeeping that autograd need not see.",
        hint="Your output no longer hangs together with the input, so no gradient comes back. "
        "Which of your operations does autograd not follow?",
        section=_BACKWARD,
        edits=(
            (_DRAWN, f"if p == 1:\n    return input * 0\n{_DRAWN}"),
            ("else input * mask", "else input.detach() * mask"),
        ),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/overwrites_input",
        belief="Setting elements of the input to zero is the shortest way to drop them.",
        hint="You set elements of the input itself. Who else holds that tensor, and which "
        "operation gives you a new one?",
        section=_INVERTED,
        body="""\
if not training or p == 0:
    return input
input[~dropout_mask(input, p)] = 0
return input * (1 / (1 - p) if p < 1 else 0)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/mask_drawn_again_on_the_way_back",
        belief="The way back drops at random just as the way there does.",
        hint="Your gradient goes through another mask than the output did: elements that were "
        "dropped get a gradient. Where is the mask of the way there kept for the way back?",
        section=_BACKWARD,
        body="""\
if not training or p == 0:
    return input
scale = 1 / (1 - p) if p < 1 else 0

class Masked(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * dropout_mask(x, p) * scale

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * dropout_mask(grad_output, p) * scale

return Masked.apply(input)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/gradient_not_masked",
        belief="Noise added to the values is a constant, and a constant has no gradient.",
        hint="Your gradient arrives as if nothing had been dropped. Does an element that had no "
        "part in the output get a gradient, and by what is that of a kept one multiplied?",
        section=_BACKWARD,
        body="""\
if not training or p == 0:
    return input
dropped = input * dropout_mask(input, p) * (1 / (1 - p) if p < 1 else 0)
return input + (dropped - input).detach()
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/factor_of_this_draw",
        belief="The factor makes up for the elements that were dropped this time.",
        hint="Your factor depends on how many the coins kept in this call, so it changes from call "
        "to call. Which number does the formula divide by?",
        section=_INVERTED,
        edits=((_FACTOR, "1 / mask.double().mean().clamp_min(1e-9)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/one_row_for_all",
        belief="Dropout switches units off, so one mask serves the whole batch.",
        hint="Every row of your batch loses the same elements. Which shape must the mask have for "
        "each sample to see a thinned network of its own?",
        section=_MASK,
        edits=((_DRAWN, "mask = dropout_mask(input[0], p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/one_coin_for_all",
        belief="With probability p a call drops, otherwise it does not.",
        hint="A single coin decides for the whole input in each call. How many coins should fall?",
        section=_MASK,
        edits=((_DRAWN, "mask = dropout_mask(input.new_ones(()), p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout/same_mask_every_call",
        belief="Reproducible code sets its seed before it draws.",
        hint="All your calls drop the same elements. What does a seed that is set inside the "
        "function do to the second call?",
        section=_MASK,
        edits=((_DRAWN, f"torch.manual_seed(0)\n{_DRAWN}"),),
        caught_by=_BY,
    ),
)
