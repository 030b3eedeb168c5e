import pytest
import torch

from course_lib.training import cost, perceptrons, predict, steps


def adam(state, grad, *, lr):
    t, m, s = state
    t, m, s = t + 1, 0.9 * m + 0.1 * grad, 0.99 * s + 0.01 * grad**2
    return (t, m, s), -lr * m / (1 - 0.9**t) / ((s / (1 - 0.99**t)) ** 0.5 + 1e-8)


def gradient_step(state, grad, *, lr):
    return state, -lr * grad


def some_data(examples=50):
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(examples, 4, generator=generator)
    return inputs, torch.randint(0, 3, (examples,), generator=generator)


def last(rule=adam, state=(0, 0.0, 0.0), **changes):
    options = dict(
        rates=[0.01, 0.05], seeds=[0, 1], data=some_data(), sizes=(4, 5, 3), epochs=3, batch_size=16
    )
    *_, snapshot = steps(rule, state, **(options | changes))
    return snapshot


def test_one_network_of_a_stack_equals_torch_training_it_alone():
    stacked = last(seeds=[7], rates=[0.05], epochs=1, batch_size=50)
    params = [p[0].clone().requires_grad_() for p in perceptrons((4, 5, 3), [7])]
    inputs, labels = some_data()
    optimizer = torch.optim.Adam(params, lr=0.05, betas=(0.9, 0.99))
    logits = torch.relu(inputs @ params[0] + params[1]) @ params[2] + params[3]
    torch.nn.functional.cross_entropy(logits, labels).backward()
    optimizer.step()
    for ours, torchs in zip(stacked.params, params, strict=True):
        torch.testing.assert_close(ours[0, 0], torchs.detach())


def test_a_network_does_not_depend_on_its_neighbours_in_the_stack():
    together, alone = last(), last(rates=[0.05], seeds=[1])
    for many, one in zip(together.params, alone.params, strict=True):
        torch.testing.assert_close(many[1, 1], one[0, 0])


def test_two_seeds_give_different_networks():
    snapshot = last()
    assert not torch.allclose(snapshot.params[0][0, 0], snapshot.params[0][0, 1])


def test_rates_of_one_seed_share_start_and_batches():
    snapshot = last(rates=[0.0, 0.0], drop=0.5)
    assert torch.equal(snapshot.losses[0], snapshot.losses[1])


def test_dropout_changes_the_loss_and_keeps_the_mean_of_a_hidden_unit():
    assert not torch.equal(last(drop=0.5).losses, last().losses)
    params, inputs = perceptrons((4, 1, 1), [0]), torch.ones(1, 4)
    hidden = torch.relu(inputs @ params[0] + params[1])
    masks = [torch.tensor([[[0.0]]]), torch.tensor([[[2.0]]])]
    outputs = [predict(params, inputs, [mask]) for mask in masks]
    torch.testing.assert_close(sum(outputs) / 2, hidden @ params[2])


def test_a_factor_of_zero_stops_the_training():
    moved = last(gradient_step, None, factor=lambda progress: 1.0 if progress == 0 else 0.0)
    once = next(
        iter(
            steps(
                gradient_step,
                None,
                rates=[0.01, 0.05],
                seeds=[0, 1],
                data=some_data(),
                sizes=(4, 5, 3),
                epochs=3,
                batch_size=16,
            )
        )
    )
    for many, one in zip(moved.params, once.params, strict=True):
        assert torch.equal(many, one)


def test_every_example_is_used_once_in_a_pass():
    inputs, labels = some_data(48)
    seen = []

    def spy(state, grad, *, lr):
        return state, 0 * grad

    run = steps(
        spy,
        None,
        rates=[0.1],
        seeds=[0],
        data=(inputs, labels),
        sizes=(4, 5, 3),
        epochs=1,
        batch_size=16,
    )
    seen = [snapshot.losses.item() for snapshot in run]
    whole = cost(predict(perceptrons((4, 5, 3), [0]), inputs), labels).item()
    assert len(seen) == 3
    assert sum(seen) / 3 == pytest.approx(whole, rel=1e-5)


def test_cost_equals_torch():
    logits = torch.randn(2, 6, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    expected = torch.stack([torch.nn.functional.cross_entropy(one, labels) for one in logits])
    torch.testing.assert_close(cost(logits, labels), expected)


@pytest.mark.parametrize("batch_size", [0, 51])
def test_a_batch_that_does_not_fit_the_data_is_refused(batch_size):
    with pytest.raises(ValueError, match=rf"batch_size must lie in 1..50, got {batch_size}"):
        last(batch_size=batch_size)


def test_a_network_without_a_layer_is_refused():
    with pytest.raises(ValueError, match="needs inputs and outputs"):
        perceptrons((4,), [0])
