"""Checkers of the exercises in *Linear regression*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _solve(X: Tensor, y: Tensor) -> Tensor:
    return torch.linalg.lstsq(X, y[:, None]).solution[:, 0]


def _table(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Features with a column of ones, and noisy targets."""
    X = torch.cat([_random(rows, columns - 1), torch.ones(rows, 1, dtype=torch.float64)], dim=1)
    return X, X @ _random(columns) + _random(rows)


def _alike(got: Any, other: Tensor, rtol: float) -> bool:
    """Whether an answer is close to another tensor, whatever it may be."""
    same = isinstance(got, Tensor) and (got.shape, got.dtype) == (other.shape, other.dtype)
    return same and torch.allclose(got, other, rtol=rtol)


def _two(got: Any, hint: str) -> Tensor:
    """Slope and intercept, in whatever the answer put them."""
    if got is ... or got is None:
        raise NotImplementedError
    try:
        first, second = (torch.as_tensor(v, dtype=torch.float64).reshape(()) for v in got)
    except (TypeError, ValueError):  # one number, or three
        raise AssertionError(hint) from None
    return torch.stack([first, second])


@check_exercise.checker("ex-linreg-sums")
def line_from_sums(answer: Callable[..., Any]) -> None:
    for size in (3, 12, 40):
        x, noise = 3 * _random(size) + 5, _random(size)
        for y, what in ((2 * x, "through 0"), (2 * x - 7, "y = 2x - 7"), (noise, "noise")):
            sums = [v.sum().item() for v in (x, y, x * x, x * y)]
            got = _two(answer(size, *sums), "return slope and intercept")
            wanted = _solve(torch.stack([x, torch.ones_like(x)], dim=1), y)
            hint = f"not the best line for {size} points ({what})"
            if torch.allclose(got.flip(0), wanted, atol=1e-6):
                hint = "slope first, then intercept"
            elif torch.allclose(got[0], wanted[0], atol=1e-6):
                hint = f"the slope is right, the intercept is not ({what}): the line goes through the mean point"
            expect(got, wanted, hint, atol=1e-6)


@check_exercise.checker("ex-linreg-weighted")
def weighted(answer: Callable[..., Any]) -> None:
    for rows, columns in ((12, 3), (30, 5)):
        X, y = _table(rows, columns)
        c = torch.randint(1, 9, (rows,))
        wanted = _solve(X.repeat_interleave(c, dim=0), y.repeat_interleave(c))
        got, hint = (
            answer(X, y, c.double()),
            "row i does not count as often as c[i] copies of it would",
        )
        squared = _solve(c[:, None] * X, c * y)
        if _alike(got, squared, rtol=1e-6):
            hint = "row i counts c[i] squared times: what is multiplied into a row gets squared"
        expect(got, wanted, hint, rtol=1e-6)


@check_exercise.checker("ex-linreg-polynomial")
def polynomial(answer: Callable[..., Any]) -> None:
    for degree in (2, 0, 1, 5):  # a constant alone is the odd one: not first
        x = _random(30)
        y = torch.sin(2 * x) + 0.3 * _random(30)
        powers = torch.stack([x**k for k in range(degree + 1)], dim=1)
        got, wanted = answer(x, y, degree), _solve(powers, y)
        hint = f"not the best coefficients of degree {degree}, lowest power first"
        if _alike(got, wanted.flip(0), rtol=1e-5):
            hint = "the best coefficients, but the highest power first: turn them round"
        expect(got, wanted, hint, rtol=1e-5)


@check_exercise.checker("ex-linreg-leave-one-out")
def left_out(answer: Callable[..., Any]) -> None:
    for rows, columns in ((9, 2), (25, 6)):
        X, y = _table(rows, columns)
        wanted = []
        for i in range(rows):
            others = torch.arange(rows) != i
            wanted.append(X[i] @ _solve(X[others], y[others]) - y[i])
        left, got, hint = torch.stack(wanted), answer(X, y), f"differs from {rows} refits"
        if isinstance(got, Tensor) and (got.shape, got.dtype) == (left.shape, left.dtype):
            if torch.allclose(got, -left):
                hint = "the sign is turned: prediction minus truth"
            elif torch.allclose(got, left + y):
                hint = "these are the predictions: subtract the truth"
            elif torch.allclose(got, X @ _solve(X, y) - y):
                hint = "these are the residuals of the fit that has seen example i"
        expect(got, left, hint, rtol=1e-6)


@check_exercise.checker("ex-linreg-absolute")
def absolute_line(answer: Callable[..., Any]) -> None:
    for size, outliers in ((25, 0), (28, 3), (40, 8)):
        x = 1.5 * _random(size) + 2
        y = _random(1) * x + 1 + 0.3 * _random(size)
        y[x.argsort()[size - outliers :]] -= 6.0  # same side, at the end of the lever
        a, b = _two(answer(x, y), "return slope and intercept")
        # Some best line goes through two of the points: try every pair.
        first, second = torch.combinations(torch.arange(size)).T
        slopes = (y[second] - y[first]) / (x[second] - x[first])
        misses = slopes[:, None] * (x - x[first, None]) + y[first, None] - y
        least = misses.abs().mean(dim=1).min()
        paid = (a * x + b - y).abs().mean()
        hint = (
            f"another line has a smaller mean absolute error ({size} points, {outliers} far off): "
            f"yours pays {paid:.4f}, the best {least:.4f}"
        )
        assert paid <= 1.001 * least, hint


@check_exercise.checker("ex-linreg-rows")
def longer(answer: Callable[..., Any]) -> None:
    for lam in (0.3, 7.0, 100.0):
        X, y = _table(20, 4)
        got = answer(X, y, lam)
        if got is ... or got is None:
            raise NotImplementedError
        assert len(got) == 2, "return the table and its targets"
        rows, targets = got
        assert len(rows) > 20, "append rows"
        assert targets.shape == (len(rows),), "each row needs one target, in a vector"
        expect(rows[:20], X, "keep the rows that were there, first")
        wanted = torch.linalg.solve(X.T @ X + lam * torch.eye(4, dtype=X.dtype), X.T @ y)
        hint = f"least squares on it are not the ridge weights at a price of {lam}"
        expect(_solve(rows, targets), wanted, hint, rtol=1e-6)


@check_exercise.checker("ex-linreg-forty")
def predict(answer: Callable[..., Any]) -> None:
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    features, targets = torch.from_numpy(data.data), torch.from_numpy(data.target)
    dice = torch.Generator().manual_seed(5)
    errors = []
    for draw in range(40):
        order = torch.randperm(len(features), generator=dice)
        known, others = order[:40], order[40:]
        got = answer(features[known], targets[known], features[others])
        if got is ... or got is None:
            raise NotImplementedError
        got = torch.as_tensor(got, dtype=features.dtype)
        assert got.shape == (len(others),), "return one number for each of the others"
        if draw == 0:
            alone = answer(features[known], targets[known], features[others[:7]])
            expect(alone, got[:7], "a prediction depends on who else is asked about", rtol=1e-5)
        plain = torch.cat([features, torch.ones(len(features), 1, dtype=features.dtype)], dim=1)
        fitted = plain[others] @ _solve(plain[known], targets[known])
        guesses = torch.stack([got, fitted, targets[known].mean().expand(len(others))])
        errors.append((guesses - targets[others]).pow(2).mean(dim=1))
    yours, squares, mean = torch.stack(errors).mean(dim=0)
    assert yours < mean, "no better than the mean for all"
    assert yours <= 0.85 * squares, "less than 15 % better than plain least squares"
