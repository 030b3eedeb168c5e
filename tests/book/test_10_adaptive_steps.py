"""Chapter 10: its rules against torch and the library, its captions against what was plotted."""

import inspect
import re

import numpy as np
import pytest
import torch

import course_lib.optim as ours
from tests.book.chapter import load
from tests.book.executed import figure_data, notebook

PAGE = "10_adaptive_steps"
chapter = load(PAGE)

# Rule, its first state, its options, and the optimizer of that name with the same options.
ZEROS = (0, 0.0, 0.0)
RULES = {
    "adagrad": (0.0, dict(lr=0.1), "Adagrad", dict(lr=0.1)),
    "rmsprop": (0.0, dict(lr=0.1, rho=0.8), "RMSprop", dict(lr=0.1, alpha=0.8)),
    "adadelta": ((0.0, 0.0), dict(lr=0.7, rho=0.8), "Adadelta", dict(lr=0.7, rho=0.8)),
    "adam": (ZEROS, dict(lr=0.1, beta1=0.8, beta2=0.95), "Adam", dict(lr=0.1, betas=(0.8, 0.95))),
    "amsgrad": (
        (*ZEROS, 0.0),
        dict(lr=0.1, beta1=0.8, beta2=0.5),
        "Adam",
        dict(lr=0.1, betas=(0.8, 0.5), amsgrad=True),
    ),
    "adamw": (
        ZEROS,
        dict(lr=0.1, beta1=0.8, beta2=0.95, decay=0.3),
        "AdamW",
        dict(lr=0.1, betas=(0.8, 0.95), weight_decay=0.3),
    ),
    "nadam": (
        ZEROS,
        dict(lr=0.1, beta1=0.8, beta2=0.95),
        "NAdam",
        dict(lr=0.1, betas=(0.8, 0.95), momentum_decay=1e6),
    ),
    "nadam_scheduled": (
        (*ZEROS, 1.0),
        dict(lr=0.1, beta1=0.8, beta2=0.95, psi=0.03),
        "NAdam",
        dict(lr=0.1, betas=(0.8, 0.95), momentum_decay=0.03),
    ),
    "momentum": (0.0, dict(lr=0.1, mu=0.8), "SGD", dict(lr=0.1, momentum=0.8)),
    "nesterov": (0.0, dict(lr=0.1, mu=0.8), "SGD", dict(lr=0.1, momentum=0.8, nesterov=True)),
    "sgd": (None, dict(lr=0.1), "SGD", dict(lr=0.1)),
}
HAS_EPS = set(RULES) - {"momentum", "nesterov", "sgd"}


def gradients(seed=0, steps=60):
    """Gradients of very different sizes, with one that is zero."""
    generator = torch.Generator().manual_seed(seed)
    sizes = 10.0 ** torch.tensor([[-6.0, -2.0, 0.0, 2.0]], dtype=torch.float64)
    grads = sizes * torch.randn(steps, 4, generator=generator, dtype=torch.float64)
    grads[steps // 2] = 0
    return grads


def path_of_rule(name, grads, eps):
    state, options, *_ = RULES[name]
    rule = getattr(chapter, name)
    options = options | ({"eps": eps} if name in HAS_EPS else {})
    theta, path = torch.linspace(-1, 1, 4, dtype=torch.float64), []
    for grad in grads:
        extra = {"theta": theta} if name == "adamw" else {}
        state, update = rule(state, grad, **options, **extra)
        theta = theta + update
        path.append(theta)
    return torch.stack(path)


def path_of_class(module, name, grads, eps):
    *_, class_name, options = RULES[name]
    options = options | ({"eps": eps} if name in HAS_EPS else {})
    theta = torch.nn.Parameter(torch.linspace(-1, 1, 4, dtype=torch.float64))
    optimizer, path = getattr(module, class_name)([theta], **options), []
    for grad in grads:
        theta.grad = grad.clone()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path)


