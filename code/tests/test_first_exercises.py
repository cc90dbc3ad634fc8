"""What the checkers of *A first look* and *Tensors* accept and refuse, beside the page's own solutions."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensorbook.exercises import first_look, tensors
from torch import Tensor


def _timed(summary: Callable[[list[float]], float], counted: int) -> Callable[..., float]:
    """The calls' times, without the first or with it, in one number."""

    def seconds(network: Any, x: Tensor, repeats: int) -> float:
        times = []
        with torch.no_grad():
            for _ in range(repeats + 1):
                start = time.perf_counter()
                network(x)
                times.append(time.perf_counter() - start)
        return summary(times[counted:])

    return seconds


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_timed(statistics.median, 1), "✓"),
        (_timed(min, 1), "one quick call"),
        (_timed(statistics.mean, 1), "one slow call"),
        (_timed(statistics.median, 0), "warms up was counted"),
    ],
)
def test_the_median_without_the_first_call_is_asked_for(
    answer: Any, said: str, capsys: Any
) -> None:
    first_look.check_exercise("ex-look-time", answer)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(("up", "down"), [(2.0, 0.84), (1.5, 0.9)])
def test_sizes_that_follow_success_learn_two_numbers(up: float, down: float, capsys: Any) -> None:
    def learn(L: Any, theta: Tensor, tries: int, dice: torch.Generator) -> Tensor:
        lowest, size = L(theta), 1.0
        for _ in range(tries):
            nudged = theta + size * torch.randn(2, generator=dice)
            tried = L(nudged)
            better = tried < lowest
            theta, lowest = (nudged, tried) if better else (theta, lowest)
            size *= up if better else down
        return theta

    first_look.check_exercise("ex-look-two", learn)
    assert "✓" in capsys.readouterr().out


def test_one_number_at_a_time_is_stuck_in_the_valley(capsys: Any) -> None:
    def learn(L: Any, theta: Tensor, tries: int, dice: torch.Generator) -> Tensor:
        lowest = L(theta)
        for _ in range(tries):
            size = 10 ** (1 - 4 * torch.rand(1, generator=dice))
            one = torch.eye(2)[torch.randint(2, (1,), generator=dice)][0]
            nudged = theta + one * size * torch.randn(1, generator=dice)
            tried = L(nudged)
            theta, lowest = (nudged, tried) if tried < lowest else (theta, lowest)
        return theta

    first_look.check_exercise("ex-look-two", learn)
    assert "along a valley" in capsys.readouterr().out


class _Tiny:
    """A right answer to the project of *Tensors*; below are wrong ones."""

    def __init__(self, cells: Any, shape: Any, stride: Any = None, offset: Any = 0) -> None:
        self.cells, self.shape, self.offset = cells, tuple(shape), offset
        plain = tuple(math.prod(self.shape[k + 1 :]) for k in range(len(self.shape)))
        self.stride = tuple(stride or plain)

    def _view(self) -> Tensor:
        places = torch.arange(len(self.cells))
        return torch.as_strided(places, self.shape, self.stride, self.offset)

    def _from(self, view: Tensor) -> _Tiny:
        return type(self)(self.cells, view.shape, view.stride(), view.storage_offset())

    def item(self, *index: int) -> float:
        return self.cells[int(self._view()[index])]

    def transpose(self, j: int, k: int) -> Any:
        return self._from(self._view().transpose(j, k))

    def narrow(self, k: int, a: int, b: int, c: int = 1) -> Any:
        return self._from(self._view()[(slice(None),) * k + (slice(a, b, c),)])

    def expand(self, *shape: int) -> Any:
        try:
            return self._from(self._view().expand(shape))
        except RuntimeError as error:
            raise ValueError(shape) from error

    def is_contiguous(self) -> bool:
        return self._view().is_contiguous()


class _TakesAll(_Tiny):
    def narrow(self, k: int, a: int, b: int, c: int = 1) -> Any:
        return super().narrow(k, a, self.shape[k], c)


class _TurnsItself(_Tiny):
    def transpose(self, j: int, k: int) -> Any:
        turned = super().transpose(j, k)
        self.shape, self.stride = turned.shape, turned.stride
        return self


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_Tiny, "✓"),
        (_TakesAll, "narrow: the shape is"),
        (_TurnsItself, "transpose changed the tensor"),
    ],
)
def test_a_tiny_tensor_stops_at_b_and_leaves_the_old_one(
    answer: Any, said: str, capsys: Any
) -> None:
    tensors.check_exercise("ex-tensor-tiny", answer)
    assert said in capsys.readouterr().out
