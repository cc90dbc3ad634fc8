"""Checkers of the exercises in *Normalisation*."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _parts(answer: Any, wanted: list[tuple[str, Tensor]]) -> None:
    """Compare the tensors of a tuple, each with the hint of its name."""
    if answer is ... or answer is None:
        raise NotImplementedError
    assert isinstance(answer, (tuple, list)), f"return {len(wanted)} tensors"
    assert len(answer) == len(wanted), f"return {len(wanted)} tensors"
    for got, (hint, right) in zip(answer, wanted, strict=True):
        expect(got, right, hint)


@check_exercise.checker("ex-norm-shares")
def shares(answer: Callable[..., Any]) -> None:
    for B, C, H, W, G in ((2, 6, 5, 7, 3), (8, 4, 3, 1, 2)):
        x = torch.zeros(B, C, H, W)
        means = {
            "batch": x.mean((0, 2, 3)),
            "layer": x.mean((1, 2, 3)),
            "instance": x.mean((2, 3)),
            "group": x.view(B, G, -1).mean(2),
        }
        for kind, mean in means.items():
            got = answer(kind, (B, C, H, W), G)
            wanted = [x.numel() // mean.numel(), mean.numel()]
            hint = f"not so for {kind} norm on {(B, C, H, W)} with {G} groups"
            expect(got, torch.tensor(wanted), hint)


@check_exercise.checker("ex-norm-class")
def norm_class(answer: Callable[..., Any]) -> None:
    B, C, H, W = 3, 4, 5, 2
    cases: list[tuple[str, nn.Module, tuple[int, ...], tuple[int, ...]]] = [
        ("nn.BatchNorm2d", nn.BatchNorm2d(C, eps=0.2), (0, 2, 3), (C, 1, 1)),
        ("nn.LayerNorm", nn.LayerNorm([C, H, W], eps=0.2), (1, 2, 3), (C, H, W)),
        ("nn.LayerNorm on the last axis", nn.LayerNorm(W, eps=0.2), (3,), (W,)),
        ("nn.InstanceNorm2d", nn.InstanceNorm2d(C, eps=0.2, affine=True), (2, 3), (C, 1, 1)),
    ]
    for name, theirs, dims, shape in cases:
        theirs = theirs.double()
        ours = answer(dims, shape, 0.2)
        x = _random(B, C, H, W).mul(3).requires_grad_()
        y = x.detach().clone().requires_grad_()
        got = ours(x)
        if got is ... or got is None:
            raise NotImplementedError
        assert isinstance(ours, nn.Module), "make it a module"
        names = dict(ours.named_parameters())
        assert set(names) == {"weight", "bias"}, "it should have the parameters weight and bias"
        expect(got, _plain(x, dims), f"differs from {name} already with weights of 1 and 0")
        ours = ours.double()
        with torch.no_grad():
            for key in ("weight", "bias"):
                value = _random(*shape)
                names[key].copy_(value)
                getattr(theirs, key).copy_(value.view_as(getattr(theirs, key)))
        probe = _random(B, C, H, W)
        left, right = ours(x), theirs(y)
        expect(left, right, f"differs from {name} with weights that are not 1 and 0")
        (probe * left).sum().backward()
        (probe * right).sum().backward()
        expect(x.grad, y.grad, f"the gradient differs from that of {name}")
        assert names["weight"].grad is not None, "no gradient reaches the weight"


def _plain(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    var, mean = torch.var_mean(x.detach(), dims, correction=0, keepdim=True)
    return (x.detach() - mean) / (var + 0.2).sqrt()


@check_exercise.checker("ex-norm-layer-backward")
def layer_backward(answer: Callable[..., Any]) -> None:
    for B, D in ((4, 6), (7, 3)):
        G, X, gamma = _random(B, D), _random(B, D), _random(D)
        x, w = X.clone().requires_grad_(), gamma.clone().requires_grad_()
        b = torch.zeros_like(w, requires_grad=True)
        wanted = torch.autograd.grad((G * F.layer_norm(x, [D], w, b, 0.4)).sum(), (x, w, b))
        names = ("the gradient of X", "the gradient of gamma", "the gradient of beta")
        hints = [f"{name} differs from autograd's" for name in names]
        _parts(answer(G, X, gamma, 0.4), list(zip(hints, wanted, strict=True)))


def _used(channels: int) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(channels, eps=0.3).double().eval().requires_grad_(False)
    for tensor in (norm.weight, norm.bias, norm.running_mean):
        assert tensor is not None
        tensor.copy_(_random(channels))
    assert norm.running_var is not None
    norm.running_var.uniform_(0.1, 2)
    return norm


@check_exercise.checker("ex-norm-fold-next")
def fold_next(answer: Callable[..., Any]) -> None:
    for D, M in ((5, 3), (4, 4)):
        norm, W, b, x = _used(D), _random(M, D), _random(M), _random(9, D)
        got = answer(norm, W, b)
        if got is ... or got is None:
            raise NotImplementedError
        assert isinstance(got, (tuple, list)), "return a weight and a bias"
        shapes = [piece.shape for piece in got]
        assert shapes == [W.shape, b.shape], "the shapes should stay"
        zero = torch.zeros(1, D, dtype=torch.float64)
        hint = "an input of zeros already gives another answer"
        expect(F.linear(zero, *got), F.linear(norm(zero), W, b), hint)
        expect(F.linear(x, *got), F.linear(norm(x), W, b), "differs from linear(bn(x))")


def _once(batches: list[Tensor]) -> Iterator[Tensor]:
    """Each batch once; who keeps one finds it full of nan when the next one has come."""
    for batch in batches:
        seen = batch.clone()
        yield seen
        seen.fill_(torch.nan)


@check_exercise.checker("ex-norm-merge")
def merge(answer: Callable[..., Any]) -> None:
    for sizes, place in (((5, 5, 5), 0.0), ((2, 9, 1, 30), 3.0), ((4, 16, 7), 1e7)):
        batches = [_random(n, 3) + place + 2 * _random(3) for n in sizes]
        everything = torch.cat(batches)
        hints = [
            f"not the mean of all examples, with batches of {sizes}",
            f"not the variance of all examples, with batches of {sizes} around {place:g}",
        ]
        got = answer(_once(batches))
        if isinstance(got, (tuple, list)):
            kept = any(torch.as_tensor(part).isnan().any() for part in got if part is not ...)
            assert not kept, "keep no batch: when the next one comes, its numbers are gone"
        _parts(got, list(zip(hints, (everything.mean(0), everything.var(0)), strict=True)))


@check_exercise.checker("ex-norm-weight")
def weight_norm(answer: Callable[..., Any]) -> None:
    for D in (3, 6):
        g, layer = _random(D), nn.Linear(D, 1, bias=False).double()
        with torch.no_grad():
            layer.weight.copy_(_random(1, D))
        layer = nn.utils.parametrizations.weight_norm(layer)
        pieces = dict(layer.named_parameters())
        s = pieces["parametrizations.weight.original0"]
        u = pieces["parametrizations.weight.original1"]
        with torch.no_grad():
            s.copy_(_random(1, 1))
            u.copy_(3 * _random(1, D))
        s_bar, u_bar = torch.autograd.grad((g * layer.weight).sum(), (s, u))
        wanted = [
            ("the gradient for u differs from PyTorch's weight_norm", u_bar[0]),
            ("the gradient for s differs from PyTorch's weight_norm", s_bar[0, 0]),
        ]
        _parts(answer(g, u.detach()[0], s.detach()[0, 0]), wanted)


@check_exercise.checker("ex-norm-padding")
def padding(answer: Callable[..., Any]) -> None:
    for B, C, T, fill in ((3, 4, 6, 0.0), (2, 1, 9, 0.0), (4, 3, 8, 5.0)):
        lengths = torch.randint(2, T, (B,))
        real = torch.arange(T) < lengths[:, None]
        x = torch.where(real[:, None], _random(B, C, T) + 3, fill)
        tokens = x.transpose(1, 2)[real]  # (tokens, C)
        normal = F.batch_norm(tokens, None, None, training=True, eps=0.2)
        wanted = torch.zeros(B, T, C, dtype=torch.float64)
        wanted[real] = normal
        got = answer(x, real, 0.2)
        if got is ... or got is None:
            raise NotImplementedError
        assert got.shape == x.shape, "keep the shape of x"
        hint = "the real places are not normalised by themselves"
        if fill:
            hint = f"with {fill:g} in the padding, the padding has a say"
        expect(got.transpose(1, 2)[real], normal, hint)
        expect(got, wanted.transpose(1, 2), "the padding should become 0")


def _trained(X: Tensor, Y: Tensor) -> nn.Sequential:
    """A small network with batch norm and dropout, trained on digits."""
    model = nn.Sequential(
        nn.Linear(64, 48, bias=False), nn.BatchNorm1d(48, momentum=0.2), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(48, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10),
    ).double()  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(150):
        rows = torch.randint(len(X), (64,))
        optimizer.zero_grad()
        F.cross_entropy(model(X[rows]), Y[rows]).backward()
        optimizer.step()
    return model.eval()


@check_exercise.checker("ex-norm-recalibrate")
def recalibrate(answer: Callable[..., Any]) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    X = torch.tensor(digits.data, dtype=torch.float64) / 16
    Y = torch.tensor(digits.target)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        order = torch.randperm(len(X))
        X, Y = X[order], Y[order]
        model = _trained(X[:1000], Y[:1000])
    dark = 0.3 * X - 0.4
    batches = list(dark[1000:1400].split(50))
    before = _accuracy(model, dark[1400:], Y[1400:])
    given = copy.deepcopy(model)
    got = answer(given, batches)
    same = zip(given.state_dict().values(), model.state_dict().values(), strict=True)
    if (got is ... or got is None) and all(torch.equal(ours, old) for ours, old in same):
        raise NotImplementedError
    assert isinstance(got, nn.Module), "return the model"
    assert not any(module.training for module in got.modules()), "leave the model in eval mode"
    for (name, ours), (_, old) in zip(
        got.named_parameters(), model.named_parameters(), strict=True
    ):
        expect(ours, old, f"{name} has changed: no parameter should")
    after = _accuracy(got, dark[1400:], Y[1400:])
    assert after > 0.85 > before, f"the accuracy on new scans is {after:.0%}: not restored"
    norms = [module for module in got.modules() if isinstance(module, nn.BatchNorm1d)]
    assert [norm.momentum for norm in norms] == [0.2, 0.1], "put the momentum back"
    inputs = torch.stack([model[0](x).mean(0) for x in batches]).mean(0)
    expect(norms[0].running_mean, inputs, "the running mean is not the average over the batches")
    spreads = torch.stack([model[0](x).var(0) for x in batches]).mean(0)
    hint = "the running variance is not the average of the batches' unbiased variances"
    expect(norms[0].running_var, spreads, hint)
    hint = "the second norm's statistics are off: what else was in training mode?"
    expect(norms[1].running_mean, _second_mean(model, batches), hint)


def _second_mean(model: nn.Sequential, batches: list[Tensor]) -> Tensor:
    """The mean input of the second norm when the first one normalises by the batch."""
    means, (scale, shift) = [], model[1].parameters()
    for x in batches:
        z = F.batch_norm(model[0](x), None, None, training=True)
        means.append(model[4]((scale * z + shift).relu()).mean(0))
    return torch.stack(means).mean(0)


@torch.no_grad()
def _accuracy(model: nn.Module, X: Tensor, Y: Tensor) -> float:
    return (model(X).argmax(1) == Y).double().mean().item()
