"""Checkers of the exercises in *A small GPT*."""

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


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-gpt-once")
def once(answer: Callable[[Tensor, int], Any]) -> None:
    for size, T in ((18, 4), (17, 4), (25, 7), (50, 7), (13, 12), (20, 4), (9, 3)):
        x = torch.randint(1000, (size,))
        got = answer(x.clone(), T)
        _answered(got)
        inputs, targets = got
        count = (size - 1) // T
        assert tuple(inputs.shape) == (count, T), (
            f"{size} tokens and windows of {T}: {count} windows, as the last target needs a token"
        )
        expect(inputs, x[: count * T].view(count, T), "inputs: side by side, from the first token")
        expect(targets, x[1 : count * T + 1].view(count, T), "targets: each is the token after")


@check_exercise.checker("ex-gpt-count")
def count(answer: Callable[[int, int, int, int, bool], Any]) -> None:
    small = {"V": 31, "T": 9, "L": 2, "d": 12}
    for tied in (True, False):
        got = answer(small["V"], small["T"], small["L"], small["d"], tied)
        _answered(got)
        assert int(got) == _numbers(**small, tied=tied), (
            f"V = 31, T = 9, two blocks of width 12, tied {tied}: not {got}"
        )
    for L, d in ((24, 1024), (36, 1280), (48, 1600)):
        wanted = _numbers(50_257, 1024, L, d, tied=True)
        assert int(answer(50_257, 1024, L, d, True)) == wanted, f"not GPT-2 with {L} blocks"


def _numbers(V: int, T: int, L: int, d: int, *, tied: bool) -> int:
    """Counted on layers, without memory."""
    with torch.device("meta"):
        block = [
            nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d),
            nn.LayerNorm(d), nn.Linear(d, 4 * d), nn.Linear(4 * d, d),
        ]  # fmt: skip
        rest = [nn.Embedding(V, d), nn.Embedding(T, d), nn.LayerNorm(d)]
        if not tied:
            rest.append(nn.Linear(d, V, bias=False))
    sizes = [sum(w.numel() for layer in part for w in layer.parameters()) for part in (block, rest)]
    return L * sizes[0] + sizes[1]


