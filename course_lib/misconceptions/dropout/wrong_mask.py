"""Known mistakes in ``dropout_mask``."""

from course_lib.misconceptions.model import Misconception

_MASK = "16_dropout#sec-mask"
_BY = ("dropout_mask",)

_LIBRARY = "torch.empty_like(input, dtype=torch.bool).bernoulli_(1 - p)"

MISCONCEPTIONS = (
    Misconception(
        slug="dropout_mask/keep_taken_for_drop",
        belief="p is the probability of a one in the mask.",
        hint="Your mask keeps a share of p: it reads p as the probability of keeping, as the paper "
        "does. Here p is the probability of dropping: which share is to be kept?",
        section=_MASK,
        edits=(("1 - p", "p"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/one_row_for_all",
        belief="Dropout switches units off, so one mask serves the whole batch.",
        hint="Every row of your batch loses the same elements. How many coins has a batch of 40 "
        "rows and 60 columns?",
        section=_MASK,
        edits=(
            (
                _LIBRARY,
                "(torch.rand(input.shape[1:], device=input.device) >= p).expand(input.shape)",
            ),
        ),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/one_coin_for_a_row",
        belief="Dropout leaves out whole examples.",
        hint="Your rows are kept or dropped as a whole, which is stochastic depth. To what does a "
        "coin belong in dropout: to a sample or to each of its elements?",
        section=_MASK,
        body="""\
coins = torch.rand(input.shape[0], device=input.device) >= p
return coins.reshape([-1] + [1] * (input.dim() - 1)).expand(input.shape)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/one_coin_for_all",
        belief="With probability p the layer is off, otherwise it is on.",
        hint="You toss one coin for the whole tensor, so that all of it is kept or none. How many "
        "coins does the sum over its elements ask for?",
        section=_MASK,
        body="""\
coin = torch.rand((), device=input.device) >= p
return coin.expand(input.shape)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/seeded_inside",
        belief="Reproducible code sets its seed before it draws.",
        hint="All your calls give the same mask. What does a seed that is set inside the function "
        "do to the second call?",
        section=_MASK,
        edits=(("return ", "torch.manual_seed(0)\nreturn "),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/fixed_number",
        belief="Dropping with probability p means that the share p of the elements is dropped.",
        hint="You drop exactly the same number each time, as shuffling does. Does the coin of one "
        "element know how the others fell?",
        section=_MASK,
        body="""\
kept = torch.ones(input.numel(), dtype=torch.bool, device=input.device)
kept[torch.randperm(input.numel(), device=input.device)[: round(p * input.numel())]] = False
return kept.reshape(input.shape)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/normal_numbers",
        belief="randn draws random numbers, and any random numbers will do.",
        hint="You compare p with normally distributed numbers. How likely is such a number to lie "
        "above p, and from which distribution would it be 1 - p?",
        section=_MASK,
        edits=((_LIBRARY, "torch.randn(input.shape, device=input.device) > p"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/always_half",
        belief="A mask is made of random zeros and ones.",
        hint="Your mask keeps one half, whatever p is. Where does p enter?",
        section=_MASK,
        edits=((_LIBRARY, "torch.randint(0, 2, input.shape, device=input.device).bool()"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/numbers",
        belief="A mask is something to multiply by, so it is made of numbers.",
        hint="Your mask is made of the numbers 0 and 1. Which dtype holds True and False, and can "
        "be multiplied by just as well?",
        section=_MASK,
        edits=(("dtype=torch.bool", "dtype=torch.float32"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/factor_in_mask",
        belief="The mask of inverted dropout carries the factor 1 / (1 - p).",
        hint="Your mask already carries the factor 1 / (1 - p), as some programs write it. Which "
        "function of this notebook is to apply it, and how often would it be applied then?",
        section=_MASK,
        edits=((_LIBRARY, "(torch.rand_like(input.double()) >= p) / (1 - p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/one_coin_for_a_channel",
        belief="Elements of one channel belong together and are dropped together.",
        hint="Neighbors along the last axes share their coin, as in dropout of whole channels. "
        "Which elements may share one here?",
        section=_MASK,
        body="""\
shape = [*input.shape[:2]] + [1] * (input.dim() - 2)
return (torch.rand(shape, device=input.device) >= p).expand(input.shape)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_mask/on_the_cpu",
        belief="A new tensor lies where the others do.",
        hint="You make the mask from a shape alone, which places it on the CPU. What could tell "
        "torch where the input lies?",
        section=_MASK,
        edits=((_LIBRARY, "torch.rand(input.shape) >= p"),),
        caught_by=_BY,
        needs_gpu=True,
    ),
)
