"""Checkers of the exercises in *Initialisation, vanishing and exploding gradients*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


@check_exercise.checker("ex-init-depth")
def depth(answer: Callable[..., Any]) -> None:
    cases = [
        (100, 0.01, torch.float32), (100, 1.0, torch.float32), (64, 0.072, torch.float16),
        (400, 0.11, torch.float16), (50, 0.05, torch.bfloat16), (100, 0.3, torch.float64),
    ]  # fmt: skip
    for n, sigma, dtype in cases:
        size, layers, allowed = sigma * math.sqrt(n), 1, torch.finfo(dtype)
        while allowed.tiny <= size <= allowed.max:
            size, layers = size * sigma * math.sqrt(n / 2), layers + 1
        hint = f"width {n}, std {sigma}, {dtype}: not where the size leaves the range"
        expect(answer(n, sigma, dtype), layers, hint)
    never = answer(128, 0.125, torch.float32)
    assert never is None, "with He's weights the size stays: return None"


@check_exercise.checker("ex-init-gain")
def gain(answer: Callable[..., Any]) -> None:
    expect(answer(torch.relu), math.sqrt(2), "not He's gain for a ReLU", rtol=4e-3)
    for left in (0.1, 0.3, 0.9):
        got = answer(lambda z, left=left: F.leaky_relu(z, left))
        expect(got, math.sqrt(2 / (1 + left**2)), f"not right for a leaky slope {left}", rtol=4e-3)
    h = torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(400_000).double() + 0.5) / 400_000)
    for phi in (torch.tanh, F.selu, F.gelu, torch.sigmoid, torch.sin):
        wanted = phi(h).square().mean() ** -0.5
        expect(answer(phi), wanted, f"{phi.__name__}: a size of 1 does not come back", rtol=4e-3)


@check_exercise.checker("ex-init-selu")
def selu_constants(answer: Callable[..., Any]) -> None:
    h = torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(400_000).double() + 0.5) / 400_000)
    for variance in (1.0, 0.5, 1.7, 3.0):
        got = answer(variance)
        if got is ... or got is None:
            raise NotImplementedError
        scale, mu = (torch.as_tensor(part).double() for part in got)
        z = math.sqrt(variance) * h
        out = scale * torch.where(z > 0, z, mu * torch.expm1(z))
        expect(out.mean(), 0.0, f"variance {variance}: the mean is not 0", atol=2e-3)
        expect(out.var(), variance, f"variance {variance}: it does not come back", rtol=3e-3)


@check_exercise.checker("ex-init-orthogonal")
def orthogonal(answer: Callable[..., Any]) -> None:
    for n_out, n_in, size in [(7, 7, 1.0), (4, 9, 1.5), (9, 4, 0.5)]:
        W = answer(n_out, n_in, size)
        if W is ... or W is None:
            raise NotImplementedError
        expect(W.shape, (n_out, n_in), "not the shape (n_out, n_in)")
        short = W @ W.T if n_out <= n_in else W.T @ W
        wanted = size**2 * torch.eye(len(short), dtype=W.dtype)
        expect(short, wanted, "not perpendicular, or not of length gain", atol=1e-5)
    many = torch.stack([answer(4, 4, 1.0) for _ in range(2000)]).double()
    hint = "perpendicular, but some directions are preferred: look at the signs"
    expect(many.mean(0), torch.zeros(4, 4), hint, atol=0.06)
    expect(many.square().mean(0), torch.full((4, 4), 0.25), hint, atol=0.03)
    expect(many.pow(4).mean(), 1 / 8, hint, atol=0.005)
    for n_out, n_in in [(2, 4), (4, 2)]:
        many = torch.stack([answer(n_out, n_in, 1.0) for _ in range(1000)]).double()
        expect(many.mean(0), torch.zeros(n_out, n_in), hint, atol=0.08)


@check_exercise.checker("ex-init-lsuv")
def unit_sizes(answer: Callable[..., Any]) -> None:
    for phi in (nn.Sigmoid, nn.GELU, nn.ReLU):
        parts: list[nn.Module] = []
        for n_in, n_out in [(20, 50), (50, 30), (30, 40), (40, 10)]:
            layer = nn.Linear(n_in, n_out).double()
            nn.init.zeros_(layer.bias)
            parts += [layer, phi()]  # each its own, as `children()` names no module twice
        X, inner = torch.randn(100, 20, dtype=torch.float64), nn.Sequential(*parts[2:])
        net = nn.Sequential(*parts[:2], inner)
        before = [p.clone() for p in net.parameters()]
        answer(net, X)
        left = [m for m in net.modules() if m._forward_hooks or m._forward_pre_hooks]
        assert not left, "a hook is still in place: the next forward pass will scale again"
        after = list(net.parameters())
        if all(torch.equal(old, new) for old, new in zip(before, after, strict=True)):
            raise NotImplementedError
        z = X
        for part in parts:
            z = part(z)
            if isinstance(part, nn.Linear):
                expect(z.std(), 1.0, "an output does not have a standard deviation of 1", rtol=1e-3)
        for old, new in zip(before[::2], after[::2], strict=True):
            expect(new / new.norm(), old / old.norm(), "scale the weights, and do not turn them")
        zero = all(not bias.any() for bias in after[1::2])
        assert zero, "the biases must remain zero"


@check_exercise.checker("ex-init-branch")
def branch_scale(answer: Callable[..., Any]) -> None:
    for layers, keeps, growth in [(1, 1.0, 2.0), (12, 0.5, 3.0), (100, 2.0, 10.0), (7, 1.3, 1.1)]:
        alpha = answer(layers, keeps, growth)
        if alpha is ... or alpha is None:
            raise NotImplementedError
        square = 1.0
        for _ in range(layers):
            square += float(alpha) ** 2 * keeps * square
        hint = f"layers = {layers}: the square is not multiplied by {growth}"
        expect(square, growth, hint, rtol=1e-5)


@check_exercise.checker("ex-init-revive")
def revive(answer: Callable[..., Any]) -> None:
    X = torch.randn(200, 12, dtype=torch.float64)
    first = nn.Linear(12, 90)
    net = nn.Sequential(first, nn.ReLU(), nn.Linear(90, 4)).double()
    dead = torch.randperm(90)[:40]
    with torch.no_grad():
        first.bias[dead] = -50.0
    before, alive = net(X).detach(), torch.ones(90, dtype=torch.bool)
    alive[dead] = False
    old = [p.detach().clone() for p in net.parameters()]
    answer(net, X)
    W1, b1, W2, _ = net.parameters()
    if all(torch.equal(a, b) for a, b in zip(old, net.parameters(), strict=True)):
        raise NotImplementedError
    silent = (first(X) <= 0).all(0)
    assert not silent.any(), "some units are still silent"
    expect(net(X), before, "the outputs on X changed")
    expect(W1[alive], old[0][alive], "a living unit lost its weights")
    expect(W2[:, alive], old[2][:, alive], "the outgoing weights of a living unit changed")
    expect(b1[dead], torch.zeros(40), "the new units should have bias 0")
    hint = "the new weights do not have He's variance"
    expect(W1[dead].square().mean(), 2 / 12, hint, rtol=0.35)
    assert len(W1[dead].unique(dim=0)) == len(dead), "the new units are copies of each other"


@check_exercise.checker("ex-init-fifty")
def fifty(answer: Callable[[], Any]) -> None:
    from sklearn.datasets import load_digits

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        net = answer()
        if net is ... or net is None:
            raise NotImplementedError
        layers = [part for part in net.modules() if isinstance(part, nn.Linear)]
        assert len(layers) >= 50, f"only {len(layers)} linear layers"
        names = [type(part).__name__ for part in net.modules()]
        assert not any("Norm" in name for name in names), "something normalises"
        digits = load_digits()
        X = torch.tensor((digits.data - digits.data.mean()) / digits.data.std()).float()
        y, order = torch.tensor(digits.target), torch.randperm(len(X))
        train, held = order[:1400], order[1400:]
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
        for _ in range(200):
            batch = train[torch.randint(len(train), (64,))]
            loss = F.cross_entropy(net(X[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            right = (net(X[held]).argmax(1) == y[held]).double().mean().item()
    moved = all(p.grad is not None and bool(p.grad.any()) for p in net.parameters())
    assert moved, "some parameters get no gradient: are all layers in use?"
    assert right >= 0.85, f"only {right:.0%} of the unseen digits are right"
