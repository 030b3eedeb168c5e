"""Around the mathematics: signatures, printing, saving and loading, what is left untouched."""

import copy
import inspect
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib import nn
from tests.cases.nn import IMAGES, VECTORS, NormCase, Options
from tests.nn.following import BUFFERS, build, data, ours, torchs

LAYERS = {"BatchNorm1d": VECTORS, "BatchNorm2d": IMAGES}
SAVED: dict[str, Options] = {
    "full": {},
    "no_affine": {"affine": False},
    "no_bias": {"bias": False},
    "no_statistics": {"track_running_stats": False},
    "nothing": {"affine": False, "track_running_stats": False},
    "cumulative": {"momentum": None},
}
every_layer = pytest.mark.parametrize("name", LAYERS)
every_state = pytest.mark.parametrize("options", SAVED.values(), ids=SAVED)


def _case(name: str, options: Options | None = None) -> NormCase:
    return NormCase("", options or {}, LAYERS[name])


def _trained(make: Callable[[str], Any], name: str, options: Options | None = None) -> Any:
    """A layer after three batches."""
    layer = build(make(name), _case(name, options))
    for seed in range(3):
        layer(data(_case(name), seed)[0])
    return layer


def _plain(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: entry.detach().clone() for name, entry in state.items()}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (nn.dropout, torch.nn.functional.dropout),
        (nn.batch_norm, torch.nn.functional.batch_norm),
        (nn.Dropout, torch.nn.Dropout),
        (nn.BatchNorm1d, torch.nn.BatchNorm1d),
        (nn.BatchNorm2d, torch.nn.BatchNorm2d),
    ],
)
def test_signature_is_torchs(mine: Any, theirs: Any) -> None:
    def arguments(thing: Any) -> list[tuple[Any, ...]]:
        found = inspect.signature(thing).parameters.values()
        return [(p.name, p.kind, p.default) for p in found]

    assert arguments(mine) == arguments(theirs)


@every_layer
@every_state
def test_repr_is_torchs(name: str, options: Options) -> None:
    assert repr(ours(name)(3, **options)) == repr(torchs(name)(3, **options))


@pytest.mark.parametrize("options", [{}, {"p": 0.25}, {"p": 0, "inplace": True}])
def test_repr_of_dropout_is_torchs(options: Options) -> None:
    assert repr(nn.Dropout(**options)) == repr(torch.nn.Dropout(**options))
    assert nn.Dropout(**options).state_dict() == {}


@every_layer
@every_state
def test_new_state_is_torchs(name: str, options: Options) -> None:
    mine, theirs = (make(name)(3, **options).state_dict() for make in (ours, torchs))
    assert list(mine) == list(theirs)
    assert mine._metadata == theirs._metadata  # type: ignore[attr-defined]
    torch.testing.assert_close(mine, theirs, rtol=0.0, atol=0.0)


@every_layer
@every_state
@pytest.mark.parametrize("saves", [ours, torchs])
@pytest.mark.parametrize("loads", [ours, torchs])
def test_state_travels_in_mid_training(
    name: str, options: Options, saves: Callable[[str], Any], loads: Callable[[str], Any]
) -> None:
    """Whoever loads it goes on as whoever saved it."""
    saver = _trained(saves, name, options)
    loader = loads(name)(3, **options, dtype=torch.float64)
    loader.load_state_dict(saver.state_dict())
    for seed in (5, 6):
        x, _ = data(_case(name), seed)
        torch.testing.assert_close(loader(x), saver(x), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(loader.state_dict(), saver.state_dict(), rtol=1e-12, atol=1e-14)
    x, _ = data(_case(name), 7)
    torch.testing.assert_close(loader.eval()(x), saver.eval()(x), rtol=1e-12, atol=1e-12)


@every_layer
@pytest.mark.parametrize("version", [None, 1])
def test_a_dict_from_before_batches_were_counted_loads(name: str, version: int | None) -> None:
    for make in (ours, torchs):
        saved = _trained(torchs, name).state_dict()
        del saved["num_batches_tracked"]
        saved._metadata[""] = {} if version is None else {"version": version}
        model = torch.nn.Sequential(make(name)(3, dtype=torch.float64))
        inside = type(saved)((f"0.{key}", entry) for key, entry in saved.items())
        inside._metadata = type(saved._metadata)({"": {}, "0": saved._metadata[""]})
        model.load_state_dict(inside)
        assert model[0].num_batches_tracked == 0
        assert torch.equal(model[0].running_mean, saved["running_mean"])


@every_layer
def test_a_dict_without_its_count_is_refused_today(name: str) -> None:
    for make in (ours, torchs):
        saved = _trained(ours, name).state_dict()
        del saved["num_batches_tracked"]
        with pytest.raises(RuntimeError, match=r"Missing key.*num_batches_tracked"):
            make(name)(3).load_state_dict(saved)


@every_layer
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))], ids=["copy", "pickle"]
)
def test_copies_go_on_alike(name: str, duplicate: Callable[[Any], Any]) -> None:
    layer = _trained(ours, name)
    twin = duplicate(layer)
    x, _ = data(_case(name), 9)
    assert torch.equal(layer(x), twin(x))
    torch.testing.assert_close(layer.state_dict(), twin.state_dict(), rtol=0.0, atol=0.0)


