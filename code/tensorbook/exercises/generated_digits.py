"""Checkers for the assignment on generated digits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect
from tensorbook.drawn import judge
from tensorbook.examiner import frechet

check_exercise = Exercises()

BUDGET = 200_000  # weights of a generator


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


def _normal(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@check_exercise.checker("ex-digits-frechet")
def distance(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for N, M, D in ((60, 45, 4), (9, 200, 6), (30, 30, 12)):
        a, b = _normal(N, D) @ _normal(D, D) + _normal(D), 2 * _normal(M, D) @ _normal(D, D)
        same = b - b.mean(0) + a.mean(0)
        got = answer(a.clone(), same.clone())
        _answered(got)
        got = torch.as_tensor(got)
        assert not got.is_complex(), "a distance is real: the imaginary parts are rounding"
        assert got.shape == (), f"one number, not a tensor of shape {tuple(got.shape)}"
        hint = "two clouds with the same mean: is each covariance (D, D), over N − 1, and the root "
        expect(got, frechet(a, same), hint + "that of a matrix, not of its entries?", rtol=1e-5)
        shifted = a + 3
        expect(answer(a, shifted), 9.0 * D, "the same cloud, shifted: what do the means add?",
               rtol=1e-4, atol=1e-4)  # fmt: skip
        expect(answer(a, b), frechet(a, b), "wrong for two clouds that differ in all", rtol=1e-5)
        expect(answer(a, a), 0.0, "a cloud is 0 away from itself", atol=1e-4)
    a, b = _normal(5, 9), _normal(7, 9)
    a[:, 2] = b[:, 2] = b[:, 5] = 0.0  # features that never wake
    got = torch.as_tensor(answer(a, b))
    assert bool(got.isfinite()), (
        "few pictures or sleeping features: rounding makes a root of −1e-17"
    )
    expect(got, frechet(a, b), "wrong when a covariance has no inverse", rtol=1e-4, atol=1e-4)
    got = answer(*(100 + _normal(2, 300, 8)).float())
    if isinstance(got, Tensor):
        assert got.dtype == torch.float64, "float32 is coarse for such differences: double() first"


@check_exercise.checker("ex-digits-losses")
def losses(discriminator_loss: Callable[..., Any], generator_loss: Callable[..., Any]) -> None:
    for N, M in ((8, 8), (5, 12), (1, 3)):
        real, fake = 2 * _normal(N) + 0.4, 2 * _normal(M)
        got = discriminator_loss(real.clone(), fake.clone())
        _answered(got)
        right = -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()
        turned = -fake.sigmoid().log().mean() - (1 - real.sigmoid()).log().mean()
        assert not _near(got, turned), "the labels are swapped: a high logit should mean real"
        assert not _near(got, right / 2), "half of it: both means are added, not averaged"
        expect(
            got,
            right,
            "the discriminator's loss is not the log loss: a mean over each crowd, added",
        )
        fake.requires_grad_()
        got = generator_loss(fake)
        _answered(got)
        right = -fake.sigmoid().log().mean()
        fair = (1 - fake.sigmoid()).log().mean()
        assert not _near(got, fair), "that is the saturating loss: its slope vanishes early on"
        assert not _near(got, -fair), "that pays for fooling: should a high logit be dear?"
        expect(got, right, "the generator's loss is not −ln σ(ℓ), averaged")
        assert got.requires_grad, "the generator cannot learn from it: where is its graph?"
        (slope,) = torch.autograd.grad(got, fake)
        expect(slope, (fake.sigmoid() - 1) / M, "its slope is wrong")
    far = torch.tensor([-300.0, -900.0]), torch.tensor([900.0, 300.0])
    expect(
        discriminator_loss(*far), 1200.0, "logits of 900 overflow: no logarithm of a sigmoid, then"
    )
    expect(
        generator_loss(far[0]), 600.0, "logits of −900 overflow: no logarithm of a sigmoid, then"
    )


def _near(got: Any, value: Tensor) -> bool:
    return bool(torch.isclose(torch.as_tensor(got).detach().double(), value.detach(), rtol=1e-5))


@check_exercise.checker("ex-digits-generator")
def generator(make_generator: Callable[[int], Any]) -> None:
    for Z in (8, 32, 50):
        net = make_generator(Z)
        _answered(net)
        assert isinstance(net, nn.Module), "return a network, an nn.Module"
        net = net.cpu()
        z = torch.randn(6, Z, 1, 1)
        shape = tuple(net(z).shape)
        assert shape == (6, 1, 28, 28), f"noise (6, {Z}, 1, 1) becomes {shape}, not (6, 1, 28, 28)"
        size = sum(weight.numel() for weight in net.parameters())
        assert size <= BUDGET, f"{size:,} weights for Z = {Z}; {BUDGET:,} are allowed"
        assert size > 0, "nothing in it can learn"
        _takes_part(net.eval().double(), Z)
        _range(net, Z)


def _takes_part(net: nn.Module, Z: int) -> None:
    """In eval mode each number of the noise counts, and no picture depends on its company."""
    z = _normal(6, Z, 1, 1).requires_grad_()
    x = net(z)
    alone = torch.cat([net(part) for part in z.detach().split(1)])
    expect(x, alone, "in eval mode a picture depends on the others of its batch", atol=1e-6)
    (slope,) = torch.autograd.grad((x * torch.randn_like(x)).sum(), z)
    assert bool((slope.abs().amax((0, 2, 3)) > 0).all()), "a part of the noise changes nothing"
    with torch.no_grad():
        a, b = 2 * _normal(2, 4, Z, 1, 1)
        ends, middle = net(torch.cat([a, b])).clamp(-1, 1), net((a + b) / 2).clamp(-1, 1)
        bent = ends.atanh()[:4] + ends.atanh()[4:] - 2 * middle.atanh()
    finite = bent[bent.isfinite()]
    flat = len(finite) > 0 and bool(finite.abs().max() < 1e-6 * (1 + ends.abs().max()))
    assert not flat, "before the last tanh all is linear: what stands between the layers?"


def _range(net: nn.Module, Z: int) -> None:
    """All weights made huge: pictures reach both ends of [-1, 1], never beyond."""
    with torch.no_grad():
        for weight in net.parameters():
            if weight.dim() > 1:
                weight.mul_(1e3)
        x = net(_normal(30, Z, 1, 1))
    low, high = float(x.min()), float(x.max())
    assert -1 <= low <= high <= 1, f"pixels reach from {low:.3g} to {high:.3g}: end in [−1, 1]"
    assert max(low, -high) < -0.9, f"pixels stay within {low:.2f} and {high:.2f}: which ending?"


def _players(norm: bool) -> tuple[nn.Module, nn.Module, Any, Any]:
    between = [nn.BatchNorm1d(9)] if norm else []
    generator = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4)).double()
    discriminator = nn.Sequential(
        nn.Linear(4, 9), *between, nn.Tanh(), nn.Linear(9, 1), nn.Flatten(0)
    )
    discriminator.double()
    for weight in (*generator.parameters(), *discriminator.parameters()):
        weight.grad = torch.randn_like(weight)  # left lying about
    g_opt = torch.optim.SGD(generator.parameters(), lr=0.3)
    return generator, discriminator, g_opt, torch.optim.SGD(discriminator.parameters(), lr=0.2)


def _weights(net: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in net.parameters()]


def _stepped(net: nn.Module, loss: Tensor, lr: float) -> list[Tensor]:
    slopes = torch.autograd.grad(loss, list(net.parameters()))
    return [w.detach() - lr * s for w, s in zip(net.parameters(), slopes, strict=True)]


def _equal(got: list[Tensor], wanted: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, atol=1e-9) for a, b in zip(got, wanted, strict=True))


@check_exercise.checker("ex-digits-turns")
def turns(discriminator_turn: Callable[..., Any], generator_turn: Callable[..., Any]) -> None:
    for norm, B in ((False, 7), (True, 12), (False, 2)):
        generator, discriminator, g_opt, d_opt = _players(norm)
        real, z = _normal(B, 4) + 1, _normal(B, 3)
        _discriminator_turn(discriminator_turn, generator, discriminator, d_opt, real, z)
        _generator_turn(generator_turn, generator, discriminator, g_opt, _normal(B, 3))


def _discriminator_turn(
    answer: Any, generator: Any, discriminator: Any, d_opt: Any, real: Tensor, z: Tensor
) -> None:
    twin, old, start = copy.deepcopy(discriminator), _weights(generator), _weights(discriminator)
    left = [weight.grad.clone() for weight in generator.parameters()]
    fake = generator(z).detach()
    price = F.softplus(-twin(real)).mean() + F.softplus(twin(fake)).mean()
    dirty = [w - 0.2 * (w0.grad + g) for w, w0, g in zip(
        start, discriminator.parameters(), torch.autograd.grad(price, list(twin.parameters()),
                                                       retain_graph=True), strict=True)]  # fmt: skip
    wanted = _stepped(twin, price, 0.2)
    got = answer(generator, discriminator, d_opt, real, z)
    _answered(got)
    assert _equal(_weights(generator), old), (
        "the discriminator's turn moves the generator's weights"
    )
    now = [weight.grad for weight in generator.parameters()]
    clean = all(
        g is None or not g.any() or torch.equal(g, k) for g, k in zip(now, left, strict=True)
    )
    assert clean, (
        "the discriminator's turn writes into the generator's gradients: where is the graph cut?"
    )
    assert not _equal(_weights(discriminator), start), (
        "the discriminator's turn does not move the discriminator"
    )
    assert not _equal(_weights(discriminator), dirty), (
        "the discriminator's old gradients were added to the new"
    )
    assert _equal(_weights(discriminator), wanted), (
        "the discriminator did not take one step on its own loss, "
        "real and generated in batches of their own"
    )
    expect(
        float(got), price.item(), "the discriminator's turn returns its loss, a number", rtol=1e-5
    )


def _generator_turn(answer: Any, generator: Any, discriminator: Any, g_opt: Any, z: Tensor) -> None:
    start, fixed = _weights(generator), _weights(discriminator)
    for weight in generator.parameters():
        weight.grad = torch.randn_like(weight)
    twin, second = copy.deepcopy(generator), copy.deepcopy(discriminator)
    wish = F.softplus(-second(twin(z))).mean()
    fair = -F.softplus(second(twin(z))).mean()
    wanted = _stepped(twin, wish, 0.3)
    saturating = _stepped(twin, fair, 0.3)
    got = answer(generator, discriminator, g_opt, z)
    _answered(got)
    assert _equal(_weights(discriminator), fixed), (
        "the generator's turn moves the discriminator's weights"
    )
    assert not _equal(_weights(generator), start), (
        "the generator's turn does not move it: a detach?"
    )
    assert not _equal(_weights(generator), saturating), (
        "the generator's turn uses the saturating loss"
    )
    assert _equal(_weights(generator), wanted), (
        "the generator did not take one step on its own loss: were old gradients cleared?"
    )
    assert all(weight.requires_grad for weight in discriminator.parameters()), (
        "after the generator's turn the discriminator cannot learn any more: it stays frozen"
    )
    expect(float(got), wish.item(), "the generator's turn returns its loss, a number", rtol=1e-5)


@check_exercise.checker("ex-digits-drawn")
def drawn(pictures: Any) -> None:
    _answered(pictures)
    judge(pictures)
