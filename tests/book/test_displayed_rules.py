"""Rules as the pages display them, beside the library's own: one book, one library.

Momentum, the adaptive rules and the schedules have such tests with their chapters.
"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from course_lib import nn, optim
from tests.book.chapter import load

X, G = torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
SCALE = torch.tensor([0.5, 1.0, 2.0, -1.0, 3.0], dtype=torch.float64)


def stepped(param: Tensor, grad: Tensor, **options: float | bool) -> Tensor:
    """A parameter after one step of the library's SGD."""
    weight = param.clone().requires_grad_()
    weight.grad = grad.clone()
    optim.SGD([weight], **options).step()  # type: ignore[arg-type]
    return weight.detach()


def mask_drawn(q: float) -> tuple[Tensor, Tensor]:
    """A mask, and what the library's dropout makes of X when it draws the same."""
    torch.manual_seed(3)
    mask = nn.dropout_mask(X, 1 - q)
    torch.manual_seed(3)
    return mask, nn.dropout(X, 1 - q, training=True)


@pytest.mark.parametrize("page", ["05_training_loop", "07_initialization", "08_gradient_descent"])
def test_plain_gradient_descent(page: str) -> None:
    _, update = load(page).plain(None, G, lr=0.3)
    torch.testing.assert_close(X + update, stepped(X, G, lr=0.3))


@pytest.mark.parametrize("maximize", [False, True])
def test_coupled_decay(maximize: bool) -> None:
    found = load("08_gradient_descent").decayed(X, G, 0.3, 0.2, maximize)
    torch.testing.assert_close(found, stepped(X, G, lr=0.3, weight_decay=0.2, maximize=maximize))


@pytest.mark.parametrize("q", [0.2, 0.5, 0.8, 1.0])
def test_inverted_dropout_and_its_way_back(q: float) -> None:
    page = load("16_dropout")
    mask, expected = mask_drawn(q)
    torch.testing.assert_close(page.inverted(X, mask, q), expected)
    torch.testing.assert_close(page.inverted(X, None, q), nn.dropout(X, 1 - q, training=False))
    torch.testing.assert_close(page.back(G, mask, q), nn.dropout_backward(G, mask, 1 - q))


@pytest.mark.parametrize("q", [0.2, 0.5, 0.8, 1.0])
def test_dropout_as_published(q: float) -> None:
    page = load("16_dropout")
    torch.manual_seed(3)
    thinned = nn.dropout_as_published(X, q, training=True)
    torch.testing.assert_close(page.published(X, thinned != 0, q), thinned)
    used = nn.dropout_as_published(X, q, training=False)
    torch.testing.assert_close(page.published(X, None, q), used)


def test_a_residual_block_whose_branch_is_dropped_at_random() -> None:
    page, keep = load("16_dropout"), 0.6
    torch.manual_seed(3)
    added = nn.stochastic_depth(G, 1 - keep, training=True)
    coins = (added != 0).any(1).tolist()
    assert len(set(coins)) == 2
    blocks = [
        page.residual(x, lambda _, g=g: g, coin / keep)
        for x, g, coin in zip(X, G, coins, strict=True)
    ]
    torch.testing.assert_close(torch.stack(blocks), X + added)


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_batch_normalization_both_ways(eps: float) -> None:
    page = load("17_batchnorm")
    shift = SCALE.flip(0)
    _, mean, var = page.normalized(X, eps)
    torch.testing.assert_close(
        page.in_training(X, SCALE, shift, eps),
        nn.batch_norm(X, None, None, SCALE, shift, training=True, eps=eps),
    )
    torch.testing.assert_close(
        page.back(G, X, SCALE, eps), nn.batch_norm_backward(G, X, SCALE, mean, var, eps)
    )


def test_running_statistics_and_their_use() -> None:
    page = load("17_batchnorm")
    layer = nn.BatchNorm1d(5, momentum=0.3, dtype=torch.float64)
    running = (torch.zeros(5).double(), torch.ones(5).double())
    for batch in (X, G, 2 * X + 1):
        layer(batch)
        running = page.follow(running, batch, alpha=0.3)
    torch.testing.assert_close(running, (layer.running_mean, layer.running_var))
    used = layer.eval()(X).detach()
    torch.testing.assert_close(page.in_use(X, running, 1.0, 0.0), used)


def test_images_have_one_mean_for_each_channel() -> None:
    images = torch.randn(4, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        load("17_batchnorm").normalized_images(images),
        nn.batch_norm(images, None, None, training=True),
    )
