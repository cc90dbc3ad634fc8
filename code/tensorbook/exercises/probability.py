"""Checkers of the exercises in *Chance: probability, likelihood, information*."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _uniform(*shape: int) -> Tensor:
    return torch.rand(*shape, dtype=torch.float64)


@check_exercise.checker("ex-chance-again")
def again(answer: Callable[..., Any]) -> None:
    for results in ([True], [False], [], [True, True, False], [False, True, True, True]):
        prior, found, alarm = (0.05 + 0.9 * _uniform(3)).tolist()
        odds = prior / (1 - prior)
        for positive in results:
            odds *= found / alarm if positive else (1 - found) / (1 - alarm)
        hint = f"not the risk after {results or 'no test at all'}"
        expect(answer(prior, found, alarm, results), odds / (1 + odds), hint)


@check_exercise.checker("ex-chance-birthday")
def birthday(answer: Callable[[int, int], Any]) -> None:
    for people, rounds in ((23, 20_000), (10, 5_000), (40, 10_000)):
        got = answer(people, rounds)
        if got is ... or got is None:
            raise NotImplementedError
        try:
            estimate, error = (float(number) for number in got)
        except (TypeError, ValueError):
            raise AssertionError("return two numbers: the estimate and its error") from None
        rooms = estimate * rounds
        assert abs(rooms - round(rooms)) < 0.01, f"the estimate is no share of {rounds} rooms"
        alone = math.prod((365 - k) / 365 for k in range(people))
        wanted = math.sqrt(alone * (1 - alone) / rounds)
        hint = f"{people} people: not the probability that some two of them share a day"
        assert abs(estimate - (1 - alone)) < 5 * wanted, hint
        assert abs(error / wanted - 1) < 0.2, f"{rounds} rounds: not the standard error"


@check_exercise.checker("ex-chance-curvature")
def curvature(answer: Callable[..., Any]) -> None:
    for heads, tosses in ((7, 10), (130, 900)):

        def coin(p: Tensor, m: int = heads, rest: int = tosses - heads) -> Tensor:
            return m * p.log() + rest * (1 - p).log()

        best = torch.tensor(heads / tosses, dtype=torch.float64)
        wanted = (best * (1 - best) / tosses).sqrt()
        expect(answer(coin, best), wanted, f"a coin with {heads} heads in {tosses}: not that sure")
    hours = 5 * _uniform(40)

    def lamp(rate: Tensor) -> Tensor:
        return 40 * rate.log() - rate * hours.sum()

    best = 40 / hours.sum()
    expect(answer(lamp, best), best / math.sqrt(40), "wrong for a likelihood that is no coin's")


@check_exercise.checker("ex-chance-lamps")
def lamps(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for stop in (1e9, 2.0, 0.7):
        life = -3 * _uniform(200).log()
        hours = life.clamp(max=stop * (0.5 + _uniform(200)))
        failed = hours == life
        burning = int((~failed).sum())
        expect(
            answer(hours, failed),
            failed.sum() / hours.sum(),
            f"{burning} of 200 lamps still burn: another rate is likelier",
        )


@check_exercise.checker("ex-chance-mixture")
def mixture(answer: Callable[..., Any]) -> None:
    for components in (1, 2, 5):
        weights = torch.softmax(torch.randn(components, dtype=torch.float64), 0)
        means = 2 * torch.randn(components, dtype=torch.float64)
        widths = 0.5 + _uniform(components)
        theirs = torch.distributions.MixtureSameFamily(
            torch.distributions.Categorical(weights), torch.distributions.Normal(means, widths)
        )
        for x, hint in (
            (3 * torch.randn(7, dtype=torch.float64), f"wrong for {components} components"),
            (torch.tensor([1000.0, -1000.0], dtype=torch.float64), "wrong at 1000 or -1000"),
        ):
            expect(answer(x, weights, means, widths), theirs.log_prob(x), hint)


@check_exercise.checker("ex-chance-code")
def code(answer: Callable[[Tensor], Any]) -> None:
    tables = [torch.tensor([1 / 2, 1 / 4, 1 / 8, 1 / 8], dtype=torch.float64)]
    tables += [torch.softmax(2 * torch.randn(k, dtype=torch.float64), 0) for k in (2, 5, 26)]
    for p in tables:
        got = answer(p)
        if got is ... or got is None:
            raise NotImplementedError
        lengths = torch.as_tensor(got, dtype=torch.float64)
        assert lengths.shape == p.shape, "give one length for each symbol"
        assert bool((lengths == lengths.round()).all()), "a word has a whole number of bits"
        assert bool((lengths >= 1).all()), "every symbol needs at least one bit"
        room = (2.0**-lengths).sum()
        assert room <= 1 + 1e-9, f"{len(p)} symbols: no code has words as short as these"
        hint = (
            f"{len(p)} symbols: {float(p @ lengths):.4f} bits on average; there is a shorter code"
        )
        expect(p @ lengths, _shortest(p), hint)


def _shortest(p: Tensor) -> float:
    """The mean length of Huffman's code: the sum of the probabilities of all merged groups."""
    groups, length = p.tolist(), 0.0
    while len(groups) > 1:
        groups.sort()
        merged = groups[0] + groups[1]
        groups, length = [*groups[2:], merged], length + merged
    return length


@check_exercise.checker("ex-chance-naive")
def naive(answer: Callable[[Tensor, Tensor, Tensor], Any]) -> None:
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    images = (torch.as_tensor(pixels) > 7).double()
    labels = torch.as_tensor(digits).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(7))
    train, hidden = order[:1200], order[1200:]
    got = answer(images[train], labels[train], images[hidden])
    if got is ... or got is None:
        raise NotImplementedError
    read = torch.as_tensor(got)
    assert read.shape == labels[hidden].shape, "return one digit for each new image"
    right = (read == labels[hidden]).double().mean().item()
    assert right > 0.85, f"{right:.1%} of the hidden digits are right; Bayes reads more of them"
    few = train[(labels[train] < 5) | (torch.arange(1200) % 10 == 0)]  # 5 to 9 are rare
    read = torch.as_tensor(answer(images[few], labels[few], images[hidden]))
    wanted = _largest_posterior(images[few], labels[few], images[hidden])
    same = (read == wanted).double().mean().item()
    assert same > 0.995, "where some digits are rarer than others: not the largest posterior"


def _largest_posterior(images: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    """The likeliest digit of each of `new`, (M, 64), digit by digit; with two imagined images each."""
    scores = []
    for digit in range(10):
        own = images[labels == digit]
        coins = (own.sum(0) + 1) / (len(own) + 2)
        pixels = torch.distributions.Bernoulli(coins).log_prob(new).sum(1)
        scores.append(pixels + math.log(len(own) / len(images)))
    return torch.stack(scores).argmax(0)
