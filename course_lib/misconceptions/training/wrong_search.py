"""Known mistakes in ``log_uniform`` and ``stop_early``."""

from course_lib.misconceptions.schedules.making import mistakes_in

_draw = mistakes_in("log_uniform", "19_hyperparameter_search#sec-log-space")
_EXPONENT = "math.log(low) + (math.log(high) - math.log(low)) * place"

LOG_UNIFORM = (
    _draw(
        "uniform",
        "A number from low to high is drawn evenly.",
        "You wrote the uniform distribution. Which share of its numbers lies in the uppermost "
        "decade, and which in the lowest?",
        (_EXPONENT, "(low + (high - low) * place).log()"),
    ),
    _draw(
        "decades_with_natural_power",
        "log10 and exp undo each other.",
        "Your exponents count decades, and you raise e to them. Which power undoes a logarithm to "
        "base 10?",
        (_EXPONENT, "math.log10(low) + (math.log10(high) - math.log10(low)) * place"),
    ),
    _draw(
        "natural_exponents_to_base_ten",
        "A rate is ten to the power of its exponent, whatever the logarithm.",
        "Your exponents are natural logarithms, and you raise 10 to them. Which power undoes a "
        "natural logarithm?",
        ("exponent.exp()", "10**exponent"),
    ),
    _draw(
        "bounds_swapped",
        "The exponent starts at low and falls with the quotient of low and high.",
        "Your numbers begin at low and go down. Which of the two logarithms is the larger one?",
        ("math.log(high) - math.log(low)", "math.log(low) - math.log(high)"),
    ),
    _draw(
        "whole_decades",
        "Rates are powers of ten.",
        "You draw powers of ten alone. How many different rates does a search then see?",
        ("exponent.exp()", "10.0 ** (exponent / math.log(10)).round()"),
    ),
    _draw(
        "grid",
        "Evenly spread on the logarithm means a grid.",
        "You wrote a grid: nothing is drawn. What is the use of the generator?",
        (
            "torch.rand(count, generator=generator, dtype=torch.float64)",
            "torch.linspace(0, 1, count, dtype=torch.float64)",
        ),
    ),
    _draw(
        "one_draw_for_all",
        "One random number is enough.",
        "All your numbers are one and the same. How many coins does a draw of count numbers need?",
        (
            "torch.rand(count, generator=generator, dtype=torch.float64)",
            "torch.rand(1, generator=generator, dtype=torch.float64).expand(count)",
        ),
    ),
    _draw(
        "generator_ignored",
        "torch.rand draws from the right generator by itself.",
        "Your numbers come from torch's global random state. Which argument of torch.rand lets a "
        "search be run again with the same draws?",
        ("generator=generator, ", ""),
    ),
    _draw(
        "bell_of_exponents",
        "Random means normally distributed.",
        "You wrote a bell curve for the exponents, and its tails leave the range. What makes every "
        "decade as likely as any other?",
        (
            "torch.rand(count, generator=generator, dtype=torch.float64)",
            "0.5 + torch.randn(count, generator=generator, dtype=torch.float64) / 4",
        ),
    ),
    _draw(
        "exponents_returned",
        "The search takes exponents.",
        "You return the exponents. What is a learning rate of -4?",
        ("return exponent.exp()", "return exponent"),
    ),
)

_stop = mistakes_in("stop_early", "14_reading_curves#sec-early-stopping")

STOP_EARLY = (
    _stop(
        "equal_is_better",
        "A loss as low as the best is a new best.",
        "You count an equal loss as better. What does a curve gain that stays where it is?",
        ("losses[epoch] < losses[best]", "losses[epoch] <= losses[best]"),
    ),
    _stop(
        "one_epoch_late",
        "The run ends when more than patience epochs have brought nothing.",
        "Your run ends one epoch late. How many epochs without a better loss are allowed, if "
        "patience is 1?",
        ("epoch - best >= patience", "epoch - best > patience"),
    ),
    _stop(
        "one_epoch_early",
        "The best epoch is the first one that brings nothing better.",
        "Your run ends one epoch early. Does the best epoch itself count as one without "
        "improvement?",
        ("epoch - best >= patience", "epoch - best >= patience - 1"),
    ),
    _stop(
        "last_kept",
        "The weights of the last epoch are the trained ones.",
        "You keep the epoch at which the run ends. Which epoch had the lowest loss?",
        ("return best, epoch", "return epoch, epoch"),
        ("return best, len(losses) - 1", "return len(losses) - 1, len(losses) - 1"),
    ),
    _stop(
        "compared_with_the_epoch_before",
        "An improvement is a loss below the one before.",
        "You compare each loss with the one before it. Is a curve that has climbed for an hour and "
        "now falls a little better than at its lowest?",
        body="""\
best, waited = 0, 0
for epoch in range(1, len(losses)):
    if losses[epoch] < losses[epoch - 1]:
        best, waited = epoch, 0
    else:
        waited += 1
    if waited >= patience:
        return best, epoch
return best, len(losses) - 1
""",
    ),
    _stop(
        "never_forgives",
        "Patience is used up once and for all.",
        "Your counter never goes back to 0. What does a new best loss say about the epochs before "
        "it?",
        body="""\
best, waited = 0, 0
for epoch in range(1, len(losses)):
    if losses[epoch] < losses[best]:
        best = epoch
    else:
        waited += 1
    if waited >= patience:
        return best, epoch
return best, len(losses) - 1
""",
    ),
    _stop(
        "looks_ahead",
        "The best epoch is the one with the lowest loss of all.",
        "Your best epoch lies beyond the end of the run. What does a run that has stopped know of "
        "the losses to come?",
        ("return best, epoch", "return min(range(len(losses)), key=losses.__getitem__), epoch"),
    ),
    _stop(
        "counted_from_one",
        "The first epoch is epoch 1.",
        "You count epochs from 1. From which number does the exercise count?",
        ("return best, epoch", "return best + 1, epoch + 1"),
        ("return best, len(losses) - 1", "return best + 1, len(losses)"),
    ),
    _stop(
        "higher_is_better",
        "The best epoch has the highest value.",
        "You look for the highest value, as one does with an accuracy. What is a loss when it is "
        "good?",
        ("losses[epoch] < losses[best]", "losses[epoch] > losses[best]"),
    ),
    _stop(
        "never_stops",
        "Early stopping picks the best epoch of the whole run.",
        "Your run always goes on to its last epoch. What is patience for?",
        ("epoch - best >= patience", "False"),
    ),
)
