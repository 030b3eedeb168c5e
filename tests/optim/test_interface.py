"""Around the update rule: signatures, groups, saving and loading, what is left untouched."""

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch

from tests.cases.optimizers import NAMES, Case, Options
from tests.optim.trajectory import build, gradients, ours, parameters, take, torchs

LEFT_OUT = ("foreach", "fused", "capturable", "differentiable")

# Options under which every entry of the state is in use.
FULL: dict[str, Options] = {
    "SGD": {"momentum": 0.9, "nesterov": True},
    "Adagrad": {"initial_accumulator_value": 0.5},
    "Adadelta": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adam": {"amsgrad": True},
    "AdamW": {"amsgrad": True},
    "NAdam": {},
}
every_optimizer = pytest.mark.parametrize(("name", "options"), FULL.items(), ids=FULL)


def _case(name: str, options: Options, **changes: Any) -> Case:
    return Case("", options | {"lr": 0.1}, name, groups=({}, {"lr": 0.2}, {}), **changes)


def _walked(cls: Any, case: Case, steps: int) -> tuple[Any, list[torch.Tensor]]:
    """An optimizer after ``steps`` steps, and its parameters."""
    params = parameters(case)
    optimizer = build(cls, params, case)
    for grads, _ in zip(gradients(case), range(steps), strict=False):
        take(optimizer, params, grads, {})
    return optimizer, params


def _continued(optimizer: Any, params: list[torch.Tensor], case: Case) -> list[torch.Tensor]:
    """The parameters after 20 steps more."""
    for grads, _ in zip(gradients(case), range(20), strict=False):
        take(optimizer, params, grads, {})
    return [param.detach() for param in params]


def _plain(state_dict: Any) -> Any:
    """A state dict without the options that do not exist here."""
    groups = [
        {name: value for name, value in group.items() if name not in LEFT_OUT}
        for group in state_dict["param_groups"]
    ]
    return {"state": state_dict["state"], "param_groups": groups}


@pytest.mark.parametrize("name", NAMES)
def test_signature_is_torchs_without_the_ways_to_compute(name: str) -> None:
    def arguments(cls: Any) -> list[tuple[Any, ...]]:
        found = inspect.signature(cls).parameters.values()
        return [(p.name, p.kind, p.default) for p in found if p.name not in LEFT_OUT]

    assert not set(LEFT_OUT) & inspect.signature(ours(name)).parameters.keys()
    assert arguments(ours(name)) == arguments(getattr(torch.optim, name))


@every_optimizer
@pytest.mark.parametrize("steps", [0, 7])
def test_state_dict_has_torchs_layout(name: str, options: Options, steps: int) -> None:
    case = _case(name, options)
    mine, theirs = (_walked(make(name), case, steps)[0] for make in (ours, torchs))
    torch.testing.assert_close(mine.state_dict(), _plain(theirs.state_dict()), rtol=1e-12, atol=0.0)


@every_optimizer
@pytest.mark.parametrize("saves", [ours, torchs])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_state_travels_in_mid_training(
    name: str, options: Options, saves: Any, dtype: torch.dtype
) -> None:
    """Saved by either, it goes on alike in both, and as if nothing had happened."""
    case = _case(name, options, dtype=dtype)
    saver, params = _walked(saves(name), case, 7)
    mine, theirs = (_resumed(loads(name), saver, params, case) for loads in (ours, torchs))
    torch.testing.assert_close(mine, theirs, rtol=1e-12, atol=1e-14)
    # NAdam's product of momenta goes on in the parameter's precision; before it was in single.
    rough = 1e-7 if name == "NAdam" else 1e-12
    uninterrupted = _continued(saver, params, case)
    torch.testing.assert_close(mine, uninterrupted, rtol=rough, atol=rough / 100)


def _resumed(cls: Any, saver: Any, params: list[torch.Tensor], case: Case) -> list[torch.Tensor]:
    """20 steps on by an optimizer built otherwise, which loads all it needs."""
    own = [param.detach().clone().requires_grad_() for param in params]
    loader = build(cls, own, Case("", {"lr": 9.0, "weight_decay": 5.0}, groups=({}, {}, {})))
    loader.load_state_dict(copy.deepcopy(saver.state_dict()))
    return _continued(loader, own, case)


@every_optimizer
def test_what_torch_saved_can_go_back_to_torch(name: str, options: Options) -> None:
    case = _case(name, options)
    saver, params = _walked(torchs(name), case, 3)
    between = build(ours(name), params, case)
    between.load_state_dict(copy.deepcopy(saver.state_dict()))
    again = build(torchs(name), params, case)
    again.load_state_dict(between.state_dict())
    assert repr(again) == repr(saver)
    torch.testing.assert_close(
        again.state_dict(), saver.state_dict(), rtol=0.0, atol=0.0, check_dtype=False
    )


