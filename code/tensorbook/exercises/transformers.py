"""Checkers of the exercises in *The transformer*."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

Step = Callable[[tuple[int, ...]], Tensor]


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@check_exercise.checker("ex-transformer-count")
def count(answer: Callable[..., Any]) -> None:
    for d, n, V_in, V_out, places, wide in [(8, 1, 11, 7, 5, 4), (12, 3, 40, 60, 16, 2)]:
        layers: list[nn.Module] = [
            kind(d, 2, wide * d)
            for kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
            for _ in range(n)
        ]
        layers += [nn.Embedding(rows, d) for rows in (V_in, V_out, places, places)]
        layers += [nn.LayerNorm(d), nn.LayerNorm(d)]
        wanted = sum(p.numel() for layer in layers for p in layer.parameters())
        case = f"d={d}, n={n}, V={V_in} and {V_out}, places={places}, wide={wide}"
        got = answer(d, n, V_in, V_out, places, wide)
        if got is ... or got is None:
            raise NotImplementedError
        assert got != wanted + V_out * d, "do the scores need a matrix of their own?"
        assert got != wanted - 4 * d, "each half has a norm at its end"
        side = "many" if got > wanted else "few"
        expect(got, wanted, f"{case}: {got} is too {side}")


@check_exercise.checker("ex-transformer-lead")
def lead(answer: Callable[..., Any]) -> None:
    for d, wide in [(8, 4), (64, 4), (10, 1), (7, 2), (512, 8)]:
        T = 1
        while 4 * T * T * d <= 8 * T * d * d + 4 * wide * T * d * d:
            T += 1
        expect(answer(d, wide), T, f"d={d}, wide={wide}: not the first such number of tokens")


@check_exercise.checker("ex-transformer-prefix")
def prefix(answer: Callable[..., Any]) -> None:
    prompts, lengths, T = torch.tensor([2, 0, 5, 3]), torch.tensor([4, 6, 5, 3]), 6
    got = answer(prompts, lengths, T)
    if got is ... or got is None:
        raise NotImplementedError
    got = torch.as_tensor(got)
    assert got.dtype == torch.bool, f"a mask is made of True and False, not {got.dtype}"
    hint = f"the shape should be (4, 1, {T}, {T}), with room for the heads"
    assert tuple(got.shape) == (4, 1, T, T), hint
    for b, t, s in product(range(4), range(T), range(T)):
        wanted = s < lengths[b] and (s <= t or s < prompts[b])
        where = f"prompt of {prompts[b]}, length {lengths[b]}, t={t}, s={s}"
        assert bool(got[b, 0, t, s]) == bool(wanted), f"{where}: should be {bool(wanted)}"


@check_exercise.checker("ex-transformer-fold")
def fold(answer: Callable[..., Any]) -> None:
    for d, M in [(6, 4), (9, 9), (5, 11)]:
        norm, linear = nn.LayerNorm(d).double(), nn.Linear(d, M).double()
        for p in [*norm.parameters(), *linear.parameters()]:
            nn.init.normal_(p)
        before = [p.detach().clone() for p in [*norm.parameters(), *linear.parameters()]]
        got = answer(norm, linear)
        if got is ... or got is None:
            raise NotImplementedError
        W, b = got
        x = 2 * _random(30, d) + 1
        folded = F.linear(F.layer_norm(x, (d,), eps=norm.eps), W, b)
        expect(folded, linear(norm(x)), f"d={d}, M={M}: the two disagree on random inputs")
        for old, p in zip(before, [*norm.parameters(), *linear.parameters()], strict=True):
            assert torch.equal(old, p), "leave the two modules as they are"


@check_exercise.checker("ex-transformer-votes")
def votes(answer: Callable[..., Any]) -> None:
    for count_, d in [(3, 8), (7, 12)]:
        parts, u, norm = _random(count_, d) + 0.7, _random(d), nn.LayerNorm(d).double()
        for p in norm.parameters():
            nn.init.normal_(p)
        norm.eps = 0.1
        got = answer(parts, norm, u)
        if got is ... or got is None:
            raise NotImplementedError
        x = parts.sum(0)
        score = norm(x) @ u
        got = torch.as_tensor(got)
        assert tuple(got.shape) == (count_,), f"one vote for each of {count_} parts"
        total = got.sum() + norm.bias @ u
        expect(total, score, "the votes and the shift do not add up to norm(x) @ u")
        # The vote of one part is what the score, with sigma held, loses without it.
        sigma = (x.var(correction=0) + norm.eps).sqrt()
        for i in range(count_):
            without = x - parts[i]
            frozen = ((without - without.mean()) / sigma * norm.weight + norm.bias) @ u
            expect(got[i], score - frozen, "the sum is right, but not who gave what")


def _possible(task: Callable[[Tensor], Tensor], V: int, T: int) -> bool:
    for values in product(range(V), repeat=T):
        x = torch.tensor(values)
        for i in range(T - 1):  # neighbours swapped; these make all orders
            order = torch.arange(T)
            order[i], order[i + 1] = i + 1, i
            if not torch.equal(task(x[order]), task(x)[order]):
                return False
    return True


@check_exercise.checker("ex-transformer-positions")
def positions(answer: Callable[..., Any]) -> None:
    tasks: list[tuple[str, Callable[[Tensor], Tensor]]] = [
        ("reverse", lambda x: x.flip(0)),
        ("copy", lambda x: x),
        ("sort", lambda x: x.sort().values),
        ("what stands to my right", lambda x: x.roll(-1)),
        ("sum of my two neighbours", lambda x: x.roll(1) + x.roll(-1)),
        ("rank", lambda x: (x[:, None] > x).sum(1)),
        ("first", lambda x: x[:1].expand(len(x))),
        ("range", lambda x: (x.max() - x.min()).expand(len(x))),
        ("have I been seen before", lambda x: (x[:, None] == x).tril(-1).any(1)),
        ("alternating sum", lambda x: (x[::2].sum() - x[1::2].sum()).expand(len(x))),
        ("nothing at all", lambda x: torch.zeros_like(x)),
        ("where am I", lambda x: torch.arange(len(x))),
    ]
    for name, task in tasks:
        got = answer(task, 3, 5)
        if got is ... or got is None:
            raise NotImplementedError
        assert bool(got) == _possible(task, 3, 5), f"wrong about the task {name!r}"


def _language(V: int, seed: int) -> Step:
    """Log-probabilities that depend on the last two tokens and on the length."""
    dice = torch.Generator().manual_seed(seed)
    tables = 2 * torch.randn(6, V + 1, V + 1, V, generator=dice, dtype=torch.float64)

    def step(prefix: tuple[int, ...]) -> Tensor:
        last, before = (*prefix[::-1], V, V)[:2]
        return tables[len(prefix), last, before].log_softmax(0)

    return step


def _search(step: Step, width: int, end: int, most: int) -> tuple[tuple[int, ...], float]:
    kept: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    best: tuple[float, tuple[int, ...]] = (-math.inf, ())
    for _ in range(most):
        grown = [
            (total + float(value), (*tokens, token))
            for total, tokens in kept
            for token, value in enumerate(step(tokens))
        ]
        chosen = sorted(grown, reverse=True)[:width]
        best = max([best, *[pair for pair in chosen if pair[1][-1] == end]])
        kept = [pair for pair in chosen if pair[1][-1] != end]
    return best[1], best[0]


@check_exercise.checker("ex-transformer-beam")
def beam(answer: Callable[..., Any]) -> None:
    for seed, (V, width, most) in enumerate([(3, 200, 4), (3, 2, 5), (5, 3, 4), (4, 2, 6)] * 12):
        step, end = _language(V, seed), seed % V
        tokens, total = _search(step, width, end, most)
        if not tokens:
            continue
        got = answer(step, width, end, most)
        if got is ... or got is None:
            raise NotImplementedError
        case = f"{V} kinds of token, width {width}, at most {most} tokens"
        said, value = got
        expect(value, total, f"{case}: not the log-probability of the sequence to be found")
        said = tuple(int(token) for token in said)
        assert said == tokens, f"{case}: found {said}, which is not the sequence to be found"


@check_exercise.checker("ex-transformer-sort")
def sort(answer: Callable[..., Any]) -> None:
    x = torch.randint(10, (1000, 12), generator=torch.Generator().manual_seed(2025))
    got = answer(x.clone())
    if got is ... or got is None:
        raise NotImplementedError
    got = torch.as_tensor(got).cpu()
    assert tuple(got.shape) == (1000, 12), f"(1000, 12) in, {tuple(got.shape)} out"
    share = (got == x.sort(1).values).double().mean().item()
    assert share >= 0.95, f"{share:.1%} of the places of hidden rows are right; 95 % are wanted"
