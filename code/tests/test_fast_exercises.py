"""What the checkers of *Fast on one device* accept and refuse, beside the page's own solutions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tensorbook.exercises.fast_on_one_device import check_exercise
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint


def _summed(X: Tensor, W: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(X @ W.T, y, reduction="sum")


class _Piece(torch.autograd.Function):
    """The loss of a piece with its gradient by hand: saves what it was given and no scores."""

    @staticmethod
    def forward(ctx: Any, X: Tensor, W: Tensor, y: Tensor) -> Tensor:
        ctx.save_for_backward(X, W, y)
        return _summed(X, W, y)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Any:
        X, W, y = ctx.saved_tensors
        z = slope * ((X @ W.T).softmax(1) - F.one_hot(y, len(W)))
        return z @ W, z.T @ X, None


def _in_pieces(loss: Any) -> Any:
    def lean(X: Tensor, W: Tensor, y: Tensor, size: int) -> Any:
        parts = zip(X.split(size), y.split(size), strict=True)
        return sum(loss(X_j, W, y_j) for X_j, y_j in parts) / len(X)

    return lean


@pytest.mark.parametrize(
    "loss",
    [
        _Piece.apply,
        lambda X, W, y: checkpoint(_summed, X, W, y, use_reentrant=False),
        lambda X, W, y: checkpoint(_summed, X, W, y, use_reentrant=True),
    ],
)
def test_a_loss_in_pieces_may_be_handed_its_weights(loss: Any, capsys: Any) -> None:
    check_exercise("ex-fast-loss", _in_pieces(loss))
    assert "✓" in capsys.readouterr().out


def test_a_loss_in_pieces_that_keeps_its_scores_is_refused(capsys: Any) -> None:
    check_exercise("ex-fast-loss", _in_pieces(_summed))
    assert "kept for backward" in capsys.readouterr().out


def test_gradients_that_an_earlier_step_left_are_named(capsys: Any) -> None:
    def no_zero(net: nn.Module, parts: list[tuple[Tensor, Tensor]]) -> None:
        N = sum((y != -100).sum() for _, y in parts)
        for X, y in parts:
            z = net(X).flatten(0, 1)
            (F.cross_entropy(z, y.flatten(), reduction="sum") / N).backward()

    check_exercise("ex-fast-holes", no_zero)
    assert "an earlier step" in capsys.readouterr().out
