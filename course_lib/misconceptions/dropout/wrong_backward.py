"""Known mistakes in ``dropout_backward``."""

from course_lib.misconceptions.model import Misconception

_BACKWARD = "16_dropout#sec-dropout-backward"
_INVERTED = "16_dropout#sec-inverted"
_PUBLISHED = "16_dropout#sec-published"
_BY = ("dropout_backward",)

_FACTOR = "1 / (1 - p) if p < 1 else 0"
_RESULT = "grad_output * mask * scale"

MISCONCEPTIONS = (
    Misconception(
        slug="dropout_backward/no_mask",
        belief="Dropping happens on the way there; the gradient only needs the factor.",
        hint="Your gradient reaches elements that were dropped. How much does the loss change when "
        "such an element changes a little?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output * scale"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/no_factor",
        belief="The mask says where the gradient goes, and that is all.",
        hint="You mask the gradient and leave its size. By what did the way there multiply a kept "
        "element, and what does the chain rule make of that?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output * mask"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/neither",
        belief="Dropout has no weights, so the gradient passes through it.",
        hint="You hand the gradient on as it is. Which two things happened to an element on the "
        "way there?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output.clone()"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/undoes_the_factor",
        belief="The way back undoes what the way there did.",
        hint="You multiply by 1 - p, as if the way there were to be undone. The factor on the way "
        "there was 1 / (1 - p): is the derivative of c x equal to 1 / c or to c?",
        section=_BACKWARD,
        edits=((_FACTOR, "1 - p"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/divided_by_p",
        belief="The factor of inverted dropout is one over the dropout probability.",
        hint="You divide by the probability of dropping. Which probability did the way there "
        "divide by?",
        section=_INVERTED,
        edits=((_FACTOR, "1 / p if p > 0 else 1"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/mask_turned_round",
        belief="A mask says what is masked out.",
        hint="You let through what was dropped and hold back what was kept. What does True mean in "
        "this mask?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output * ~mask * scale"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/mask_drawn_again",
        belief="The way back drops at random just as the way there does.",
        hint="You draw a new mask on the way back. Through which network did the output go, and "
        "which argument remembers it?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output * (torch.rand_like(grad_output) >= p) * scale"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/forgets_what_comes_from_above",
        belief="The gradient of a layer is the derivative of its output by its input.",
        hint="You return the derivative of dropout itself, whatever the gradient from above is. "
        "What does the chain rule multiply it with?",
        section=_BACKWARD,
        edits=((_RESULT, "torch.ones_like(grad_output) * mask * scale"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/divides_by_zero",
        belief="1 - p is a probability of keeping, so it can be divided by.",
        hint="At p = 1 you divide by zero. What is the gradient of an output that is zero whatever "
        "the input is?",
        section=_BACKWARD,
        edits=((_FACTOR, "1 / (1 - p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/zero_by_zero",
        belief="Zero divided by anything is zero.",
        hint="At p = 1 you divide zeros by zero, and a tensor answers with nan instead of an "
        "exception. What is the gradient when everything was dropped?",
        section=_BACKWARD,
        body="return grad_output * mask / (1 - p)\n",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_backward/overwrites_gradient",
        belief="The gradient from above has done its work and can be reused.",
        hint="You change the gradient you were given. Who else may still need it, and which "
        "operation gives you a new tensor?",
        section=_BACKWARD,
        edits=((_RESULT, "grad_output.mul_(mask).mul_(scale)"),),
        caught_by=_BY,
    ),
)
