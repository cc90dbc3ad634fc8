"""What the checkers of two chapters refuse: plausible answers that are wrong."""

import math

import pytest
import torch
from tensorbook.exercises import probability, uncertainty
from torch import Tensor


def test_birthdays_by_formula_are_no_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    def by_formula(people: int, rounds: int) -> tuple[float, float]:
        p = 1 - math.prod((365 - k) / 365 for k in range(people))
        return p, math.sqrt(p * (1 - p) / rounds)

    probability.check_exercise("ex-chance-birthday", by_formula)
    assert "no share of 20000 rooms" in capsys.readouterr().out


def test_a_code_with_parts_of_bits_is_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    probability.check_exercise("ex-chance-code", lambda p: (-p.log2()).clamp(1))
    assert "whole number of bits" in capsys.readouterr().out


def test_honesty_is_asked_of_small_truths_too(capsys: pytest.CaptureFixture[str]) -> None:
    def upper_half(score) -> bool:  # type: ignore[no-untyped-def]
        q = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
        cost = q[:, None] * score(q, 1) + (1 - q[:, None]) * score(q, 0)
        return bool((cost.argmin(1) == torch.arange(99))[50:].all())

    uncertainty.check_exercise("ex-unc-proper", upper_half)
    assert "small truths" in capsys.readouterr().out


def test_a_mean_over_bands_is_told_from_a_number_each(capsys: pytest.CaptureFixture[str]) -> None:
    def mean(y: Tensor, low: Tensor, high: Tensor, alpha: float) -> float:
        outside = (low - y).relu() + (y - high).relu()
        return (high - low + 2 / alpha * outside).mean().item()

    uncertainty.check_exercise("ex-unc-band", mean)
    assert "not their mean" in capsys.readouterr().out
