"""Known mistakes in ``Adagrad.update``, ``RMSprop.update`` and ``Adadelta.update``."""

from course_lib.misconceptions.model import Misconception

_ADAGRAD = "10_adaptive_steps#sec-adagrad"
_RMSPROP = "10_adaptive_steps#sec-rmsprop"
_ADADELTA = "10_adaptive_steps#sec-adadelta"
_EPSILON = "10_adaptive_steps#sec-epsilon"
_OPTIMIZER = "08_gradient_descent#sec-optimizer"

_SUM = 'state["sum"].addcmul_(grad, grad)'
_ROOT = 'state["sum"].sqrt().add_(group["eps"])'
_RATE = ' / (1 + steps_before * group["lr_decay"])'
_AVERAGE = ".mul_(alpha).addcmul_(grad, grad, value=1 - alpha)"
_DENOMINATOR = 'v.sqrt().add_(group["eps"])'
_NEW_MEAN = 'state["grad_avg"].lerp_(grad, 1 - alpha)'
_VARIANCE = "v = v.addcmul(mean, mean, value=-1)"
_BUFFER = 'state["momentum_buffer"].mul_(momentum).addcdiv_(grad, denominator)'
_DELTA = "u.add(eps).sqrt_().div_(v.add(eps).sqrt_()).mul_(grad)"
_ACCUMULATE = "u.mul_(rho).addcmul_(delta, delta, value=1 - rho)\n"

