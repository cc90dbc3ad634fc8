"""The test of digits to order: a judge reads them, and looks for variety and for copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises
from tensorbook.report import say
from tensorbook.small_digits import small_digits

check_exercise = Exercises()

HIDDEN = 597
GOAL = 0.975  # of the pictures, the judge is sure of the digit that was ordered
SURE = 0.95
VARIETY = 0.7  # of the mean distance of two real digits of a kind
EACH = 60  # pictures of each digit that are drawn
NEAR, SINGLE = 0.6, 0.65  # as in `Report`; copies are nearer
BETWEEN = 0.4  # of the distance to the nearest, for the tenth that comes closest to a blend

Draw = Callable[[Tensor, int], Any]
_inside: list[int] = []  # a seed while a reader's `draw` is at work


def _digits() -> tuple[Tensor, Tensor]:
    return small_digits(13)


def to_learn() -> tuple[Tensor, Tensor]:
    """1,200 of scikit-learn's digits: `(1200, 8, 8)` in [0, 1], and labels."""
    X, y = _digits()
    return X[HIDDEN:].clone(), y[HIDDEN:].clone()


@dataclass(frozen=True)
class Report:
    """What the judge says of pictures that were drawn to order.

    Attributes:
        sure: the share of which it is sure that they are the digit ordered.
        variety: the mean distance of two pictures of a kind, as a share of that of real digits.
        near: the distance to the nearest picture to learn from, which a tenth of the pictures do
            not reach, as a share of that of real digits that were not learnt from.
        single: nearest over second nearest, which a tenth do not reach; copies have one that
            stands out.
    """

    sure: float
    variety: float
    near: float
    single: float

    def __str__(self) -> str:
        return (
            f"{self.sure:.1%} recognised, variety {self.variety:.0%}, "
            f"nearest {self.near:.0%}, of second {self.single:.0%}"
        )


def judge(pictures: Tensor, labels: Tensor) -> Report:
    """What the judge says of `pictures` `(N, 8, 8)` in [0, 1] that should show `labels`."""
    assert not _inside, (
        "draw asks the judge; it is for measuring, and not there when digits are drawn"
    )
    X, y = _digits()
    drawn, learnt, hidden = (part.flatten(1) for part in (pictures, X[HIDDEN:], X[:HIDDEN]))
    with torch.inference_mode():
        odds = _network()(drawn).softmax(1)
    sure = (odds.gather(1, labels[:, None]) > SURE).double().mean().item()
    variety = _spread(drawn, labels) / _spread(hidden, y[:HIDDEN])
    two = torch.cdist(drawn, learnt).topk(2, largest=False).values
    real = torch.cdist(hidden, learnt).min(1).values.quantile(0.1)
    single = (two[:, 0] / two[:, 1].clamp(min=1e-9)).quantile(0.1).item()
    return Report(sure, variety, (two[:, 0].quantile(0.1) / real).item(), single)


def _spread(x: Tensor, labels: Tensor) -> float:
    """The mean distance of two pictures of a kind, averaged over the kinds."""
    kinds = [x[labels == k] for k in labels.unique().tolist()]
    return sum(torch.pdist(part).mean().item() for part in kinds) / len(kinds)


def _between(x: Tensor, labels: Tensor) -> float:
    """How close pictures come to a blend of two to learn from, as a share of their nearest; a tenth is closer."""
    X, y = to_learn()
    shares = []
    for k in labels.unique().tolist():
        drawn, learnt = x[labels == k].flatten(1).double(), X[y == k].flatten(1).double()
        i, j = torch.triu_indices(len(learnt), len(learnt), 1)
        G, dots = learnt @ learnt.T, drawn @ learnt.T  # (n, n), (N, n)
        length = G[i, i] - 2 * G[i, j] + G[j, j]  # squared, of i to j
        ahead = dots[:, j] - dots[:, i] - G[i, j] + G[i, i]  # (N, pairs)
        t = (ahead / length).clamp(0, 1)
        alone = drawn.pow(2).sum(1, keepdim=True) - 2 * dots[:, i] + G[i, i]
        squared = (alone - 2 * t * ahead + t**2 * length).min(1).values.clamp(min=0)
        shares.append(squared.sqrt() / torch.cdist(drawn, learnt).min(1).values.clamp(min=1e-9))
    return torch.cat(shares).quantile(0.1).item()


@cache
def _network() -> nn.Sequential:
    """Reads digits; taught with all of them, and with noise, so that it has learnt more than you."""
    X, y = _digits()
    dice = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
        optimizer = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=0.01)
        for _ in range(600):
            rows = torch.randint(len(y), (128,), generator=dice)
            noisy = X[rows].flatten(1) + 0.07 * torch.randn(128, 64, generator=dice)
            loss = F.cross_entropy(net(noisy), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.eval().requires_grad_(False)


@check_exercise.checker("ex-digits-to-order")
def digits(draw: Draw) -> None:
    labels = torch.arange(10).repeat(EACH)[torch.randperm(10 * EACH)]
    pictures = _drawn(draw, labels, 1)
    again, other = _drawn(draw, labels, 1), _drawn(draw, labels, 2)
    assert torch.allclose(again, pictures, atol=1e-4), "the same order and seed give other pictures"
    assert not torch.allclose(other, pictures, atol=1e-2), "another seed gives the same pictures"
    sevens = _drawn(draw, torch.full((5,), 7), 3).flatten(1)
    assert float(torch.pdist(sevens).min()) > 0.05, "five sevens of one order are the same picture"
    report = judge(pictures, labels)
    assert report.near > NEAR, (
        f"{report}: a tenth or more are pictures of the training set, or nearly"
    )
    assert report.single > SINGLE, (
        f"{report}: a tenth or more have one picture of the training set that they are much closer "
        "to than to the next; are they copies with noise?"
    )
    assert _between(pictures, labels) > BETWEEN, (
        f"{report}: a tenth or more are blends of two pictures of the training set, or nearly"
    )
    assert report.variety >= VARIETY, f"{report}; {VARIETY:.0%} is the least variety"
    assert report.sure >= GOAL, f"{report}; {GOAL:.1%} recognised is the goal"
    say(str(report), {"hidden": report.sure, "variety": report.variety})


def _drawn(draw: Draw, labels: Tensor, seed: int) -> Tensor:
    _inside.append(seed)
    try:
        got = draw(labels.clone(), seed)
    finally:
        _inside.pop()
    if got is ... or got is None:
        raise NotImplementedError
    pictures = torch.as_tensor(got).detach().cpu().float()
    wanted = (len(labels), 8, 8)
    assert tuple(pictures.shape) == wanted, (
        f"{wanted} was ordered, and {tuple(pictures.shape)} came"
    )
    assert bool(pictures.isfinite().all()), "some pixels are no numbers"
    assert float(pictures.min()) >= 0, f"pixels lie in [0, 1], not {pictures.min():.2f}"
    assert float(pictures.max()) <= 1, f"pixels lie in [0, 1], not {pictures.max():.2f}"
    return pictures
