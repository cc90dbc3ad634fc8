"""The test of the project that reproduces double descent, and the digits that it is dealt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook import data
from tensorbook.checks import Exercises
from tensorbook.report import say

check_exercise = Exercises()

N = 200  # digits to learn from in a deal
WRONG = 0.1  # the share of them whose label is drawn anew
NEAR = (0.85, 1.2)  # of N: where the peak belongs
PEAK, FLAT = 0.15, 0.2  # in shares of new digits
DESCENT = {"real": 0.02, "stand-in": -0.03}  # small digits leave less to gain


@dataclass(frozen=True)
class Deal:
    """A few digits, some with a wrong label, and new ones.

    Attributes:
        X, y: `(N, 196)` float64, pixels of 14×14 less their mean, and `(N,)` labels.
        X_new, y_new: `(500, 196)` and `(500,)`, all labels right (297 where digits stand in).
    """

    X: Tensor
    y: Tensor
    X_new: Tensor
    y_new: Tensor


@cache
def _digits() -> tuple[Tensor, Tensor, Tensor, Tensor, str]:
    digits = data.mnist()
    X, X_new = (
        F.avg_pool2d(part, 2).flatten(1).double()
        for part in (digits.train[:1500], digits.test[:500])
    )
    mean = X.mean(0)
    labels, new = digits.train_labels[:1500], digits.test_labels[:500]
    return X - mean, labels, X_new - mean, new, digits.kind


def deal(seed: int, count: int = N) -> Deal:
    """`count` digits of 1,500, drawn by `seed`; a tenth of the labels are drawn anew."""
    X, y, X_new, y_new, _ = _digits()
    dice = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(X), generator=dice)[:count]
    wrong = torch.rand(count, generator=dice) < WRONG
    drawn = torch.randint(10, (count,), generator=dice)
    return Deal(X[rows], torch.where(wrong, drawn, y[rows]), X_new, y_new)


def _error(point: Callable[..., Any], dealt: Deal, width: int, seed: int, strength: float) -> float:
    got = point(dealt, width, seed, strength)
    if got is ... or got is None:
        raise NotImplementedError
    error = float(got)
    assert 0 <= error <= 1, f"{error:.2f} is no share of wrong answers"
    return error


@check_exercise.checker("ex-project-descent")
def descent(point: Callable[..., Any], table: Any) -> None:
    _error(point, deal(0), 30, 0, 0.1)
    if table is ... or table is None:
        raise NotImplementedError
    rows = [(int(w), int(s), float(lam), float(e)) for w, s, lam, e in table]
    _honest(point)
    _recomputed(point, rows)
    curves = _curves(rows)
    line = _shape(curves)
    _elsewhere(point)
    say(line, {"descent": True})


def _honest(point: Callable[..., Any]) -> None:
    dealt = deal(3)
    torch.manual_seed(1)
    first = _error(point, dealt, 90, 5, 0.01)
    torch.manual_seed(2)
    assert _error(point, dealt, 90, 5, 0.01) == first, (
        "the same arguments gave two errors: draw the features with a generator made from `seed`"
    )
    others = {_error(point, dealt, 90, seed, 0.01) for seed in range(6, 12)}
    assert len(others) > 1, "the seed changes nothing"
    order = torch.randperm(len(dealt.y_new), generator=torch.Generator().manual_seed(0))
    lost = _error(point, replace(dealt, y_new=dealt.y_new[order]), 1000, 5, 0.01)
    assert lost > 0.75, (
        f"with shuffled labels of the new digits the error is {lost:.0%}: who reads them?"
    )


def _recomputed(point: Callable[..., Any], rows: list[tuple[int, int, float, float]]) -> None:
    """Two rows of the table, away from the threshold, where rounding decides nothing."""
    calm = [row for row in rows if not 0.9 * N < row[0] < 1.1 * N and row[0] <= 3000]
    plain, ridge = ([r for r in calm if (r[2] > 0) is side] for side in (False, True))
    assert min(len(plain), len(ridge)) > 0, (
        "the table needs rows with strength 0 and rows with more"
    )
    for part in (plain, ridge):
        width, seed, strength, error = Random(4).choice(part)
        again = _error(point, deal(seed), width, seed, strength)
        assert abs(again - error) <= 0.012, (
            f"width {width}, seed {seed}, strength {strength:g}: the table says {error:.3f}, your "
            f"function {again:.3f}"
        )


def _curves(rows: list[tuple[int, int, float, float]]) -> dict[float, dict[int, float]]:
    """Mean error by strength and width; raises where widths or seeds are too few."""
    found: dict[float, dict[int, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for width, seed, strength, error in rows:
        found[strength][width][seed] = error
    widths = sorted(found[0.0])
    few = [width for width in widths if len(found[0.0][width]) < 3]
    assert not few, f"width {few[0]} has fewer than 3 seeds"
    wide = widths[0] <= N // 5 and widths[-1] >= 8 * N
    assert wide, (
        f"widths from {widths[0]} to {widths[-1]}: from {N // 5} or less to {8 * N} or more"
    )
    close = [width for width in widths if 0.6 * N <= width <= 1.6 * N]
    enough = len(widths) >= 10 and len(close) >= 4
    assert enough, (
        f"{len(widths)} widths, {len(close)} of them within 0.6 to 1.6 times N: at least 10, and 4"
    )
    return {
        strength: {w: sum(e.values()) / len(e) for w, e in by_width.items()}
        for strength, by_width in found.items()
    }


def _shape(curves: dict[float, dict[int, float]]) -> str:
    plain = curves[0.0]
    top = max(plain, key=lambda width: plain[width])
    low, high = (round(part * N) for part in NEAR)
    assert low <= top <= high, f"the highest error is at width {top}, not near N = {N}"
    first = min(error for width, error in plain.items() if width < low)
    last = plain[max(plain)]
    line = f"valley {first:.1%}, peak {plain[top]:.1%} at {top}, {last:.1%} at {max(plain):,}"
    assert plain[top] >= first + PEAK, f"{line}: hardly a peak; is it the shortest solution?"
    assert last <= first - DESCENT[_digits()[4]], (
        f"{line}: the second descent should end below the first valley"
    )
    flattened = [
        max(error for width, error in curve.items() if low <= width <= high)
        for strength, curve in curves.items()
        if strength > 0 and {w for w in plain if low <= w <= high} <= set(curve)
    ]
    assert flattened, f"no strength above 0 has all widths between {low} and {high}"
    line += f"; with a ridge {min(flattened):.1%}"
    assert min(flattened) <= plain[top] - FLAT, f"{line}: try another strength"
    return line


def _elsewhere(point: Callable[..., Any]) -> None:
    """The peak moves with the number of digits: 120 of them, dealt by other seeds."""
    small, seeds = 120, (901, 902, 903)
    before, at, after = (
        sum(_error(point, deal(seed, small), width, seed, 0.0) for seed in seeds) / len(seeds)
        for width in (small // 5, small, 10 * small)
    )
    assert at > max(before, after) + 0.1, (
        f"with {small} digits: {before:.0%} at width {small // 5}, {at:.0%} at {small}, {after:.0%} "
        f"at {10 * small}; the peak should have moved to {small}"
    )
