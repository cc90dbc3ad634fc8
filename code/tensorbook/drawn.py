"""How good a reader's thousand drawn digits are, and what is wrong if they are not."""

from __future__ import annotations

import torch
from torch import Tensor

from tensorbook.examiner import Examiner, examiner
from tensorbook.report import say

KINDS = 7.0  # digits in effect
TWINS = 0.05  # share of pictures that may have a twin


def judge(pictures: Tensor) -> None:
    """Hold `(1000, 1, 28, 28)` pictures in [0, 1] to the examiner, and say their distance.

    Raises:
        AssertionError: with a hint, when they repeat themselves, copy training or test digits, show too few
            kinds, or are farther from real digits than the goal.
    """
    assert isinstance(pictures, Tensor), "the pictures are a tensor"
    wanted, shape = (1000, 1, 28, 28), tuple(pictures.shape)
    assert shape == wanted, f"a thousand digits have shape {wanted}, not {shape}"
    pictures = pictures.detach().cpu().float()
    low, high = float(pictures.min()), float(pictures.max())
    assert 0 <= low <= high <= 1, f"pixels from {low:.2f} to {high:.2f}: bring them into [0, 1]"
    exam = examiner()
    _no_twins(pictures)
    _no_copies(pictures, exam)
    report, goal = exam.report(pictures), exam.goal
    assert report.kinds >= KINDS, (
        f"{report.kinds:.1f} kinds of digits in effect, {KINDS:.0f} are needed: has it collapsed?"
    )
    assert report.distance <= goal, (
        f"distance {report.distance:.2f}, {goal:.2f} is the goal; {report.sure:.0%} recognised"
    )
    line = f"your digits: {report}; the goal was {goal:.2f}"
    say(line, {"distance": report.distance, "goal": goal, "kinds": report.kinds})


def _no_twins(pictures: Tensor) -> None:
    way = torch.cdist(pictures.flatten(1), pictures.flatten(1)) / 28
    twins = float((way.fill_diagonal_(1).min(1).values < 0.02).float().mean())
    assert twins <= TWINS, (
        f"{twins:.0%} of the pictures have a twin: draw each from noise of its own"
    )


def _no_copies(pictures: Tensor, exam: Examiner) -> None:
    """The nearest real digit, also moved by a pixel, may not be nearer than for real digits."""
    dice = torch.Generator().manual_seed(0)
    some = pictures[torch.randperm(1000, generator=dice)[:100]]
    for known, others, name in (
        (exam.digits.train, exam.digits.test, "training"),
        (exam.digits.test, exam.digits.train, "test"),
    ):
        fresh = others[torch.randperm(len(others), generator=dice)[:100]]
        _fresh_enough(some, fresh, known.flatten(1), name)


def _fresh_enough(some: Tensor, fresh: Tensor, known: Tensor, name: str) -> None:
    ways = torch.full((100 + len(fresh), 5), float("inf"))  # to the five nearest of the best shift
    for shift in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
        moved = torch.cat([some, fresh]).roll(shift, (2, 3)).flatten(1)
        near = torch.cdist(moved, known).topk(5, largest=False).values / 28
        ways = torch.where(near[:, :1] < ways[:, :1], near, ways)
    yours, real = ways[:100, 0].median(), ways[100:, 0].median()
    assert yours >= 0.6 * real, (
        f"half of them are within {yours:.3f} of a {name} digit, of fresh real ones within "
        f"{real:.3f}: are these copies?"
    )
    alone = ways[:, 0] / ways[:, 4]  # a blurred or noisy copy has one nearest by far
    yours, real = alone[:100].median(), alone[100:].median()
    assert yours >= real - 0.1, (
        f"the nearest {name} digit is at {yours:.0%} of the way to the fifth nearest, for fresh "
        f"real ones at {real:.0%}: are these copies with noise?"
    )
