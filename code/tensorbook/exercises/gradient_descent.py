"""Checkers of the exercises in *Gradient descent*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _bowl(smallest: float, largest: float, size: int = 5) -> Tensor:
    """A random symmetric matrix with these extreme eigenvalues."""
    basis = torch.linalg.qr(_random(size, size)).Q
    between = torch.rand(size - 2, dtype=torch.float64) * (largest - smallest) / 2 + smallest
    ends = torch.tensor([smallest, largest], dtype=torch.float64)
    return basis @ torch.diag(torch.cat([ends, between])) @ basis.T


@check_exercise.checker("ex-descent-seven")
def fate(answer: Callable[[float, float], Any]) -> None:
    factors = {
        1.0: "stays", 0.0: "lands", -1.0: "bounces", 0.75: "creeps", 0.25: "creeps",
        -0.25: "zigzags", -0.75: "zigzags", -1.5: "explodes", 1.5: "explodes", -8.0: "explodes",
    }  # fmt: skip
    for curvature in (0.5, 2.0, 8.0):  # powers of two: the factors are exact
        for factor, word in factors.items():
            rate = (1 - factor) / curvature
            got = answer(rate, curvature)
            if got is ... or got is None:
                raise NotImplementedError
            hint = f"rate {rate:g} on a curvature of {curvature:g}: not {got!r}"
            assert str(got) == word, hint


@check_exercise.checker("ex-descent-edge")
def largest_rate(answer: Callable[..., Any]) -> None:
    for smallest, largest in [(0.1, 3.0), (0.5, 40.0), (0.01, 0.2)]:
        Q, bottom = _bowl(smallest, largest), _random(5)
        got = answer(lambda x, Q=Q, bottom=bottom: Q @ (x - bottom), _random(5))
        hint = f"not the edge of a bowl with curvatures from {smallest} to {largest}"
        expect(got, 2 / largest, hint, rtol=1e-3)


@check_exercise.checker("ex-descent-backtrack")
def backtrack(answer: Callable[..., Any]) -> None:
    for largest in (0.4, 5.0, 300.0):
        Q, x = _bowl(largest / 50, largest), _random(5)

        def f(x: Tensor, Q: Tensor = Q) -> Tensor:
            return (1 + x @ Q @ x).sqrt() + x @ Q @ x / 2  # no parabola

        gradient = torch.func.grad(f)(x)
        wanted = next(
            rate
            for rate in (2.0**-k for k in range(-1, 60))
            if f(x - rate * gradient) <= f(x) - rate / 2 * gradient @ gradient
        )
        hint = f"not the first rate that gains enough, with a curvature of about {largest}"
        expect(answer(f, x, gradient, 2.0), wanted, hint)
        hint = "the rate that you are given may be the first that gains enough"
        expect(answer(f, x, gradient, wanted), wanted, hint)
    x = torch.full((2,), 10.0, dtype=torch.float64)  # on x·x/2 a rate of 1.5 gains a quarter
    hint = "a step that goes down may still gain too little: less than half of rate times slope squared"
    expect(answer(lambda x: x @ x / 2, x, x, 1.5), 0.75, hint)


@check_exercise.checker("ex-descent-units")
def units(answer: Callable[[Tensor], Any]) -> None:
    for Q in (torch.diag(torch.tensor([1e-6, 4.0, 1e6]).double()), _bowl(0.2, 9.0)):
        got = answer(Q)
        expect(got, Q.diagonal() ** -0.5, "the curvature along an axis of z is not 1")


@check_exercise.checker("ex-descent-nesterov")
def nesterov(answer: Callable[..., Any]) -> None:
    Q, start = _bowl(0.1, 1.5), _random(5)
    x = start.clone().requires_grad_()
    optimizer = torch.optim.SGD([x], lr=0.3, momentum=0.7, nesterov=True)
    wanted = [start]
    for _ in range(12):
        optimizer.zero_grad()
        (x @ Q @ x / 2).backward()
        optimizer.step()
        wanted.append(x.detach().clone())
    got = answer(lambda x: Q @ x, start, 0.3, 0.7, 12)
    expect(got, torch.stack(wanted), "differs from torch.optim.SGD(nesterov=True)")


@check_exercise.checker("ex-descent-holes")
def holes(answer: Callable[[Tensor, Tensor], Any]) -> None:
    dice = torch.Generator().manual_seed(3)
    left, right = (torch.randn(n, 2, generator=dice, dtype=torch.float64) for n in (20, 15))
    A = left @ right.T
    seen = torch.rand(20, 15, generator=dice) < 2 / 3
    with_holes = torch.where(seen, A, 0.0)
    got = answer(with_holes, seen)
    if got is ... or got is None:
        raise NotImplementedError
    expect(got.shape, A.shape, "return the whole table")
    expect(got[seen], A[seen], "the entries that you saw are not met", atol=0.05)
    expect(got[~seen], A[~seen], "the hidden entries are not found", atol=0.1)
