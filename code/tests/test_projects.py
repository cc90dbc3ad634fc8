"""What the tests of the projects see."""

from contextlib import nullcontext
from typing import Any

import pytest
import torch
from tensorbook.exercises.digits_to_order import (
    BETWEEN,
    HIDDEN,
    _between,
    _drawn,
    judge,
    to_learn,
)
from tensorbook.exercises.network_in_a_page import _named, _Reader
from tensorbook.exercises.random_labels import _variants, make
from tensorbook.exercises.speed_run import Dealer, _run, counted
from tensorbook.small_digits import small_digits
from torch import nn


def test_each_look_with_gradients_counts_once_whole_or_flattened() -> None:
    stem, body = nn.Conv2d(3, 4, 3), nn.Sequential(nn.Flatten(), nn.Linear(144, 10))
    X = torch.randn(5, 3, 8, 8)
    with counted() as seen:
        body(stem(nn.Identity()(X)))
        assert seen["pictures"] == 5
        nn.Linear(192, 10)(X.flatten(1))
        assert seen["pictures"] == 10
        with torch.no_grad():
            stem(X)
        assert seen["pictures"] == 10


def test_a_fifth_of_copies_with_noise_is_enough_to_be_suspicious() -> None:
    X, y = to_learn()
    dice = torch.Generator().manual_seed(0)
    blurred = (X + X.roll(1, 0)) / 2  # no copies, whatever they show
    assert judge(blurred, y).near > 0.6
    mixed = blurred.clone()
    mixed[::5] = (X[::5] + 0.03 * torch.randn(X[::5].shape, generator=dice)).clamp(0, 1)
    report = judge(mixed, y)
    assert report.near < 0.6
    assert report.single < 0.65


def test_a_look_counts_by_name_and_from_a_leaf_that_wants_a_gradient() -> None:
    class Named(nn.Linear):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return super().forward(pixels)

    net, X = Named(4, 2), torch.randn(5, 4)
    with counted() as seen:
        net(pixels=X)
        net(X.clone().requires_grad_())
    assert seen["pictures"] == 10


def test_a_budget_that_a_recipe_overdraws_gives_no_more_looks() -> None:
    def recipe(deal: Dealer, K: int, seed: int) -> Any:
        X, _ = deal(deal.budget)
        net = nn.Linear(4, K)
        deal.left = -1000
        net(X), net(X)
        return lambda X: net(X).argmax(1)

    with pytest.raises(AssertionError, match="each look counts"):
        _run(recipe, torch.randn(20, 4), torch.zeros(20).long(), 10, 2, 0)


def test_blends_of_two_digits_are_told_from_digits_that_nobody_blended() -> None:
    X, y = to_learn()
    pairs = [torch.arange(len(y))[y == k] for k in range(10)]
    blends = torch.cat([(X[rows] + X[rows.roll(1)]) / 2 for rows in pairs])
    labels = torch.cat([y[rows] for rows in pairs])
    assert _between(blends, labels) < 0.01
    hidden, truth = (part[:HIDDEN] for part in small_digits(13))
    assert _between(hidden, truth) > BETWEEN


def test_a_drawer_that_asks_the_judge_is_refused() -> None:
    X, y = to_learn()

    def draw(labels: torch.Tensor, seed: int) -> torch.Tensor:
        judge(X[:10], y[:10])
        return X[: len(labels)]

    with pytest.raises(AssertionError, match="asks the judge"):
        _drawn(draw, y[:10], 1)
    judge(X[:10].repeat(2, 1, 1), y[:10].repeat(2))  # outside it is there again


def test_pixels_that_are_rolled_or_have_two_orders_are_not_random() -> None:
    X, y = (part[1000:] for part in small_digits(11))
    X = X.flatten(1)

    def rolled(kind: str, X: torch.Tensor, y: torch.Tensor, seed: int) -> Any:
        return (X.roll(1 + seed, 1), y) if kind == "shuffled pixels" else make(kind, X, y, seed)

    def twofold(kind: str, X: torch.Tensor, y: torch.Tensor, seed: int) -> Any:
        if kind != "random pixels":
            return make(kind, X, y, seed)
        dice = torch.Generator().manual_seed(seed)
        orders = torch.stack([torch.randperm(64, generator=dice) for _ in range(2)])
        return X.gather(1, orders[torch.arange(len(X)) % 2]), y

    with pytest.raises(AssertionError, match="neighbours"):
        _variants(rolled, X, y)
    with pytest.raises(AssertionError, match="a few orders"):
        _variants(twofold, X, y)
    _variants(make, X, y)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<label>Example <select><option>1</option></select></label>", True),
        ("<label>Example <input type=number></label>", True),
        ("<label>Example <input type=number></label><input type=range>", False),
        ("<label for=a></label><input id=a>", False),
        ("<label for=a>Example</label><input id=a>", True),
        ("<button><img src=x alt=Clear></button>", True),
        ("<button></button>", False),
        ("<input type=button value=Clear>", True),
        ('<svg aria-hidden="true"></svg>', True),
        ("<svg></svg>", False),
    ],
)
def test_each_control_of_a_page_is_named_in_any_of_the_ways_that_html_has(
    body: str, named: bool
) -> None:
    page = _Reader()
    page.feed(
        f"<html lang=en><title>x</title><canvas aria-label=y></canvas><output></output>{body}"
    )
    with nullcontext() if named else pytest.raises(AssertionError):
        _named(page)
