"""What the checkers of *Classification* and *Multilayer perceptrons* refuse and accept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import torch
from tensorbook.exercises import classification, multilayer_perceptrons
from torch import Tensor, nn


def test_a_curvature_from_the_whole_hessian_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    def by_matrix(z: Tensor, u: Tensor) -> Tensor:
        p = z.softmax(0)
        return u @ (p.diag() - p.outer(p)) @ u

    classification.check_exercise("ex-softmax-curvature", by_matrix)
    assert "that is a matrix" in capsys.readouterr().out


def test_a_curvature_by_two_derivatives_needs_no_matrix(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def by_autograd(z: Tensor, u: Tensor) -> Tensor:
        slope = torch.func.grad(lambda z: z.logsumexp(0))
        return u @ torch.func.grad(lambda z: slope(z) @ u)(z)

    classification.check_exercise("ex-softmax-curvature", by_autograd)
    assert "✓ ex-softmax-curvature" in capsys.readouterr().out


def test_strengths_may_be_found_in_numpy(capsys: pytest.CaptureFixture[str]) -> None:
    def strengths(table: Tensor) -> np.ndarray:
        wins = table.numpy()
        games, rate = wins + wins.T, np.ones(len(wins))
        for _ in range(2000):
            rate = wins.sum(1) / (games / (rate[:, None] + rate)).sum(1)
            rate /= np.exp(np.log(rate).mean())
        return np.log(rate)

    classification.check_exercise("ex-bradley-terry", strengths)
    assert "✓ ex-bradley-terry" in capsys.readouterr().out


def test_one_hinge_too_many_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    def cautious(width: float, bend: float, error: float) -> int:
        return int(width * math.sqrt(bend / (8 * error))) + 1

    multilayer_perceptrons.check_exercise("ex-mlp-hinges", cautious)
    assert "fewer than 5 would do" in capsys.readouterr().out


def test_a_number_of_hinges_may_be_a_tensor(capsys: pytest.CaptureFixture[str]) -> None:
    def needed(width: float, bend: float, error: float) -> Tensor:
        return torch.tensor(width * math.sqrt(bend / (8 * error))).ceil()

    multilayer_perceptrons.check_exercise("ex-mlp-hinges", needed)
    assert "✓ ex-mlp-hinges" in capsys.readouterr().out


def test_a_perceptron_made_of_a_sequential_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    class Perceptron(nn.Module):
        def __init__(self, sizes: Sequence[int]) -> None:
            super().__init__()
            self.first = nn.Linear(sizes[0], sizes[1])
            rest = pairwise(sizes[1:])
            pairs = [layer for n, m in rest for layer in (nn.ReLU(), nn.Linear(n, m))]
            self.rest = nn.Sequential(*pairs)

        def forward(self, x: Tensor) -> Tensor:
            return self.rest(self.first(x))

    multilayer_perceptrons.check_exercise("ex-mlp-module", Perceptron)
    assert "without nn.Sequential" in capsys.readouterr().out