@every_optimizer
def test_loading_casts_to_the_parameter_but_not_the_step(name: str, options: Options) -> None:
    saver, _ = _walked(ours(name), _case(name, options), 3)
    single = _case(name, options, dtype=torch.float32)
    loaders = [build(make(name), parameters(single), single) for make in (ours, torchs)]
    for loader in loaders:
        loader.load_state_dict(saver.state_dict())
    mine, theirs = ({i: _dtypes(s) for i, s in o.state_dict()["state"].items()} for o in loaders)
    assert mine == theirs
    assert all(d == torch.float32 for entries in mine.values() for d in entries.values())


def _dtypes(entries: dict[str, torch.Tensor]) -> dict[str, torch.dtype]:
    return {name: entry.dtype for name, entry in entries.items()}


@every_optimizer
def test_loading_leaves_the_dict_alone(name: str, options: Options) -> None:
    case = _case(name, options)
    saved = _walked(torchs(name), case, 3)[0].state_dict()
    before = copy.deepcopy(saved)
    loader, params = _walked(ours(name), case, 0)
    loader.load_state_dict(copy.deepcopy(saved))
    _continued(loader, params, case)
    torch.testing.assert_close(saved, before, rtol=0.0, atol=0.0)


@every_optimizer
def test_old_dict_with_counts_as_numbers_loads(name: str, options: Options) -> None:
    case = _case(name, options)
    saver, params = _walked(torchs(name), case, 5)
    saved = copy.deepcopy(saver.state_dict())
    for entries in saved["state"].values():
        for count in {"step", "mu_product"} & entries.keys():
            entries[count] = entries[count].item()
    for group in saved["param_groups"]:
        for later in ("maximize", "nesterov", "amsgrad", "centered", "decoupled_weight_decay"):
            # An option that was on cannot have been missing.
            if group.get(later) is False:
                del group[later]
    loader = build(ours(name), [p.detach().clone().requires_grad_() for p in params], case)
    loader.load_state_dict(saved)
    counts = [entries["step"] for entries in loader.state.values() if "step" in entries]
    assert all(count.dtype == torch.float32 for count in counts)
    mine = _continued(loader, [p for g in loader.param_groups for p in g["params"]], case)
    torch.testing.assert_close(mine, _continued(saver, params, case), rtol=1e-12, atol=1e-14)


@every_optimizer
@pytest.mark.parametrize("other", [[{}, {}], [{}, {}, {}, {}]])
def test_dict_of_another_shape_is_refused(name: str, options: Options, other: list[Any]) -> None:
    saver, _ = _walked(ours(name), _case(name, options), 1)
    params = [torch.zeros(1, requires_grad=True) for _ in other]
    loader = ours(name)([{"params": [param]} for param in params])
    with pytest.raises(ValueError, match="different number of parameter groups"):
        loader.load_state_dict(saver.state_dict())


@every_optimizer
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))], ids=["copy", "pickle"]
)
def test_copies_go_on_alike(name: str, options: Options, duplicate: Any) -> None:
    case = _case(name, options)
    optimizer, params = _walked(ours(name), case, 5)
    twin = duplicate(optimizer)
    own = [param for group in twin.param_groups for param in group["params"]]
    expected = _continued(optimizer, params, case)
    torch.testing.assert_close(_continued(twin, own, case), expected, rtol=0.0, atol=0.0)


@every_optimizer
def test_repr_is_torchs_without_the_ways_to_compute(name: str, options: Options) -> None:
    case = _case(name, options)
    mine, theirs = (repr(build(make(name), parameters(case), case)) for make in (ours, torchs))
    kept = [line for line in theirs.splitlines() if line.strip().split(":")[0] not in LEFT_OUT]
    assert mine.splitlines() == kept


@every_optimizer
def test_names_of_parameters_are_kept(name: str, options: Options) -> None:
    model = torch.nn.Linear(2, 1)
    optimizer = ours(name)(model.named_parameters(), **options)
    saved = optimizer.state_dict()["param_groups"][0]
    assert saved["param_names"] == ["weight", "bias"]
    assert saved["params"] == [0, 1]
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()


@every_optimizer
def test_added_group_is_filled_up_and_moves(name: str, options: Options) -> None:
    case = _case(name, options)
    results = []
    for make in (ours, torchs):
        optimizer, params = _walked(make(name), case, 3)
        new = torch.ones(3, dtype=torch.float64, requires_grad=True)
        optimizer.add_param_group({"params": new, "weight_decay": 0.1})
        for _ in range(3):
            new.grad = torch.ones(3, dtype=torch.float64)
            take(optimizer, params, next(gradients(case)), {})
        results.append([*params, new])
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-14)


