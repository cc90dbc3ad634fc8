"""Digits on sheets of paper: what the generator decides, and what a sheet looks like."""

from __future__ import annotations

import torch
from tensorbook.paper import CHALK, photograph


def _dice(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_generator_decides_the_whole_picture() -> None:
    digit = torch.rand(1, 28, 28, generator=_dice(0))
    first, again, other = (photograph(digit, _dice(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert first.shape != other.shape or not torch.equal(first, other)


def test_ink_is_darker_than_paper_and_chalk_lighter_than_the_board() -> None:
    digit = torch.zeros(1, 28, 28)
    digit[:, 4:24, 12:16] = 1
    dice, boards = _dice(3), 0
    for _ in range(200):
        picture = photograph(digit, dice)
        assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
        middle = picture.median()
        board = float(middle) < 0.5
        strongest = (picture - middle).pow(3).sum()
        boards += bool(strongest > 0)
        assert board is bool(strongest > 0) or abs(float(middle) - 0.5) < 0.1
    assert abs(boards / 200 - CHALK) < 0.15
