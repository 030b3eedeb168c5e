"""Known mistakes in ``BatchNorm1d.forward``: which statistics, which factor, what is counted."""

from course_lib.misconceptions.model import Misconception

_RUNNING = "17_batchnorm#sec-running"

_TRACKS = "if self.training and self.track_running_stats and self.num_batches_tracked is not None:"
_COUNT = "    self.num_batches_tracked.add_(1)\n"
_FACTOR = "momentum = 1 / self.num_batches_tracked.item()"
_NONE = "if momentum is None:"
_OF_BATCH = "of_batch = self.training or self.running_mean is None"
_KEPT = "kept = self.track_running_stats or not self.training"
_HANDED = "momentum=momentum or 0.0"


def _layer(fault: str, belief: str, hint: str, *edits: tuple[str, str]) -> Misconception:
    slug, caught_by = f"batch_norm_layer/{fault}", ("batch_norm_layer",)
    return Misconception(slug, belief, hint, _RUNNING, edits, caught_by=caught_by)


MISCONCEPTIONS = (
    _layer(
        "counted_beside_the_buffer",
        "The number of batches is the layer's own affair, and a Python number will do.",
        "num_batches_tracked stays at 0. Where would state_dict() and whoever goes on training "
        "look for the number of batches?",
        (_COUNT, '    self.seen = getattr(self, "seen", 0) + 1\n'),
        (_FACTOR, "momentum = 1 / self.seen"),
    ),
    _layer(
        "factor_before_counting",
        "The factor is one over the number of batches seen before this one.",
        "With momentum=None your first factor is one over 0. Does the batch that has just come "
        "count?",
        (_COUNT, ""),
        (_FACTOR, _FACTOR + "\n    self.num_batches_tracked.add_(1)"),
    ),
    _layer(
        "factor_one_late",
        "One has to be added to the number of batches, because it starts at 0.",
        "With momentum=None your first factor is 1/2, so that the start values stay in the "
        "average. How many batches have been counted when the first one is averaged?",
        (_FACTOR, "momentum = 1 / (self.num_batches_tracked.item() + 1)"),
    ),
    _layer(
        "none_as_default",
        "momentum=None stands for the default, 0.1.",
        "With momentum=None you take 0.1. What does torch mean by None: the default, or an average "
        "in which all batches count the same?",
        (_FACTOR, "momentum = 0.1"),
    ),
    _layer(
        "none_as_zero",
        "momentum=None means that nothing is tracked.",
        "With momentum=None your running statistics stand still. Which option says that nothing is "
        "tracked, and what does None ask for?",
        (_FACTOR, "momentum = 0.0"),
    ),
    _layer(
        "zero_as_none",
        "A momentum of 0 is no momentum.",
        "With momentum=0.0 you average over all batches. Is 0.0 the same as None?",
        (_NONE, "if not momentum:"),
    ),
    _layer(
        "samples_counted",
        "num_batches_tracked counts what has been seen, sample by sample.",
        "Your counter grows by the size of the batch. What does its name say it counts?",
        (_COUNT, "    self.num_batches_tracked.add_(input.shape[0])\n"),
    ),
    _layer(
        "counted_in_evaluation",
        "Every batch that passes is counted.",
        "Your counter grows in evaluation. Which batches are tracked?",
        (
            _TRACKS,
            "if not self.training and self.num_batches_tracked is not None:\n"
            f"    self.num_batches_tracked.add_(1)\n{_TRACKS}",
        ),
    ),
    _layer(
        "always_of_batch",
        "The layer always normalizes with the statistics of the batch.",
        "In evaluation you hand over training=True, so the batch is normalized by itself and "
        "tracked. What does eval() switch?",
        (_OF_BATCH, "of_batch = True"),
    ),
    _layer(
        "mode_from_autograd",
        "Evaluation is when no gradients are recorded.",
        "You read the mode from autograd. What do no_grad() and eval() each switch, and can one be "
        "on without the other?",
        (_TRACKS, _TRACKS.replace("self.training", "torch.is_grad_enabled()")),
        (_OF_BATCH, _OF_BATCH.replace("self.training", "torch.is_grad_enabled()")),
        (_KEPT, _KEPT.replace("self.training", "torch.is_grad_enabled()")),
    ),
    _layer(
        "evaluation_needs_statistics",
        "Evaluation always uses the running statistics.",
        "Without running statistics your layer asks for them in evaluation. What is left to "
        "normalize with when nothing is tracked?",
        (_OF_BATCH, "of_batch = self.training"),
    ),
    _layer(
        "untracked_passes_through",
        "A layer without running statistics does nothing in evaluation.",
        "Without running statistics your layer hands back its input in evaluation. What does torch "
        "normalize with there?",
        (
            _OF_BATCH,
            "if not self.training and self.running_mean is None:\n    return input\n" + _OF_BATCH,
        ),
    ),
    _layer(
        "never_tracked",
        "In training the batch's statistics are used, so there is no need to hand over others.",
        "In training you hand over no running statistics. How do they ever learn of the batches?",
        (_KEPT, "kept = not self.training"),
    ),
    _layer(
        "momentum_the_other_way",
        "Momentum is how much of the old value is kept.",
        "You hand over 1 - momentum. What does momentum weigh here, the old value or the new one?",
        (_HANDED, "momentum=1 - (momentum or 0.0)"),
    ),
    _layer(
        "momentum_not_handed_over",
        "batch_norm knows the momentum.",
        "Whatever the layer's momentum is, batch_norm takes its default. Where does it learn the "
        "layer's?",
        (f"    {_HANDED},\n", ""),
    ),
    _layer(
        "eps_not_handed_over",
        "batch_norm knows the eps.",
        "Whatever the layer's eps is, batch_norm takes its default. Where does it learn the "
        "layer's?",
        ("    eps=self.eps,\n", ""),
    ),
    _layer(
        "affine_not_handed_over",
        "Weight and bias are applied by the layer's base class.",
        "Weight and bias of your layer have no effect. Who applies them?",
        ("    self.weight,\n    self.bias,\n", ""),
    ),
    _layer(
        "affine_always_there",
        "A layer always has weight and bias.",
        "With affine=False your layer stops. What are weight and bias then?",
        ("    self.weight,\n    self.bias,\n", "    self.weight * 1,\n    self.bias * 1,\n"),
    ),
)
