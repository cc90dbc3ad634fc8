"""Checkers of the exercises in *Overfitting and regularisation*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _answered(*values: Any) -> None:
    if any(value is ... or value is None for value in values):
        raise NotImplementedError


@check_exercise.checker("ex-reg-moments")
def moments(answer: Callable[..., Any]) -> None:
    for p in (0.0, 0.2, 0.75):
        w, x = _random(6), _random(6)
        got = answer(w, x, p)
        _answered(got)
        mean, variance = got
        expect(mean, w @ x, "the mean is off: what does dropout do to the mean of each x?")
        wanted = p / (1 - p) * (w * x).square().sum()
        expect(variance, wanted, f"the variance is off for p = {p}")


@check_exercise.checker("ex-reg-module")
def module(answer: Callable[[float], Any]) -> None:
    x = _random(60, 500)
    before = x.clone()
    for p in (0.1, 0.5, 0.8):
        layer = answer(p)
        got = layer(x)
        _answered(got)
        expect(x, before, "the numbers that came in were changed")
        assert isinstance(layer, nn.Module), "Drop is to be an nn.Module"
        dropped = got == 0
        expect(got[~dropped], x[~dropped] / (1 - p), "what is kept has the wrong size")
        along = [dropped.double().mean(k).std().item() for k in (0, 1)]
        limits = [2 * math.sqrt(p * (1 - p) / n) for n in x.shape]
        hint = "every number is to have dice of its own"
        assert all(a < b for a, b in zip(along, limits, strict=True)), hint
        spread = math.sqrt(p * (1 - p) / x.numel())
        share = dropped.double().mean().item()
        assert abs(share - p) < 5 * spread, f"Drop({p}) drops {share:.1%}"
        assert not torch.equal(dropped, layer(x) == 0), "the same numbers are dropped every time"
        expect(layer.eval()(x), x, "in eval mode nothing is to be changed")
        assert (layer.train()(x) == 0).any(), "back in train mode nothing is dropped"
    expect(answer(0.0)(x), x, "p = 0 is to change nothing")
    expect(answer(1.0)(x), torch.zeros_like(x), "p = 1 is to give zeros, and no nan")
    expect(answer(1.0).eval()(x), x, "in eval mode even p = 1 is to change nothing")


@check_exercise.checker("ex-reg-stopper")
def stopper(answer: Callable[[int], Any]) -> None:
    stories = [
        (2, [3.0, 2.0, 2.5, 2.4, 1.0], 3, 1),
        (3, [1.0, 2.0, 0.9, 0.95, 0.9, 0.92, 0.1], 5, 2),
        (1, [5.0, 4.0, 3.0, 3.5], 3, 2),
        (2, [2.0, float("nan"), 1.5, 1.6, float("nan"), 0.0], 4, 2),
        (4, [3.0, 2.0, 1.0], None, 2),
    ]
    for patience, losses, last, best in stories:
        model, watch = nn.Linear(2, 1), answer(patience)
        stopped = None
        for epoch, loss in enumerate(losses):
            with torch.no_grad():
                model.weight.fill_(float(epoch))
            verdict = watch.step(loss, model)
            if verdict is ...:
                raise NotImplementedError
            if verdict:
                stopped = epoch
                break
        hint = f"patience {patience}, losses {losses}: stopped at {stopped}, not at {last}"
        assert stopped == last, hint
        with torch.no_grad():
            model.weight.fill_(99.0)
        watch.restore(model)
        wanted = torch.full((1, 2), float(best))
        expect(model.weight, wanted, "restore does not bring back the weights of the best loss")


@check_exercise.checker("ex-reg-shift")
def shift(answer: Callable[..., Any]) -> None:
    dice = torch.Generator().manual_seed(5)
    images = torch.rand(400, 2, 7, 9, generator=dice) + 0.1
    before, seen = images.clone(), set()
    for most in (0, 2):
        got = answer(images, most, dice)
        _answered(got)
        expect(got.shape, images.shape, "the shape is to stay")
        expect(images, before, "the images that came in were changed")
        room = nn.functional.pad(images, [most] * 4)
        found = torch.zeros(400, dtype=torch.bool)
        for down in range(2 * most + 1):
            for right in range(2 * most + 1):
                moved = room[:, :, down : down + 7, right : right + 9]
                same = (moved == got).flatten(1).all(1)
                found |= same
                if most and same.any():
                    seen.add((down, right))
        hint = "an image came out that is no shift of what went in, with zeros at the edge"
        assert bool(found.all()), hint
    first, second = (answer(images, 2, torch.Generator().manual_seed(8)) for _ in range(2))
    assert torch.equal(first, second), "the same dice are to give the same shifts: draw from `dice`"
    assert len(seen) > 1, "all images are moved alike"
    assert len(seen) == 25, f"of the 25 shifts by at most 2 pixels only {len(seen)} occur"


@check_exercise.checker("ex-reg-folds")
def folds(answer: Callable[..., Any]) -> None:
    for n, k in ((20, 5), (23, 4)):
        X, y = _random(n, 3), _random(n)
        order, prices = torch.randperm(n), torch.tensor([0.1, 2.0, 30.0], dtype=torch.float64)
        wanted = []
        for price in prices:
            squares = 0.0
            for held in order.chunk(k):
                rest = torch.ones(n, dtype=torch.bool)
                rest[held] = False
                A = X[rest].T @ X[rest] + price * torch.eye(3, dtype=torch.float64)
                w = torch.linalg.solve(A, X[rest].T @ y[rest])
                squares += (X[held] @ w - y[held]).square().sum().item()
            wanted.append(squares / n)
        got = answer(X, y, prices, order, k)
        _answered(got)
        hint = "not the mean squared error of examples that were held back"
        if n % k:
            hint = "right for folds of one size, off when they differ: each example counts once"
        expect(torch.as_tensor(got), torch.tensor(wanted, dtype=torch.float64), hint)


@check_exercise.checker("ex-reg-diversity")
def diversity(answer: Callable[..., Any]) -> None:
    for members in (2, 5):
        g, y = _random(members, 40), _random(40)
        a = torch.rand(members, dtype=torch.float64)
        a = a / a.sum()
        got = answer(g, a, y)
        _answered(got)
        together, own, apart = got
        mean = a @ g
        expect(together, (mean - y).square().mean(), "the error of the weighted mean is off")
        expect(own, (a @ (g - y).square()).mean(), "the members' own error is off: weigh it, too")
        expect(apart, (a @ (g - mean).square()).mean(), "the ambiguity is off")


@check_exercise.checker("ex-reg-double")
def double(answer: Callable[..., Any]) -> None:
    dice = torch.Generator().manual_seed(11)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=dice, dtype=torch.float64)

    for n in (20, 35):
        w, X, X_new = draw(100) / 10, draw(n, 100), draw(200, 100)
        y, y_new = X @ w + 0.3 * draw(n), X_new @ w
        widths = [2, n // 2, n, 2 * n, 100]
        wanted = []
        for width in widths:
            fit = torch.linalg.pinv(X[:, :width]) @ y
            wanted.append((X_new[:, :width] @ fit - y_new).square().mean())
        got = answer(X, y, X_new, y_new, widths)
        _answered(got)
        got = torch.stack([torch.as_tensor(value, dtype=torch.float64) for value in got])
        narrow = [k for k, width in enumerate(widths) if width <= n]
        reference = torch.stack(wanted)
        hint = "off where there are no more features than examples"
        expect(got[narrow], reference[narrow], hint, rtol=1e-4)
        hint = "off where there are more features than examples: is the fit the shortest?"
        expect(got, reference, hint, rtol=1e-4)


@check_exercise.checker("ex-reg-project")
def project(answer: Callable[..., Any]) -> None:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    X = torch.as_tensor(pixels, dtype=torch.float32) / 16
    y = torch.as_tensor(labels).long()
    ours = theirs = 0.0
    for seed in (101, 102):
        order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed))
        known, hidden = order[:200], order[200:]
        got = answer(X[known], y[known], X[hidden])
        _answered(got)
        got = torch.as_tensor(got).cpu()
        assert got.shape == hidden.shape, "return one digit for each row of X_new"
        ours += (got == y[hidden]).double().mean().item() / 2
        nearest = y[known][torch.cdist(X[hidden], X[known]).argmin(1)]
        theirs += (nearest == y[hidden]).double().mean().item() / 2
    hint = f"{ours:.1%} right; the nearest neighbour has {theirs:.1%}, and one point more is asked"
    assert ours > theirs + 0.01, hint
