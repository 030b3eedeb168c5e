"""The exercises of the assignment "training", each with the promise its check makes."""

from typing import Any

from course_lib.checks.spec import Exercise


def _exercise(
    slug: str,
    target: str,
    title: str,
    claim: str,
    kind: str,
    section: str,
    options: tuple[str, ...] = (),
    **others: Any,
) -> Exercise:
    return Exercise(
        slug=slug,
        target=f"course_lib.training.{target}",
        assignment="training",
        section=section,
        title=title,
        claim=claim,
        kind=kind,
        options=options,
        **{"reference": "", "pretended": False, **others},
    )


def _configuration(task: str, title: str, data: str) -> Exercise:
    return _exercise(
        f"{task}_configuration",
        f"configurations.{task}_configuration",
        title,
        f"the median accuracy of your runs on {data} reaches the band",
        "configuration",
        "24_where_to_start#sec-checklist",
        ("band",),
        reference=task,
        defaults={"band": "first"},
        judged="outcome",
        on_devices=False,
    )


EXERCISES = (
    _exercise(
        "initial_loss",
        "tuning.initial_loss",
        "The first loss",
        "initial_loss is the mean cross-entropy of the model in evaluation mode, before any step",
        "model loss",
        "19_hyperparameter_search#sec-seven-steps",
        rtol=1e-7,
    ),
    _exercise(
        "overfit_sample",
        "tuning.overfit_sample",
        "A small sample by heart",
        "overfit_sample trains the model until it knows the sample by heart",
        "overfit",
        "19_hyperparameter_search#sec-seven-steps",
        judged="outcome",
    ),
    _exercise(
        "log_uniform",
        "tuning.log_uniform",
        "Rates to try",
        "log_uniform draws numbers whose logarithm is uniform",
        "log uniform",
        "19_hyperparameter_search#sec-log-space",
        ("low", "high", "count"),
        defaults={"low": 1e-4, "high": 1.0, "count": 20_000},
        judged="outcome",
        on_devices=False,
    ),
    _exercise(
        "stop_early",
        "tuning.stop_early",
        "When to stop",
        "stop_early finds the best epoch and the epoch at which the run ends",
        "stopping",
        "14_reading_curves#sec-early-stopping",
        ("patience",),
        defaults={"patience": 2},
        on_devices=False,
    ),
    _exercise(
        "average_probabilities",
        "tuning.average_probabilities",
        "An ensemble",
        "average_probabilities is the mean of the members' probabilities",
        "ensemble",
        "21_ensembles#sec-averaging",
        rtol=1e-10,
        pretended=True,
    ),
    _configuration("digits", "The digits", "the digits"),
    _configuration("mnist1d", "MNIST-1D", "MNIST-1D"),
    _exercise(
        "own_parts",
        "configurations.mnist1d_configuration",
        "Your own library",
        "the configuration for MNIST-1D runs on parts you wrote",
        "own parts",
        "24_where_to_start#sec-checklist",
        ("part",),
        reference="mnist1d",
        defaults={"part": "optimizer"},
        on_devices=False,
    ),
)
