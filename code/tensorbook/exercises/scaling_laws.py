"""Checkers of the exercises in *Scaling laws and budgets*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

Law = tuple[float, float, float, float, float]  # E, A, B, alpha, beta
_LAWS: list[Law] = [
    (1.5, 40.0, 900.0, 0.5, 0.7),
    (1.82, 482.0, 2085.0, 0.348, 0.366),
    (0.6, 300.0, 70.0, 0.8, 0.4),
]


def _unless_empty(got: Any) -> None:
    if got is ... or got is None:
        raise NotImplementedError


def _numbers(got: Any) -> list[float]:
    """The parts of a tuple or tensor as floats; a stub's `...` counts as no answer."""
    _unless_empty(got)
    parts = list(got)
    for part in parts:
        _unless_empty(part)
    return [float(part) for part in parts]


def _split(compute: float, law: Law) -> tuple[float, float]:
    """The best N and D for a budget, found on a grid."""
    floor, a, b, alpha, beta = law
    sizes = torch.logspace(0, 16, 1_600_001, dtype=torch.float64)
    losses = floor + a / sizes**alpha + b / (compute / (6 * sizes)) ** beta
    best = sizes[losses.argmin()].item()
    return best, compute / (6 * best)


@check_exercise.checker("ex-scaling-token")
def token(answer: Callable[..., Any]) -> None:
    for blocks, width, kinds, past in [(3, 40, 11, 500), (2, 16, 65, 1), (12, 768, 50_257, 1024)]:
        weights = 12 * blocks * width**2 + kinds * width
        got = answer(blocks, width, kinds, past)
        _unless_empty(got)
        if float(got) == 2 * weights:
            raise AssertionError("attention looks at the earlier tokens; that is not free")
        wanted = 2 * weights + 4 * blocks * width * past
        if float(got) == wanted - 4 * blocks * width:
            raise AssertionError("`past` counts the token itself, too")
        if float(got) == 3 * wanted:
            raise AssertionError("writing needs no way back")
        if float(got) == wanted - 2 * kinds * width:
            raise AssertionError("the table of letters scores, and that costs")
        hint = f"not the operations of one token with {blocks} blocks of width {width}"
        expect(float(got), float(wanted), hint)


@check_exercise.checker("ex-scaling-plan")
def plan(answer: Callable[..., Any]) -> None:
    for law in _LAWS:
        for hours, speed in [(10.0, 2e9), (3.0, 4e13)]:
            compute = hours * 3600 * speed
            size, text = _split(compute, law)
            roomy = _numbers(answer(hours, speed, 1e18, law))
            expect(roomy, [size, text], "with room enough it is not the best split", rtol=1e-3)
            tight = _numbers(answer(hours, speed, 16 * size / 5, law))
            most = size / 5
            hint = "too large for the memory, or smaller than it has to be"
            expect(tight[0], most, hint, rtol=1e-3)
            hint = "the small model does not use up the hours, or takes more"
            expect(tight[1], compute / (6 * most), hint, rtol=1e-3)


@check_exercise.checker("ex-scaling-offset")
def offset(answer: Callable[..., Any]) -> None:
    x = torch.logspace(3, 6, 12, dtype=torch.float64)
    for floor, scale, exponent in [(1.2, 50.0, 0.42), (0.4, 9.0, 0.23), (2.0, 900.0, 0.85)]:
        got = _numbers(answer(x, floor + scale / x**exponent))
        assert len(got) == 3, "return E, A and alpha"
        hint = f"the floor of data with E = {floor} is not found"
        expect(got[0], floor, hint, rtol=0.02)
        expect(got[2], exponent, "the floor is right, the exponent is not", rtol=0.03)
        expect(got[1], scale, "floor and exponent are right, A is not", rtol=0.1)


@check_exercise.checker("ex-scaling-repair")
def repair(answer: Callable[..., Any]) -> None:
    for law in _LAWS:
        for compute in (1e9, 1e15):
            size, text = _numbers(answer(compute, *law))
            hint = "the plan does not cost C"
            expect(6 * size * text, compute, hint, rtol=1e-6)
            wanted = _split(compute, law)[0]
            expect(size, wanted, "it costs C, but another size does better", rtol=1e-3)


@check_exercise.checker("ex-scaling-width")
def width(answer: Callable[..., Any]) -> None:
    for runs, now, goal in [(400, 0.08, 0.002), (50, 0.3, 0.1), (37, 1.0, 0.25)]:
        got = answer(runs, now, goal)
        _unless_empty(got)
        if math.isclose(float(got), runs * now / goal, rel_tol=0.01):
            raise AssertionError("twice the runs do not halve an interval")
        hint = f"{runs} runs with a width of {now}: not what a width of {goal} needs"
        expect(float(got), runs * (now / goal) ** 2, hint, rtol=0.01, atol=1.0)


@check_exercise.checker("ex-scaling-life")
def life(answer: Callable[..., Any]) -> None:
    sizes = torch.logspace(1, 14, 1_300_001, dtype=torch.float64)
    for law in _LAWS:
        floor, a, b, alpha, beta = law
        best, text = _split(1e15, law)
        goal = floor + a / best**alpha + b / text**beta
        room = goal - floor - a / sizes**alpha
        need = torch.where(room > 0, (b / room.clamp(min=1e-300)) ** (1 / beta), math.inf)
        for served in (0.0, 10 * text, 1000 * text):
            wanted = sizes[(6 * sizes * need + 2 * sizes * served).argmin()].item()
            got = answer(goal, served, law)
            _unless_empty(got)
            hint = f"not the cheapest size when {served:.0e} tokens are to be served"
            expect(float(got), wanted, hint, rtol=0.02)


@check_exercise.checker("ex-scaling-jump")
def jump(answer: Callable[..., Any]) -> None:
    for letters, share, scale, fade in [
        (1, 0.5, 40.0, 0.2),
        (30, 0.5, 8.0, 0.3),
        (5, 0.1, 3.0, 0.15),
    ]:
        got = answer(letters, share, scale, fade)
        _unless_empty(got)
        right = math.exp(-letters * scale * float(got) ** -fade)
        hint = f"at this budget the share of right answers of {letters} letters is {right:.3g}"
        expect(right, share, hint, rtol=1e-4)