@every_layer
def test_device_and_dtype_are_taken(name: str) -> None:
    def layout(layer: Any) -> dict[str, tuple[str, torch.dtype]]:
        return {key: (e.device.type, e.dtype) for key, e in layer.state_dict().items()}

    for options in ({"dtype": torch.float64}, {"device": "meta"}, {"device": torch.device("cpu")}):
        mine, theirs = (layout(make(name)(3, **options)) for make in (ours, torchs))
        assert mine == theirs
    assert layout(ours(name)(3).half()) == layout(torchs(name)(3).half())


@every_layer
def test_default_dtype_is_followed(name: str) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        entries = ours(name)(3).state_dict()
    finally:
        torch.set_default_dtype(torch.float32)
    assert {key: e.dtype for key, e in entries.items()} == dict.fromkeys(
        ("weight", "bias", "running_mean", "running_var"), torch.float64
    ) | {"num_batches_tracked": torch.int64}


@every_layer
def test_statistics_move_in_place_and_carry_no_graph(name: str) -> None:
    layer = ours(name)(3, dtype=torch.float64)
    buffers = {key: layer.get_buffer(key) for key in BUFFERS}
    before = _plain(buffers)
    x, grad = data(_case(name), 0)
    layer(x.requires_grad_()).backward(grad)
    for key, buffer in buffers.items():
        assert layer.get_buffer(key) is buffer and not torch.equal(buffer, before[key])
        assert buffer.is_leaf and not buffer.requires_grad


