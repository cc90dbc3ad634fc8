"""Sheets of paper with a digit on them, as a careless photographer would take them."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SIDES = (60, 160)  # pixels of a sheet
SIZES = (0.3, 0.75)  # of the digit's field, in parts of the shorter side
LEAN = 0.2  # radians of turn, and as much of slant
CHALK = 0.3  # the share of boards, light on dark


def photograph(digit: Tensor, dice: torch.Generator) -> Tensor:
    """A digit `(1, 28, 28)` in [0, 1], light on dark, becomes a picture `(H, W)` in [0, 1].

    Size of the sheet, place, size and slant of the digit, brightness of paper and ink, the light
    that falls in from one side and the grain are drawn from `dice`; three in ten are boards.
    """
    H, W = (round(_between(*SIDES, dice)) for _ in range(2))
    side = _between(*SIZES, dice) * min(H, W)
    middle = [_between(0.55 * side, n - 0.55 * side, dice) for n in (H, W)]
    ink = _written(digit, (H, W), side, middle, dice)
    paper = _between(0.55, 1.0, dice) + _slope(H, dice)[:, None] + _slope(W, dice)
    picture = paper * (1 - _between(0.3, 0.8, dice) * ink)
    picture = picture + _between(0.005, 0.03, dice) * torch.randn(H, W, generator=dice)
    board = _between(0, 1, dice) < CHALK
    return (1 - picture if board else picture).clamp(0, 1)


def _between(low: float, high: float, dice: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=dice).item()


def _slope(n: int, dice: torch.Generator) -> Tensor:
    return _between(-0.12, 0.12, dice) * torch.linspace(-1, 1, n)


def _written(
    digit: Tensor, size: tuple[int, int], side: float, middle: list[float], dice: torch.Generator
) -> Tensor:
    """The digit's ink on a sheet, `(H, W)`: turned and slanted, its field `side` pixels wide."""
    rows, columns = (
        (torch.arange(n) + 0.5 - at) * 2 / side for n, at in zip(size, middle, strict=True)
    )
    angle, slant = _between(-LEAN, LEAN, dice), _between(-LEAN, LEAN, dice)
    c, s = math.cos(angle), math.sin(angle)
    x = c * columns + (s + slant) * rows[:, None]
    y = c * rows[:, None] - s * columns
    grid = torch.stack([x, y], dim=2)[None]  # (1, H, W, 2)
    return F.grid_sample(digit[None], grid, align_corners=False)[0, 0]