@pytest.fixture
def double():
    """NAdam keeps the product of its momenta in the default type: make that double."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("eps", [1e-2, 1e-8])
@pytest.mark.parametrize("module", [torch.optim, ours], ids=["torch", "course_lib"])
@pytest.mark.parametrize("name", RULES)
def test_a_displayed_rule_walks_like_the_optimizer_of_its_name(name, module, eps, double):
    grads = gradients()
    expected = path_of_class(module, name, grads, eps)
    torch.testing.assert_close(path_of_rule(name, grads, eps), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", sorted(HAS_EPS))
def test_the_comparison_would_notice_another_epsilon(name, double):
    path = path_of_rule(name, gradients(), 1e-2)
    assert not torch.allclose(path, path_of_class(torch.optim, name, gradients(), 1.1e-2))


def test_every_rule_of_the_page_is_compared():
    without_a_class = {"adam_simplified", "adam_of_the_lecture", "adam_in_full"}
    found = set()
    for name, thing in inspect.getmembers(chapter, inspect.isfunction):
        if thing.__module__ == chapter.__name__:
            names = list(inspect.signature(thing).parameters)
            found |= {name} if names[1:3] == ["grad", "lr"] and names[0] != "theta" else set()
    assert found | {"adamw"} == set(RULES) | without_a_class


@pytest.mark.book
def test_by_hand_code_and_torch_print_the_same_numbers():
    lines = [
        line
        for cell in notebook(PAGE).cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
        for line in output.text.splitlines()
        if re.fullmatch(r"[123](\s+[+-]\d\.\d{6}){3}", line)
    ]
    assert len(lines) == 7 * 3
    for line in lines:
        numbers = re.findall(r"[+-]\d\.\d+", line)
        assert len(numbers) == 3, line
        assert len(set(numbers)) == 1, line


def glued(key):
    """Return a number of the page's prose."""
    for cell in notebook(PAGE).cells:
        for output in cell.get("outputs", []):
            scrap = output.get("metadata", {}).get("scrapbook", {})
            if scrap.get("name") == f"ch10_{key}":
                (text,) = output["data"].values()
                return float(text)
    raise KeyError(key)


@pytest.mark.book
def test_numbers_of_the_bias_correction_are_those_of_the_formula():
    step = np.arange(1, 3001)
    factor = (1 - 0.9**step) / np.sqrt(1 - 0.999**step)
    assert glued("worst_step") == 1 + factor.argmax() == 12
    assert glued("worst_factor") == pytest.approx(factor.max())
    assert glued("factor_1") == pytest.approx(3.16, abs=0.005)
    assert glued("last_above") == step[factor > 1.1].max()


# F-10.1


def surfaces():
    return figure_data("F-10.1")["surfaces"]


def steps_needed(surface, racer):
    return sum(surfaces()[surface]["paths"][racer]["needed"]) / 10


@pytest.mark.book
def test_nesterov_and_rmsprop_earn_what_the_text_says():
    assert steps_needed("elongated bowl", "Nesterov") < steps_needed("elongated bowl", "GD") / 2
    assert steps_needed("plateau and cliff", "RMSProp") < steps_needed("plateau and cliff", "GD")
    assert steps_needed("saddle", "GD") < steps_needed("saddle", "RMSProp")
    assert steps_needed("saddle", "GD") < steps_needed("saddle", "Nesterov")


@pytest.mark.book
def test_every_racer_runs_on_every_surface_at_a_rate_inside_the_sweep():
    assert len(surfaces()) == 5
    for surface in surfaces().values():
        assert len(surface["paths"]) == 8
        for path in surface["paths"].values():
            assert len(path["points"]) == len(path["loss"]) <= 151
            assert len(path["needed"]) == 10
            assert min(chapter.RACE_RATES) < path["rate"] <= max(chapter.RACE_RATES)


@pytest.mark.book
def test_the_order_of_arrival_changes_from_surface_to_surface():
    orders = set()
    for surface in surfaces().values():
        means = {name: np.mean(path["needed"]) for name, path in surface["paths"].items()}
        orders.add(min(means, key=means.get))
    assert len(orders) == glued("winner_count") > 1


