"""What the checkers of *Backpropagation* and *Gradient descent* refuse and accept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensorbook.exercises import backpropagation, gradient_descent
from torch import Tensor

Value = backpropagation._engine()


def _exp(v: Any) -> Any:
    return Value(math.exp(v.data), [(v, math.exp(v.data))])


def _power(v: Any, n: float) -> Any:
    return Value(v.data**n, [(v, n * v.data ** (n - 1))])


def _relu(v: Any) -> Any:
    return Value(max(v.data, 0.0), [(v, float(v.data > 0))])


def _generous(a: Any, b: Any) -> Any:
    """Routes, and at a tie sends all of it to both."""
    routes = [(a, float(a.data >= b.data)), (b, float(b.data >= a.data))]
    return Value(max(a.data, b.data), routes)


def _fair(a: Any, b: Any) -> Any:
    """Halves a tie, as `torch.maximum` does."""
    to_a = 0.5 * ((a.data > b.data) + (a.data >= b.data))
    return Value(max(a.data, b.data), [(a, to_a), (b, 1 - to_a)])


@pytest.mark.parametrize(("maximum", "said"), [(_generous, "at a tie"), (_fair, "✓")])
def test_a_tie_sends_back_what_came_in(
    maximum: Callable[..., Any], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    backpropagation.check_exercise("ex-backprop-gates", Value, _exp, _power, _relu, maximum)
    assert said in capsys.readouterr().out


def _halves(gains: Callable[..., Any], first: float) -> Callable[..., float]:
    def backtrack(f: Any, x: Tensor, gradient: Tensor, lr: float) -> float:
        lr = lr * first
        while not gains(f(x) - f(x - lr * gradient), lr, gradient.pow(2).sum()):
            lr = lr / 2
        return lr

    return backtrack


@pytest.mark.parametrize(
    ("gains", "first", "right"),
    [
        (lambda gain, lr, square: gain >= lr / 2 * square, 1, True),
        (lambda gain, lr, square: gain >= lr / 2 * square, 0.5, False),  # never tries lr itself
        (lambda gain, lr, square: gain > 0, 1, False),
        (lambda gain, lr, square: gain >= lr / 10 * square, 1, False),
        (lambda gain, lr, square: gain >= lr / 2 * square.sqrt(), 1, False),
    ],
)
@pytest.mark.parametrize("seed", range(8))
def test_only_the_first_rate_that_gains_half_is_right(
    gains: Any, first: float, right: bool, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(seed)
    gradient_descent.check_exercise("ex-descent-backtrack", _halves(gains, first))
    assert ("✓" in capsys.readouterr().out) == right
