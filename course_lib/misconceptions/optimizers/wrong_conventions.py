"""Known mistakes in the three velocity conventions."""

from course_lib.misconceptions.model import Misconception

_CONVENTIONS = "09_momentum#sec-conventions"

MISCONCEPTIONS = (
    Misconception(
        slug="rate_inside/rate_outside",
        belief="There is only one velocity, and it never contains the learning rate.",
        hint="You wrote convention 2, where the rate multiplies the whole velocity. This exercise "
        "asks for convention 1: where does the rate enter there?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity + grad\nreturn velocity, -lr * velocity\n",
        caught_by=("rate_inside",),
    ),
    Misconception(
        slug="rate_inside/sign_flipped",
        belief="Whether the velocity is added or subtracted is a matter of taste.",
        hint="You wrote convention 3, whose velocity points uphill and is subtracted. Which way "
        "does the velocity of convention 1 point?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity + lr * grad\nreturn velocity, -velocity\n",
        caught_by=("rate_inside",),
    ),
    Misconception(
        slug="rate_inside/old_velocity_moves",
        belief="The step is made with the velocity the parameter arrives with.",
        hint="The update you return lags one step behind. Which velocity moves the parameter, the "
        "one handed in or the one just computed?",
        section=_CONVENTIONS,
        body="return momentum * velocity - lr * grad, velocity\n",
        caught_by=("rate_inside",),
    ),
    Misconception(
        slug="rate_outside/rate_inside",
        belief="The velocity is the last step, so the learning rate is a part of it.",
        hint="You wrote convention 1, with the rate inside the velocity. This exercise asks for "
        "convention 2: what is left of the velocity when the rate stands outside?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity - lr * grad\nreturn velocity, velocity\n",
        caught_by=("rate_outside",),
    ),
    Misconception(
        slug="rate_outside/averaged",
        belief="The velocity is the running mean of the gradients.",
        hint="You wrote the averaged form, where the gradient enters with weight 1 - momentum. "
        "Convention 2 keeps a sum: what is its weight there?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity + (1 - momentum) * grad\n"
        "return velocity, -lr * velocity\n",
        caught_by=("rate_outside",),
    ),
    Misconception(
        slug="rate_outside/uphill",
        belief="The update is the rate times the velocity.",
        hint="Your update climbs. Which way does a sum of gradients point, and which way do you "
        "want to go?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity + grad\nreturn velocity, lr * velocity\n",
        caught_by=("rate_outside",),
    ),
    Misconception(
        slug="rate_inside_flipped/uphill",
        belief="A velocity is always added to the parameter.",
        hint="Your update climbs. The velocity of convention 3 points uphill: what has to happen "
        "to its sign before it moves the parameter?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity + lr * grad\nreturn velocity, velocity\n",
        caught_by=("rate_inside_flipped",),
    ),
    Misconception(
        slug="rate_inside_flipped/not_flipped",
        belief="Conventions 1 and 3 are the same, since they give the same path.",
        hint="You wrote convention 1. The path is the same, the velocity is not: what is its sign "
        "in convention 3?",
        section=_CONVENTIONS,
        body="velocity = momentum * velocity - lr * grad\nreturn velocity, velocity\n",
        caught_by=("rate_inside_flipped",),
    ),
)
