"""Checkers of the exercises in *Transfer learning and fine-tuning*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _waiting(got: Any) -> None:
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-transfer-crop")
def share_seen(answer: Callable[[int, int], Any]) -> None:
    from torchvision.transforms import functional as TF

    for high, wide in [(128, 128), (480, 640), (301, 375), (500, 333), (300, 3000)]:
        resized = TF.resize(torch.zeros(1, high, wide), 256, antialias=True)
        hint = f"not the share of a picture of {high} × {wide}"
        expect(float(_number(answer(high, wide))), 224**2 / resized[0].numel(), hint, rtol=1e-6)


def _number(got: Any) -> Any:
    _waiting(got)
    return got


def _classifier(got: Any, classes: int, features: int) -> tuple[Tensor, Tensor]:
    _waiting(got)
    pair = isinstance(got, (tuple, list)) and len(got) == 2
    assert pair, "return weights and biases"
    weight, bias = (torch.as_tensor(part, dtype=torch.float32) for part in got)
    hint = f"weights of {tuple(weight.shape)}, where {(classes, features)} is wanted"
    assert tuple(weight.shape) == (classes, features), hint
    hint = f"biases of {tuple(bias.shape)}, where {(classes,)} is wanted"
    assert tuple(bias.shape) == (classes,), hint
    return weight, bias


@check_exercise.checker("ex-transfer-angle")
def angle(answer: Callable[..., Any]) -> None:
    for classes in (3, 6):
        centres = torch.rand(classes, 9) * 3
        y = torch.arange(classes).repeat(7)
        phi = (centres[y] + torch.randn(len(y), 9)) * (0.2 + 3 * torch.rand(len(y), 1))
        weight, bias = _classifier(answer(phi, y, classes), classes, 9)
        new = (torch.rand(200, 9) * 3) * (0.01 + 5 * torch.rand(200, 1))
        means = torch.stack([phi[y == k].mean(0) for k in range(classes)])
        wanted = F.cosine_similarity(new[:, None], means[None], dim=2).argmax(1)
        got = F.linear(new, weight, bias).argmax(1)
        expect(got, wanted, "some pictures do not go to the mean with the smallest angle")


@check_exercise.checker("ex-transfer-groups")
def groups(answer: Callable[..., Any]) -> None:
    for last, gamma in ((1, 0.5), (2, 0.1), (4, 0.3)):
        net = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(),
            nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.ReLU()),
            nn.Flatten(), nn.Linear(4, 2),
        )  # fmt: skip
        net.requires_grad_(last != 2)  # it may come frozen
        got = answer(net, 0.02, gamma, last)
        _waiting(got)
        layers = [net[0], net[1], net[3], net[5]][4 - last :]
        wanted = []
        for above, layer in zip(range(last - 1, -1, -1), layers, strict=True):
            for many, decay in ((True, 0.01), (False, 0.0)):
                ids = {id(p) for p in layer.parameters() if (p.dim() > 1) == many}
                if ids:
                    wanted.append((ids, 0.02 * gamma**above, decay))
        assert len(got) == len(wanted), f"{len(got)} groups where {len(wanted)} are wanted"
        for group, (ids, rate, decay) in zip(got, wanted, strict=True):
            params = list(group["params"])
            assert {id(p) for p in params} == ids, "a group holds other parameters than it should"
            expect(
                float(group.get("lr", -1)), rate, "a rate is not the one of its layer", rtol=1e-6
            )
            expect(float(group.get("weight_decay", -1)), decay, "a decay is wrong", atol=1e-9)
        thawed = {id(p) for ids, _, _ in wanted for p in net.parameters() if id(p) in ids}
        for p in net.parameters():
            hint = "a parameter is frozen that should learn, or the other way round"
            assert p.requires_grad == (id(p) in thawed), hint


class _Scaled(nn.Module):
    """A layer with a parameter of its own around another layer."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.scale, self.inside = nn.Parameter(torch.ones(2, 1, 1)), inside


