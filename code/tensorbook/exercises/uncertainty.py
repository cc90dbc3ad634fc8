"""Checkers of the exercises in *Uncertainty and calibration*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@check_exercise.checker("ex-unc-sharpen")
def sharpen(answer: Callable[[Tensor, float], Any]) -> None:
    for shape in ((7,), (5, 3), (2, 4, 10)):
        z = 3 * _random(*shape)
        for T in (0.4, 1.0, 2.5):
            got = answer(z.softmax(-1), T)
            hint = f"not the shares of the scores divided by {T}, for shape {shape}"
            expect(got, (z / T).softmax(-1), hint)
    z = torch.tensor([-200.0, 0.0, -400.0], dtype=torch.float64)
    expect(
        answer(z.softmax(-1), 0.1).sum(), 1.0, "small shares at a low temperature: no sum of one"
    )


@check_exercise.checker("ex-unc-proper")
def is_proper(answer: Callable[..., Any]) -> None:
    def log(q: Tensor, y: int) -> Tensor:
        return -(q if y else 1 - q).log()

    def brier(q: Tensor, y: int) -> Tensor:
        return (q - y) ** 2

    def spherical(q: Tensor, y: int) -> Tensor:
        return -(q if y else 1 - q) / (q**2 + (1 - q) ** 2).sqrt()

    def distance(q: Tensor, y: int) -> Tensor:
        return (q - y).abs()

    def fourth(q: Tensor, y: int) -> Tensor:
        return (q - y) ** 4

    def wrong(q: Tensor, y: int) -> Tensor:
        return ((q > 0.5) != bool(y)).double()

    def doubled(q: Tensor, y: int) -> Tensor:
        return brier(q, y) * (2 if y else 1)

    def lured(q: Tensor, y: int) -> Tensor:
        return brier(q, y) + (q - 0.7) ** 2

    def half(q: Tensor, y: int) -> Tensor:
        return brier(q.clamp(min=0.5), y)

    def shifted(q: Tensor, y: int) -> Tensor:
        return 3 * brier(q, y) + 5 * y

    cases: list[tuple[Callable[[Tensor, int], Tensor], bool, str]] = [
        (log, True, "the log score is proper"),
        (brier, True, "the Brier score is proper"),
        (spherical, True, "the spherical score, -q_y over the length of q, is proper"),
        (distance, False, "the distance |q - y| pays for exaggerating"),
        (fourth, False, "the fourth power of the distance has its minimum elsewhere"),
        (wrong, False, "the count of wrong answers has many cheapest statements"),
        (doubled, False, "a Brier score that counts double when it rains pays for crying rain"),
        (lured, False, "honesty may be cheapest at one truth, 0.7 say, and not at the others"),
        (half, False, "honesty has to be cheapest at small truths too, and alone"),
        (shifted, True, "what does not depend on the statement changes nothing"),
    ]
    for score, wanted, hint in cases:
        got = answer(score)
        if got is ... or got is None:
            raise NotImplementedError
        assert bool(got) is wanted, hint


def _below(level: float, k: int, n: int) -> float:
    """The chance that the `k`-th smallest of `n` uniform numbers lies below `level`, by its density."""
    if k > n:  # the limit is infinite
        return 0.0
    t = torch.linspace(0, level, 100_001, dtype=torch.float64)[1:]
    scale = math.lgamma(n + 1) - math.lgamma(k) - math.lgamma(n - k + 1)
    density = (scale + (k - 1) * t.log() + (n - k) * (1 - t).log()).exp()
    return float(torch.trapezoid(density, t))


@check_exercise.checker("ex-unc-luck")
def shortfall(answer: Callable[..., Any]) -> None:
    for n, alpha, level in (
        (19, 0.1, 0.9),
        (50, 0.2, 0.75),
        (99, 0.05, 0.93),
        (400, 0.1, 0.88),
        (8, 0.1, 0.85),
    ):
        k = math.ceil((n + 1) * (1 - alpha) - 1e-9)
        got = answer(n, alpha, level)
        hint = f"wrong for n = {n}, alpha = {alpha}, level = {level}"
        if k > n:
            hint += ": what is the limit, and what does it hold, when there is no k-th example?"
        expect(got, _below(level, k, n), hint, rtol=1e-5)


@check_exercise.checker("ex-unc-kinds")
def limits(answer: Callable[..., Any]) -> None:
    for n, K, alpha in ((300, 4, 0.1), (80, 3, 0.25), (60, 5, 0.1)):
        a, y = torch.rand(n, dtype=torch.float64), torch.randint(K - 1, (n,))
        y[:3] = K - 1  # a rare kind
        wanted = torch.full((K,), math.inf, dtype=torch.float64)
        for kind in range(K):
            own = sorted(a[y == kind].tolist())
            k = math.ceil((len(own) + 1) * (1 - alpha) - 1e-9)
            if k <= len(own):
                wanted[kind] = own[k - 1]
        hint = f"wrong for {n} examples of {K} kinds, one of them rare, and alpha = {alpha}"
        expect(answer(a, y, K, alpha), wanted, hint)


@check_exercise.checker("ex-unc-band")
def band_score(answer: Callable[..., Any]) -> None:
    for alpha in (0.1, 0.5):
        y, middle = 2 * _random(200), _random(200)
        low, high = middle - _random(200).abs(), middle + _random(200).abs()
        wanted = torch.zeros(200, dtype=torch.float64)
        for edge, tau in ((low, alpha / 2), (high, 1 - alpha / 2)):
            off = y - edge
            wanted += 2 / alpha * torch.maximum(tau * off, (tau - 1) * off)
        inside = (low <= y) & (y <= high)
        got = answer(y, low, high, alpha)
        if got is ... or got is None:
            raise NotImplementedError
        got = torch.as_tensor(got)
        assert got.shape == wanted.shape, "return one number for each band, not their mean"
        expect(got[inside], wanted[inside], f"wrong inside the band, at alpha = {alpha}")
        expect(got, wanted, f"wrong for what lies outside, at alpha = {alpha}")


@check_exercise.checker("ex-unc-select")
def risk_curve(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for n in (5, 60):
        c = torch.rand(n, dtype=torch.float64)
        r = (torch.rand(n) < c).double()
        order = sorted(range(n), key=lambda i: -c[i].item())
        wanted = [sum(1 - r[i].item() for i in order[: k + 1]) / (k + 1) for k in range(n)]
        got = answer(c, r)
        if got is ... or got is None:
            raise NotImplementedError
        expect(got[-1], wanted[-1], "when all are answered, the risk is the share of wrong answers")
        expect(got, torch.tensor(wanted, dtype=torch.float64), "who is answered first?")


@check_exercise.checker("ex-unc-labels")
def suspicion(answer: Callable[[Tensor, Tensor], Any]) -> None:
    from sklearn.datasets import load_digits
    from sklearn.metrics import roc_auc_score

    digits = load_digits()
    dice = torch.Generator().manual_seed(11)
    order = torch.randperm(len(digits.data), generator=dice)[:1200]
    X = torch.tensor(digits.data / 16, dtype=torch.float32)[order]
    y = torch.tensor(digits.target)[order]
    wrong = torch.rand(len(y), generator=dice) < 0.1
    shift = torch.randint(1, 10, (len(y),), generator=dice)
    got = answer(X, torch.where(wrong, (y + shift) % 10, y))
    if got is ... or got is None:
        raise NotImplementedError
    got = torch.as_tensor(got).detach()
    assert got.shape == (len(y),), "return one number for each example"
    reached = roc_auc_score(wrong.numpy(), got.numpy())
    hint = "high is to mean wrong" if reached < 0.5 else "has the judge learnt the label?"
    assert reached >= 0.95, f"in the right order in {reached:.1%} of the pairs; {hint}"
