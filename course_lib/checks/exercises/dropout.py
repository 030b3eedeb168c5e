"""The exercises of the assignment "dropout", each with the promise its check makes."""

from course_lib.checks.spec import Exercise

REFUSED = (
    "dropout",
    "dropout_",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "alpha_dropout_",
    "feature_dropout",
    "feature_dropout_",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "native_dropout",
    "native_dropout_backward",
    "_fused_dropout",
    "scaled_dot_product_attention",
    "_scaled_dot_product_attention_math",
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
)
"""Everything in torch that drops for you."""


def _exercise(
    slug: str,
    target: str,
    title: str,
    claim: str,
    kind: str,
    options: tuple[str, ...],
    section: str = "16_dropout#sec-inverted",
    method: str = "",
    chance: bool = True,
) -> Exercise:
    defaults = {"p": 0.3, "keep": 0.7, "training": True}
    given = {} if kind == "dropout backward" else {n: defaults[n] for n in options}
    return Exercise(
        slug=slug,
        target=f"course_lib.nn.{target}",
        assignment="dropout",
        section=section,
        title=title,
        claim=claim,
        kind=kind,
        reference="",
        options=options,
        defaults=given,
        method=method,
        # Of the one judged by torch: a mask divided by a number is single precision, and a style.
        rtol=1e-6,
        judged="chance" if chance else "torch",
        refused=REFUSED,
    )


EXERCISES = (
    _exercise(
        "dropout_mask",
        "dropout.dropout_mask",
        "The mask",
        "dropout_mask keeps every element with probability 1 - p, each by a coin of its own",
        "mask",
        ("p",),
        "16_dropout#sec-mask",
    ),
    _exercise(
        "dropout",
        "dropout.dropout",
        "Inverted dropout",
        "dropout zeroes with probability p and divides the rest by 1 - p",
        "dropout",
        ("p", "training"),
    ),
    _exercise(
        "dropout_backward",
        "dropout.dropout_backward",
        "The way back",
        "dropout_backward sends the gradient through the mask and the factor of the way there",
        "dropout backward",
        ("p",),
        "16_dropout#sec-dropout-backward",
        chance=False,
    ),
    _exercise(
        "dropout_as_published",
        "conventions.dropout_as_published",
        "As first published",
        "dropout_as_published keeps with probability keep, and multiplies by keep at test time",
        "published dropout",
        ("keep", "training"),
        "16_dropout#sec-published",
    ),
    _exercise(
        "dropout_layer",
        "dropout.Dropout",
        "The layer",
        "Dropout drops in training and does nothing in evaluation",
        "dropout layer",
        ("p",),
        "16_dropout#sec-layer",
        "forward",
    ),
    _exercise(
        "drop_connect",
        "drop_connect.drop_connect",
        "DropConnect (beyond)",
        "drop_connect drops single weights, anew for every sample",
        "drop connect",
        ("p", "training"),
        "16_dropout#sec-dropconnect",
    ),
    _exercise(
        "stochastic_depth",
        "stochastic_depth.stochastic_depth",
        "Stochastic depth (beyond)",
        "stochastic_depth drops the branch of whole samples",
        "stochastic depth",
        ("p", "training"),
        "16_dropout#sec-stochastic-depth",
    ),
)
