"""The test of the project on tomorrow's temperature, and the hours that it may learn from."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tensorbook.bikes import bikes
from tensorbook.checks import Exercises
from tensorbook.report import say

check_exercise = Exercises()

Hours = dict[str, Tensor]
Forecast = Callable[[Hours], Any]
Fit = Callable[[Hours], Forecast]

AHEAD = 24  # hours
MISS = 10  # 2 / (1 - 0.8): what a degree outside the interval costs
GOAL = 0.94  # of persistence's score
INSIDE = (0.65, 0.93)  # shares that an interval of 80 % may hold
WARMER = 6.0  # degrees of another world
PARTS, STEP = 5, 5  # of the hidden hours: a fit for each part, a forecast every so many hours
LEAST = 24 * 200  # hours of a file of one's own


@cache
def _series(path: Path) -> Hours:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        hours = {
            name: torch.tensor([float(row[name] or "nan") for row in rows], dtype=torch.float64)
            for name in ("temperature", "humidity", "wind", "hour")
        }
        if len(rows) < LEAST:
            raise ValueError(f"{path.name}: {len(rows)} hours; {LEAST} are the least")
        say(f"data: {path.name}, {len(rows):,} hours", {"data": "own", "kind": "own"})
    else:
        table = bikes()
        numbers = {name: v.double() for name, v in table.numbers.items()}
        hours = {
            "temperature": 47 * numbers["temperature"] - 8,
            "humidity": 100 * numbers["humidity"],
            "wind": 67 * numbers["wind"],
            "hour": table.hour.double(),
        }
    return {name: _filled(v) for name, v in hours.items()}


def _filled(v: Tensor) -> Tensor:
    """Gaps hold what was measured last, so that no hour knows a later one."""
    place = torch.where(v.isnan(), 0, torch.arange(len(v))).cummax(0).values
    return v[place].nan_to_num(float(v[~v.isnan()][0]))


def _cuts(count: int) -> list[int]:
    """Where the hidden parts begin, and where the last one ends."""
    first = count * 7 // 12 // 24 * 24
    return [first + k * (count - first) // PARTS for k in range(PARTS + 1)]


def _until(hours: Hours, end: int) -> Hours:
    return {name: v[:end].clone() for name, v in hours.items()}


def hours_to_learn(path: Path | str = "my-weather.csv") -> Hours:
    """The first seven twelfths of the hours of `path`, or of Washington's 2011 without a file.

    By name, `(N,)` float64: `temperature` in °C, `humidity` in %, `wind` in km/h, `hour` 0 to 23.
    Gaps hold what was measured last.
    """
    hours = _series(Path(path).resolve())
    return _until(hours, _cuts(len(hours["hour"]))[0])


def persistence(past: Hours) -> Forecast:
    """The baseline: tomorrow as now, and the interval that four in five changes of a day kept to."""
    change = past["temperature"][AHEAD:] - past["temperature"][:-AHEAD]
    low, high = change.quantile(torch.tensor([0.1, 0.9], dtype=torch.float64)).tolist()

    def forecast(past: Hours) -> tuple[float, float, float]:
        now = past["temperature"][-1].item()
        return now, now + low, now + high

    return forecast


def _asked(forecast: Forecast, hours: Hours, now: int) -> list[float]:
    got = forecast(_until(hours, now + 1))
    if got is ... or got is None:
        raise NotImplementedError
    assert len(got) == 3, "a forecast is three numbers: median, low, high"
    median, low, high = (float(v) for v in got)
    assert low <= median <= high, f"the median {median:.1f} is not between {low:.1f} and {high:.1f}"
    return [median, low, high]


def _fitted(fit: Fit, past: Hours) -> Forecast:
    forecast = fit(past)
    if forecast is ... or forecast is None:
        raise NotImplementedError
    return forecast


def _backtest(fit: Fit, hours: Hours, cuts: list[int]) -> Tensor:
    """Median, low, high and truth of each forecast, `(4, M)`; nothing later is ever handed out."""
    rows = []
    for begin, end in pairwise(cuts):
        forecast = _fitted(fit, _until(hours, begin))
        for now in range(begin, end - AHEAD, STEP):
            truth = hours["temperature"][now + AHEAD].item()
            rows.append([*_asked(forecast, hours, now), truth])
    return torch.tensor(rows, dtype=torch.float64).T


def _score(rows: Tensor) -> tuple[float, float, float]:
    """Interval score, mean absolute error (both in degrees), share inside."""
    median, low, high, truth = rows
    missed = (low - truth).clamp(min=0) + (truth - high).clamp(min=0)
    inside = ((low <= truth) & (truth <= high)).double().mean()
    paid = (high - low + MISS * missed).mean()
    return paid.item(), (median - truth).abs().mean().item(), inside.item()


@check_exercise.checker("ex-project-weather")
def weather(fit: Fit, path: Path | str) -> None:
    hours = _series(Path(path).resolve())
    cuts = _cuts(len(hours["hour"]))
    _looks_back(fit, hours, cuts)
    paid, error, inside = _score(_backtest(fit, hours, cuts))
    base, base_error, _ = _score(_backtest(persistence, hours, cuts))
    line = (
        f"hidden: score {paid:.2f}, persistence {base:.2f}; off by {error:.2f} and "
        f"{base_error:.2f} °C; {inside:.0%} inside"
    )
    assert error > 0.7 * base_error, f"{line}. Too good for the weather: who told it?"
    low, high = INSIDE
    assert low <= inside <= high, f"{line}; an interval of 80 % holds {low:.0%} to {high:.0%} here"
    assert error < base_error, f"{line}; the median should be off by less than persistence is"
    assert paid <= GOAL * base, f"{line}; {GOAL * base:.2f} is the goal"
    say(line, {"hidden": paid, "baseline": base, "inside": inside})


def _looks_back(fit: Fit, hours: Hours, cuts: list[int]) -> None:
    """The same past gives the same forecast; a warmer past gives a warmer one."""
    forecast = _fitted(fit, _until(hours, cuts[0]))
    times = list(range(cuts[0], cuts[-1] - AHEAD, (cuts[-1] - cuts[0]) // 40))
    plain = torch.tensor([_asked(forecast, hours, now) for now in times], dtype=torch.float64)
    back = torch.tensor([_asked(forecast, hours, now) for now in times[::-1]]).double().flip(0)
    assert torch.allclose(plain, back, atol=1e-3), (
        "the same past gave two forecasts: does one remember what was asked before?"
    )
    warm = hours | {"temperature": hours["temperature"] + WARMER}
    forecast = _fitted(fit, _until(warm, cuts[0]))
    other = torch.tensor([_asked(forecast, warm, now) for now in times], dtype=torch.float64)
    shift = (other - plain)[:, 0].median().item()
    assert 0.75 * WARMER < shift < 1.25 * WARMER, (
        f"in a world where every hour was {WARMER:.0f} degrees warmer, your forecasts rise by "
        f"{shift:.1f}: is what they know of tomorrow from elsewhere than the past?"
    )