@every_layer
def test_statistics_move_without_gradients_too(name: str) -> None:
    """Training and evaluation are told by the layer's mode, not by torch's."""
    mine, theirs = (build(make(name), _case(name)) for make in (ours, torchs))
    x, _ = data(_case(name), 0)
    with torch.no_grad():
        torch.testing.assert_close(mine(x), theirs(x), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(mine.state_dict(), theirs.state_dict(), rtol=1e-12, atol=1e-14)
    with torch.inference_mode():
        mine(x)
    assert mine.num_batches_tracked == 2


@every_layer
def test_evaluation_changes_nothing(name: str) -> None:
    layer = _trained(ours, name).eval()
    before = _plain(layer.state_dict())
    layer(data(_case(name), 9)[0].requires_grad_()).sum().backward()
    torch.testing.assert_close(_plain(layer.state_dict()), before, rtol=0.0, atol=0.0)


@every_layer
def test_evaluation_takes_one_sample_after_training(name: str) -> None:
    mine, theirs = (_trained(make, name).eval() for make in (ours, torchs))
    sample = data(_case(name), 9)[0][:1]
    torch.testing.assert_close(mine(sample), theirs(sample), rtol=1e-12, atol=1e-12)


@every_layer
def test_input_and_gradient_are_left_alone(name: str) -> None:
    layer = ours(name)(3, dtype=torch.float64)
    x, grad = data(_case(name), 0)
    given = (x.clone(), grad.clone())
    layer(x.requires_grad_()).backward(grad)
    nn.batch_norm_backward(grad, x.detach(), None, torch.zeros(3), torch.ones(3), 1e-5)
    assert torch.equal(x, given[0]) and torch.equal(grad, given[1])


@every_layer
@every_state
def test_reset_brings_back_the_start(name: str, options: Options) -> None:
    layer = _trained(ours, name, options)
    layer.reset_running_stats()
    partly = _trained(torchs, name, options)
    partly.reset_running_stats()
    torch.testing.assert_close(layer.state_dict(), partly.state_dict(), rtol=0.0, atol=0.0)
    layer.reset_parameters()
    new = ours(name)(3, **options, dtype=torch.float64)
    torch.testing.assert_close(layer.state_dict(), new.state_dict(), rtol=0.0, atol=0.0)


@every_layer
def test_layout_in_memory_stays(name: str) -> None:
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    x = x if name == "BatchNorm2d" else x.flatten(2)
    assert ours(name)(3)(x).stride() == x.stride()


class _Operators(TorchDispatchMode):
    """The names of all operators that run inside."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.name())
        return func(*args, **(kwargs or {}))


def test_none_of_torchs_own_layers_is_used() -> None:
    x, p = torch.randn(8, 3), 0.5
    with _Operators() as own:
        nn.BatchNorm1d(3)(x.requires_grad_()).sum().backward()
        nn.BatchNorm2d(3).eval()(x.detach().view(2, 3, 2, 2))
        nn.batch_norm_backward(x, x, None, x.mean(0), x.var(0), 1e-5)
        nn.DropConnect(3, 2, p=p)(nn.StochasticDepth(p)(nn.Dropout(p)(x)))
    with _Operators() as torchs_own:
        torch.nn.Dropout(p)(torch.nn.BatchNorm1d(3)(x))
    forbidden = ("norm", "dropout")
    assert not [name for name in own.names if any(word in name for word in forbidden)]
    assert [name for name in torchs_own.names if any(word in name for word in forbidden)]


@pytest.mark.parametrize(
    ("replaced", "use"),
    [
        ("dropout_mask", lambda: nn.dropout(torch.ones(2), 0.5)),
        ("dropout_mask", lambda: nn.dropout_as_published(torch.ones(2), 0.5, True)),
        ("dropout_mask", lambda: nn.Dropout()(torch.ones(2))),
        ("dropout", lambda: nn.Dropout()(torch.ones(2))),
        ("dropout", lambda: nn.DropConnect(2, 3)(torch.ones(2))),
        ("dropout", lambda: nn.StochasticDepth(0.5)(torch.ones(2))),
        ("drop_connect", lambda: nn.DropConnect(2, 3)(torch.ones(2))),
        ("stochastic_depth", lambda: nn.StochasticDepth(0.5)(torch.ones(2))),
        ("batch_norm", lambda: nn.BatchNorm1d(2)(torch.ones(2, 2))),
        ("batch_norm", lambda: nn.BatchNorm2d(2)(torch.ones(2, 2, 1, 1))),
    ],
)
def test_what_takes_a_functions_place_is_called(
    replaced: str, use: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a student's own function does."""

    class Called(Exception):
        pass

    def own(*args: Any, **options: Any) -> None:
        raise Called

    for name, module in list(sys.modules.items()):
        if name.startswith("course_lib.nn") and hasattr(module, replaced):
            monkeypatch.setattr(module, replaced, own)
    with pytest.raises(Called):
        use()


def test_a_class_in_place_of_batch_norm_1d_serves_images_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Own(nn.BatchNorm):
        def forward(self, input: Tensor) -> Tensor:
            return input + 1

    monkeypatch.setitem(nn.BatchNorm2d.forward.__globals__, "BatchNorm1d", Own)
    assert nn.BatchNorm2d(1)(torch.zeros(1, 1, 1, 1)).item() == 1


def test_a_network_learns() -> None:
    """A canary: no comparison, only that the loss falls."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        nn.DropConnect(2, 32, p=0.1), nn.BatchNorm1d(32), torch.nn.ReLU(), nn.Dropout(0.1)
    ).append(torch.nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    x = torch.randn(64, 2)
    labels = (x.prod(1) > 0).long()
    losses = []
    for _ in range(100):
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert (model.eval()(x).argmax(1) == labels).double().mean() > 0.9
