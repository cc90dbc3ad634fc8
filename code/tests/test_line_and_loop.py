"""What the checkers of *Linear regression* and *Data and the training loop* refuse, and how."""

import copy
from typing import Any

import pytest
import torch
from tensorbook.exercises import linear_regression, training_loop
from torch import Tensor, nn
from torch.nn import functional as F


def _solve(X: Tensor, y: Tensor) -> Tensor:
    return torch.linalg.lstsq(X, y[:, None]).solution[:, 0]


def test_a_weight_for_a_row_is_not_a_weight_for_its_square(
    capsys: pytest.CaptureFixture[str],
) -> None:
    linear_regression.check_exercise(
        "ex-linreg-weighted", lambda X, y, c: _solve(c[:, None] * X, c * y)
    )
    assert "c[i] squared times" in capsys.readouterr().out


def test_coefficients_in_the_other_order_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    def highest_first(x: Tensor, y: Tensor, degree: int) -> Tensor:
        return _solve(x[:, None] ** torch.arange(degree, -1, -1), y)

    linear_regression.check_exercise("ex-linreg-polynomial", highest_first)
    assert "turn them round" in capsys.readouterr().out


def test_a_curve_without_a_constant_is_refused_by_its_shape(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def no_ones(x: Tensor, y: Tensor, degree: int) -> Tensor:
        return _solve(torch.stack([x**k for k in range(1, degree + 1)], dim=1), y)

    linear_regression.check_exercise("ex-linreg-polynomial", no_ones)
    assert "shape (2,), expected (3,)" in capsys.readouterr().out


def test_a_stream_is_not_to_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    def hoard(batches: Any) -> tuple[Tensor, Tensor]:
        rows = [batch.transpose(0, 1).flatten(1) for batch in list(batches)]
        pixels = torch.cat(rows, dim=1)
        return pixels.mean(1), pixels.std(1, correction=0)

    training_loop.check_exercise("ex-loop-channels", hoard)
    assert "keep statistics" in capsys.readouterr().out


def _stratify(y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    parts = []
    for label in y.unique():
        here = (y == label).nonzero()[:, 0]
        here = here[torch.randperm(len(here), generator=generator)]
        parts.append(here.tensor_split([len(here) // 5]))
    validation, training = (torch.cat(part) for part in zip(*parts, strict=True))
    return training, validation


class _Line(nn.Module):
    mean: Tensor
    std: Tensor

    def __init__(self, seen: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", seen.mean(0))
        self.register_buffer("std", seen.std(0) + 1e-6)
        self.scores = nn.Linear(seen.shape[1], 2)

    def forward(self, X: Tensor) -> Tensor:
        return self.scores((X - self.mean) / self.std)


def _fit(X: Tensor, y: Tensor, held_X: Tensor, held_y: Tensor, seen: Tensor) -> nn.Module:
    model, lowest, best = _Line(seen), float("inf"), {}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(30):
        for rows in torch.randperm(len(X)).split(16):
            optimizer.zero_grad()
            F.mse_loss(model(X[rows]), F.one_hot(y[rows], 2).float()).backward()
            optimizer.step()
        with torch.inference_mode():
            loss = F.mse_loss(model(held_X), F.one_hot(held_y, 2).float()).item()
        if loss < lowest:
            lowest, best = loss, copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return model.eval()


@pytest.mark.parametrize(
    ("with_validation", "said"),
    [(False, "✓ ex-loop-project"), (True, "they standardise, too")],
    ids=["of the training set", "of both"],
)
def test_statistics_belong_to_the_training_set(
    with_validation: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fit(X: Tensor, y: Tensor, held_X: Tensor, held_y: Tensor) -> nn.Module:
        seen = torch.cat([X, held_X]) if with_validation else X
        return _fit(X, y, held_X, held_y, seen)

    training_loop.check_exercise("ex-loop-project", _stratify, fit)
    assert said in capsys.readouterr().out
