"""Checkers of the exercises in *The mean of a square*."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


@check_exercise.checker("ex-mean-square-deviation")
def deviation(answer: Callable[[Tensor], Tensor]) -> None:
    for size in (2, 7, 100):
        x = 3 + torch.randn(size, dtype=torch.float64)
        expect(answer(x), x.std(correction=0), "differs on random numbers")
    same = torch.full((4,), 2.0)
    expect(answer(same), torch.tensor(0.0), "equal numbers do not deviate")
