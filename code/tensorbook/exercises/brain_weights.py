"""The test of the project on brain and body weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.animals import hidden, listed
from tensorbook.checks import Exercises, expect
from tensorbook.report import say

check_exercise = Exercises()

Predict = Callable[[Tensor], tuple[Tensor, Tensor, Tensor]]
Fit = Callable[[Tensor, Tensor], Predict]

SHARE = 0.9  # of new animals that the interval should hold
GOAL = 0.4  # of the baseline's score
SUSPECT = 0.1  # of it: animals of one weight differ by more than this
SHIFT, WIDER = 1.25, 1.6  # what one slip of the pen may do to the median and to the interval


def interval_score(low: Tensor, high: Tensor, brain: Tensor) -> Tensor:
    """Width in powers of ten, and 2 / (1 - SHARE) times the miss of what lies outside; `(N,)`."""
    a, b, y = low.log10(), high.log10(), brain.log10()
    return (b - a) + 2 / (1 - SHARE) * ((a - y).clamp(min=0) + (y - b).clamp(min=0))


def _asked(predict: Predict, body: Tensor) -> Tensor:
    """Low, median, high, `(3, *body.shape)`; raises where these are no interval."""
    got = predict(body.clone())
    if got is ... or got is None:
        raise NotImplementedError
    assert len(got) == 3, "predict gives three things: median, low, high"
    median, low, high = (torch.as_tensor(part).detach().double() for part in got)
    shape = tuple(body.shape)
    for part in (median, low, high):
        assert part.shape == body.shape, (
            f"bodies of shape {shape} became weights of shape {tuple(part.shape)}"
        )
        assert bool(part.isfinite().all()), "a weight is not finite"
    assert bool((low > 0).all()), "a brain of 0 g or less; do you think in logarithms?"
    assert bool((low <= median).all() and (median <= high).all()), (
        "the median lies between low and high"
    )
    return torch.stack([low, median, high])


def _fitted(fit: Fit, body: Tensor, brain: Tensor) -> Predict:
    predict = fit(body.clone(), brain.clone())
    if predict is ... or predict is None:
        raise NotImplementedError
    assert callable(predict), "fit returns a function"
    return predict


@check_exercise.checker("ex-project-brains")
def brains(fit: Any) -> None:
    known = listed()
    body, brain = known.body[:25], known.brain[:25]
    at = torch.tensor([0.05, 3.0, 70.0, 500.0], dtype=torch.float64)
    plain = _asked(_fitted(fit, body, brain), at)
    _asked(_fitted(fit, body, brain), at.view(2, 2))
    _asked(_fitted(fit, body, brain), at[0])
    _properties(fit, body, brain, at, plain)
    _slips(fit, body, brain, plain[:, 2])
    inside = []
    for i in range(25):
        others = torch.arange(25) != i
        low, _, high = _asked(_fitted(fit, body[others], brain[others]), body[i])
        inside.append(bool(low <= brain[i] <= high))
    held = sum(inside)
    assert held >= 20, f"left out one at a time, {held} of 25 mammals lie inside; 9 in 10 should"
    _hidden(fit, body, brain)


def _properties(fit: Fit, body: Tensor, brain: Tensor, at: Tensor, plain: Tensor) -> None:
    again = _asked(_fitted(fit, body, brain), at)
    expect(again, plain, "the same animals give another answer the second time", rtol=1e-6)
    order = torch.randperm(25, generator=torch.Generator().manual_seed(0))
    turned = _asked(_fitted(fit, body[order], brain[order]), at)
    expect(turned, plain, "the order of the animals in the list changes the answer", rtol=0.05)
    grams = _asked(_fitted(fit, 1000 * body, brain), 1000 * at)
    expect(grams, plain, "bodies in grams change the answer: does it know kilograms by heart?",
           rtol=0.03)  # fmt: skip
    ounces = _asked(_fitted(fit, body, brain / 28.35), at)
    expect(ounces * 28.35, plain, "brains in ounces should give the same weights in ounces",
           rtol=0.03)  # fmt: skip
    alone = _asked(_fitted(fit, body, brain), at[2:3])
    expect(alone[:, 0], plain[:, 2], "an answer depends on what else is asked", rtol=1e-6)


def _slips(fit: Fit, body: Tensor, brain: Tensor, plain: Tensor) -> None:
    """One brain, written in milligrams or in kilograms, and what it does at 70 kg."""
    at = torch.tensor(70.0, dtype=torch.float64)
    moved, wider = 1.0, 1.0
    for i in range(25):
        for slip in (1e3, 1e-3):
            wrong = brain.clone()
            wrong[i] *= slip
            low, median, high = _asked(_fitted(fit, body, wrong), at)
            factor = (median / plain[1]).item()
            moved = max(moved, factor, 1 / factor)
            width = (high / low).log10() / (plain[2] / plain[0]).log10().clamp(min=1e-9)
            wider = max(wider, width.item())
    assert moved <= SHIFT, (
        f"one brain of 25 in the wrong unit moves the median at 70 kg by a factor of {moved:.2f}; "
        f"{SHIFT} is allowed: what pays for a miss by its size, not by its square?"
    )
    assert wider <= WIDER, (
        f"one brain of 25 in the wrong unit makes the interval {wider:.1f} times as wide; {WIDER} "
        "is allowed: is its width a mean of squares?"
    )


def _hidden(fit: Fit, body: Tensor, brain: Tensor) -> None:
    unseen = hidden()
    low, _, high = _asked(_fitted(fit, body, brain), unseen.body)
    yours = interval_score(low, high, unseen.brain).mean().item()
    ends = brain.log10().quantile(torch.tensor([0.05, 0.95], dtype=torch.float64))
    a, b = (10**end * torch.ones_like(low) for end in ends)
    theirs = interval_score(a, b, unseen.brain).mean().item()
    held = ((low <= unseen.brain) & (unseen.brain <= high)).double().mean().item()
    line = (
        f"{len(unseen.names)} hidden mammals: score {yours:.2f}, brains alone {theirs:.2f}, "
        f"{held:.0%} inside"
    )
    assert yours > SUSPECT * theirs, f"{line}. Too good for the weights alone: who told it?"
    assert held >= 0.75, f"{line}; the interval is too narrow for animals that it has not seen"
    assert yours <= GOAL * theirs, f"{line}; the goal is {GOAL * theirs:.2f}, by width or by misses"
    say(line, {"hidden": yours, "baseline": theirs, "inside": held})
