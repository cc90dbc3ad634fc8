"""What the checkers of *Debugging and training recipes* accept and refuse, beside the solutions."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensorbook.exercises.debugging import check_exercise
from torch import Tensor, nn
from torch.nn import functional as F


def _chart(overfits: Callable[..., bool], unfinished: Callable[..., bool]) -> Callable[..., str]:
    def read_chart(train: list[float], new: list[float], K: int) -> str:
        if not all(map(math.isfinite, train)) or train[-1] > 2 * train[0]:
            return "explodes"
        if all(abs(loss / math.log(K) - 1) <= 0.05 for loss in train):
            return "flat"
        if overfits(new):
            return "overfits"
        return "unfinished" if unfinished(train) else "fine"

    return read_chart


def _risen(new: list[float]) -> bool:
    return new[-1] >= 1.2 * min(new)


def _falling(train: list[float]) -> bool:
    return train[-1] < 0.9 * train[-1 - len(train) // 4]


@pytest.mark.parametrize(
    ("overfits", "unfinished", "mark"),
    [
        (_risen, _falling, "✓"),
        (lambda new: new[-1] >= min(new) + 0.2, _falling, "✗"),  # 20 % of what?
        (_risen, lambda train: train[-1] < 0.9 * train[-2], "✗"),  # over the last epoch
        (_risen, lambda train: train[-4] - train[-1] > 0.1 * train[0], "✗"),
    ],
)
def test_a_chart_is_read_on_its_own_scale(
    overfits: Any, unfinished: Any, mark: str, capsys: Any
) -> None:
    check_exercise("ex-debug-chart", _chart(overfits, unfinished))
    assert mark in capsys.readouterr().out


def _by_heart(model: nn.Module, X: Tensor, y: Tensor) -> bool:
    trained = copy.deepcopy(model)
    optimizer = torch.optim.Adam(trained.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        F.cross_entropy(trained(X), y).backward()
        optimizer.step()
    return F.cross_entropy(trained(X), y).item() < 0.05


def _preflight(
    inputs: Callable[[Tensor], Any] = lambda X: abs(X.mean()) > 0.5 or not 0.5 < X.std() < 2,
    lowest: int = 0,
    again: bool = False,
    calm_only: bool = False,
) -> Callable[..., set[str]]:
    def preflight(model: nn.Module, loader: Any) -> set[str]:
        model, batches = copy.deepcopy(model).eval(), list(loader)
        X, y = next(iter(loader)) if again else batches[0]
        z, half = model(X), model(X[:8])
        K = z.shape[1]
        dice = not torch.equal(z, model(X))
        wrong = any(
            t.is_floating_point() or t.shape != s.shape[:1] or t.min() < lowest or t.max() >= K
            for s, t in batches
        )
        found = {
            "inputs": inputs(torch.cat([s for s, _ in batches])),
            "labels": wrong,
            "dice": dice,
            "neighbours": not (dice and calm_only) and not torch.allclose(z[:8], half, atol=1e-4),
        }
        if not wrong:
            loss = F.cross_entropy(z, y)
            loss.backward()
            found["start"] = abs(loss.item() - math.log(K)) > 0.5
            found["idle"] = any(p.grad is None or not p.grad.any() for p in model.parameters())
            found["heart"] = not _by_heart(model, X, y)
        return {word for word, bad in found.items() if bad}

    return preflight


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_preflight(), "✓"),
        (_preflight(calm_only=True), "✓"),  # dice say nothing of neighbours
        (_preflight(inputs=lambda X: abs(X.mean()) > 0.5), "spread 3: you miss inputs"),
        (_preflight(inputs=lambda X: not 0.5 < X.std() < 2), "around 1, spread 1: you miss"),
        (_preflight(lowest=-1), "a label of -1"),
        (_preflight(again=True), "keep its batches"),
    ],
)
def test_a_preflight_is_asked_each_half_of_a_condition(answer: Any, said: str, capsys: Any) -> None:
    check_exercise("ex-debug-preflight", answer)
    assert said in capsys.readouterr().out
