"""Checkers for the exercises of the chapter on classification."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from tensorbook import data
from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-exp-range")
def largest_score(answer: Callable[[torch.dtype], float]) -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        got = answer(dtype)
        _answered(got)
        score = torch.tensor(float(got), dtype=dtype)
        assert score.item() == float(got), f"{got} is not a number of {dtype}: round it first"
        assert score.exp().isfinite(), f"exp({got}) already overflows in {dtype}"
        # The next number of the type: one unit in the last place further.
        ulp = torch.finfo(dtype).eps * 2.0 ** score.double().log2().floor().item()
        above = torch.tensor(score.item() + ulp, dtype=dtype)
        assert above.exp().isinf(), f"a larger {dtype} also has a finite exponential"


class _Largest(TorchDispatchMode):
    """The size of the largest tensor that any operation returned."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor):
            self.numbers = max(self.numbers, out.numel())
        return out


@check_exercise.checker("ex-softmax-curvature")
def curvature(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    def log_partition(z: Tensor) -> Tensor:
        return torch.logsumexp(z, 0)

    for size, seed in ((3, 0), (7, 1)):
        z = torch.randn(size, generator=_generator(seed), dtype=torch.float64)
        u = torch.randn(size, generator=_generator(seed + 10), dtype=torch.float64)
        hessian = torch.func.jacrev(torch.func.grad(log_partition))(z)
        expect(answer(z, u), u @ hessian @ u, "differs from the second derivative by autograd")
        expect(answer(z, u + 3.0), u @ hessian @ u, "a shift of all u should change nothing")
        expect(answer(z, torch.ones_like(u)), 0.0 * u.sum(), "all u equal: nothing varies")
        with _Largest() as made:
            answer(z, u)
        assert made.numbers <= 2 * size, f"{made.numbers} numbers in one tensor: that is a matrix"


@check_exercise.checker("ex-soft-maximum")
def soft_maximum(answer: Callable[[Tensor, float], Tensor]) -> None:
    z = torch.randn(6, generator=_generator(2), dtype=torch.float64)
    expect(answer(z, 1.0), torch.logsumexp(z, 0), "at sharpness 1 it is log-sum-exp")
    expect(answer(z, 3.0), (3 * z).exp().sum().log() / 3, "differs from the definition")
    expect(answer(z, -2.0), (-2 * z).exp().sum().log() / -2, "differs for a negative sharpness")
    expect(answer(z, 1e5), z.max(), "a large sharpness should give the maximum", atol=1e-4)
    expect(answer(z, -1e5), z.min(), "a large negative one should give the minimum", atol=1e-4)


@check_exercise.checker("ex-bradley-terry")
def strengths(answer: Callable[[Tensor], Tensor]) -> None:
    two = torch.tensor([[0.0, 6.0], [2.0, 0.0]], dtype=torch.float64)
    half = torch.tensor(3.0, dtype=torch.float64).log() / 2
    got = answer(two.clone())
    _answered(got)
    got = torch.as_tensor(got)
    expect(got.mean(), torch.zeros((), dtype=got.dtype), "the mean should be zero", atol=1e-5)
    expect(got, torch.stack([half, -half]), "six wins to two: the gap is a log odds",
           atol=1e-4)  # fmt: skip
    for size, seed in ((4, 3), (6, 4)):
        wins = torch.randint(2, 12, (size, size), generator=_generator(seed)).double()
        wins.fill_diagonal_(0.0)
        got = torch.as_tensor(answer(wins.clone()))
        expected = ((wins + wins.T) * torch.sigmoid(got[:, None] - got)).sum(1)
        expect(got.mean(), torch.zeros((), dtype=got.dtype), "the mean should be zero", atol=1e-5)
        expect(expected, wins.sum(1).to(got), "expected wins should equal wins: not yet the optimum",
               rtol=1e-3)  # fmt: skip


@check_exercise.checker("ex-label-smoothing")
def smoothed(answer: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    scores = 3 * torch.randn(9, 5, generator=_generator(5), dtype=torch.float64)
    y = torch.randint(5, (9,), generator=_generator(6))
    expect(answer(scores, y, 0.0), F.cross_entropy(scores, y), "without doubt it is cross-entropy")
    for epsilon in (0.1, 0.45):
        wanted = F.cross_entropy(scores, y, label_smoothing=epsilon)
        expect(answer(scores, y, epsilon), wanted, "the true class also gets its share of epsilon")
    for large in (scores + 2000, 2000 * scores):
        wanted = F.cross_entropy(large, y, label_smoothing=0.1)
        expect(answer(large, y, 0.1), wanted, "large scores overflow, or large gaps do")


@check_exercise.checker("ex-digit-challenge")
def predict(answer: Callable[[Tensor], Tensor]) -> None:
    _answered(answer(torch.zeros(2, 1, 28, 28)))
    digits = data.mnist()  # its line says what the answer is judged on
    guesses = torch.cat([torch.as_tensor(answer(images)) for images in digits.test.split(700)])
    assert guesses.shape == digits.test_labels.shape, "one digit per image: shape (B,)"
    accuracy = (guesses.cpu() == digits.test_labels).float().mean().item()
    assert accuracy >= 0.935, f"{accuracy:.2%} of the test digits; 93.5% is the goal"
