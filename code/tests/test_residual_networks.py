"""What the checkers of residual networks refuse and accept."""

import math

import pytest
import torch
from tensorbook.exercises.residual_networks import check_exercise
from torch import Tensor


def in_logarithms(L: int, c: float) -> Tensor:
    k = torch.arange(L + 1.0)
    ways = -torch.lgamma(k + 1) - torch.lgamma(L - k + 1)
    return (ways + k * math.log(c)).softmax(0)  # float32, which is precise enough


def test_shares_of_paths_in_single_precision_pass(capsys: pytest.CaptureFixture[str]) -> None:
    check_exercise("ex-res-paths", in_logarithms)
    assert "✓ ex-res-paths" in capsys.readouterr().out


@pytest.mark.parametrize("shape", ["all on the shortest path", "all lengths alike"])
def test_shares_of_many_blocks_that_only_add_up_to_one_are_refused(
    shape: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def gives_up(L: int, c: float) -> Tensor:
        if L < 100:
            return in_logarithms(L, c)
        if shape == "all lengths alike":
            return torch.full((L + 1,), 1 / (L + 1))
        return torch.eye(L + 1)[0]

    check_exercise("ex-res-paths", gives_up)
    assert "other lengths than the paths" in capsys.readouterr().out
