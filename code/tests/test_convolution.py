"""What the checkers of convolution refuse and accept."""

import pytest
import torch
from tensorbook.exercises.convolution import check_exercise
from torch import Tensor, nn


def test_a_kernel_with_an_empty_corner_is_separated_too(capsys: pytest.CaptureFixture[str]) -> None:
    def by_the_corner(K: Tensor) -> tuple[Tensor, Tensor]:
        column, row = K[:, 0] / K[0, 0], K[0]
        if not torch.allclose(torch.outer(column, row), K, rtol=1e-3, equal_nan=True):
            raise ValueError
        return column, row

    check_exercise("ex-conv-separate", by_the_corner)
    assert "first row and column are zero" in capsys.readouterr().out


@pytest.mark.parametrize("smallest", [1e-5, 1e-2])
def test_rounding_is_small_beside_the_largest_weight_not_beside_one(
    smallest: float, capsys: pytest.CaptureFixture[str]
) -> None:
    def absolute(K: Tensor) -> tuple[Tensor, Tensor]:
        U, S, Vh = torch.linalg.svd(K)
        if S[1] > smallest:
            raise ValueError
        return U[:, 0] * S[0], Vh[0]

    check_exercise("ex-conv-separate", absolute)
    assert "✗ ex-conv-separate" in capsys.readouterr().out


def test_a_pivot_separates_as_well_as_singular_values(capsys: pytest.CaptureFixture[str]) -> None:
    def by_the_largest(K: Tensor) -> tuple[Tensor, Tensor]:
        i, j = divmod(int(K.abs().argmax()), K.shape[1])
        column, row = K[:, j] / K[i, j], K[i]
        if (torch.outer(column, row) - K).abs().max() > 1e-4 * K.abs().max():
            raise ValueError("not separable")
        return column, row

    check_exercise("ex-conv-separate", by_the_largest)
    assert "✓ ex-conv-separate" in capsys.readouterr().out


def test_a_view_counts_the_cells_that_a_dilation_skips(capsys: pytest.CaptureFixture[str]) -> None:
    def count(net: nn.Module, n: int) -> int:
        x = torch.ones(1, 1, n, requires_grad=True)
        y = net(x)
        (slope,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2], x)
        return int(slope.count_nonzero())

    check_exercise("ex-conv-receptive-field", count)
    assert "wrong for a dilation that skips cells" in capsys.readouterr().out
