"""The test of a scaling law: forecasts for families of runs whose law is known here."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect
from tensorbook.report import say

check_exercise = Exercises()

FAMILIES = 60  # of each sort
FAR = 7_000_000  # the first hidden seed, where nobody who tries a range of seeds comes by
COVERED = 0.7  # of the families, for intervals that should cover 90 %
SHARE = 0.2  # of the straight line's mean score; a line whose intervals are stretched needs 0.24

Forecast = Callable[[Tensor, Tensor, float], Any]
Interval = tuple[float, float, float]


def family(seed: int, floor: bool) -> tuple[Tensor, Tensor, float, float]:
    """Sizes `(5,)`, losses of four runs each `(5, 4)`, a larger size, and the mean loss there.

    The law is floor + a n^-b; the runs scatter around it by some per cent, as factors.
    """
    dice = torch.Generator().manual_seed(seed)

    def between(low: float, high: float) -> float:
        return low + (high - low) * torch.rand((), generator=dice).item()

    power, first = between(0.25, 0.9), between(0.3, 0.7)
    rest = between(0.02, 0.1) if floor else 0.0
    n = torch.tensor([32.0, 64.0, 128.0, 256.0, 512.0]).double() * 2 ** int(between(0, 3))
    scatter = between(0.02, 0.08)
    law = rest + (first - rest) * (n / n[0]) ** -power
    runs = law[:, None] * (scatter * torch.randn(5, 4, generator=dice).double()).exp()
    target = 8 * n[-1].item()
    return n, runs, target, rest + (first - rest) * (target / n[0].item()) ** -power


def score(low: float, high: float, truth: float, level: float = 0.9) -> float:
    """The interval score of logarithms: the width, and 20 times what the truth lies outside."""
    a, b, t = (math.log(v) for v in (low, high, truth))
    return b - a + 2 / (1 - level) * (max(0.0, a - t) + max(0.0, t - b))


def line(n: Tensor, runs: Tensor, target: float) -> Interval:
    """The baseline: a straight line through the logarithms, with its 90 % interval of the mean."""
    x, y = n.double().log()[:, None].expand_as(runs).flatten(), runs.double().log().flatten()
    A = torch.stack([torch.ones_like(x), x], dim=1)
    w = torch.linalg.solve(A.T @ A, A.T @ y)
    rest = y - A @ w
    variance = rest @ rest / (len(y) - 2)
    there = torch.tensor([1.0, math.log(target)]).double()
    error = (variance * (there @ torch.linalg.inv(A.T @ A) @ there)).sqrt()
    middle = there @ w
    low, best, high = (float((middle + k * error).exp()) for k in (-1.73, 0.0, 1.73))
    return low, best, high


@check_exercise.checker("ex-your-own-scaling-law")
def law(forecast: Forecast, small: Any, measured: Any) -> None:
    scores: dict[str, list[float]] = {"yours": [], "line": []}
    covered = {}
    for floor in (False, True):
        hits = []
        for k in range(FAMILIES):
            n, runs, target, truth = family(FAR + 1000 * floor + k, floor)
            interval = _asked(forecast, n, runs, target)
            if k == 0:
                _depends(forecast, n, runs, target, interval)
            hits.append(interval[0] <= truth <= interval[2])
            scores["yours"].append(score(interval[0], interval[2], truth))
            a, _, b = line(n, runs, target)
            scores["line"].append(score(a, b, truth))
        covered[floor] = sum(hits) / len(hits)
    ours, theirs = (sum(part) / len(part) for part in scores.values())
    found = (
        f"hidden laws: {covered[False]:.0%} covered without a floor, {covered[True]:.0%} with one; "
        f"score {ours:.2f}, the straight line {theirs:.2f}"
    )
    for floor, share in covered.items():
        which = "with a floor under the loss" if floor else "without a floor"
        assert share >= COVERED, f"{found}; laws {which} are missed too often for 90 %"
    assert ours <= SHARE * theirs, f"{found}; {SHARE * theirs:.2f} is the goal: are they too wide?"
    _own(forecast, small, measured)
    say(found, {"covered": list(covered.values()), "score": ours, "baseline": theirs})


def _asked(forecast: Forecast, n: Tensor, runs: Tensor, target: float) -> Interval:
    got = forecast(n.clone(), runs.clone(), target)
    if got is ... or got is None:
        raise NotImplementedError
    low, best, high = (float(v) for v in got)
    assert 0 < low <= best <= high, (
        f"low, best, high, all above 0: not {low:.3g}, {best:.3g}, {high:.3g}"
    )
    assert math.isfinite(high), "an interval without an end"
    return low, best, high


def _depends(forecast: Forecast, n: Tensor, runs: Tensor, target: float, first: Interval) -> None:
    again = _asked(forecast, n, runs, target)
    expect(
        torch.tensor(again), torch.tensor(first), "the same runs give another forecast", rtol=1e-6
    )
    order = torch.randperm(len(n))
    mixed = _asked(forecast, n[order], runs[order], target)
    expect(torch.tensor(mixed), torch.tensor(first), "the order of the sizes changes the forecast",
           rtol=0.02)  # fmt: skip
    nearer = _asked(forecast, n, runs, 2 * n[-1].item())
    assert nearer[2] / nearer[0] < first[2] / first[0], "farther away, a forecast is less sure"


def _own(forecast: Forecast, small: Any, measured: Any) -> None:
    """The reader's own family: `small` is (sizes, runs), `measured` is (size, runs there)."""
    n, runs = (torch.as_tensor(part).double() for part in small)
    assert measured[1] is not ..., "the runs of the large size are not there yet"
    size, there = float(measured[0]), torch.as_tensor(measured[1]).double()
    assert runs.ndim == 2, "the small runs are a table: a row for each size, a column for each seed"
    assert runs.shape[0] == len(n) >= 4, f"{len(n)} sizes, {len(runs)} rows; four are the least"
    assert len(n.unique()) >= 4, f"{len(n.unique())} of the sizes differ; four are the least"
    assert runs.shape[1] >= 3, f"{runs.shape[1]} seeds of each size, three are the least"
    assert len(there) >= 3, f"the large size was measured {len(there)} times, three are the least"
    assert size >= 3 * float(n.max()), f"{size:.0f} is not three times as large as {n.max():.0f}"
    assert (runs > 0).all(), "a loss of 0 has no logarithm: test on more, or take another measure"
    low, _, high = _asked(forecast, n, runs, size)
    mean, error = there.mean().item(), (there.std() / len(there) ** 0.5).item()
    inside = low - 2 * error <= mean <= high + 2 * error
    assert inside, (
        f"your own family: forecast {low:.3f} to {high:.3f}, measured {mean:.3f} ± {error:.3f}; "
        "say so in your report, find out why, and choose a family anew before you forecast again"
    )