@check_exercise.checker("ex-gpt-paired")
def paired(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for n, apart in ((40, 0.02), (7, -0.3), (110, 0.0)):
        common = torch.randn(n, dtype=torch.float64)
        a, b = (1.6 + 0.2 * common + 0.03 * torch.randn_like(common) for _ in range(2))
        b = b + apart
        got = answer(a.clone(), b.clone())
        _answered(got)
        difference, error = got
        expect(difference, (b - a).mean(), "B less A, on average over the stretches")
        alone = ((a.var() + b.var()) / n).sqrt()
        if torch.isclose(torch.as_tensor(error).double(), alone, rtol=1e-3):
            raise AssertionError(
                "these are the errors of two unrelated samples: what do they share?"
            )
        wanted = (b - a).std() / math.sqrt(n)
        biased = wanted * math.sqrt((n - 1) / n)
        if torch.isclose(torch.as_tensor(error).double(), biased, rtol=1e-6):
            raise AssertionError("the spread of a sample about its own mean: divide by n - 1")
        expect(error, wanted, "not the standard error of the mean difference")


@check_exercise.checker("ex-gpt-min-p")
def min_p(answer: Callable[[Tensor, float], Any]) -> None:
    for rows, V, share in ((1, 6, 0.5), (5, 30, 0.1), (4, 12, 0.02), (3, 9, 1.0)):
        z = 2 * torch.randn(rows, V, dtype=torch.float64)
        got = answer(z.clone(), share)
        _answered(got)
        p = z.softmax(dim=1)
        keep = p >= share * p.amax(dim=1, keepdim=True) * (1 - 1e-9)
        assert got.shape == z.shape, "return scores of the same shape"
        assert bool((got > -math.inf).any(dim=1).all()), "the likeliest token may never be cut off"
        q = p * keep
        expect(got.softmax(dim=1), q / q.sum(dim=1, keepdim=True),
               f"with a share of {share} the wrong tokens are left, or their odds have changed")  # fmt: skip


class _Table(nn.Module):
    """Scores of the next token from the last two, at random: small enough to try all texts."""

    def __init__(self, V: int) -> None:
        super().__init__()
        self.T = 32
        self.table = nn.Parameter(2 * torch.randn(V, V, V, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return self.table[F.pad(x, (1, 0))[:, :-1], x]


@check_exercise.checker("ex-gpt-beam")
def beam(answer: Callable[..., Any]) -> None:
    for V, n in ((3, 4), (4, 3)):
        for _ in range(4):
            model, x = _Table(V), torch.randint(V, (1, 2))
            with torch.no_grad():
                got = answer(model, x.clone(), n, V**n)
                _answered(got)
                everything = torch.tensor(list(product(range(V), repeat=n)))
                texts = torch.cat([x.expand(len(everything), -1), everything], dim=1)
                sums = _log_p(model, texts, 2)
                wanted = texts[sums.argmax()]
                assert tuple(got.shape) == (1, 2 + n), f"return the whole text, (1, {2 + n})"
                expect(
                    got[0], wanted, "with a beam as wide as there are texts, this is not the best"
                )
                single = answer(model, x.clone(), n, 1)
                greedy = x
                for _ in range(n):
                    greedy = torch.cat([greedy, model(greedy)[:, -1:].argmax(dim=2)], dim=1)
                expect(
                    single, greedy, "with a beam of one it should be the likeliest token each time"
                )
    _pruned(answer)


def _pruned(answer: Callable[..., Any]) -> None:
    """A beam of two misses the best text now and then, and so should the answer."""
    for _ in range(20):
        model, x = _Table(6), torch.randint(6, (1, 2))
        with torch.no_grad():
            expect(answer(model, x.clone(), 5, 2)[0], _beam(model, x, 5, 2)[0],
                   "with a beam of two it keeps other texts than the two likeliest so far")  # fmt: skip


def _log_p(model: nn.Module, texts: Tensor, given: int) -> Tensor:
    each = model(texts[:, :-1]).log_softmax(dim=2).gather(2, texts[:, 1:, None])[..., 0]
    return each[:, given - 1 :].sum(dim=1)


def _beam(model: nn.Module, x: Tensor, n: int, width: int) -> Tensor:
    texts, given = x, x.shape[1]
    for _ in range(n):
        V = model(texts)[:, -1].shape[1]
        longer = torch.cat(
            [texts.repeat_interleave(V, 0), torch.arange(V).repeat(len(texts))[:, None]], 1
        )
        texts = longer[_log_p(model, longer, given).argsort(descending=True)[:width]]
    return texts[:1]


@check_exercise.checker("ex-gpt-answers")
def answers(answer: Callable[[Tensor, Tensor, Tensor, Tensor], Any]) -> None:
    for B, T, V in ((4, 9, 6), (7, 15, 5)):
        scores = torch.randn(B, T, V, dtype=torch.float64)
        x = torch.randint(V, (B, T))
        begin = torch.randint(1, T - 3, (B,))
        end = torch.stack([torch.randint(int(b) + 1, T + 1, ()) for b in begin])
        got = answer(scores.clone(), x.clone(), begin.clone(), end.clone())
        _answered(got)
        log_p = scores.log_softmax(dim=2)
        paid = [
            -log_p[i, t - 1, x[i, t]] for i in range(B) for t in range(int(begin[i]), int(end[i]))
        ]
        means = torch.stack([
            torch.stack([-log_p[i, t - 1, x[i, t]] for t in range(int(begin[i]), int(end[i]))]).mean()
            for i in range(B)
        ]).mean()  # fmt: skip
        wanted = torch.stack(paid).mean()
        if torch.isclose(torch.as_tensor(got).double(), means):
            raise AssertionError("every answer token counts the same, however long its answer")
        unshifted = [
            -log_p[i, t, x[i, t]] for i in range(B) for t in range(int(begin[i]), int(end[i]))
        ]
        if torch.isclose(torch.as_tensor(got).double(), torch.stack(unshifted).mean()):
            raise AssertionError("the scores at place t bet on the token at place t + 1")
        expect(got, wanted, "not the mean price of the tokens from `begin` up to, without, `end`")


class _Thin(nn.Module):
    """The chapter's layer with a low-rank companion."""

    def __init__(self, layer: nn.Linear, r: int, alpha: float) -> None:
        super().__init__()
        self.layer, self.scale = layer.requires_grad_(False), alpha / r
        self.up = nn.Parameter(torch.randn(layer.out_features, r, dtype=torch.float64))
        self.down = nn.Parameter(torch.randn(r, layer.in_features, dtype=torch.float64))

    def forward(self, X: Tensor) -> Tensor:
        result: Tensor = self.layer(X) + self.scale * (X @ self.down.T @ self.up.T)
        return result


@check_exercise.checker("ex-gpt-forget")
def forget(answer: Callable[[nn.Module, float], Any]) -> None:
    for bias, r, alpha in ((True, 2, 3.0), (False, 1, 0.5), (True, 4, 16.0)):
        layer = nn.Linear(7, 5, bias=bias, dtype=torch.float64)
        lora, X = _Thin(layer, r, alpha), torch.randn(6, 7, dtype=torch.float64)
        plain, change = layer(X).detach(), (lora(X) - layer(X)).detach()
        before = layer.weight.detach().clone()
        for share in (0.0, 0.4, 1.0):
            got = answer(lora, share)
            _answered(got)
            assert isinstance(got, nn.Linear), "return an nn.Linear, without companions"
            expect(layer.weight, before, "the layer that was given has changed: copy it first")
            expect(got(X), plain + share * change, f"a share of {share} of the change is not in it")


@check_exercise.checker("ex-gpt-speculate")
def speculate(answer: Callable[[Tensor, Tensor, Tensor, torch.Generator], Any]) -> None:
    dice = torch.Generator().manual_seed(11)
    n = 40_000
    for V, far in ((5, 1.0), (9, 2.5)):
        p, q = (
            (far * torch.randn(V, generator=dice, dtype=torch.float64)).softmax(0) for _ in range(2)
        )
        guesses = torch.multinomial(q, n, replacement=True, generator=dice)
        got = answer(p.clone(), q.clone(), guesses.clone(), dice)
        _answered(got)
        got = torch.as_tensor(got)
        assert tuple(got.shape) == (n,), "one token for each guess"
        shares = torch.bincount(got, minlength=V).double() / n
        error = (p * (1 - p) / n).sqrt() + 1e-4
        kept = (got == guesses).double().mean()
        most = torch.minimum(p, q).sum()
        assert float(kept) < most + 0.02, (
            f"{kept:.0%} of the tokens are their guess, and it can be {most:.0%}: are guesses kept "
            "too often, or drawn again from other odds than what is missing?"
        )
        worst = ((shares - p).abs() / error).max()
        assert worst < 5, "the tokens are not distributed as p says"
        assert float(kept) > most - 0.02, (
            f"right in the end, but only {kept:.0%} of the guesses were kept; {most:.0%} can be"
        )
