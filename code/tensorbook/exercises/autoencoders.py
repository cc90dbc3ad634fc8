"""Checkers of the exercises in *Autoencoders and VAEs*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@check_exercise.checker("ex-vae-kl")
def divergence(answer: Callable[..., Any]) -> None:
    for shape in ((5, 3), (2, 4, 7)):
        mu_q, logvar_q, mu_p, logvar_p = (_random(*shape) for _ in range(4))
        wanted = kl_divergence(
            Normal(mu_q, (logvar_q / 2).exp()), Normal(mu_p, (logvar_p / 2).exp())
        ).sum(-1)
        got = answer(mu_q, logvar_q, mu_p, logvar_p)
        expect(got, wanted, "differs from kl_divergence, summed over the units of a code")
        nothing = answer(mu_q, logvar_q, mu_q, logvar_q)
        expect(nothing, 0 * wanted, "a density differs from itself")


@check_exercise.checker("ex-vae-gap")
def smallest_gap(answer: Callable[..., Any]) -> None:
    for sigma, D, R in ((0.5, 4, 2), (1.3, 6, 3), (0.8, 3, 4)):
        W = _random(D, R)
        precision = torch.eye(R, dtype=torch.float64) + W.T @ W / sigma**2
        truth = MultivariateNormal(torch.zeros(R, dtype=torch.float64), precision_matrix=precision)
        s2 = 1 / precision.diagonal()
        q = MultivariateNormal(torch.zeros(R, dtype=torch.float64), torch.diag(s2))
        hint = f"not the least gap, with sigma = {sigma} and W of shape {(D, R)}"
        expect(answer(W, sigma), kl_divergence(q, truth), hint, rtol=1e-6, atol=1e-8)


@check_exercise.checker("ex-vae-iwae")
def bound(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for K, B in ((1, 4), (6, 3), (50, 5)):
        log_joint, log_q = 2 * _random(K, B), _random(K, B)
        wanted = (log_joint - log_q).exp().mean(0).log()
        got = answer(log_joint, log_q)
        expect(got, wanted, f"not ln of the mean weight, with {K} draws for each of {B} pictures")
        hint = "pictures of a thousand pixels: the weights underflow"
        expect(answer(log_joint - 2000, log_q), wanted - 2000, hint)
        far = -1000.0 * torch.arange(B, dtype=torch.float64)
        hint = "a likely picture beside an unlikely one makes the weights of the second underflow"
        expect(answer(log_joint + far, log_q), wanted + far, hint)


@check_exercise.checker("ex-vae-beta")
def hidden_beta(answer: Callable[..., Any]) -> None:
    for D, weight, sigma in ((784, 1.0, 0.2), (3072, 0.01, 0.1), (50, 0.3, 1.7)):
        square, price = _random(20).square() * D, _random(20).square()
        theirs = square / D + weight * price
        got = answer(D, weight, sigma)
        if got is ... or got is None:
            raise NotImplementedError
        beta = float(got)
        honest = square / (2 * sigma**2) + beta * price
        scale = (honest / theirs)[0]
        hint = (
            f"with D = {D}, weight {weight} and sigma {sigma} the two losses are not proportional"
        )
        expect(honest, scale * theirs, hint, rtol=1e-6)


@check_exercise.checker("ex-vae-free")
def free_nats(answer: Callable[..., Any]) -> None:
    for floor in (0.0, 0.4, 2.0):
        mu, logvar = _random(64, 8) * torch.linspace(0, 2, 8).double(), 0.5 * _random(64, 8)
        each = kl_divergence(
            Normal(mu, (logvar / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu))
        )
        wanted = each.mean(0).clamp(min=floor).sum()
        hint = f"wrong with a floor of {floor}: whose mean is compared with it?"
        expect(answer(mu, logvar, floor), wanted, hint)


@check_exercise.checker("ex-vae-slerp")
def slerp(answer: Callable[..., Any]) -> None:
    for R in (2, 16, 300):
        a, b = _random(R), _random(R)
        expect(answer(a, b, 0.0), a, "does not start at a")
        expect(answer(a, b, 1.0), b, "does not end at b")
        unit, other = a / a.norm(), b / b.norm()
        angle = torch.arccos(unit @ other)
        for t in (0.25, 0.5, 0.8):
            got = answer(unit, other, t)
            expect(got.norm(), 1.0, "leaves the sphere between two codes of length 1", rtol=1e-6)
            turned = torch.arccos((got @ unit).clamp(-1, 1))
            expect(turned, t * angle, "does not turn evenly", rtol=1e-5)
        got = answer(3 * unit, 5 * other, 0.5)
        expect(
            got @ (unit - other),
            math.sin(angle / 2) / math.sin(angle) * (3 * unit + 5 * other) @ (unit - other),
            "codes of different lengths: use the weights of the formula on the codes themselves",
        )


@check_exercise.checker("ex-vae-denoise")
def denoiser(answer: Callable[[Tensor], Any]) -> None:
    from sklearn.datasets import load_digits

    pictures = torch.tensor(load_digits().data / 16, dtype=torch.float32)
    dice = torch.Generator().manual_seed(5)
    pictures = pictures[torch.randperm(len(pictures), generator=dice)]
    train, test = pictures[:1400], pictures[1400:]
    noisy = test + 0.5 * torch.randn(test.shape, generator=dice)
    clean = answer(train)
    if clean is ... or clean is None:
        raise NotImplementedError
    with torch.no_grad():
        got = clean(noisy)
    assert got.shape == test.shape, "return a function from noisy pictures to clean ones"
    error = (got - test).square().mean()
    middle, C = train.mean(0), torch.cov(train.T)
    shrink = C @ torch.linalg.inv(C + 0.25 * torch.eye(64))
    linear = ((noisy - middle) @ shrink.T + middle - test).square().mean()
    assert error < noisy.sub(test).square().mean() / 3, "removes too little of the noise"
    hint = f"an error of {error:.4f} a pixel, where the best linear map has {linear:.4f}"
    assert error < 0.97 * linear, hint
