"""Known mistakes in ``dropout_as_published``."""

from course_lib.misconceptions.model import Misconception

_PUBLISHED = "16_dropout#sec-published"
_MASK = "16_dropout#sec-mask"
_BY = ("dropout_as_published",)

_DRAWN = "dropout_mask(input, 1 - keep)"
_TRAINING = f"input * {_DRAWN}"
_TEST = "return input * keep"

MISCONCEPTIONS = (
    Misconception(
        slug="dropout_as_published/inverted",
        belief="There is one dropout, and it divides in training.",
        hint="You wrote inverted dropout, with the factor in training and nothing at test time. "
        "The form of the paper is asked for: in which mode does its factor stand?",
        section=_PUBLISHED,
        edits=(
            (_TRAINING, f"{_TRAINING} * (1 / keep if keep > 0 else 0)"),
            (_TEST, "return input"),
        ),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/keep_taken_for_drop",
        belief="The argument of a dropout function is the probability of dropping.",
        hint="You read keep as a probability of dropping, in the mask and in the factor. How "
        "likely is an element to be kept here, and what is its mean then?",
        section=_PUBLISHED,
        edits=((_DRAWN, "dropout_mask(input, keep)"), (_TEST, "return input * (1 - keep)")),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/mask_takes_keep",
        belief="All functions of a notebook take the same probability.",
        hint="Your mask keeps a share of 1 - keep. Which probability does dropout_mask take, and "
        "which one do you hold here?",
        section=_MASK,
        edits=((_DRAWN, "dropout_mask(input, keep)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/multiplied_by_drop",
        belief="At test time everything is multiplied by the dropout probability.",
        hint="At test time you multiply by the probability of dropping, as a slide has it. Which "
        "share of an element is there in training on average?",
        section=_PUBLISHED,
        edits=((_TEST, "return input * (1 - keep)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/no_factor_at_test_time",
        belief="Nothing happens at test time.",
        hint="You hand the input on at test time, and no factor stands in training either. How "
        "much larger is the test-time network than the mean of the one in training?",
        section=_PUBLISHED,
        edits=((_TEST, "return input"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/enlarged_at_test_time",
        belief="What training takes away, test time has to give back.",
        hint="You divide by keep at test time. Are there more active elements in training or at "
        "test time, and which way must the factor go?",
        section=_PUBLISHED,
        edits=((_TEST, "return input / keep if keep > 0 else input"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/both_factors",
        belief="Training divides by keep, test time multiplies by keep.",
        hint="You divide in training, which is inverted dropout, and shrink at test time, which is "
        "the form of the paper. Which one of the two factors is to stay here?",
        section=_PUBLISHED,
        edits=((_TRAINING, f"{_TRAINING} * (1 / keep if keep > 0 else 0)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/factor_in_both_modes",
        belief="Every use of the layer is multiplied by keep.",
        hint="You multiply by keep in training, too. What has already made the mean of training "
        "smaller there?",
        section=_PUBLISHED,
        edits=((_TRAINING, f"{_TRAINING} * keep"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/drops_at_test_time",
        belief="The test-time network drops as well, and is shrunk on top of it.",
        hint="You drop at test time, too. By what does the paper replace the average over all "
        "thinned networks?",
        section=_PUBLISHED,
        edits=((_TEST, f"return input * {_DRAWN} * keep"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_as_published/modes_swapped",
        belief="training=False means that training is still to come.",
        hint="You drop at test time and shrink in training. Which of the two belongs to "
        "training=True?",
        section=_PUBLISHED,
        edits=(("if training:", "if not training:"),),
        caught_by=_BY,
    ),
)
