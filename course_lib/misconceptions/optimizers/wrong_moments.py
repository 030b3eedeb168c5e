"""Known mistakes in the two moments, which Adam and AdamW share."""

from course_lib.misconceptions.model import Misconception

_ADAM = "10_adaptive_steps#sec-adam"
_BIAS = "10_adaptive_steps#sec-bias-correction"
_EPSILON = "10_adaptive_steps#sec-epsilon"
_AMSGRAD = "10_adaptive_steps#sec-amsgrad"

_BETAS = 'lr, (beta1, beta2) = group["lr"], group["betas"]\n'
_T = 't = state["step"].item()'
_CORRECTIONS = "1 - beta1**t, 1 - beta2**t"
_MEAN = ".lerp_(grad, 1 - beta1)"
_SQUARES = ".addcmul_(grad, grad, value=1 - beta2)"
_MAXIMUM = 'v = torch.maximum(state["max_exp_avg_sq"], v, out=state["max_exp_avg_sq"])'
_DENOMINATOR = 'v.div(v_correction).sqrt_().add_(group["eps"])'
_MOVE = "param.addcdiv_(m, denominator, value=-lr / m_correction)"


def moments(exercise: str) -> tuple[Misconception, ...]:
    """Mistakes in the two moments: the same lines in Adam and in AdamW."""

    def mistake(
        fault: str, belief: str, hint: str, section: str, *edits: tuple[str, str]
    ) -> Misconception:
        return Misconception(
            slug=f"{exercise}/{fault}",
            belief=belief,
            hint=hint,
            section=section,
            edits=edits,
            caught_by=(exercise,),
        )

    return (
        mistake(
            "no_bias_correction",
            "After a few steps the averages are right anyway.",
            "Your first steps are too long: neither average is corrected. Which of the two is "
            "further from its final size when both start at zero?",
            _BIAS,
            (_CORRECTIONS, "1.0, 1.0"),
        ),
        mistake(
            "first_moment_uncorrected",
            "Only the average under the root needs a correction.",
            "Your first steps are too short. Have you divided the first moment by one minus beta1 "
            "to the t?",
            _BIAS,
            (_CORRECTIONS, "1.0, 1 - beta2**t"),
        ),
        mistake(
            "second_moment_uncorrected",
            "Only the average of the gradients needs a correction.",
            "Your first steps are far too long. Have you divided the second moment by one minus "
            "beta2 to the t?",
            _BIAS,
            (_CORRECTIONS, "1 - beta1**t, 1.0"),
        ),
        mistake(
            "correction_from_zero",
            "The first step is step 0, as in a Python loop.",
            "Your correction divides by zero in the first step. How many gradients are in the "
            "average when it is first corrected?",
            _BIAS,
            (_T, _T + " - 1"),
        ),
        mistake(
            "correction_from_zero_in_tensors",
            "The first step is step 0, as in a Python loop.",
            "Your steps are not numbers. By what does the correction divide in the first step, and "
            "how many gradients are in the average by then?",
            _BIAS,
            (_T, 't = state["step"].to(param.dtype) - 1'),
        ),
        mistake(
            "correction_from_two",
            "The step is counted up before it is used, and then once more.",
            "Your correction is one step ahead. How many gradients are in the average when it is "
            "first corrected?",
            _BIAS,
            (_T, _T + " + 1"),
        ),
        mistake(
            "correction_in_float32",
            "A tensor that holds a whole number is as good as a number.",
            "Your path is right to five digits only. In which precision is one minus beta2 to the "
            "t worked out when t is a tensor?",
            _BIAS,
            (_T, 't = state["step"]'),
        ),
        mistake(
            "corrected_moments_stored",
            "Once corrected, the averages are right and can be kept.",
            "Your corrections pile up from step to step. Which averages does the next step go on "
            "with, the corrected ones or the raw ones?",
            _BIAS,
            (_DENOMINATOR, 'v.div_(v_correction).sqrt().add_(group["eps"])'),
            (_MOVE, "param.addcdiv_(m.div_(m_correction), denominator, value=-lr)"),
        ),
        mistake(
            "eps_inside_root",
            "It makes no difference whether eps stands inside or outside of the root.",
            "You wrote eps inside the root. The exercise asks for eps beside it: at which "
            "gradients do the two differ?",
            _EPSILON,
            (_DENOMINATOR, 'v.div(v_correction).add_(group["eps"]).sqrt_()'),
        ),
        mistake(
            "eps_before_correction",
            "The correction of the second moment can be moved to the learning rate.",
            "You wrote the form the paper calls epsilon-hat: eps stands beside the uncorrected "
            "root. The exercise asks for eps beside the corrected one: which is larger at the "
            "start?",
            _EPSILON,
            (_DENOMINATOR, 'v.sqrt().add_(group["eps"]).div_(v_correction**0.5)'),
        ),
        mistake(
            "eps_inside_uncorrected_root",
            "eps guards the square as soon as it is taken.",
            "You add eps to the second moment before it is corrected, inside the root. The "
            "exercise asks for eps beside the corrected root: what does the correction do to "
            "your eps?",
            _EPSILON,
            (_DENOMINATOR, 'v.add(group["eps"]).div_(v_correction).sqrt_()'),
        ),
        mistake(
            "eps_after_division",
            "eps is added at the end, to be safe.",
            "You add eps to the quotient, so every parameter drifts by it. What is eps to keep "
            "away from zero?",
            _EPSILON,
            (_DENOMINATOR, "v.div(v_correction).sqrt_()"),
            (_MOVE, 'param.sub_(lr * (m / m_correction / denominator + group["eps"]))'),
        ),
        mistake(
            "eps_missing",
            "A mean of squares is never zero, so eps can be left out.",
            "Your path is that of eps=0. What does the formula add to the root?",
            _EPSILON,
            (_DENOMINATOR, "v.div(v_correction).sqrt_()"),
        ),
        mistake(
            "betas_swapped",
            "beta1 belongs to the denominator, beta2 to the numerator.",
            "Your two averages have changed places. Which beta belongs to the gradient, and which "
            "to its square?",
            _ADAM,
            (_BETAS, _BETAS.replace("beta1, beta2", "beta2, beta1")),
        ),
        mistake(
            "one_beta_for_both",
            "Both averages fade alike.",
            "Your average of squares fades with beta1. Which beta belongs to the squares?",
            _ADAM,
            (_BETAS, _BETAS + "beta2 = beta1\n"),
        ),
        mistake(
            "gradient_without_share",
            "The old first moment fades, and the new gradient is simply added.",
            "Your first moment is a sum, not a mean, so the steps are too long. With which weight "
            "does a new gradient enter a mean?",
            _ADAM,
            (_MEAN, ".mul_(beta1).add_(grad)"),
        ),
        mistake(
            "square_without_share",
            "The old second moment fades, and the new square is simply added.",
            "Your second moment is a sum, not a mean, so the steps are too short. With which "
            "weight does a new square enter a mean?",
            _ADAM,
            (_SQUARES, ".addcmul_(grad, grad)"),
        ),
        mistake(
            "square_of_mean",
            "The second moment is the average of the squared first moment.",
            "Your second moment averages the square of the first. Of what are the squares taken?",
            _ADAM,
            (_SQUARES, _SQUARES.replace("grad", "m")),
        ),
        mistake(
            "no_root",
            "The step is divided by the second moment.",
            "Your steps change with the unit of the gradient. What has to happen to a mean of "
            "squares before a gradient is divided by it?",
            _ADAM,
            (_DENOMINATOR, _DENOMINATOR.replace(".sqrt_()", "")),
        ),
        mistake(
            "gradient_in_numerator",
            "The second moment scales the gradient of this step.",
            "Your step uses the bare gradient, as RMSprop does. What does Adam put above the "
            "fraction bar?",
            _ADAM,
            (_MOVE, "param.addcdiv_(grad, denominator, value=-lr)"),
        ),
        mistake(
            "amsgrad_corrected_maximum",
            "The maximum is taken of the corrected second moments.",
            "You take the maximum of the corrected second moments, as the text of some libraries "
            "has it. The exercise asks for the maximum of the raw ones: when is the correction "
            "made?",
            _AMSGRAD,
            (
                _MAXIMUM,
                'correction = 1 - beta2 ** state["step"].item()\n'
                '    largest = state["max_exp_avg_sq"]\n'
                "    v = torch.maximum(largest, v / correction, out=largest) * correction",
            ),
        ),
        mistake(
            "amsgrad_overwrites_average",
            "The second moment becomes the maximum and goes on from there.",
            "Your average of squares goes on from the maximum. Which of the two fades, and which "
            "only remembers?",
            _AMSGRAD,
            (_MAXIMUM, f'{_MAXIMUM}\n    state["exp_avg_sq"].copy_(v)'),
        ),
        mistake(
            "amsgrad_missing",
            "amsgrad is only a name for a slower Adam.",
            "Your path is that of amsgrad=False. What does amsgrad remember of the second moment?",
            _AMSGRAD,
            (_MAXIMUM, _MAXIMUM.removeprefix("v = ")),
        ),
    )
