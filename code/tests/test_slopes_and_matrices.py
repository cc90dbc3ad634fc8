"""What the checkers of *Linear algebra in single lines* and *Derivatives and gradients* refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensorbook.exercises import derivatives, linear_algebra
from torch import Tensor

Function = Callable[[Tensor], Tensor]


def _flops(m: int, k: int, n: int) -> int:
    return 2 * m * k * n


def _from_the_ends(sizes: tuple[int, ...]) -> int:
    """The fewest operations when an end of the chain always comes last."""
    if len(sizes) <= 2:
        return 0
    first = _from_the_ends(sizes[1:]) + _flops(sizes[0], sizes[1], sizes[-1])
    return min(first, _from_the_ends(sizes[:-1]) + _flops(sizes[0], sizes[-2], sizes[-1]))


def test_a_chain_must_try_splits_in_its_middle(capsys: Any) -> None:
    for _ in range(20):
        linear_algebra.check_exercise("ex-linalg-chain", _from_the_ends)
    assert "right" not in capsys.readouterr().out


def test_a_pattern_that_is_missing_is_named(capsys: Any) -> None:
    linear_algebra.check_exercise("ex-linalg-einsum", {"the sum of each column of X": "nd->d"})
    assert "a pattern is missing: the diagonal of S" in capsys.readouterr().out


def _centred(f: Function, x: Tensor, h: float) -> Tensor:
    return (f(x + h) - f(x - h)) / (2 * h)


def _six_values(f: Function, x: Tensor, h: float) -> Tensor:
    near, far, farthest = (_centred(f, x, k * h) for k in (1, 2, 3))
    return 1.5 * near - 0.6 * far + 0.1 * farthest


def test_richardson_may_ask_for_four_values(capsys: Any) -> None:
    derivatives.check_exercise(
        "ex-deriv-richardson",
        lambda f, x, h: (4 * _centred(f, x, h) - _centred(f, x, 2 * h)) / 3,
    )
    derivatives.check_exercise("ex-deriv-richardson", _six_values)
    right, six = capsys.readouterr().out.splitlines()
    assert "right" in right
    assert "you asked for 6" in six


def _judge(tolerance: float) -> Callable[..., bool]:
    eps = torch.finfo(torch.float64).eps

    def agrees(f: Function, gradient: Function, x: Tensor) -> bool:
        if gradient(x).shape != x.shape:
            return False
        nudges = (eps ** (1 / 3) * x.abs().clamp(min=1)).flatten().diag()  # one row per entry
        slopes = [(f(x + d) - f(x - d)) / (2 * d.sum()) for d in nudges.view(-1, *x.shape)]
        found = torch.stack(slopes).view_as(x)
        rounding = 10 * eps ** (2 / 3) * f(x).abs()
        return bool((found - gradient(x)).norm() <= tolerance * found.norm() + rounding)

    return agrees


@pytest.mark.parametrize(("tolerance", "accepted"), [(1e-4, True), (4e-3, False)])
def test_a_judge_sees_one_per_cent_of_the_largest_of_many_slopes(
    tolerance: float, accepted: bool, capsys: Any
) -> None:
    for _ in range(10):
        derivatives.check_exercise("ex-deriv-agrees", _judge(tolerance))
    assert capsys.readouterr().out.count("right\n") == 10 * accepted