@every_optimizer
@pytest.mark.parametrize("maximize", [False, True])
def test_gradients_are_left_untouched(name: str, options: Options, maximize: bool) -> None:
    case = _case(name, options | {"weight_decay": 0.1, "maximize": maximize})
    params = parameters(case)
    optimizer = build(ours(name), params, case)
    for grads, _ in zip(gradients(case), range(3), strict=False):
        given = [grad.clone() for grad in grads if grad is not None]
        for param, grad in zip(params, given, strict=True):
            param.grad = grad
        optimizer.step()
        assert all(p.grad is grad for p, grad in zip(params, given, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(given, grads, strict=True) if b is not None)


@every_optimizer
def test_first_state_does_not_share_memory_with_the_gradient(name: str, options: Options) -> None:
    param = torch.ones(2, requires_grad=True)
    optimizer = ours(name)([param], **options)
    param.grad = torch.ones(2)
    optimizer.step()
    own = {entry.data_ptr() for entry in optimizer.state[param].values()}
    assert not own & {param.grad.data_ptr(), param.data_ptr()}


@every_optimizer
def test_no_graph_is_kept(name: str, options: Options) -> None:
    param = torch.ones(2, requires_grad=True)
    optimizer = ours(name)([param], **options)
    for _ in range(2):
        (param.grad,) = torch.autograd.grad((param**3).sum(), param, create_graph=True)
        assert param.grad.requires_grad
        optimizer.step()
    assert not any(entry.requires_grad for entry in optimizer.state[param].values())
    assert param.is_leaf


@every_optimizer
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_parameters_and_state_keep_their_memory(
    name: str, options: Options, dtype: torch.dtype
) -> None:
    case = _case(name, options, dtype=dtype)
    optimizer, params = _walked(ours(name), case, 1)
    before = _memory(optimizer, params)
    _continued(optimizer, params, case)
    assert _memory(optimizer, params) == before


def _memory(optimizer: Any, params: list[torch.Tensor]) -> list[int]:
    entries = (entry for param in params for entry in optimizer.state[param].values())
    return [tensor.data_ptr() for tensor in (*params, *entries)]


@every_optimizer
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_state_has_the_layout_of_its_parameter(
    name: str, options: Options, layout: torch.memory_format
) -> None:
    param = torch.ones(2, 3, 4, 5).to(memory_format=layout).requires_grad_()
    param.grad = torch.ones_like(param)
    optimizer = ours(name)([param], **options)
    optimizer.step()
    entries = [entry for entry in optimizer.state[param].values() if entry.ndim]
    assert all(entry.stride() == param.stride() for entry in entries)


@every_optimizer
def test_closure_runs_once_with_gradients_enabled(name: str, options: Options) -> None:
    param = torch.ones(2, requires_grad=True)
    optimizer = ours(name)([param], **options)
    calls = []

    def closure() -> str:
        optimizer.zero_grad()
        (param**2).sum().backward()
        calls.append(param.detach().clone())
        return "the loss"

    with torch.no_grad():
        assert optimizer.step(closure) == "the loss"
        assert not torch.is_grad_enabled()
    assert torch.equal(calls[0], torch.ones(2)) and len(calls) == 1
    assert not torch.equal(param, torch.ones(2))
    assert torch.is_grad_enabled()
    assert optimizer.step() is None


@every_optimizer
def test_zero_grad_forgets_or_empties(name: str, options: Options) -> None:
    param = torch.ones(2, requires_grad=True)
    optimizer = ours(name)([param], **options)
    param.grad = grad = torch.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert param.grad is grad and torch.equal(grad, torch.zeros(2))
    optimizer.zero_grad()
    assert param.grad is None


@every_optimizer
def test_torchs_schedules_take_it(name: str, options: Options) -> None:
    case = Case("", options, name)
    results = []
    for make in (ours, torchs):
        params = parameters(case)
        optimizer = build(make(name), params, case)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
        for grads, _ in zip(gradients(case), range(6), strict=False):
            take(optimizer, params, grads, {})
            schedule.step()
        results.append(params)
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "option"), [("RMSprop", "momentum"), ("RMSprop", "centered"), ("Adam", "amsgrad")]
)
def test_option_switched_on_too_late_is_a_key_error(name: str, option: str) -> None:
    case = Case("", {}, name)
    for make in (ours, torchs):
        optimizer, params = _walked(make(name), case, 1)
        with pytest.raises(KeyError):
            take(optimizer, params, next(gradients(case)), {option: True})


@pytest.mark.parametrize("name", NAMES)
def test_it_learns(name: str) -> None:
    """A canary: no comparison, only that the loss falls."""
    target = torch.tensor([1.0, -2.0])
    param = torch.zeros(2, requires_grad=True)
    # Adadelta has steps in its own units, which begin tiny.
    optimizer = ours(name)([param], lr=100.0 if name == "Adadelta" else 0.1)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = ((param - target) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
