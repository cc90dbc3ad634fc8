"""Checkers for the assignment on a GPT of one's own, and the names that it may learn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect
from tensorbook.report import say
from tensorbook.texts import names

check_exercise = Exercises()

MARGIN = 0.1  # bits a character below the triples
UNKNOWN = "\ufffd"


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


@cache
def _shuffled() -> list[str]:
    """All names, the most frequent no longer first, the same for everybody."""
    drawn = sorted(set(names()))  # once each: what is hidden must not stand in the other part
    Random(0).shuffle(drawn)
    return drawn


def names_to_learn() -> str:
    """Nine tenths of the names, one a line, in random order; the others stay hidden here."""
    drawn = _shuffled()
    return "\n".join(drawn[len(drawn) // 10 :]) + "\n"


def _hidden() -> str:
    drawn = _shuffled()
    return "\n".join(drawn[: len(drawn) // 10]) + "\n"


@check_exercise.checker("ex-own-tokens")
def tokens(answer: Callable[[str], Any]) -> None:
    for text, other in (("hello, world\n", "hollow"), ("Ça coûte 3 €", "3 €"), ("zzz", "z"),
                        (f"a{UNKNOWN}b", "ab")):  # fmt: skip
        got = answer(text)
        _answered(got)
        letters, encode, decode = got
        wanted = [*sorted(set(text) - {UNKNOWN}), UNKNOWN]
        assert list(letters) == wanted, (
            f"for {text!r} the letters are {wanted}, sorted, each once, and last the mark"
        )
        x = encode(text)
        assert isinstance(x, Tensor), "encode gives a tensor"
        assert x.dtype == torch.int64, "encode gives whole numbers, int64"
        expect(x, torch.tensor([wanted.index(c) for c in text]), "a token is a place in `letters`")
        for part in (text, other, ""):
            assert decode(encode(part)) == part, f"{part!r} does not come back as it was"
        mixed = f"{text[0]}☃{text[-1]}"
        assert int(encode(mixed)[1]) == len(wanted) - 1, "an unknown letter becomes the mark"
        assert decode(encode(mixed))[1] == UNKNOWN, "and the mark stays a mark on the way back"


@check_exercise.checker("ex-own-batches")
def batches(split: Callable[[str, float], Any], batch: Callable[..., Any]) -> None:
    _split(split)
    T = 5
    for size in (60, 23, T + 1):
        x = torch.arange(size) * 7 + 3  # a token tells its place
        dice = torch.Generator().manual_seed(size)
        got = batch(x.clone(), 4000, T, dice)
        _answered(got)
        inputs, targets = got
        assert tuple(inputs.shape) == tuple(targets.shape) == (4000, T), "both are (B, T)"
        expect(targets, inputs + 7, "a target is the token after its input")
        expect(inputs[:, 1:], inputs[:, :-1] + 7, "a window is a stretch of the text")
        starts = torch.bincount((inputs[:, 0] - 3) // 7, minlength=size)
        fits = size - T
        assert int((starts > 0).sum()) == fits, (
            f"{size} tokens and T = {T}: windows begin at {int((starts > 0).sum())} "
            f"of the {fits} places where one fits"
        )
        spread = starts[:fits].double()
        assert bool((spread - 4000 / fits).abs().max() < 6 * (4000 / fits) ** 0.5 + 1), (
            "all places should be equally likely"
        )
        if fits > 10:
            steps = inputs[:, 0].diff().unique(return_counts=True)[1]
            assert int(steps.max()) < 400, "each window of a batch has a random place of its own"
    x = torch.arange(100)
    first, second, again = (
        batch(x, 8, T, torch.Generator().manual_seed(seed))[0] for seed in (1, 2, 1)
    )
    assert torch.equal(first, again), "draw with `dice`: it should decide the windows"
    assert not torch.equal(first, second), "another state of `dice` gives other windows"


def _split(split: Callable[[str, float], Any]) -> None:
    dice = Random(1)
    for share in (0.9, 0.5, 0.75):
        lines = ["".join(dice.choices("abc d", k=dice.randint(1, 12))) for _ in range(60)]
        text = "\n".join(lines) + "\n"
        got = split(text, share)
        _answered(got)
        learn, held = got
        assert learn + held == text, "the two parts, one after the other, are the text"
        assert learn.endswith("\n"), "the cut lies behind a line break"
        wanted = text.index("\n", int(share * len(text))) + 1
        assert len(learn) == wanted, (
            f"with a share of {share} the cut of {len(text)} characters is at {len(learn)}: the "
            "first line break at or behind that share ends the first part"
        )


@check_exercise.checker("ex-own-price")
def price(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for B, T, V in ((3, 4, 7), (5, 5, 5), (1, 9, 2)):
        scores = 3 * torch.randn(B, T, V, dtype=torch.float64)
        targets = torch.randint(V, (B, T))
        got = answer(scores.clone(), targets.clone())
        _answered(got)
        wanted = F.cross_entropy(scores.transpose(1, 2), targets, reduction="none")
        expect(got, wanted, "not the nats of each target")
        expect(answer(scores + 1000, targets), wanted, "large scores overflow")
        wide = 700 * scores
        wanted = F.cross_entropy(wide.transpose(1, 2), targets, reduction="none")
        expect(answer(wide, targets), wanted, "a probability that rounds to 0 has no logarithm")


@check_exercise.checker("ex-own-draw")
def draw(answer: Callable[..., Any]) -> None:
    n = 20_000
    for V, tau, share in ((6, 1.0, 1.0), (9, 0.6, 0.8), (7, 1.5, 0.5), (5, 1.0, 0.05)):
        z = 1.5 * torch.randn(V, dtype=torch.float64)
        dice = torch.Generator().manual_seed(V)
        got = answer(z.expand(n, V).clone(), tau, share, dice)
        _answered(got)
        assert tuple(got.shape) == (n,), "one token for each row, of shape (B,)"
        p, order = (z / tau).softmax(0).sort(descending=True)
        count = int((p.cumsum(0) < share - 1e-12).sum()) + 1
        wanted = torch.zeros(V, dtype=torch.float64)
        wanted[order[:count]] = p[:count] / p[:count].sum()
        seen = torch.bincount(got, minlength=V).double() / n
        tail = seen[wanted == 0].sum()
        assert float(tail) == 0, (
            f"temperature {tau}, share {share}: a token is drawn that is not among the {count}"
        )
        error = (wanted * (1 - wanted) / n).sqrt() + 1e-4
        assert bool(((seen - wanted).abs() < 5 * error).all()), (
            f"temperature {tau}, share {share}: the {count} tokens do not come as often as they should"
        )
    z = torch.randn(6, 8)
    expect(answer(z, 0, 1.0, torch.Generator()), z.argmax(dim=1), "temperature 0: the likeliest")
    first = answer(z, 1.0, 1.0, torch.Generator().manual_seed(3))
    expect(answer(z, 1.0, 1.0, torch.Generator().manual_seed(3)), first, "draw with `dice`")


@check_exercise.checker("ex-own-gpt")
def gpt(letters: list[str], log_p: Callable[[str], Any], learn: str, held: str) -> None:
    wanted = [*sorted(set(learn) - {UNKNOWN}), UNKNOWN]
    assert list(letters) == wanted, "these are not the letters of `learn`, as task 1 gives them"
    assert len(held) > 1000, "the held-back part is too short to measure anything"
    assert len(learn) > len(held), (
        "the triples should learn from the larger part: hand in both parts as they were cut"
    )
    assert held[:500] not in learn, "the held-back part stands in the part to learn from"
    ours = names_to_learn().startswith(learn[:500])
    if ours:
        assert learn + held == names_to_learn(), "hand in both parts as they were cut"
    text = _hidden() if ours else held
    text = text[:20_000]
    got = log_p(text)
    _answered(got)
    odds = torch.as_tensor(got).detach().cpu().double()
    assert tuple(odds.shape) == (len(text), len(letters)), (
        f"one row for each place, one column for each letter: {(len(text), len(letters))}"
    )
    expect(odds.exp().sum(dim=1), torch.ones(len(text), dtype=torch.float64),
           "the odds of a row do not sum to 1", rtol=1e-3, atol=1e-3)  # fmt: skip
    _looks_back(log_p, text)
    number = {letter: i for i, letter in enumerate(letters)}
    x = torch.tensor([number.get(c, len(letters) - 1) for c in text])
    paid = -odds[:-1].gather(1, x[1:, None]).mean().item() / math.log(2)
    baseline = _triples(learn, text, letters)
    where = "hidden names" if ours else "your held-back text"
    assert paid > 0.3, f"{paid:.2f} bits on {where}: has the model read it?"
    assert paid <= baseline - MARGIN, (
        f"{paid:.3f} bits a character on {where}; triples pay {baseline:.3f}, and "
        f"{baseline - MARGIN:.3f} is the goal"
    )
    line = f"{where}: {paid:.3f} bits a character, triples pay {baseline:.3f}"
    say(line, {"hidden": paid, "baseline": baseline})


def _looks_back(log_p: Callable[[str], Any], text: str) -> None:
    """What stands later in a text may not change the odds before it."""
    short = text[:1000]  # several windows, also of a model with long ones
    plain = torch.as_tensor(log_p(short)).detach().cpu()
    for place in (0, 7, 60, 118, 511, 902):
        changed = short[: place + 1] + short[place + 1 :][::-1]
        other = torch.as_tensor(log_p(changed)).detach().cpu()
        expect(other[: place + 1], plain[: place + 1],
               f"the odds at place {place} or before change with what comes later", atol=1e-3)  # fmt: skip


def _triples(learn: str, text: str, letters: list[str], extra: float = 4.0) -> float:
    """Bits a character of the page's smoothed table, the first two characters left out."""
    V, number = len(letters), {letter: i for i, letter in enumerate(letters)}
    x, test = (torch.tensor([number.get(c, V - 1) for c in part]) for part in (learn, text))
    p = torch.full((len(test) - 2,), 1 / V, dtype=torch.float64)
    for order in (1, 2, 3):
        keys, tested = (
            sum(part[i : len(part) - order + 1 + i] * V ** (order - 1 - i) for i in range(order))
            for part in (x, test[3 - order :])
        )
        assert isinstance(keys, Tensor)
        assert isinstance(tested, Tensor)
        both = torch.cat([keys, keys // V * V + V**order])  # the pair, whatever follows
        counts = _counts(both, torch.cat([tested, tested // V * V + V**order]))
        hit, total = counts[: len(tested)], counts[len(tested) :]
        p = (hit + extra * p) / (total + extra)
    return -p.log2().mean().item()


def _counts(x: Tensor, asked: Tensor) -> Tensor:
    """How often each of `asked` stands in `x`."""
    values, counts = x.unique(return_counts=True)
    place = torch.searchsorted(values, asked).clamp(max=len(values) - 1)
    return torch.where(values[place] == asked, counts[place], 0).double()