@pytest.mark.book
def test_adagrad_crosses_the_plateau_in_two_leaps_as_the_text_says():
    assert set(surfaces()["plateau and cliff"]["paths"]["AdaGrad"]["needed"]) == {2}


def test_two_seeds_scatter_the_starts_differently():
    first, second = (chapter.starts_near((0.0, 0.0), seed=seed) for seed in (0, 1))
    assert torch.equal(first[0], second[0])
    assert not torch.isclose(first[1:], second[1:]).any()


def test_a_run_that_never_stays_below_the_target_takes_one_step_too_many():
    losses = torch.tensor([[3.0, 0.5, 0.5], [3.0, 0.5, 2.0], [0.5, 0.5, 0.5]])
    assert chapter.settled_after(losses, 1.0).tolist() == [1, 3, 0]


# F-10.2


@pytest.mark.book
def test_adagrads_step_falls_as_one_over_root_t_and_rmsprops_settles_at_eta():
    data = figure_data("F-10.2")
    step = np.arange(1, 1001)
    np.testing.assert_allclose(data["length_adagrad"], step**-0.5, rtol=1e-5)
    assert data["length_rmsprop"][0] == pytest.approx(10, rel=1e-4)
    assert data["length_rmsprop"][-1] == pytest.approx(1, rel=1e-4)


@pytest.mark.book
def test_adagrad_loses_least_on_rare_features_on_average():
    data = figure_data("F-10.2")
    ends = {name: data[f"regret_{name}"][:, -1] for name in ("adagrad", "rmsprop", "sgd")}
    assert len(ends["adagrad"]) >= 10
    assert ends["adagrad"].mean() < ends["rmsprop"].mean() < ends["sgd"].mean()
    assert (ends["adagrad"] < ends["sgd"]).sum() == glued("sparse_wins") >= 8


def test_two_seeds_give_different_rare_features():
    regret = chapter.sparse_regret(chapter.sgd, None, rates=[0.4], seeds=[0, 1], rounds=30)
    assert not torch.allclose(regret[:, 0, 0], regret[:, 0, 1])


# F-10.3


@pytest.mark.book
def test_measured_factors_lie_on_the_formula():
    data = figure_data("F-10.3")
    dots = [1, 3, 12, 40, 150, 600, 2400]
    np.testing.assert_allclose(data["measured"], data["factor"][np.array(dots) - 1], rtol=1e-3)


@pytest.mark.book
def test_without_correction_updates_start_longer_and_the_loss_shoots_up():
    data = figure_data("F-10.3")
    longer = data["length_uncorrected"][:, 0] / data["length_corrected"][:, 0]
    np.testing.assert_allclose(longer, 3.16, rtol=0.01)
    loss = {name: data[f"loss_{name}"] for name in ("corrected", "uncorrected")}
    assert len(loss["corrected"]) >= 10
    assert loss["uncorrected"].mean(0).max() > 1.5 * loss["uncorrected"].mean(0)[0]
    assert loss["corrected"].mean(0).max() < 1.1 * loss["corrected"].mean(0)[0]
    assert (loss["uncorrected"].mean(0)[1:] > loss["corrected"].mean(0)[1:]).all()
    assert 1 < glued("spike_step") < 12


@pytest.mark.book
def test_at_its_own_rate_the_uncorrected_rule_loses_nothing():
    assert glued("own_loss_plain") < 1.1 * glued("own_loss_full")
    assert glued("own_rate_plain") < glued("own_rate_full")


def test_two_seeds_give_different_first_updates():
    losses, lengths = chapter.first_updates(
        chapter.adam, ZEROS, rates=[0.01], seeds=[0, 1], count=3
    )
    assert not torch.isclose(losses[:, 0], losses[:, 1]).any()
    assert not torch.isclose(lengths[:, 0, 1:], lengths[:, 1, 1:]).any()


# F-10.4