@check_exercise.checker("ex-transfer-mode")
def mode(answer: Callable[[nn.Module], Any]) -> None:
    def block() -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2), nn.Dropout(0.5))

    first, second, norm, scaled = block(), block(), nn.BatchNorm2d(2), _Scaled(nn.BatchNorm2d(2))
    model = nn.Sequential(first, nn.Sequential(second, norm, scaled), nn.Flatten())
    first.requires_grad_(False)
    second[1].requires_grad_(False)  # a frozen norm in a part that learns
    scaled.scale.requires_grad_(False)  # frozen around a norm that learns
    norm.bias.requires_grad_(False)  # half of it still learns
    model.eval()
    got = answer(model)
    if got is ...:  # nothing returned is a mistake here, not an answer that is still to come
        raise NotImplementedError
    assert got is model, "return the model itself"
    frozen = [first[0], first[1], second[1], scaled]
    learning, dropouts = [second[0], norm, scaled.inside], [first[2], second[2]]
    assert not any(m.training for m in frozen), "a frozen layer is in training mode"
    assert norm.training, "a layer of which only a part is frozen is in evaluation mode"
    assert all(m.training for m in learning), "a layer that learns is in evaluation mode"
    assert all(m.training for m in dropouts), "a dropout is in evaluation mode"


@check_exercise.checker("ex-transfer-pull")
def pull(answer: Callable[..., Any]) -> None:
    for rate, alpha in ((0.01, 0.7), (0.1, 0.05)):
        start = [torch.randn(3, 4), torch.randn(4)]
        targets = [torch.randn_like(s) for s in start]
        first = [s.clone().requires_grad_() for s in start]
        delta = [torch.zeros_like(s).requires_grad_() for s in start]
        plain = torch.optim.Adam(first, lr=rate)
        decayed = torch.optim.AdamW(delta, lr=rate, weight_decay=alpha)
        for _ in range(6):
            plain.zero_grad()
            decayed.zero_grad()
            torch.stack(
                [((p - t) ** 4).sum() for p, t in zip(first, targets, strict=True)]
            ).sum().backward()
            torch.stack(
                [((s + d - t) ** 4).sum() for s, d, t in zip(start, delta, targets, strict=True)]
            ).sum().backward()
            got = answer(first, start, rate, alpha)
            if got is ...:
                raise NotImplementedError
            plain.step()
            decayed.step()
        for p, s, d in zip(first, start, delta, strict=True):
            expect(p - s, d, "not what AdamW does to the distance from the start", atol=1e-5)


@check_exercise.checker("ex-transfer-choose")
def choose(answer: Callable[..., Any]) -> None:
    dice = torch.Generator().manual_seed(5)
    lams = [10.0**n for n in range(-3, 5)]
    for noise, spread in ((0.1, 0.0), (1.5, 0.0), (6.0, 0.0), (0.1, 1.0), (1.5, 1.0), (6.0, 1.0)):
        phi = torch.randn(24, 40, generator=dice, dtype=torch.float64)
        phi *= torch.logspace(-spread, spread, 24, dtype=torch.float64)[:, None]  # dark to bright
        truth = torch.randn(40, 3, generator=dice, dtype=torch.float64)
        y = phi @ truth + noise * torch.randn(24, 3, generator=dice, dtype=torch.float64) * 6
        errors = []
        for lam in lams:
            total = 0.0
            for i in range(24):
                keep = torch.arange(24) != i
                gram = phi[keep] @ phi[keep].T + lam * torch.eye(23, dtype=torch.float64)
                guess = phi[i] @ phi[keep].T @ torch.linalg.solve(gram, y[keep])
                total += float((guess - y[i]).square().sum())
            errors.append(total)
        got = _number(answer(phi, y, lams))
        best = lams[min(range(len(lams)), key=lambda i: errors[i])]
        expect(float(got), best, "another λ errs less on the pictures that are left out", rtol=1e-6)


def _task(dice: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Five Gaussian classes in 60 features, of one covariance that is far from round."""
    stretch = torch.cat([torch.full((10,), 3.0), torch.full((50,), 0.6)])
    turn = torch.linalg.qr(torch.randn(60, 60, generator=dice)).Q
    means = 0.55 * torch.randn(5, 60, generator=dice)
    y, new = torch.arange(5).repeat(5), torch.arange(5).repeat(80)
    phi, test = (
        (means[k] + stretch * torch.randn(len(k), 60, generator=dice)) @ turn.T for k in (y, new)
    )
    return phi, y, test, new


@check_exercise.checker("ex-transfer-few")
def few(answer: Callable[..., Any]) -> None:
    dice, ours, theirs = torch.Generator().manual_seed(11), 0.0, 0.0
    for _ in range(12):
        phi, y, test, truth = _task(dice)
        weight, bias = _classifier(answer(phi, y, 5), 5, 60)
        theirs += float((F.linear(test, weight, bias).argmax(1) != truth).sum())
        means = torch.stack([phi[y == k].mean(0) for k in range(5)])
        ours += float((torch.cdist(test, means).argmin(1) != truth).sum())
    hint = f"{theirs / ours:.0%} of the class means' mistakes remain; at most 50 % are wanted"
    assert theirs <= ours / 2, hint
