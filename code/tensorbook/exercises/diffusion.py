"""Checkers of the exercises in *Diffusion and flow matching*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _number(a: float) -> Tensor:
    """ᾱ as the chapter has it, so that an answer may write `a.sqrt()` or `a**0.5`."""
    return torch.tensor(a, dtype=torch.float64)


def _two(answer: Any, hint: str) -> tuple[Any, Any]:
    """The two parts of an answer; `...` and None count as no answer."""
    if answer is ... or answer is None:
        raise NotImplementedError
    if isinstance(answer, Tensor) and answer.ndim > 0:
        answer = tuple(answer)
    assert isinstance(answer, (tuple, list)), hint
    assert len(answer) == 2, hint
    return answer[0], answer[1]


def _schedule(steps: int) -> Tensor:
    """Random β from 0 to `steps`, the first of them 0, that leave little of the picture."""
    beta = torch.rand(steps, dtype=torch.float64) * 8 / steps
    return torch.cat([torch.zeros(1, dtype=torch.float64), beta])


@check_exercise.checker("ex-diffusion-schedule")
def schedule(answer: Callable[[float, float, int], Any]) -> None:
    for high, low, steps in ((6.0, -8.0, 20), (9.0, -3.5, 57)):
        abar, beta = _two(answer(high, low, steps), "return two tensors: ᾱ and β")
        expect(torch.as_tensor(abar).shape, (steps + 1,), "ᾱ has T + 1 entries, from t = 0")
        expect(torch.as_tensor(beta).shape, (steps + 1,), "β has T + 1 entries, from t = 0")
        abar, beta = torch.as_tensor(abar).double(), torch.as_tensor(beta).double()
        expect(abar[0], 1.0, "at t = 0 there is no noise", rtol=1e-6)
        levels = torch.logit(abar[1:])
        expect(levels[[0, -1]], [high, low], "the ln SNR at t = 1 or T is another", rtol=1e-3)
        expect(levels.diff(), levels.diff()[0].expand(steps - 1), "no straight line", rtol=1e-2)
        expect(beta[0], 0.0, "step 0 adds no noise")
        expect((1 - beta).cumprod(0), abar, "the β do not multiply to these ᾱ", rtol=1e-4)


@check_exercise.checker("ex-diffusion-posterior")
def leap_posterior(answer: Callable[..., Any]) -> None:
    for _ in range(4):
        first, second = (0.05 + 0.9 * torch.rand(2, dtype=torch.float64)).tolist()
        b, a = max(first, second), min(first, second) * 0.9
        x_0, x_t = _random(2, 6)
        # joint Gaussian of (x_s, x_t) given x_0, conditioned on x_t
        covariance = math.sqrt(a / b) * (1 - b)
        mean = math.sqrt(b) * x_0 + covariance / (1 - a) * (x_t - math.sqrt(a) * x_0)
        got, variance = _two(answer(x_0, x_t, _number(a), _number(b)), "return mean and variance")
        expect(got, mean, "the mean differs from that of the joint Gaussian")
        if variance is ... or variance is None:
            raise NotImplementedError
        variance = torch.as_tensor(variance).double()
        wanted = torch.full_like(variance, 1 - b - covariance**2 / (1 - a))  # one, or one for each
        if torch.allclose(variance, wanted.sqrt()):
            raise AssertionError("that is the deviation, not the variance")
        expect(variance, wanted, "the variance differs from that of the joint Gaussian")


@check_exercise.checker("ex-diffusion-losses")
def factors(answer: Callable[[Tensor], Any]) -> None:
    for a in (0.1, 0.35, 0.8):
        x_t, v, guess = _random(3)
        noise = [math.sqrt(1 - a) * x_t + math.sqrt(a) * value for value in (v, guess)]
        start = [math.sqrt(a) * x_t - math.sqrt(1 - a) * value for value in (v, guess)]
        of_noise, of_data = _two(answer(_number(a)), "return two factors")
        error = (v - guess) ** 2
        hint = "{} differs for a random v and guess"
        expect(of_noise, error / (noise[0] - noise[1]) ** 2, hint.format("(v − v̂)² / (ε − ε̂)²"))
        expect(of_data, error / (start[0] - start[1]) ** 2, hint.format("(v − v̂)² / (x_0 − x̂_0)²"))


def _ddpm(model: Callable[[Tensor, int], Tensor], x: Tensor, beta: Tensor, noise: Tensor) -> Tensor:
    """DDPM from the last step to the first, the posterior of each written with precisions."""
    abar = (1 - beta).cumprod(0)
    for t in range(len(beta) - 1, 0, -1):
        eps = model(x, t)
        start = (x - (1 - abar[t]).sqrt() * eps) / abar[t].sqrt()
        if t == 1:
            return start
        precision = (1 - beta[t]) / beta[t] + 1 / (1 - abar[t - 1])
        pull = (1 - beta[t]).sqrt() / beta[t] * x + abar[t - 1].sqrt() / (1 - abar[t - 1]) * start
        x = pull / precision + noise[t] / precision.sqrt()
    return x


@check_exercise.checker("ex-diffusion-ddpm")
def ddpm(answer: Callable[..., Any]) -> None:
    beta = _schedule(12)
    x, noise, weight = _random(5, 2), _random(13, 5, 2), _random(2, 2)
    asked: list[int] = []

    def model(x: Tensor, t: int) -> Tensor:
        asked.append(int(t))
        return torch.tanh(x @ weight + int(t) / 5)

    got = answer(model, x, beta, noise)
    if got is ... or got is None:
        raise NotImplementedError
    assert asked == list(range(12, 0, -1)), f"the model was asked at t = {asked[:3]} … {asked[-1:]}"
    silence = torch.zeros_like(noise)
    hint = "the walk ends elsewhere even when all noise is 0: look at the mean"
    expect(answer(model, x, beta, silence), _ddpm(model, x, beta, silence), hint)
    hint = "the means are right, the noise is not: look at its size, and at whose turn it is"
    expect(got, _ddpm(model, x, beta, noise), hint)


@check_exercise.checker("ex-diffusion-memory")
def best_noise(answer: Callable[..., Any]) -> None:
    for a in (0.02, 0.5, 0.9):
        x, data = _random(4, 3), _random(7, 3)
        eps = (x[:, None] - math.sqrt(a) * data) / math.sqrt(1 - a)  # (B, N, D)
        weight = torch.exp(-eps.pow(2).sum(-1, keepdim=True) / 2)
        mean = (weight * eps).sum(1) / weight.sum(1)
        got = answer(x, _number(a), data)
        for other, hint in (
            ((x - math.sqrt(1 - a) * mean) / math.sqrt(a), "that is the guess of x_0"),
            (-mean / math.sqrt(1 - a), "that is the score; the noise is a multiple of it"),
        ):
            if isinstance(got, Tensor) and got.shape == other.shape and torch.allclose(got, other):
                raise AssertionError(hint)
        expect(got, mean, f"differs from the weighted mean of the noises at ᾱ = {a}")
    x = data[:4] + 0.4
    eps = (x - data[torch.cdist(x, data).argmin(1)]) / math.sqrt(1e-7)
    got = answer(x, _number(1 - 1e-7), data)
    expect(got, eps, "not finite, or wrong, where there is almost no noise", rtol=1e-3)


@check_exercise.checker("ex-diffusion-heun")
def heun(answer: Callable[..., Any]) -> None:
    x, calls = _random(6), 0

    def velocity(x: Tensor, tau: float) -> Tensor:
        nonlocal calls
        calls += 1
        assert float(tau) > 1e-9, "the velocity was asked for at τ = 0"
        return torch.sin(3 * x) + 2 * float(tau)

    got = answer(velocity, x, 6)
    if got is ... or got is None:
        raise NotImplementedError
    assert calls == 11, f"6 steps ask for 11 velocities, yours asked for {calls}"
    for i in range(6, 0, -1):
        slope = velocity(x, i / 6)
        if i > 1:
            slope = 0.5 * slope + 0.5 * velocity(x - slope / 6, (i - 1) / 6)
        x = x - slope / 6
    expect(got, x, "the walk ends elsewhere than Heun's")


@check_exercise.checker("ex-diffusion-encode")
def encode(answer: Callable[..., Any]) -> None:
    abar = (1 - _schedule(40)).cumprod(0)
    data, times = _random(5, 3), list(range(0, 41, 2))
    deviation = 0.7  # of Gaussian data around 0.4, whose noise can be guessed exactly

    def model(x: Tensor, t: int) -> Tensor:
        assert int(t) > 0, "the model was asked for noise at t = 0, where there is none"
        a = abar[int(t)]
        return (1 - a).sqrt() / (a * deviation**2 + 1 - a) * (x - a.sqrt() * 0.4)

    got = answer(model, data, times, abar)
    for s, t in itertools.pairwise(times):
        eps = model(data, max(s, 2))
        signal = (abar[t] / abar[s]).sqrt()
        data = signal * data + ((1 - abar[t]).sqrt() - signal * (1 - abar[s]).sqrt()) * eps
    expect(got, data, "the snow differs from that of the leaps upwards")