@pytest.mark.book
def test_the_ranking_of_the_comparison_is_what_caption_and_text_say():
    data = figure_data("F-10.4")
    ends = {name: data[f"cost_{name}"][:, -5:].mean(1) for name in chapter.COMPARED}
    assert all(len(runs) >= 10 for runs in ends.values())
    means = {name: runs.mean() for name, runs in ends.items()}
    assert means["adadelta"] < means["adam"] < means["rmsprop"]
    assert means["rmsprop"] < min(means["nesterov"], means["adagrad"])
    assert (ends["adadelta"] < ends["adam"]).sum() == glued("first_wins") >= 8
    assert means["adam"] == pytest.approx(glued("final_adam"))


@pytest.mark.book
def test_each_best_rate_lies_inside_its_sweep_and_a_wrong_one_costs_more_than_the_rule():
    data = figure_data("F-10.4")
    bests, wrongs = [], []
    for name in chapter.COMPARED:
        sweep = data[f"sweep_{name}"].mean(1)
        best = int(sweep.argmin())
        assert 0 < best < len(sweep) - 1, name
        bests.append(sweep[best])
        wrongs += [sweep[k] for k in (best - 2, best + 2) if 0 <= k < len(sweep)]
    assert min(wrongs) > max(bests)


def test_two_seeds_give_different_training_costs():
    costs = chapter.training_cost(chapter.adam, ZEROS, rates=[0.01], seeds=[0, 1], epochs=1)
    assert not torch.allclose(costs[0, 0], costs[0, 1])


# F-10.5


@pytest.mark.book
def test_effective_rates_span_two_powers_of_ten_and_rise_late():
    data = figure_data("F-10.5")
    assert len(data["spread_1"]) >= 10
    assert all((data[f"spread_{step}"] > 2).all() for step in (1, 30, 540))
    assert (data["median_540"] > data["median_30"]).all()


def test_two_seeds_give_different_effective_rates():
    rates = chapter.effective_rates(rate=0.01, seeds=[0, 1], at=(2,))[2]
    assert not torch.allclose(rates[0], rates[1])


# F-10.6


@pytest.mark.book
def test_gradient_descent_and_momentum_do_not_see_the_angle():
    data = figure_data("F-10.6")
    for name in ("gd", "momentum"):
        runs = data[f"steps_{name}"]
        assert len(runs) >= 10
        assert (np.abs(runs - runs[:, :1]) <= 1).all()


@pytest.mark.book
def test_adagrad_goes_from_fastest_to_slowest_as_the_bowl_turns():
    data = figure_data("F-10.6")
    means = {name: data[f"steps_{name}"].mean(0) for name in chapter.TURNED}
    others = [means[name] for name in ("gd", "momentum", "adam")]
    assert means["adagrad"][0] < 0.1 * min(other[0] for other in others)
    assert means["adagrad"][-1] > max(other[-1] for other in others)


@pytest.mark.book
def test_adam_starts_level_with_momentum_and_falls_behind():
    data = figure_data("F-10.6")
    adam, momentum = (data[f"steps_{name}"].mean(0) for name in ("adam", "momentum"))
    assert adam[0] == pytest.approx(momentum[0], rel=0.15)
    assert adam[-1] > 1.4 * momentum[-1]


def test_two_seeds_give_different_starts_on_the_turned_bowl():
    needed = chapter.settling_steps(
        chapter.sgd, None, rates=[1.9], angles=[0.0], seeds=[0, 1], kappa=20.0, count=300
    )
    assert needed[0, 0, 0] != needed[0, 0, 1]


# Numbers without a figure


@pytest.mark.book
def test_adam_falls_into_the_trap_and_amsgrad_does_not():
    assert glued("trap_adam") > 0.9
    assert glued("trap_amsgrad") < -0.9


@pytest.mark.book
def test_a_falling_rate_wins_on_most_seeds():
    assert glued("falling_loss") < glued("constant_loss")
    assert glued("falling_wins") >= 8


@pytest.mark.book
def test_adadelta_starts_with_the_root_of_epsilon_whatever_the_gradient():
    assert glued("adadelta_first") == pytest.approx((1e-6 / (1 - 0.9)) ** 0.5, rel=1e-3)