ADAGRAD = (
    Misconception(
        slug="adagrad/forgets_sum",
        belief="Each step is normalized by its own gradient.",
        hint="All your steps have nearly the same length. Does your sum still know the gradients "
        "of earlier steps?",
        section=_ADAGRAD,
        edits=((_SUM, _SUM.replace("addcmul_(grad, grad)", "copy_(grad * grad)")),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/sum_not_squared",
        belief="Adagrad adds up the lengths of the gradients.",
        hint="Your sum grows by the size of the gradient, not by its square. Under the root, what "
        "is added up?",
        section=_ADAGRAD,
        edits=((_SUM, _SUM.replace("addcmul_(grad, grad)", "add_(grad.abs())")),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/no_root",
        belief="The step is divided by the accumulated squares.",
        hint="Your steps change with the unit of the gradient. What has to happen to a sum of "
        "squares before a gradient is divided by it?",
        section=_ADAGRAD,
        edits=((_ROOT, _ROOT.replace("sqrt()", "clone()")),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/sum_one_step_late",
        belief="The gradient is divided by the sum of the gradients before it.",
        hint="Your sum lags one step behind. Does the gradient of this step belong to the sum it "
        "is divided by?",
        section=_ADAGRAD,
        edits=((_ROOT, _ROOT.replace(".sqrt", ".sub(grad * grad).clamp_(min=0).sqrt")),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/eps_inside_root",
        belief="It makes no difference whether eps stands inside or outside of the root.",
        hint="You wrote eps inside the root, as some libraries do. The exercise asks for eps "
        "beside the root: at which gradients do the two differ?",
        section=_EPSILON,
        edits=((_ROOT, 'state["sum"].add(group["eps"]).sqrt_()'),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/eps_missing",
        belief="A sum of squares is never zero, so eps can be left out.",
        hint="Your path is that of eps=0. What does the formula add to the root?",
        section=_EPSILON,
        edits=((_ROOT, 'state["sum"].sqrt()'),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/lr_decay_from_first_step",
        belief="The first step is step 1, so the rate has already decayed once.",
        hint="With lr_decay your very first step is too short. How many steps lie behind you when "
        "the first one is made?",
        section=_ADAGRAD,
        edits=(('state["step"].item() - 1', 'state["step"].item()'),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/lr_decay_missing",
        belief="Adagrad's own sum is all the decay there is.",
        hint="Your path is that of lr_decay=0. Which second thing slows the steps down?",
        section=_ADAGRAD,
        edits=((_RATE, ""),),
        caught_by=("adagrad",),
    ),
    Misconception(
        slug="adagrad/sum_from_zero",
        belief="Every sum starts at zero.",
        hint="Your path is that of initial_accumulator_value=0. What does your sum start from?",
        section=_ADAGRAD,
        edits=(('self.defaults["initial_accumulator_value"]', "0"),),
        caught_by=("adagrad",),
    ),
)

RMSPROP = (
    Misconception(
        slug="rmsprop/as_adagrad",
        belief="RMSprop adds up the squared gradients.",
        hint="Your squares are added up and never fade, which is Adagrad. What does alpha do to "
        "the squares of long ago?",
        section=_RMSPROP,
        edits=((_AVERAGE, ".addcmul_(grad, grad)"),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/square_without_share",
        belief="The old average fades, and the new square is simply added.",
        hint="Your average of squares is too large, and your steps are too short. With which "
        "weight does a new square enter a mean?",
        section=_RMSPROP,
        edits=((_AVERAGE, ".mul_(alpha).addcmul_(grad, grad)"),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/alpha_on_new",
        belief="alpha is the weight of the new square.",
        hint="Your average forgets nearly everything at each step. Which of the two does alpha "
        "weigh, the old average or the new square?",
        section=_RMSPROP,
        edits=((_AVERAGE, ".mul_(1 - alpha).addcmul_(grad, grad, value=alpha)"),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/eps_inside_root",
        belief="It makes no difference whether eps stands inside or outside of the root.",
        hint="You wrote eps inside the root, as TensorFlow does. The exercise asks for eps beside "
        "the root: at which gradients do the two differ?",
        section=_EPSILON,
        edits=((_DENOMINATOR, 'v.add(group["eps"]).sqrt_()'),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/bias_corrected",
        belief="Every running average that starts at zero must be corrected.",
        hint="You corrected the bias of the average, as Adam does. The exercise asks for RMSprop "
        "as it was first given: what does it do about the zero its average starts from?",
        section=_RMSPROP,
        edits=(
            (
                _DENOMINATOR,
                _DENOMINATOR.replace("v.", '(v / (1 - alpha ** state["step"].item())).'),
            ),
        ),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/no_root",
        belief="The step is divided by the mean of the squares.",
        hint="Your steps change with the unit of the gradient. What does the R in RMS stand for?",
        section=_RMSPROP,
        edits=((_DENOMINATOR, _DENOMINATOR.replace("sqrt()", "clone()")),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/averaged_momentum",
        belief="The buffer is the running mean of the scaled gradients.",
        hint="You wrote the averaged form of momentum, where the new direction enters with weight "
        "1 - momentum. The exercise asks for the sum: with which weight does it enter there?",
        section="09_momentum#sec-conventions",
        edits=((_BUFFER, _BUFFER.replace("denominator", "denominator, value=1 - momentum")),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/rate_inside_velocity",
        belief="The buffer is the last step, so the learning rate is a part of it.",
        hint="You keep the rate inside the buffer, as TensorFlow does. The exercise asks for the "
        "rate outside: what should happen to the old part of a step when the rate changes?",
        section="09_momentum#sec-conventions",
        edits=(
            (_BUFFER, _BUFFER.replace("denominator", 'denominator, value=group["lr"]')),
            ('param.add_(buffer, alpha=-group["lr"])', "param.sub_(buffer)"),
        ),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/centered_ignored",
        belief="The mean of the gradients is zero anyway.",
        hint="Your path is that of centered=False. What is subtracted from the mean square to get "
        "a variance?",
        section=_RMSPROP,
        edits=((_VARIANCE, "pass"),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/centered_mean_not_squared",
        belief="The variance is the mean square minus the mean.",
        hint="You subtract the mean itself from the mean square. Do the two have the same unit?",
        section=_RMSPROP,
        edits=((_VARIANCE, "v = v - mean"),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/centered_old_mean",
        belief="The variance is taken around the mean of the gradients before this one.",
        hint="You subtract the mean from before this step. Which mean belongs to the new mean "
        "square, the old one or the new one?",
        section=_RMSPROP,
        edits=((_NEW_MEAN, f'state["grad_avg"].clone()\n    {_NEW_MEAN}'),),
        caught_by=("rmsprop",),
    ),
    Misconception(
        slug="rmsprop/state_in_float32",
        belief="torch.zeros with the right shape gives the right tensor.",
        hint="Your path is right to seven digits only. Which dtype does your state have, and which "
        "the parameter?",
        section=_OPTIMIZER,
        edits=(
            (
                'state["square_avg"] = torch.zeros_like(param)',
                'state["square_avg"] = torch.zeros(param.shape, device=param.device)',
            ),
        ),
        caught_by=("rmsprop",),
    ),
)

ADADELTA = (
    Misconception(
        slug="adadelta/eps_outside_roots",
        belief="eps always stands beside the root, as in Adam.",
        hint="You wrote eps beside the roots. Adadelta puts it inside both: what would the first "
        "step be if nothing stood under the upper root?",
        section=_ADADELTA,
        edits=((_DELTA, "u.sqrt().add_(eps).div_(v.sqrt().add_(eps)).mul_(grad)"),),
        caught_by=("adadelta",),
    ),
    Misconception(
        slug="adadelta/rate_in_accumulator",
        belief="The average of the steps is taken of the steps as they are made.",
        hint="Your average of the steps contains the learning rate. Of which step does Adadelta "
        "keep the average, before or after the rate?",
        section=_ADADELTA,
        edits=((_ACCUMULATE, _ACCUMULATE.replace("1 - rho", '(1 - rho) * group["lr"] ** 2')),),
        caught_by=("adadelta",),
    ),
    Misconception(
        slug="adadelta/no_upper_root",
        belief="Adadelta is RMSprop with another name for alpha.",
        hint="Your step has no unit of its own: that is RMSprop. What does Adadelta multiply by so "
        "that the step has the unit of the parameter?",
        section=_ADADELTA,
        edits=((_DELTA, "grad / v.add(eps).sqrt_()"),),
        caught_by=("adadelta",),
    ),
    Misconception(
        slug="adadelta/accumulates_first",
        belief="Both averages are brought up to date before the step is made.",
        hint="The average under your upper root already contains this step's gradient. Which steps "
        "can it know of when this one is worked out?",
        section=_ADADELTA,
        edits=(
            (f"delta = {_DELTA}\n", f"{_ACCUMULATE.replace('delta', 'grad')}delta = {_DELTA}\n"),
            (_ACCUMULATE, ""),
        ),
        caught_by=("adadelta",),
    ),
)
