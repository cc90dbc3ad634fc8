"""Checkers of the exercises in *Optimisers: SGD in depth*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _hills(D: int = 5) -> Callable[[Tensor], Tensor]:
    A = _random(6, D)
    return lambda x: (A @ x).sin().sum() + x.pow(4).sum() / 9


def _walk(optimizer: Any, f: Callable[[Tensor], Tensor], x: Tensor, steps: int) -> Tensor:
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
        path.append(x.detach().clone())
    return torch.stack(path)


@check_exercise.checker("ex-optim-window")
def window(answer: Callable[[float, float], Any]) -> None:
    for beta in (0.5, 0.9, 0.97, 0.999):
        for share in (0.3, 0.632, 0.95):
            weights = (1 - beta) * beta ** torch.arange(20_000, dtype=torch.float64)
            wanted = int((weights.cumsum(0) < share).sum()) + 1
            expect(answer(beta, share), wanted, f"beta {beta}, share {share}: another number")


@check_exercise.checker("ex-optim-edge")
def largest_rate(answer: Callable[[float, float], Any]) -> None:
    for curvature, beta in ((1.0, 0.0), (0.7, 0.5), (4.0, 0.9), (20.0, 0.99)):
        low, high = 0.0, 4 / curvature
        for _ in range(50):
            rate = (low + high) / 2
            left = 1 - rate * curvature  # what a step ahead leaves of a distance
            step = torch.tensor([[left * (1 + beta), -left * beta], [1.0, 0.0]]).double()
            stable = torch.linalg.eigvals(step).abs().max() < 1
            low, high = (rate, high) if stable else (low, rate)
        hint = f"not the edge for a curvature of {curvature:g} and beta {beta:g}"
        expect(answer(curvature, beta), low, hint, rtol=2e-3)


@check_exercise.checker("ex-optim-scale")
def rescaled(answer: Callable[..., Any]) -> None:
    for scale in (1000.0, 0.01, 3.0):
        f, start = _hills(), _random(5)
        x, scaled = (start.clone().requires_grad_() for _ in range(2))
        lr, eps, decay = (0.05 * (1 + torch.rand(3))).tolist()
        wanted = _walk(torch.optim.Adam([x], lr=lr, eps=eps, weight_decay=decay), f, x, 15)
        got = answer(scale, lr, eps, decay)
        if got is ... or got is None:
            raise NotImplementedError
        lr, eps, decay = got
        theirs = torch.optim.Adam([scaled], lr=lr, eps=eps, weight_decay=decay)
        path = _walk(theirs, lambda x, f=f, c=scale: c * f(x), scaled, 15)  # type: ignore[misc]
        expect(path, wanted, f"with {scale:g} times the loss the walk is another one")


@check_exercise.checker("ex-optim-squares")
def second_moments(answer: Callable[[Tensor, float], Any]) -> None:
    for B, beta in ((4, 0.999), (32, 0.9)):
        rows = _random(B, 6) + 0.3
        x = torch.zeros(6, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([x], betas=(0.9, beta))
        (rows @ x).mean().backward()
        optimizer.step()
        got = answer(rows, beta)
        if got is ... or got is None:
            raise NotImplementedError
        expect(got[0], optimizer.state[x]["exp_avg_sq"], "the first is not what Adam keeps")
        inside = (1 - beta) * torch.stack([row * row for row in rows]).mean(0)
        expect(got[1], inside, "the second does not square before the mean")


@check_exercise.checker("ex-optim-adam")
def adam(answer: Callable[..., Any]) -> None:
    def twins(kind: Callable[..., Any]) -> list[Tensor]:
        torch.manual_seed(5)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        unused = nn.Linear(2, 2).double()
        weights = list(net.parameters())
        groups = [{"params": weights[:2]}, {"params": weights[2:], "lr": 0.03, "eps": 0.1}]
        optimizer = kind([*groups, {"params": unused.parameters()}], lr=0.01, betas=(0.8, 0.95))
        falling = torch.optim.lr_scheduler.StepLR(optimizer, 4, 0.5)
        for step in range(12):
            if step == 6:  # as after a break: a new optimizer takes over the state
                saved = optimizer.state_dict()
                optimizer = kind([*groups, {"params": unused.parameters()}])
                optimizer.load_state_dict(saved)
                falling = torch.optim.lr_scheduler.StepLR(optimizer, 4, 0.5)
            optimizer.zero_grad()
            net(_random(7, 3)).pow(2).sum().backward()
            if step in (3, 7):  # a pause: what is skipped keeps its place, its state and its age
                weights[1].grad = None
            if optimizer.step() is ...:
                raise NotImplementedError
            falling.step()
        return [w.detach() for w in (*weights, *unused.parameters())]

    x, y = (torch.ones(3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer, theirs = answer([x], lr=0.1), torch.optim.Adam([y], lr=0.1)
    for _ in range(8):
        for w, one in ((x, optimizer), (y, theirs)):
            w.grad = (w.detach() ** 3 - 2) * torch.tensor([1.0, 1e-9, 1e3])
            if one.step() is ...:
                raise NotImplementedError
        expect(x, y, "one group, eight steps: differs from torch.optim.Adam")
    with torch.random.fork_rng():
        for got, wanted in zip(twins(answer), twins(torch.optim.Adam), strict=True):
            hint = "groups, a schedule, a reloaded state or a missing gradient: one is not obeyed"
            expect(got, wanted, hint)


@check_exercise.checker("ex-optim-range")
def range_test(answer: Callable[..., Any]) -> None:
    for lowest, highest, count in ((1e-3, 10.0, 9), (0.02, 0.5, 5)):
        model, other = nn.Linear(6, 3).double(), nn.Linear(6, 3).double()
        other.load_state_dict(model.state_dict())
        batches = [(3 * _random(8, 6), torch.randint(3, (8,))) for _ in range(count)]
        wanted = []
        for i, (X, y) in enumerate(batches):
            lr = lowest * (highest / lowest) ** (i / (count - 1))
            loss = F.cross_entropy(other(X), y)
            wanted.append(loss.detach())
            slopes = torch.autograd.grad(loss, list(other.parameters()))
            with torch.no_grad():
                for w, slope in zip(other.parameters(), slopes, strict=True):
                    w.sub_(lr * slope)
        before = [w.detach().clone() for w in model.parameters()]
        got = answer(model, batches, lowest, highest)
        expect(got, torch.stack(wanted), "other losses: which rate has each step?")
        for w, old in zip(model.parameters(), before, strict=True):
            expect(w, old, "the model is no longer what it was")


@check_exercise.checker("ex-optim-decouple")
def step_decayed(answer: Callable[..., Any]) -> None:
    def path(kind: Callable[..., Any], step: Callable[[Any], Any], **settings: Any) -> Tensor:
        x, y = (w.clone().requires_grad_() for w in begin)
        idle = torch.ones(2, dtype=torch.float64, requires_grad=True)  # has no gradient
        optimizer = kind([{"params": [x, idle]}, {"params": [y], "lr": 0.2}], lr=0.05, **settings)
        for _ in range(10):
            optimizer.zero_grad()
            (f(x) + f(y) + (x * y).sum()).backward()
            if step(optimizer) is ...:
                raise NotImplementedError
        return torch.cat([x, y, idle]).detach()

    for decay in (0.1, 0.8):
        f, begin = _hills(), (_random(5), _random(5))
        wanted = path(torch.optim.AdamW, lambda o: o.step(), weight_decay=decay)
        got = path(torch.optim.Adam, lambda o, d=decay: answer(o, d))  # type: ignore[misc]
        expect(got, wanted, "around Adam it is not AdamW")
        wanted = path(torch.optim.SGD, lambda o: o.step(), weight_decay=decay)
        got = path(torch.optim.SGD, lambda o, d=decay: answer(o, d))  # type: ignore[misc]
        expect(got, wanted, "around SGD it is not SGD's own weight decay")
