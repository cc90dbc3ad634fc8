"""The test of the project that reads handwriting from photographs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook import data
from tensorbook.checks import Exercises
from tensorbook.paper import photograph
from tensorbook.report import say

check_exercise = Exercises()

Read = Callable[[Tensor], Any]

GOAL = 0.8  # of the hidden pictures
SAME = 0.8  # of answers that may not change with light, size and place
COUNT = 400


@cache
def _hidden() -> tuple[list[Tensor], Tensor]:
    """Photographs of test digits, the same for everybody."""
    digits, dice = data.mnist(), torch.Generator().manual_seed(41)
    rows = torch.randint(len(digits.test), (COUNT,), generator=dice)
    return [photograph(digits.test[i], dice) for i in rows], digits.test_labels[rows]


def _answers(read: Read, pictures: list[Tensor]) -> Tensor:
    got = []
    for picture in pictures:
        given = picture.clone()
        answer = read(given)
        if answer is ... or answer is None:
            raise NotImplementedError
        number = torch.as_tensor(answer)
        assert number.numel() == 1, f"one digit for each picture, not {number.numel()}"
        assert not number.is_floating_point(), f"a digit is a whole number, not {answer}"
        assert 0 <= int(number) <= 9, f"{int(number)} is no digit"
        assert torch.equal(given, picture), "the picture itself was changed"
        got.append(int(number))
    return torch.tensor(got)


def _changed(pictures: list[Tensor]) -> dict[str, list[Tensor]]:
    """The same sheets in ways that leave the digit what it is."""
    return {
        "light and dark change places": [1 - p for p in pictures],
        "a picture has twice the pixels": [
            F.interpolate(p[None, None], scale_factor=2, mode="bilinear")[0, 0] for p in pictures
        ],
        "the sheet goes on for 40 pixels on the left and on top": [
            F.pad(p[None, None], (40, 0, 40, 0), mode="replicate")[0, 0] for p in pictures
        ],
        "the light is half as bright": [p / 2 for p in pictures],
    }


@check_exercise.checker("ex-project-handwriting")
def handwriting(read: Read) -> None:
    _answers(read, [torch.rand(1, 1), torch.ones(7, 90), torch.zeros(50, 20)])  # nothing to see
    pictures, labels = _hidden()
    some = pictures[:100]
    plain = _answers(read, some)
    assert torch.equal(_answers(read, some), plain), "the same picture got two answers"
    assert len(plain.unique()) > 1, f"every picture is called a {plain[0]}"
    for change, others in _changed(some).items():
        same = (_answers(read, others) == plain).double().mean().item()
        assert same >= SAME, (
            f"when {change}, {1 - same:.0%} of the answers change; {1 - SAME:.0%} may"
        )
    right = _answers(read, pictures) == labels
    share = right.double().mean().item()
    error = (share * (1 - share) / COUNT) ** 0.5
    line = f"hidden pictures: {share:.1%} ± {error:.1%} of {COUNT} right, {GOAL:.0%} is the goal"
    assert share >= GOAL, f"{line}; {_weakness(pictures, right)}"
    say(line, {"hidden": share})


def _weakness(pictures: list[Tensor], right: Tensor) -> str:
    """Where the share is lowest, of what can be told from the pictures alone."""
    medians = torch.stack([p.median() for p in pictures])
    contrast = torch.stack([(p - p.median()).abs().max() for p in pictures])
    pixels = torch.tensor([p.numel() for p in pictures])
    parts = {
        "of the boards": medians < 0.5,
        "of the sheets": medians >= 0.5,
        "of the faint ones": contrast < contrast.median(),
        "of the large ones": pixels > pixels.median(),
    }
    shares = {name: right[part].double().mean().item() for name, part in parts.items()}
    worst = min(shares, key=lambda name: shares[name])
    return f"lowest, {shares[worst]:.0%}, it is {worst}: look at what your network sees of these"
