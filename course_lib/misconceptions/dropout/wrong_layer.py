"""Known mistakes in ``Dropout.forward``."""

from course_lib.misconceptions.model import Misconception

_LAYER = "16_dropout#sec-layer"
_MASK = "16_dropout#sec-mask"
_INVERTED = "16_dropout#sec-inverted"
_PUBLISHED = "16_dropout#sec-published"
_BY = ("dropout_layer",)

_CALL = "dropout(input, self.p, self.training, self.inplace)"

MISCONCEPTIONS = (
    Misconception(
        slug="dropout_layer/on_in_evaluation",
        belief="A dropout layer drops whenever it is called.",
        hint="Your layer drops in evaluation, too. Which attribute does eval() change, and where "
        "do you read it?",
        section=_LAYER,
        edits=((_CALL, "dropout(input, self.p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/mode_from_grad_mode",
        belief="Training is when gradients are recorded.",
        hint="Your layer drops when autograd records, not when it is in training mode. Does "
        "torch.no_grad() call eval(), or eval() switch autograd off?",
        section=_LAYER,
        edits=(("self.training", "torch.is_grad_enabled()"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/modes_swapped",
        belief="training says that the layer has been trained.",
        hint="Your layer drops in evaluation and passes everything on in training. What does "
        "training=True say about the layer?",
        section=_LAYER,
        edits=(("self.training", "not self.training"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/never_drops",
        belief="A new layer is in evaluation until training starts.",
        hint="Your layer hands its input on in both modes. What must happen to it while training "
        "is True?",
        section=_LAYER,
        edits=((_CALL, "input"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/mask_kept",
        belief="A layer owns its mask, as it owns its parameters.",
        hint="Your layer draws its mask once and keeps it. Which networks does training average "
        "over when the mask never changes?",
        section=_MASK,
        body="""\
if not self.training:
    return input
if getattr(self, "mask", None) is None:
    self.mask = dropout_mask(input, self.p)
return input * self.mask * (1 / (1 - self.p) if self.p < 1 else 0)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/no_factor",
        belief="Dropout sets elements to zero, and that is all.",
        hint="Your layer keeps elements as they are, so its mean in training is smaller than in "
        "evaluation. Which factor does inverted dropout add, and in which mode?",
        section=_INVERTED,
        body="return input * dropout_mask(input, self.p) if self.training else input\n",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/as_published",
        belief="Evaluation shrinks the activations by the probability of keeping.",
        hint="You wrote the form of the paper, which shrinks in evaluation. The layer is inverted "
        "dropout: what happens to its input in evaluation?",
        section=_PUBLISHED,
        body="""\
if self.training:
    return input * dropout_mask(input, self.p)
return input * (1 - self.p)
""",
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/scaled_in_evaluation_too",
        belief="In evaluation all elements are there, so they are always to be shrunk by 1 - p.",
        hint="Your layer enlarges in training and shrinks in evaluation. Once the mean in training "
        "is right, what is left to be done in evaluation?",
        section=_INVERTED,
        edits=((_CALL, "dropout(input, self.p) if self.training else input * (1 - self.p)"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/keep_taken_for_drop",
        belief="A layer's p is the probability of keeping.",
        hint="Your layer keeps with probability p. Dropout(p=0.1) is to drop a tenth: which "
        "probability does your function take, and which one does the layer hold?",
        section=_MASK,
        edits=(("self.p,", "1 - self.p,"),),
        caught_by=_BY,
    ),
    Misconception(
        slug="dropout_layer/p_ignored",
        belief="The function knows its p by default.",
        hint="Your layer drops one half, whatever p it was made with. Where does the constructor "
        "put p?",
        section=_LAYER,
        edits=((_CALL, "dropout(input, training=self.training)"),),
        caught_by=_BY,
    ),
)
