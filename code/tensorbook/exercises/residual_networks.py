"""Checkers of the exercises in *Residual networks and a fast recipe*."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _answered(got: Any, parts: int, hint: str) -> list[Any]:
    """The parts of an answer; `...` and `None` count as none yet."""
    if got is ... or got is None:
        raise NotImplementedError
    assert isinstance(got, (tuple, list, Tensor)), hint
    assert len(got) == parts, hint
    return list(got)


@check_exercise.checker("ex-res-layers")
def layers(answer: Callable[[int], Any]) -> None:
    for n in (1, 3, 5):
        weights, parameters = _answered(answer(n), 2, "give layers and parameters")
        net = _cifar_layers(n)
        linear = [layer for layer in net if isinstance(layer, (nn.Conv2d, nn.Linear))]
        expect(weights, len(linear), f"n = {n}: another number of layers with weights")
        count = sum(p.numel() for p in net.parameters())
        expect(parameters, count, f"n = {n}: another number of parameters")


def _cifar_layers(n: int) -> nn.ModuleList:
    sizes = [(3, 16)]
    for before, width in ((16, 16), (16, 32), (32, 64)):
        sizes += [(before, width)] + [(width, width)] * (2 * n - 1)
    convs = [nn.Conv2d(a, b, 3, bias=False) for a, b in sizes]
    norms = [nn.BatchNorm2d(b) for _, b in sizes]
    return nn.ModuleList([*convs, *norms, nn.Linear(64, 10)])


@check_exercise.checker("ex-res-paths")
def paths(answer: Callable[[int, float], Any]) -> None:
    for L, c in ((1, 0.5), (5, 2.0), (9, 0.3)):
        wanted = torch.zeros(L + 1, dtype=torch.float64)
        for taken in itertools.product((0, 1), repeat=L):
            wanted[sum(taken)] += c ** sum(taken) / (1 + c) ** L
        got = answer(L, c)
        expect(got, wanted, f"L = {L}, c = {c}: differs from a walk over all paths", atol=1e-6)
    long = answer(2000, 0.01)
    assert bool(torch.as_tensor(long).isfinite().all()), "2,000 blocks overflow"
    # float32 rounds log-gammas of this size to about 0.001, which is no mistake of the reader's
    long = torch.as_tensor(long).double()
    expect(long.shape, (2001,), "with 2,000 blocks there are 2,001 lengths")
    expect(long.sum(), 1.0, "with 2,000 blocks the shares miss 1", atol=0.01)
    chance = 0.01 / 1.01
    away = torch.arange(2001) - 2000 * chance
    hint = "with 2,000 blocks the shares lie at other lengths than the paths do"
    expect((long * away).sum(), 0.0, hint, atol=0.5)
    expect((long * away.square()).sum(), 2000 * chance * (1 - chance), hint, rtol=0.05)


@check_exercise.checker("ex-res-onecycle")
def onecycle(answer: Callable[[int, int, float], Any]) -> None:
    for T, peak in ((50, 0.4), (97, 2.0)):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1, momentum=0.9)
        schedule = OneCycleLR(optimizer, peak, total_steps=T)
        for t in range(T):
            rate, momentum = _answered(answer(t, T, peak), 2, "give rate and momentum")
            group = optimizer.param_groups[0]
            hint = f"step {t} of {T}"
            expect(float(rate), group["lr"], f"{hint}: not PyTorch's rate", atol=1e-9)
            expect(float(momentum), group["momentum"], f"{hint}: not PyTorch's momentum", atol=1e-9)
            optimizer.step()
            if t < T - 1:
                schedule.step()


@check_exercise.checker("ex-res-cutmix")
def cutmix(answer: Callable[..., Any]) -> None:
    for H, W, size in ((8, 8, 3), (6, 9, 5)):
        X, Y = torch.rand(5, 3, H, W), torch.eye(4)[torch.tensor([0, 1, 2, 3, 1])]
        order = torch.tensor([2, 0, 3, 1, 0])
        top, left = torch.tensor([0, H - 1, 2, 1, H - 2]), torch.tensor([1, 2, W - 2, 0, W - 1])
        wanted_X, wanted_Y = X.clone(), Y.clone()
        for n, (i, j) in enumerate(zip(top.tolist(), left.tolist(), strict=True)):
            square = (slice(i, i + size), slice(j, j + size))
            wanted_X[n][:, *square] = X[order[n]][:, *square]
            share = wanted_X[n, 0, *square].numel() / (H * W)
            wanted_Y[n] = (1 - share) * Y[n] + share * Y[order[n]]
        before = X.clone(), Y.clone()
        got = _answered(answer(X, Y, order, size, top, left), 2, "give pictures and targets")
        expect(got[0], wanted_X, "the pictures are not the ones that a pair of scissors makes")
        expect(got[1], wanted_Y, "the targets do not share by area; look at squares at the border")
        kept = torch.equal(X, before[0]) and torch.equal(Y, before[1])
        assert kept, "the pictures or targets that were given have changed"


@check_exercise.checker("ex-res-zca")
def zca(answer: Callable[[Tensor], Any]) -> None:
    for size in (2, 5):
        mixing = torch.randn(size, size, dtype=torch.float64) + torch.eye(size)
        A = torch.randn(300, size, dtype=torch.float64) @ mixing + 3
        got = answer(A)
        if got is ... or got is None:
            raise NotImplementedError
        got = torch.as_tensor(got, dtype=torch.float64)
        expect(got.shape, A.shape, "return a table as large as A")
        expect(got.mean(0), torch.zeros(size), "the columns are not centred", atol=1e-5)
        identity = torch.eye(size, dtype=torch.float64)
        hint = "the covariance, as torch.cov has it, is not the identity"
        expect(got.T.cov(), identity, hint, atol=1e-4)
        centred = A - A.mean(0)
        matrix = torch.linalg.lstsq(centred, got).solution
        expect(matrix, matrix.T, "white, but turned: the matrix is not symmetric", atol=1e-4)
        positive = bool((torch.linalg.eigvalsh(matrix) > 0).all())
        assert positive, "white and symmetric, but something is mirrored"


@check_exercise.checker("ex-res-looks")
def looks(answer: Callable[..., Any]) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.LazyLinear(6)).double()
    x = torch.randn(4, 3, 7, 9, dtype=torch.float64)
    net(x)
    for pad in (0, 1, 2):
        framed = F.pad(x, (pad,) * 4, mode="reflect")
        places = framed.unfold(2, 7, 1).unfold(3, 9, 1)  # (B, C, places, places, H, W)
        views = places.permute(2, 3, 0, 1, 4, 5).flatten(0, 1)
        scores = [net(view) for view in [*views, *views.flip(-1)]]
        hint = f"pad = {pad}: not the mean over all places, both ways"
        expect(answer(net, x, pad), torch.stack(scores).mean(0), hint)


@check_exercise.checker("ex-res-ablate")
def ablate(answer: Callable[..., Any]) -> None:
    seeds, tricks = [3, 5, 8, 9], ["b", "a", "c"]
    numbers = torch.rand(4, 10, dtype=torch.float64)
    done: list[tuple[int, str]] = []

    def run(seed: int, trick: str) -> float:
        done.append((seed, trick))
        return float(numbers[["", *sorted(tricks)].index(trick), seed])

    got = answer(run, tricks, seeds)
    if got is ... or got is None:
        raise NotImplementedError
    assert isinstance(got, dict), "give a dictionary"
    assert set(got) == set(tricks), "give every trick, and nothing else"
    assert len(done) == len(set(done)), "a training was done twice"
    assert len(done) == 16, "train each seed once with everything and once without each trick"
    for row, trick in enumerate(sorted(tricks), start=1):
        cost, error = _cost(numbers[0, seeds] - numbers[row, seeds])
        mean, spread = _answered(got[trick], 2, "give a mean and a standard error for each trick")
        expect(float(mean), cost, f"{trick}: not the mean cost of leaving it out", atol=1e-5)
        hint = f"{trick}: not the standard error of the differences, seed by seed"
        expect(float(spread), error, hint, atol=1e-5)


def _cost(drop: Tensor) -> Sequence[float]:
    mean = float(drop.sum()) / len(drop)
    variance = float((drop - mean).square().sum()) / (len(drop) - 1)
    return mean, (variance / len(drop)) ** 0.5
