"""What the layers are tried on: rows to be followed as torch does, rows to be refused."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch

Options = dict[str, Any]
Shape = tuple[int, ...]

VECTORS, SEQUENCES, IMAGES = (8, 3), (4, 3, 5), (4, 3, 2, 5)


@dataclass(frozen=True)
class NormCase:
    """A batch-norm layer that sees batches in training and evaluation, from a given start.

    ``catches`` is the mistake that shows here. ``loc`` and ``scale`` are mean and spread of the
    data, ``weight`` fills the weight with one number, ``layer_dtype`` is the layer's if it is not
    that of the data, ``changes`` sets attributes of the layer after its second batch, ``strided``
    gives the data another order in memory.
    """

    catches: str
    options: Options = field(default_factory=dict)
    shape: Shape = VECTORS
    loc: float = 0.5
    scale: float = 1.0
    weight: float | None = None
    dtype: torch.dtype = torch.float64
    layer_dtype: torch.dtype | None = None
    changes: Options = field(default_factory=dict)
    strided: bool = False
    tolerance: float = 1e-12

    @property
    def layer(self) -> str:
        return "BatchNorm2d" if len(self.shape) == 4 else "BatchNorm1d"

    def __str__(self) -> str:
        size = "x".join(map(str, self.shape))
        return f"{self.layer}-{size}-{self.catches.replace(' ', '_')}"


# Rows every layer is tried on, with every kind of input.
_COMMON = (
    NormCase("wrong defaults"),
    NormCase("momentum the other way round", {"momentum": 0.3}),
    NormCase("momentum none", {"momentum": None}),
    NormCase("momentum zero taken for none", {"momentum": 0.0}),
    NormCase("momentum one", {"momentum": 1.0}),
    NormCase("eps in another place", {"eps": 0.5}),
    NormCase("eps and small data", {"eps": 1e-2}, scale=1e-2),
    NormCase("data smaller than eps", scale=1e-4),
    NormCase("constant data", scale=0.0),
    NormCase("large data", scale=1e4),
    NormCase("mean of squares less square of mean", loc=1e4, tolerance=1e-10),
    NormCase("the same in float32", loc=1e4, dtype=torch.float32, tolerance=1e-2),
    NormCase("no affine", {"affine": False}),
    NormCase("no bias", {"bias": False}),
    NormCase("running statistics made up", {"track_running_stats": False}),
    NormCase("nothing kept", {"affine": False, "track_running_stats": False}),
    NormCase("weight zero", weight=0.0),
    NormCase("double precision assumed", dtype=torch.float32, tolerance=2e-6),
    *(
        NormCase(catches, dtype=dtype, layer_dtype=torch.float32, tolerance=rounding, **values)
        for dtype, rounding in ((torch.float16, 2e-3), (torch.bfloat16, 2e-2))
        for catches, values in (
            (f"{dtype} not taken", {}),
            (f"sums in {dtype}", {"loc": 100.0}),
            (f"squares in {dtype}", {"loc": 1e4, "scale": 2e3}),
        )
    ),
    NormCase(
        "eps added in float16",
        {"momentum": 1.0},
        loc=0.0,
        scale=1e-3,
        dtype=torch.float16,
        tolerance=1e-3,
    ),
    NormCase("a layer in float16", dtype=torch.float16, tolerance=2e-3),
    NormCase("a layer in bfloat16", dtype=torch.bfloat16, tolerance=2e-2),
    NormCase("momentum read once", changes={"momentum": 0.7}),
    NormCase("momentum none from now on", changes={"momentum": None}),
    NormCase("eps read once", changes={"eps": 0.1}),
    NormCase("tracking switched off", changes={"track_running_stats": False}),
    NormCase("order in memory", strided=True),
)

# Shapes where something special happens.
_SHAPES = (
    NormCase("batch of two", shape=(2, 3)),
    NormCase("one channel", shape=(6, 1)),
    NormCase("square", shape=(3, 3)),
    NormCase("no values", shape=(0, 3)),
    NormCase("one sequence", shape=(1, 3, 7)),
    NormCase("length one", shape=(5, 3, 1)),
    NormCase("cube", shape=(4, 4, 4)),
    NormCase("length zero", shape=(5, 3, 0)),
    NormCase("one image", shape=(1, 3, 4, 4)),
    NormCase("one pixel", shape=(5, 3, 1, 1)),
    NormCase("two values", shape=(1, 3, 1, 2)),
    NormCase("all axes alike", shape=(3, 3, 3, 3)),
    NormCase("no images", shape=(0, 3, 4, 4)),
    NormCase("many values", shape=(32, 2, 16, 16), dtype=torch.float32, tolerance=2e-6),
)

NORM_CASES = (
    *(replace(case, shape=shape) for shape in (VECTORS, SEQUENCES, IMAGES) for case in _COMMON),
    *_SHAPES,
    *(replace(case, options={"momentum": None}) for case in _SHAPES),
)


@dataclass(frozen=True)
class Call:
    """One call of ``batch_norm``.

    ``given`` are the tensors it gets, ``shapes`` and ``dtypes`` those that are unlike the rest,
    ``tracked`` whether the running statistics require a gradient.
    """

    catches: str
    given: str = "running_mean running_var weight bias"
    options: Options = field(default_factory=dict)
    shape: Shape = VECTORS
    dtype: torch.dtype = torch.float64
    shapes: dict[str, Shape] = field(default_factory=dict)
    dtypes: dict[str, torch.dtype] = field(default_factory=dict)
    tracked: bool = False
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return self.catches.replace(" ", "_")


_TRAINING: Options = {"training": True}
CALLS = (
    Call("evaluation is the default"),
    Call("training", options=_TRAINING),
    Call("nothing but data", "", _TRAINING),
    Call("weight alone", "weight", _TRAINING),
    Call("bias alone", "bias", _TRAINING),
    Call("statistics alone", "running_mean running_var", _TRAINING),
    Call("momentum", options=_TRAINING | {"momentum": 0.25}),
    Call("momentum outside of its domain", options=_TRAINING | {"momentum": 1.5}),
    Call("eps zero in evaluation", options={"eps": 0.0}),
    Call("eps", options=_TRAINING | {"eps": 0.5}),
    Call("volumes", options=_TRAINING, shape=(2, 3, 2, 4, 2)),
    Call("volumes in evaluation", shape=(2, 3, 2, 4, 2)),
    Call("one sample in evaluation", shape=(1, 3)),
    Call("no channels", "", _TRAINING, shape=(4, 0)),
    Call("no samples", options=_TRAINING, shape=(0, 3)),
    Call("no samples in evaluation", shape=(0, 3)),
    Call("no length", options=_TRAINING, shape=(2, 3, 0)),
    Call(
        "float16 data, float32 statistics",
        dtype=torch.float16,
        dtypes=dict.fromkeys(("running_mean", "running_var", "weight", "bias"), torch.float32),
        tolerance=1e-3,
    ),
)


@dataclass(frozen=True)
class RefusedCall:
    """A call of ``batch_norm`` that must be refused: the message says what was needed and got."""

    call: Call
    message: str
    error: type[Exception] = RuntimeError

    def __str__(self) -> str:
        return str(self.call)


_STATISTICS = "running_mean running_var"
REFUSED_CALLS = (
    RefusedCall(
        Call("one value", options=_TRAINING, shape=(1, 3)),
        r"needed 2 values or more per channel, got shape \(1, 3\)",
        ValueError,
    ),
    RefusedCall(
        Call("one value without statistics", "", _TRAINING, shape=(1, 3, 1)),
        r"needed 2 values or more per channel, got shape \(1, 3, 1\)",
        ValueError,
    ),
    RefusedCall(
        Call("eps zero", options=_TRAINING | {"eps": 0.0}), "eps must be above 0, got 0", ValueError
    ),
    RefusedCall(
        Call("eps negative", options=_TRAINING | {"eps": -1.0}), "above 0, got -1", ValueError
    ),
    RefusedCall(
        Call("eps negative in evaluation", options={"eps": -1.0}),
        r"eps must be at least 0, got -1\.0",
        ValueError,
    ),
    RefusedCall(
        Call("mean without variance", "running_mean", _TRAINING),
        "both running_mean and running_var or neither",
        ValueError,
    ),
    RefusedCall(
        Call("variance without mean", "running_var", _TRAINING),
        "both running_mean and running_var or neither",
        ValueError,
    ),
    RefusedCall(Call("no statistics", "weight bias"), "evaluation needs running_mean and"),
    RefusedCall(Call("no mean", "running_var"), "evaluation needs running_mean and"),
    RefusedCall(Call("no variance", "running_mean"), "evaluation needs running_mean and"),
    *(
        RefusedCall(
            Call(f"long {name}", name if options else _STATISTICS, options, shapes={name: (4,)}),
            rf"{name} must have one element per channel \(3\), got \(4,\)",
        )
        for name, options in (
            ("running_mean", {}),
            ("running_var", {}),
            ("weight", _TRAINING),
            ("bias", _TRAINING),
        )
    ),
    *(
        RefusedCall(
            Call(f"{name} of one element", shapes={name: (1,)}),
            rf"{name} must have one element per channel \(3\), got \(1,\)",
        )
        for name in ("running_mean", "running_var", "weight", "bias")
    ),
    RefusedCall(
        Call("mean with two axes", shapes={"running_mean": (1, 3)}), r"\(3\), got \(1, 3\)"
    ),
    *(
        RefusedCall(
            Call(f"{name} in single precision", dtypes={name: torch.float32}),
            rf"needed all in torch\.float64, the input's dtype, got .*{name} torch\.float32",
        )
        for name in ("running_mean", "running_var", "weight", "bias")
    ),
    RefusedCall(
        Call("half of the parameters in half", dtype=torch.float16, dtypes={"bias": torch.float32}),
        r"needed all in torch\.float16",
    ),
    RefusedCall(
        Call(
            "float64 parameters of float16",
            dtype=torch.float16,
            dtypes=dict.fromkeys(("running_mean", "running_var", "weight", "bias"), torch.float64),
        ),
        r"needed all in torch\.float16",
    ),
    RefusedCall(Call("statistics that learn", tracked=True), "must not require a gradient"),
    RefusedCall(
        Call("statistics that learn in training", options=_TRAINING, tracked=True),
        "must not require a gradient",
    ),
    RefusedCall(
        Call("integers", "", _TRAINING, dtype=torch.int64),
        r"needed floating-point numbers, got torch\.int64",
        NotImplementedError,
    ),
    RefusedCall(
        Call("complex numbers", "", _TRAINING, dtype=torch.complex64),
        r"needed floating-point numbers, got torch\.complex64",
        NotImplementedError,
    ),
    RefusedCall(
        Call("no channel axis", "", _TRAINING, shape=(3,)),
        r"needed an input \(batch, channels, \.\.\.\), got shape \(3,\)",
        IndexError,
    ),
    RefusedCall(Call("no axis", "", _TRAINING, shape=()), r"got shape \(\)", IndexError),
)


@dataclass(frozen=True)
class RefusedInput:
    """An input that a layer for three channels must refuse."""

    layer: str
    shape: Shape
    message: str
    error: type[Exception] = ValueError
    options: Options = field(default_factory=dict)
    training: bool = True

    def __str__(self) -> str:
        return f"{self.layer}-{'x'.join(map(str, self.shape))}-{self.message[:12]}"


REFUSED_INPUTS = (
    *(
        RefusedInput("BatchNorm1d", shape, f"BatchNorm1d needs an input of 2 or 3 .* {len(shape)}")
        for shape in ((), (3,), (4, 3, 2, 2), (4, 3, 2, 2, 2))
    ),
    *(
        RefusedInput("BatchNorm2d", shape, f"BatchNorm2d needs an input of 4 dim.* {len(shape)}")
        for shape in ((3,), (4, 3), (4, 3, 2), (4, 3, 2, 2, 2))
    ),
    RefusedInput("BatchNorm1d", (4, 2), r"per channel \(2\), got \(3,\)", RuntimeError),
    RefusedInput("BatchNorm1d", (4, 1), r"per channel \(1\), got \(3,\)", RuntimeError),
    RefusedInput("BatchNorm1d", (4, 2, 3), r"per channel \(2\), got \(3,\)", RuntimeError),
    RefusedInput("BatchNorm2d", (4, 2, 3, 3), r"per channel \(2\), got \(3,\)", RuntimeError),
    RefusedInput(
        "BatchNorm1d", (4, 2), "weight must", RuntimeError, {"track_running_stats": False}
    ),
    RefusedInput("BatchNorm1d", (4, 2), "running_mean must", RuntimeError, {"affine": False}),
    RefusedInput("BatchNorm1d", (1, 3), "2 values or more"),
    RefusedInput("BatchNorm1d", (1, 3, 1), "2 values or more"),
    RefusedInput("BatchNorm2d", (1, 3, 1, 1), "2 values or more"),
    RefusedInput(
        "BatchNorm1d",
        (1, 3),
        "2 values or more",
        options={"track_running_stats": False},
        training=False,
    ),
    RefusedInput("BatchNorm1d", (4, 3), "eps must be above 0, got 0", options={"eps": 0}),
    RefusedInput(
        "BatchNorm1d", (4, 3), "eps must be at least 0", options={"eps": -1.0}, training=False
    ),
)


@dataclass(frozen=True)
class BackwardCase:
    """Gradients of batch normalization to be found by hand."""

    catches: str
    shape: Shape = VECTORS
    weighted: bool = True
    loc: float = 0.5
    scale: float = 1.0
    eps: float = 1e-5
    dtype: torch.dtype = torch.float64
    tolerance: float = 1e-12

    def __str__(self) -> str:
        return f"{'x'.join(map(str, self.shape))}-{self.catches.replace(' ', '_')}"


_BACKWARD = (
    BackwardCase("mean or variance taken for constants"),
    BackwardCase("no weight", weighted=False),
    BackwardCase("eps forgotten", eps=0.5),
    BackwardCase("eps and small data", eps=1e-2, scale=1e-2),
    BackwardCase("constant data", scale=0.0),
    BackwardCase("mean far from zero", loc=1e4, tolerance=1e-10),
    BackwardCase("double precision assumed", dtype=torch.float32, tolerance=2e-6),
    BackwardCase("sums in float16", dtype=torch.float16, loc=100.0, tolerance=2e-3),
    BackwardCase("sums in bfloat16", dtype=torch.bfloat16, loc=100.0, tolerance=2e-2),
    BackwardCase("far from zero in float32", dtype=torch.float32, loc=1e4, tolerance=1e-2),
)
BACKWARD_CASES = (
    *(replace(case, shape=shape) for shape in (VECTORS, SEQUENCES, IMAGES) for case in _BACKWARD),
    BackwardCase("sums over n less one", shape=(2, 3)),
    BackwardCase("one image", shape=(1, 3, 4, 4)),
    BackwardCase("all axes alike", shape=(3, 3, 3, 3)),
)


@dataclass(frozen=True)
class DropoutCase:
    """Dropout of one tensor."""

    p: float
    shape: Shape
    dtype: torch.dtype = torch.float64

    def __str__(self) -> str:
        kind = str(self.dtype).removeprefix("torch.")
        return f"{self.p}-{'x'.join(map(str, self.shape)) or 'scalar'}-{kind}"


DROPOUT_SHAPES: tuple[Shape, ...] = ((), (0,), (0, 3), (7,), (4, 3), (2, 3, 4, 5))
DROPOUT_CASES = (
    *(DropoutCase(p, shape) for p in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0) for shape in DROPOUT_SHAPES),
    *(
        DropoutCase(p, (33, 7), dtype)
        for p in (0.1, 0.5, 1.0)
        for dtype in (torch.float32, torch.float16, torch.bfloat16)
    ),
)

NO_PROBABILITIES = (-0.1, 1.1, -1e-9, float("inf"))
