"""Checkers of the exercises in *Interpretability and robustness*."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _waiting(got: Any) -> None:
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-interp-rest")
def rest(answer: Callable[..., Any]) -> None:
    deep = nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 5), nn.ReLU(), nn.Linear(5, 4))
    seen = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(27, 4))
    for net, x in ((deep.double(), _random(7, 6)), (seen.double(), _random(7, 1, 5, 5))):
        k = torch.randint(4, (7,))
        # Scaled down, a picture keeps its slopes only on its own piece: read it from two points.
        near = [net(x * c).gather(1, k[:, None])[:, 0] for c in (1.0, 1.0 - 1e-6)]
        wanted = near[0] - (near[0] - near[1]) / 1e-6
        hint = "not what is left of the score of each picture"
        expect(answer(net, x, k), wanted, hint, rtol=1e-4, atol=1e-6)


@check_exercise.checker("ex-interp-path")
def path(answer: Callable[..., Any]) -> None:
    Q, points = _random(4, 4), _random(5, 4)
    wanted = sum(
        (end - start) * ((Q + Q.T) @ (end + start) / 2) for start, end in itertools.pairwise(points)
    )
    got = answer(lambda x: x @ Q @ x, points, 3)
    expect(got, wanted, "wrong for a quadratic function and four legs")
    got = answer(lambda x: x[0] ** 3 * x[1], torch.tensor([[0.0, 1], [2, 1]]).double(), 4)
    # the slope 3 x0^2 at the middles 0.25, 0.75, 1.25, 1.75
    wanted = torch.tensor([2 * 3 * (0.0625 + 0.5625 + 1.5625 + 3.0625) / 4, 0.0]).double()
    expect(got, wanted, "not n steps with the slope in the middle of each")


@check_exercise.checker("ex-interp-shapley")
def by_lot(answer: Callable[..., Any]) -> None:
    n, dice = 4, torch.Generator().manual_seed(int(torch.randint(1 << 30, ())))
    table = torch.randn(2**n, generator=dice, dtype=torch.float64)
    calls = 0

    def v(S: Any) -> float:
        nonlocal calls
        calls += 1
        return float(table[sum(2**i for i in S)])

    got = answer(v, n, 3)
    _waiting(got)
    got, few = torch.as_tensor(got), calls
    expect(got.sum(), table[-1] - table[0], "the values do not add up to what all earn together")
    assert few <= 3 * (n + 1), "v is called too often"
    wanted = torch.zeros(n, dtype=torch.float64)
    orders = list(itertools.permutations(range(n)))
    for order in orders:
        for place, i in enumerate(order):
            gain = v(set(order[: place + 1])) - v(set(order[:place]))
            wanted[i] += gain / len(orders)
    got = answer(v, n, 4000)
    expect(got, wanted, "not the mean gain over random orders", rtol=0, atol=0.15)


@check_exercise.checker("ex-interp-randomise")
def randomise(answer: Callable[..., Any]) -> None:
    net = nn.Sequential(
        nn.Flatten(), nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 3)
    )
    before, x = copy.deepcopy(net.state_dict()), torch.randn(2, 1, 5, 6)

    got = answer(net, x, lambda net, x: x.roll(1, 2) - x)
    _waiting(got)
    assert len(got) == 3, "one number for each layer with weights"
    same = all(torch.equal(w, before[name]) for name, w in net.state_dict().items())
    assert same, "the network is not left as it was"
    expect(
        torch.as_tensor(got), torch.ones(3), "a map that never asks the network stays", atol=1e-6
    )

    # A map that counts, from the layers that are new: 1 at first, then the reverse, then another.
    def counting(net: nn.Sequential, x: Tensor) -> Tensor:
        new = [
            not torch.equal(w, before[name])
            for name, w in net.state_dict().items()
            if name.endswith("weight")
        ]
        line = torch.arange(1.0, 11.0)
        maps = {
            (False, False, False): line,
            (False, False, True): -line,
            (False, True, True): 11 - line,
        }
        return maps.get((new[0], new[1], new[2]), line.roll(5))

    got = torch.as_tensor(answer(net, x, counting))
    line = torch.arange(10.0)
    rolled = torch.corrcoef(torch.stack([line, line.roll(5)]))[0, 1].item()
    hint = "from the last layer to the first, none repaired, of absolute maps, by rank"
    expect(got, torch.tensor([1.0, -1.0, rolled]), hint, atol=1e-5)

    def skewed(net: nn.Sequential, x: Tensor) -> Tensor:  # same ranks, another shape
        untouched = all(torch.equal(w, before[name]) for name, w in net.state_dict().items())
        return line + 1 if untouched else (line + 1).exp()

    got = torch.as_tensor(answer(net, x, skewed))
    expect(got, torch.ones(3), "ranks, not values, are to be correlated", atol=1e-6)


@check_exercise.checker("ex-interp-ball")
def ball(answer: Callable[..., Any]) -> None:
    x, g = _random(5, 6), _random(5, 6)
    got = answer(lambda x: (x * g).sum(dim=1), x, 0.5, 9, 0.2)
    _waiting(got)
    wanted = x + 0.5 * g / g.norm(dim=1, keepdim=True)
    expect(got, wanted, "not the worst change for a linear loss")
    got = answer(lambda x: (x * g).sum(dim=1), x, 5.0, 3, 0.2)
    expect(got, x + 0.6 * g / g.norm(dim=1, keepdim=True), "each step has length `step`")
    Q = _random(6, 6)

    def bent(x: Tensor) -> Tensor:
        return (x @ Q).sin().sum(dim=1)

    delta = torch.zeros_like(x)
    for _ in range(6):
        slope = torch.func.grad(lambda d: bent(x + d).sum())(delta)
        delta = delta + 0.1 * slope / slope.norm(dim=1, keepdim=True)
        delta = delta / (delta.norm(dim=1, keepdim=True) / 0.25).clamp(min=1.0)
    expect(answer(bent, x, 0.25, 6, 0.1), x + delta, "differs for a loss that is not linear")


@check_exercise.checker("ex-interp-certify")
def certify(answer: Callable[..., Any]) -> None:
    corners = torch.tensor(list(itertools.product((-1.0, 1.0), repeat=7))).double()
    for _ in range(12):
        W, b, x = _random(5, 7), _random(5), _random(7)
        W[1:] = W[1:] * torch.tensor([0.1, 1.0, 3.0, 10.0]).double()[:, None]
        k = (W @ x + b).argmax()
        low, high = 0.0, 100.0
        for _ in range(60):
            middle = (low + high) / 2
            held = bool((((x + middle * corners) @ W.T + b).argmax(dim=1) == k).all())
            low, high = (middle, high) if held else (low, middle)
        expect(answer(W, b, x), low, "not the radius, if every corner of the cube is tried")


@check_exercise.checker("ex-interp-copy")
def copying(answer: Callable[..., Any]) -> None:
    for kinds, T in ((3, 20), (7, 15), (5, 1)):
        x = torch.randint(kinds, (T,))
        wanted = torch.zeros(T, kinds, dtype=torch.float64)
        for t in range(T):
            followed = [int(x[s + 1]) for s in range(t) if x[s] == x[t]]
            for token in followed:
                wanted[t, token] += 1 / len(followed)
        got = answer(x, kinds)
        _waiting(got)
        expect(got.double(), wanted, "differs from counting what followed", rtol=1e-5, atol=1e-6)


@check_exercise.checker("ex-interp-thresholds")
def thresholds(answer: Callable[..., Any]) -> None:
    for groups, rate in ((2, 0.5), (3, 0.7), (2, 0.93), (2, 1.0)):
        scores, truth = _random(300), torch.rand(300) < 0.4
        group = torch.randint(groups, (300,))
        got = answer(scores, truth, group, rate)
        _waiting(got)
        wanted = []
        for i in range(groups):
            own = scores[truth & (group == i)]
            wanted.append(max(bar for bar in own if (own >= bar).double().mean() >= rate - 1e-9))
        expect(got, torch.stack(wanted), f"not the highest bar that keeps {rate:.0%} of true cases")
