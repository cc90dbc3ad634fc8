"""Checkers of the exercises in *Time series and recurrent networks*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.bikes import bikes
from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _answered(got: Any) -> Any:
    if got is ... or got is None:
        raise NotImplementedError
    return got


@check_exercise.checker("ex-rnn-scaled")
def scaled_error(answer: Callable[..., Any]) -> None:
    hints = {
        (7, 1): "one step ahead",
        (7, 7): "a whole season ahead",
        (5, 12): "further ahead than a season: the hour copied must be known by then",
        (24, 25): "one hour more than a season ahead",
    }
    for holes in (0, 30):
        for (S, k), hint in hints.items():
            x, first = _random(300), 120
            forecast = x + 0.3 * _random(300)
            x[torch.randperm(300)[:holes]] = math.nan
            ours, diary = [], []
            for s in range(first, 300):
                known_until = s - k
                copied = s
                while copied > known_until:
                    copied -= S
                if not (x[s].isnan() or x[copied].isnan()):
                    ours.append((forecast[s] - x[s]).abs())
                    diary.append((x[copied] - x[s]).abs())
            wanted = torch.stack(ours).mean() / torch.stack(diary).mean()
            case = f"{hint}, {holes} holes"
            hint = f"{case}: not the ratio of the two mean absolute errors"
            expect(answer(x, forecast, first, S, k), wanted, hint)


class _Shifted(nn.Module):
    """Convolutions whose padding lets each output see `ahead` hours of the future."""

    def __init__(self, D: int, kernel: int, ahead: int, cancel: bool = False) -> None:
        super().__init__()
        self.pad = (kernel - 1 - ahead, ahead)
        self.layer = nn.Conv1d(D, 2, kernel)
        if cancel:  # opposite slopes: a sum over the outputs sees nothing
            with torch.no_grad():
                self.layer.weight[1] = -self.layer.weight[0]

    def forward(self, X: Tensor) -> Tensor:
        out: Tensor = self.layer(F.pad(X.mT, self.pad)).mT
        return out


class _Recurrent(nn.Module):
    def __init__(self, D: int, backwards: bool) -> None:
        super().__init__()
        self.cell, self.backwards = nn.Linear(D + 3, 3), backwards

    def forward(self, X: Tensor) -> Tensor:
        steps = list(X.unbind(1))
        if self.backwards:
            steps.reverse()
        h, states = X.new_zeros(len(X), 3), []
        for x in steps:
            h = torch.tanh(self.cell(torch.cat([x, h], 1)))
            states.append(h)
        if self.backwards:
            states.reverse()
        return torch.stack(states, 1)


class _Late(nn.Module):
    """Honest everywhere but at one hour, which copies a later one."""

    def forward(self, X: Tensor) -> Tensor:
        last = X.shape[1] - 1
        return torch.cat([X[:, :2], X[:, last - 1 : last], X[:, 3:]], 1)


@check_exercise.checker("ex-rnn-ahead")
def looks_ahead(answer: Callable[..., Any]) -> None:
    T, D = 9, 2
    cases: list[tuple[nn.Module, int, str]] = [
        (_Shifted(D, 3, 0), 0, "a causal convolution sees nothing of the future"),
        (_Shifted(D, 3, 1), 1, "a convolution with padding on both sides"),
        (_Shifted(D, 5, 3), 3, "a convolution that sees three hours ahead"),
        (_Shifted(D, 3, 2, cancel=True), 2, "two outputs with opposite slopes"),
        (_Recurrent(D, False), 0, "a recurrent network that reads forwards"),
        (_Recurrent(D, True), T - 1, "a recurrent network that reads backwards"),
        (_Late(), T - 4, "a network in which a single hour looks ahead"),
    ]
    for net, wanted, hint in cases:
        got = int(_answered(answer(net, T, D)))
        assert got == wanted, f"{hint}: not {got}"


@check_exercise.checker("ex-rnn-bound")
def sharper(answer: Callable[..., Any]) -> None:
    for k, M in ((1, 4), (3, 2), (6, 5)):
        W, slopes = _random(M, M), torch.rand(k, M, dtype=torch.float64)
        wanted = torch.tensor(1.0, dtype=torch.float64)
        for s in slopes:
            wanted = wanted * torch.linalg.svdvals(torch.diag(s) @ W)[0]
        got = answer(W, slopes)
        expect(got, wanted, f"not the product of the norms of {k} Jacobians of size {M}")


@check_exercise.checker("ex-rnn-zero")
def counterexample(answer: Callable[[], Any]) -> None:
    W, slopes = (torch.as_tensor(v).double() for v in _answered(answer()))
    shapes = (tuple(W.shape), tuple(slopes.shape))
    assert shapes == ((2, 2), (2,)), "a (2, 2) matrix and two slopes"
    assert bool(((slopes > 0) & (slopes <= 1)).all()), "slopes of tanh lie above 0, at most at 1"
    (p, q), (r, s) = W.tolist()  # compared term by term: a huge q must not hide p + s = 2
    no_trace = abs(p + s) <= 1e-6 * (abs(p) + abs(s))
    flat = no_trace and abs(p * s - q * r) <= 1e-6 * (abs(p * s) + abs(q * r))
    assert flat, "the spectral radius is not 0"
    grown = torch.linalg.matrix_power(torch.diag(slopes) @ W, 200)
    size = float(torch.linalg.matrix_norm(grown, 2))
    assert not size < 1e6, f"after 200 steps the gradient has only the size {size:.2g}"


@check_exercise.checker("ex-rnn-clock")
def clock(answer: Callable[[int], Any]) -> None:
    for hours in (3, 24, 168):
        W = _answered(answer(hours))
        W = torch.as_tensor(W)
        assert not W.is_complex(), "a real matrix"
        expect(W.shape, (2, 2), "a matrix for a state of two numbers")
        W, eye = W.double(), torch.eye(2, dtype=torch.float64)
        expect(W.T @ W, eye, "a state changes its length", atol=1e-5)
        back = [
            k
            for k in range(1, hours + 1)
            if torch.allclose(torch.linalg.matrix_power(W, k), eye, atol=1e-3)
        ]
        assert back, f"the state is not back after {hours} steps"
        assert back[0] == hours, f"the state is back after {back[0]} steps already, not {hours}"


@check_exercise.checker("ex-rnn-forward")
def carried(answer: Callable[..., Any]) -> None:
    for T, D, M in ((1, 2, 3), (2, 1, 2), (6, 3, 4)):
        x, h, Wx, Wh, b = _random(T, D), _random(M), _random(M, D), _random(M, M), _random(M)

        def last(W: Tensor, x: Tensor = x, h: Tensor = h, Wx: Tensor = Wx, b: Tensor = b) -> Tensor:
            for x_t in x:
                h = torch.tanh(Wx @ x_t + W @ h + b)
            return h

        wanted = torch.func.jacrev(last)(Wh)
        got = answer(x, h, Wx, Wh, b)
        expect(got, wanted, f"differs from autograd's Jacobian after {T} steps")


@check_exercise.checker("ex-rnn-forecaster")
def forecaster(answer: Callable[..., Any]) -> None:
    table = bikes()
    x, working, cut = table.rentals, table.workingday, 24 * 304
    predict = _answered(answer(x[:cut].clone(), working[:cut].clone()))
    ours, diary = [], []
    for now in range(cut, len(x) - 24, 13):
        got = torch.as_tensor(_answered(predict(x[:now].clone(), working[: now + 24].clone())))
        assert got.shape == (24,), f"24 forecasts are wanted, the shape is {tuple(got.shape)}"
        truth, copied = x[now : now + 24], x[now - 168 : now - 144]
        known = ~(truth.isnan() | copied.isnan())
        ours.append((got.detach().cpu() - truth).abs()[known])
        diary.append((copied - truth).abs()[known])
    ratio = float(torch.cat(ours).mean() / torch.cat(diary).mean())
    assert ratio <= 0.85, f"{ratio:.3f} of last week's error, 0.85 is wanted"
