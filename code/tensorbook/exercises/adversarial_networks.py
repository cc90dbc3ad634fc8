"""Checkers of the exercises in *Generative adversarial networks*."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _shares(faces: int) -> Tensor:
    return torch.softmax(2 * torch.randn(faces, dtype=torch.float64), 0)


@check_exercise.checker("ex-gan-rare")
def rare(answer: Callable[..., Any]) -> None:
    for share in (0.5, 0.1, 0.75):
        p, q = torch.rand(2, 6, dtype=torch.float64) + 0.05
        logits = torch.linspace(-9, 9, 180_001, dtype=torch.float64)[:, None]
        loss = share * p * F.softplus(-logits) + (1 - share) * q * F.softplus(logits)
        wanted = logits[loss.argmin(0), 0]
        hint = f"another logit pays less where {share:.0%} of the batch are real"
        expect(answer(p, q, share), wanted, hint, rtol=0, atol=2e-4)


@check_exercise.checker("ex-gan-dice")
def dice(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for faces in (2, 6, 9):
        p, q = _shares(faces), _shares(faces)
        m = (p + q) / 2
        wanted = ((p * (p / m).log2()).sum() + (q * (q / m).log2()).sum()) / 2
        expect(answer(p, q), wanted, "differs from the definition, in bits, on random dice")
    zero, one = torch.tensor([0.5, 0.5, 0.0]).double(), torch.tensor([0.0, 0.5, 0.5]).double()
    expect(answer(zero, one), 0.5, "faces that never come up are counted wrong")
    zero, one = (torch.cat([side, torch.zeros(1).double()]) for side in (zero, one))
    expect(answer(zero, one), 0.5, "a face that comes up on neither die is counted wrong")


@check_exercise.checker("ex-gan-squares")
def squares(answer: Callable[[Tensor, Tensor], Any]) -> None:
    f = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:, None]
    for faces in (2, 7):
        p, q = _shares(faces), _shares(faces)
        wanted = (p * (f - 1) ** 2 + q * f**2).min(0).values.sum()
        expect(answer(p, q), wanted, "not the least loss, found on a grid", rtol=0, atol=1e-6)


@check_exercise.checker("ex-gan-plan")
def plan(answer: Callable[[int], Any]) -> None:
    for m in (2, 3, 4, 5):
        got = answer(m)
        if got is ... or got is None:
            raise NotImplementedError
        k, r, a = map(int, got)
        assert k > r, f"m = {m}: the windows of kernel {k} and stride {r} do not overlap"
        assert k % r == 0, f"m = {m}: stride {r} does not divide kernel {k}"
        for side in (3, 8):
            out = nn.ConvTranspose2d(1, 1, k, r, a)(torch.zeros(1, 1, side, side)).shape[-1]
            assert out == m * side, f"m = {m}: a side of {side} becomes {out}"


@check_exercise.checker("ex-gan-heaps")
def heaps(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for left, right in ((12, 12), (3, 20), (14, 4)):
        x = torch.randn(left, dtype=torch.float64)
        y = 2 * torch.randn(right, dtype=torch.float64) + 1
        common = math.lcm(left, right)  # each point cut into equal grains
        grains = [side.repeat_interleave(common // len(side)).sort().values for side in (x, y)]
        wanted = (grains[0] - grains[1]).abs().mean()
        expect(answer(x, y), wanted, f"wrong for {left} points against {right}")


def _critic() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 9, 1), nn.Flatten(0)
    ).double()


@check_exercise.checker("ex-gan-picture-penalty")
def picture_penalty(answer: Callable[..., Any]) -> None:
    critic = _critic()
    real, fake = torch.randn(2, 6, 2, 5, 5, dtype=torch.float64)
    mix = torch.rand(6, 1, 1, 1, dtype=torch.float64)
    got = answer(critic, real, fake, mix)
    x = mix * real + (1 - mix) * fake
    slopes = torch.func.vmap(torch.func.grad(lambda v: critic(v[None])[0]))(x)
    wanted = (slopes.pow(2).sum((1, 2, 3)).sqrt() - 1).pow(2).mean()
    expect(got, wanted, "not the mean of (length − 1)² over the pictures between")
    assert got.requires_grad, "the critic cannot learn from it: no graph was kept"
    wanted_slope, *_ = torch.autograd.grad(wanted, list(critic.parameters()), allow_unused=True)
    got_slope, *_ = torch.autograd.grad(got, list(critic.parameters()), allow_unused=True)
    expect(got_slope, wanted_slope, "its slope along the critic's weights is wrong")


def _players() -> tuple[nn.Module, nn.Module, torch.optim.Optimizer, torch.optim.Optimizer]:
    generator = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    discriminator = nn.Sequential(
        nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)
    ).double()
    for weight in (*generator.parameters(), *discriminator.parameters()):
        weight.grad = torch.randn_like(weight)  # left lying about
    g_opt = torch.optim.SGD(generator.parameters(), lr=0.3)
    return generator, discriminator, g_opt, torch.optim.SGD(discriminator.parameters(), lr=0.2)


def _slopes(loss: Tensor, network: nn.Module) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(network.parameters())))


@check_exercise.checker("ex-gan-turn")
def turn(answer: Callable[..., Any]) -> None:
    generator, discriminator, g_opt, d_opt = _players()
    real, z = torch.randn(7, 2, dtype=torch.float64), torch.randn(7, 3, dtype=torch.float64)
    old_generator, new_discriminator = copy.deepcopy(generator), copy.deepcopy(discriminator)
    fake = old_generator(z)
    loss = F.softplus(-new_discriminator(real)).mean() + F.softplus(new_discriminator(fake)).mean()
    with torch.no_grad():
        for weight, slope in zip(
            new_discriminator.parameters(), _slopes(loss, new_discriminator), strict=True
        ):
            weight.sub_(0.2 * slope)
    wish = _slopes(F.softplus(-new_discriminator(old_generator(z))).mean(), old_generator)
    start = [weight.detach().clone() for weight in generator.parameters()]
    answer(generator, discriminator, g_opt, d_opt, real, z)
    for got, wanted in zip(discriminator.parameters(), new_discriminator.parameters(), strict=True):
        expect(got, wanted, "the discriminator did not take one step on its own loss")
    for got, before, slope in zip(generator.parameters(), start, wish, strict=True):
        hint = "the generator did not take one step on its own loss, against the new discriminator"
        expect(got, before - 0.3 * slope, hint)


@check_exercise.checker("ex-gan-copies")
def copies(answer: Callable[..., Any]) -> None:
    for stolen in (0, 30, 100):
        train, fresh, honest = (torch.randn(n, 2, 4, 4) for n in (150, 400, 200))
        ways, own = (
            torch.cdist(side.flatten(1), train.flatten(1)).min(1).values for side in (fresh, honest)
        )
        below, above = ways.sort().values[[18, 21]]  # between them quantiles are a matter of taste
        honest = honest[(own < below) | (own > above)][: 100 - stolen]
        made = torch.cat([train[:stolen] + 1e-3, honest])
        own = torch.cdist(made.flatten(1), train.flatten(1)).min(1).values
        wanted = (own < ways.quantile(0.05)).double().mean()
        got = answer(made, train, fresh)
        expect(got, wanted, f"wrong for {stolen} copies among 100", rtol=1e-3, atol=1e-3)
