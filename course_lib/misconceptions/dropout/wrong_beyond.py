"""Known mistakes in ``drop_connect`` and ``stochastic_depth``."""

from course_lib.misconceptions.model import Misconception

_CONNECT = "16_dropout#sec-dropconnect"
_DEPTH = "16_dropout#sec-stochastic-depth"

_OFF = "if not training:"

DROP_CONNECT = (
    Misconception(
        slug="drop_connect/drops_inputs",
        belief="Dropping a unit drops its weights, so both come to the same.",
        hint="You drop elements of the input, and with each all of its weights: that is dropout. "
        "What does one coin decide about in DropConnect?",
        section=_CONNECT,
        body="""\
if not training:
    return torch.nn.functional.linear(input, weight, bias)
return torch.nn.functional.linear(dropout(input, p), weight, bias)
""",
        caught_by=("drop_connect",),
    ),
    Misconception(
        slug="drop_connect/one_mask_for_all_samples",
        belief="There is one weight matrix, so there is one mask.",
        hint="All samples of your batch see the same thinned weights. How many masks does the "
        "index b in the formula ask for?",
        section=_CONNECT,
        edits=(("dropout(weights, p)", "dropout(weight, p)"),),
        caught_by=("drop_connect",),
    ),
    Misconception(
        slug="drop_connect/no_factor",
        belief="DropConnect sets weights to zero, and that is all.",
        hint="The weights you keep stay as they are. By what does the formula divide them?",
        section=_CONNECT,
        edits=(("dropout(weights, p)", "(weights * dropout_mask(weights, p))"),),
        caught_by=("drop_connect",),
    ),
    Misconception(
        slug="drop_connect/on_in_evaluation",
        belief="DropConnect drops whenever it is called.",
        hint="You drop in evaluation, too. Which weights does the formula use there?",
        section=_CONNECT,
        edits=(("dropout(weights, p)", "dropout(weights, p, True)"), (_OFF, "if p == 0:")),
        caught_by=("drop_connect",),
    ),
    Misconception(
        slug="drop_connect/drops_outputs",
        belief="The mask may as well be applied to what the weights give.",
        hint="You drop outputs, and the bias with them. On which side of the product does the mask "
        "stand in the formula?",
        section=_CONNECT,
        body="""\
output = torch.nn.functional.linear(input, weight, bias)
return dropout(output, p) if training else output
""",
        caught_by=("drop_connect",),
    ),
)

STOCHASTIC_DEPTH = (
    Misconception(
        slug="stochastic_depth/drops_elements",
        belief="Dropping a branch at random means dropping its elements.",
        hint="You drop single elements of the branch: that is dropout. What does the coin of a "
        "sample decide about?",
        section=_DEPTH,
        body="return dropout(branch, p, training)\n",
        caught_by=("stochastic_depth",),
    ),
    Misconception(
        slug="stochastic_depth/one_coin_for_the_batch",
        belief="A block is skipped or not, for the whole batch.",
        hint="You toss one coin for the whole batch, as the paper does. The form asked for has one "
        "for each sample: which shape do the coins have then?",
        section=_DEPTH,
        edits=(("[len(branch)]", "[1]"),),
        caught_by=("stochastic_depth",),
    ),
    Misconception(
        slug="stochastic_depth/no_factor",
        belief="A branch is there or it is not.",
        hint="The branches you keep stay as they are, which is the paper's training. The inverted "
        "form is asked for: by what does it divide?",
        section=_DEPTH,
        edits=(("dropout(ones, p)", "dropout_mask(ones, p)"),),
        caught_by=("stochastic_depth",),
    ),
    Misconception(
        slug="stochastic_depth/as_published",
        belief="Training drops branches, and evaluation shrinks them by the share that was kept.",
        hint="You wrote the paper's form, which shrinks the branch in evaluation. The inverted "
        "form is asked for: what is left to be done in evaluation there?",
        section=_DEPTH,
        edits=(
            ("dropout(ones, p)", "dropout_mask(ones, p)"),
            ("return branch\n", "return branch * (1 - p)\n"),
        ),
        caught_by=("stochastic_depth",),
    ),
    Misconception(
        slug="stochastic_depth/on_in_evaluation",
        belief="Branches are dropped whenever the function is called.",
        hint="You drop branches in evaluation, too. How deep is the network there?",
        section=_DEPTH,
        edits=((_OFF, "if p == 0:"),),
        caught_by=("stochastic_depth",),
    ),
)

MISCONCEPTIONS = (*DROP_CONNECT, *STOCHASTIC_DEPTH)
