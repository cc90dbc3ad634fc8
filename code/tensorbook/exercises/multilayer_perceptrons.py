"""Checkers of the exercises in *Multilayer perceptrons*."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _network(answer: Any, inputs: int) -> Callable[[Tensor], Tensor]:
    """What the four tensors of `answer` compute, `(N,) <- (N, D)`; shapes are demanded."""
    if answer is ... or answer is None:
        raise NotImplementedError
    assert isinstance(answer, (tuple, list)), "return W1, b1, W2, b2"
    assert len(answer) == 4, "return four things: W1, b1, W2, b2"
    W1, b1, W2, b2 = (torch.as_tensor(part, dtype=torch.float64) for part in answer)
    shapes = [tuple(part.shape) for part in (W1, b1, W2, b2)]
    M = len(b1) if b1.dim() else 0
    hint = f"shapes {shapes} do not make a network with {inputs} input(s) and one output"
    assert shapes == [(M, inputs), (M,), (1, M), (1,)], hint
    return lambda X: F.linear(F.linear(X, W1, b1).relu(), W2, b2)[:, 0]


@check_exercise.checker("ex-mlp-weights")
def weights(answer: Callable[[str], Any]) -> None:
    pairs, line = 3 * _random(200, 2), torch.linspace(-4, 4, 161, dtype=torch.float64)
    cases = [
        ("absolute", line[:, None], line.abs()),
        ("maximum", pairs, pairs.amax(1)),
        ("bump", line[:, None], (1 - line.abs()).clamp(min=0)),
    ]
    for name, X, wanted in cases:
        g = _network(answer(name), X.shape[1])
        expect(g(X), wanted, f"{name}: wrong at some input between -4 and 4")


@check_exercise.checker("ex-mlp-parity")
def parity(answer: Callable[[int], Any]) -> None:
    for n in (1, 2, 3, 6):
        got = answer(n)
        g = _network(got, n)
        assert len(got[1]) <= n, f"{n} bits: {len(got[1])} units are more than you need"
        bits = torch.cartesian_prod(*[torch.arange(2)] * n).reshape(-1, n)
        expect(g(bits.double()), (bits.sum(1) % 2).double(), f"wrong for some row of {n} bits")


@check_exercise.checker("ex-mlp-hinges")
def hinges(answer: Callable[..., Any]) -> None:
    cases = [
        (1.0, 8.0, 0.01),
        (2 * math.pi, 1.0, 1e-2),
        (4.0, 9.6, 3e-4),
        (0.5, 0.1, 1.0),
        (4.0, 8.0, 1.0),  # four, and no rounding can say otherwise
    ]
    for width, bend, error in cases:
        got = answer(width, bend, error)
        if got is ... or got is None:
            raise NotImplementedError
        case = f"width {width:.3g}, curvature {bend:g}, error {error:g}"
        assert got >= 1, f"{case}: {got!r} hinges draw nothing"
        assert int(got) == got, f"{case}: {got!r} is not a whole number"
        count = int(got)
        assert _promise(width, bend, count) <= error * (1 + 1e-12), f"{case}: {count} are too few"
        slack = 0.0 if error == 1 else 1e-12
        spared = count > 1 and _promise(width, bend, count - 1) <= error * (1 - slack)
        assert not spared, f"{case}: fewer than {count} would do"


def _promise(width: float, bend: float, count: int) -> float:
    """The error that the chapter's bound allows with so many even pieces."""
    return (width / count) ** 2 / 8 * bend


@check_exercise.checker("ex-mlp-regions")
def regions(answer: Callable[[int, int], Any]) -> None:
    for M, D in [(5, 1), (3, 2), (8, 2), (4, 4), (3, 7), (9, 3), (20, 5)]:
        wanted = sum(math.comb(M, k) for k in range(min(M, D) + 1))
        expect(answer(M, D), wanted, f"not the number for {M} hinges in {D} dimension(s)")


@check_exercise.checker("ex-mlp-gelu")
def gelu(answer: Callable[[Tensor], Any]) -> None:
    x = (3 * _random(300)).requires_grad_()
    (wanted,) = torch.autograd.grad(F.gelu(x, approximate="tanh").sum(), x)
    hint = "differs from autograd's slope of F.gelu(x, approximate='tanh')"
    expect(answer(x.detach()), wanted, hint)


@check_exercise.checker("ex-mlp-module")
def module(answer: Callable[[Sequence[int]], Any]) -> None:
    for sizes in ([4, 6, 3], [7, 2], [2, 5, 8, 5, 1]):
        net = answer(sizes)
        assert isinstance(net, nn.Module), "your class must be an nn.Module"
        got = net(torch.randn(30, sizes[0]))
        if got is ... or got is None:
            raise NotImplementedError
        listed = any(isinstance(part, nn.Sequential) for part in net.modules())
        assert not listed, "without nn.Sequential: apply the layers one by one in forward"
        parameters = list(net.parameters())
        wanted = [shape for n, m in pairwise(sizes) for shape in ((m, n), (m,))]
        hint = f"sizes {sizes}: the module knows of parameters with other shapes than it should"
        assert [tuple(p.shape) for p in parameters] == wanted, hint
        with torch.no_grad():
            for p in parameters:
                p.copy_(torch.randn(p.shape))
        _same_output(net, parameters, sizes)


def _same_output(net: nn.Module, parameters: list[nn.Parameter], sizes: Sequence[int]) -> None:
    X = torch.randn(40, sizes[0])
    S = X
    for i in range(0, len(parameters), 2):
        S = F.linear(S.relu() if i else S, parameters[i], parameters[i + 1])
    hint = f"sizes {sizes}: wrong scores; a ReLU belongs between two layers, and nowhere else"
    expect(net(X), S, hint, rtol=1e-4, atol=1e-4)


@check_exercise.checker("ex-mlp-balance")
def balance(answer: Callable[..., Any]) -> None:
    for M, D, K in ((7, 5, 3), (1, 2, 1), (20, 3, 8)):
        old = (10 * _random(M, D), _random(M), 0.1 * _random(K, M), _random(K))
        new = answer(*(part.clone() for part in old))
        if new is ... or new is None:
            raise NotImplementedError
        W1, b1, W2, b2 = (torch.as_tensor(part).double() for part in new)
        X = _random(50, D)
        scores = [F.linear(F.linear(X, *w[:2]).relu(), *w[2:]) for w in (old, (W1, b1, W2, b2))]
        wrong = "the network computes something else now"
        expect(scores[1], scores[0], wrong, rtol=1e-5, atol=1e-5)
        coming = torch.cat([W1, b1[:, None]], dim=1).norm(dim=1)
        hint = "what comes in (weights and bias) and what goes out are not of equal length"
        expect(coming, W2.norm(dim=0), hint, rtol=1e-5)


def _spirals(count: int, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    arm = torch.randint(2, (count,), generator=dice)
    along = torch.rand(count, generator=dice).sqrt()
    angle = 3 * math.pi * along + math.pi * arm
    points = along[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    return points + 0.02 * torch.randn(count, 2, generator=dice), arm


@check_exercise.checker("ex-mlp-spirals")
def spirals(answer: Callable[[Tensor], Any]) -> None:
    points, arm = _spirals(2000, torch.Generator().manual_seed(2024))
    got = answer(points)
    if got is ... or got is None:
        raise NotImplementedError
    got = torch.as_tensor(got).cpu()
    assert tuple(got.shape) == (2000,), f"one arm for each point, (2000,), not {tuple(got.shape)}"
    share = (got.long() == arm).double().mean().item()
    assert share >= 0.95, f"{share:.1%} of 2,000 hidden points are right; 95 % are wanted"
