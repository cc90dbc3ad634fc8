"""What the checkers of the recurrent networks refuse and accept."""

import pytest
import torch
from tensorbook.exercises.recurrent_networks import check_exercise


def test_a_huge_entry_hides_no_radius_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    W = torch.tensor([[1.0, 1e7], [0.0, 1.0]])
    check_exercise("ex-rnn-zero", lambda: (W, torch.ones(2)))
    assert "the spectral radius is not 0" in capsys.readouterr().out


def test_any_nilpotent_matrix_that_a_slope_wakes_is_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    W = torch.tensor([[10.0, -50.0], [2.0, -10.0]])
    check_exercise("ex-rnn-zero", lambda: (W, torch.tensor([0.9, 0.1])))
    assert "✓ ex-rnn-zero" in capsys.readouterr().out
