"""What the checkers of initialisation and normalisation refuse, and with which hint."""

from collections.abc import Iterable

import pytest
import torch
from tensorbook.exercises import initialisation, normalisation
from torch import Tensor, nn

Output = pytest.CaptureFixture[str]


def moments(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    everything = torch.cat(list(batches))
    return everything.mean(0), everything.var(0)


def merged(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    n, mean, squares = 0, torch.zeros(3).double(), torch.zeros(3).double()
    for batch in batches:
        for x in batch:
            n, away = n + 1, x - mean
            mean = mean + away / n
            squares = squares + away * (x - mean)
    return mean, squares / (n - 1)


def test_merging_by_keeping_every_batch_is_refused(capsys: Output) -> None:
    normalisation.check_exercise("ex-norm-merge", moments)
    assert "keep no batch" in capsys.readouterr().out


def test_merging_one_example_at_a_time_is_right(capsys: Output) -> None:
    normalisation.check_exercise("ex-norm-merge", merged)
    assert "✓ ex-norm-merge" in capsys.readouterr().out


def test_a_model_recalibrated_in_place_must_still_be_returned(capsys: Output) -> None:
    def recalibrate(model: nn.Module, batches: list[Tensor]) -> None:
        model.train()
        for x in batches:
            model(x)

    normalisation.check_exercise("ex-norm-recalibrate", recalibrate)
    assert "return the model" in capsys.readouterr().out


def test_units_revived_with_their_old_bias_are_refused(capsys: Output) -> None:
    @torch.no_grad()
    def revive(net: nn.Sequential, X: Tensor) -> None:
        first, _, second = net
        silent = (first(X) <= 0).all(0)
        first.weight[silent] = torch.randn(int(silent.sum()), 12).double()
        second.weight[:, silent] = 0

    initialisation.check_exercise("ex-init-revive", revive)
    assert "some units are still silent" in capsys.readouterr().out
