"""Checkers of the exercises in *Tokens, embeddings, and the simplest language model*."""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import tensorbook
from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

LETTERS = ".abcdefghijklmnopqrstuvwxyz"


def _answered(got: Any) -> Any:
    if got is ...:
        raise NotImplementedError
    return got


@check_exercise.checker("ex-tokens-rows")
def rows(answer: Callable[[str], Any]) -> None:
    makers: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "sgd with weight decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
        "sgd with momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.1),
    }
    for name, maker in makers.items():
        layer = nn.Embedding(6, 3)
        optimizer, rests = maker(layer.parameters()), []
        for batch in ([1, 3, 3], [0, 2, 5]):
            before = layer.weight[3].detach().clone()
            optimizer.zero_grad()
            layer(torch.tensor(batch)).sin().sum().backward()
            optimizer.step()
            rests.append(torch.equal(before, layer.weight[3]))
        got = _answered(answer(name))
        if got is None:
            raise NotImplementedError
        assert not isinstance(got, str), f"{name}: answer True or False, not {got!r}"
        assert bool(got) == rests[1], f"{name}: not what PyTorch does"


def _tokenizer(change: Callable[[str], str]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A tokenizer of bytes that first does `change` to the text, in silence."""
    return lambda s: list(change(s).encode()), lambda ids: bytes(ids).decode(errors="replace")


@check_exercise.checker("ex-tokens-fault")
def fault(answer: Callable[..., Any]) -> None:
    faults: dict[str, Callable[[str], str]] = {
        "the ends of the text": str.strip,
        "spaces": lambda s: s.replace("  ", " "),
        "capital letters": str.lower,
        "characters of several bytes": lambda s: s.encode("ascii", "ignore").decode(),
        "line ends": lambda s: s.replace("\r\n", "\n"),
        "accents": lambda s: unicodedata.normalize("NFC", s),
        "characters of four bytes": lambda s: "".join(c for c in s if ord(c) < 0x10000),
    }
    for where, change in faults.items():
        encode, decode = _tokenizer(change)
        got = _answered(answer(encode, decode))
        about = f"the fault has to do with {where}"
        assert isinstance(got, str), f"a fault was not found; {about}"
        assert decode(encode(got)) != got, f"{got!r} survives the round trip; {about}"
    for change in (str, lambda s: s[:]):
        got = _answered(answer(*_tokenizer(change)))
        assert got is None, f"a sound tokenizer was blamed for {got!r}"


def _greedy(text: bytes, known: list[bytes]) -> list[int]:
    ids, at = [], 0
    while at < len(text):
        fits = [i for i, piece in enumerate(known) if text.startswith(piece, at)]
        best = max(fits, key=lambda i: len(known[i]))
        ids.append(best)
        at += len(known[best])
    return ids


@check_exercise.checker("ex-tokens-greedy")
def greedy(answer: Callable[..., Any]) -> None:
    more = [b"ab", b"abc", b"bcd", b"th", b"the", b" the", b"he", "é".encode(), b"aaa"]
    random.Random(0).shuffle(more)
    known = [bytes([i]) for i in range(256)] + more
    for text in ("", "abcd", "the then", "aaaaa", "théâtre", "bcdab 🙂 the"):
        got = _answered(answer(text, known))
        if got is None:
            raise NotImplementedError
        assert list(got) == _greedy(text.encode(), known), f"not the longest pieces of {text!r}"


@check_exercise.checker("ex-tokens-bag")
def bag(answer: Callable[..., Any], gradient: Callable[..., Any]) -> None:
    for V, T, d in ((7, 20, 3), (5, 1, 4), (30, 6, 2)):
        x = torch.randint(V, (T,))
        layer = nn.EmbeddingBag(V, d, mode="mean")
        mean = layer(x[None])[0]
        got = answer(x, V)
        if got is ... or got is None:
            raise NotImplementedError
        expect(
            torch.as_tensor(got).to(layer.weight) @ layer.weight,
            mean,
            "the row does not give the mean",
        )
        g = torch.randn(d)
        mean.backward(g)
        hint = "differs from the gradient of nn.EmbeddingBag"
        expect(gradient(x, g, V), layer.weight.grad, hint)


@check_exercise.checker("ex-tokens-fair")
def fair(answer: Callable[..., Any]) -> None:
    cases: list[tuple[str, list[float], list[int]]] = [
        ("naïve 🙂", [3.1, 1.2], [4, 11]),
        ("the same text " * 9, [4.1, 1.0, 2.0], [30, 126, 60]),
        ("déjà vu", [5.0, 1.5], [3, 9]),
    ]
    for text, losses, counts in cases:
        got = _answered(answer(text, losses, counts))
        if got is None:
            raise NotImplementedError
        best, rates = got
        nats = [loss * count for loss, count in zip(losses, counts, strict=True)]
        wanted = torch.tensor(nats) / (len(text.encode()) * math.log(2))
        expect(rates, wanted, f"not the bits per byte of {text[:9]!r}", rtol=1e-5)
        assert int(best) == int(wanted.argmin()), "the rates are right, the choice is not"


@check_exercise.checker("ex-tokens-daring")
def daring(answer: Callable[..., Any]) -> None:
    for V, wanted in ((27, 5.0), (27, 20.0), (4, 1.1), (100, 60.0)):
        for spread in (1.0, 30.0):
            z = spread * torch.randn(V, dtype=torch.float64)
            got = answer(z, wanted)
            if got is ... or got is None:
                raise NotImplementedError
            assert got > 0, "a temperature is positive"
            found = torch.distributions.Categorical(logits=z / got).entropy().exp()
            hint = f"the perplexity of {V} scores of size {spread:g} should be {wanted:g}"
            expect(found.item(), wanted, hint, rtol=2e-3, atol=0.0)


def _price(next_letter: Callable[[str], Any], hidden: list[str]) -> float:
    """Nats a letter of the hidden names."""
    nats, letters = 0.0, 0
    for name in hidden:
        for t, letter in enumerate(name + "."):
            p = next_letter(name[:t])
            if p is ... or p is None:
                raise NotImplementedError
            p = torch.as_tensor(p).detach().double().cpu()
            assert p.shape == (27,), f"27 probabilities are wanted, not {tuple(p.shape)}"
            assert bool((p >= 0).all()), "a probability is negative"
            expect(p.sum().item(), 1.0, f"after {name[:t]!r} they do not sum to 1", atol=1e-4)
            nats -= math.log(max(p[LETTERS.index(letter)].item(), 1e-300))
            letters += 1
    return nats / letters


def _bigram(known: list[str]) -> Tensor:
    counts = torch.full((27, 27), 0.3, dtype=torch.float64)
    for name in known:
        for a, b in zip("." + name, name + ".", strict=True):
            counts[LETTERS.index(a), LETTERS.index(b)] += 1
    return counts / counts.sum(1, keepdim=True)


@check_exercise.checker("ex-tokens-beat")
def beat(answer: Callable[[list[str]], Any]) -> None:
    file = Path(tensorbook.__file__).parent / "files" / "names.txt"  # without a word about it
    register = sorted(set(file.read_text(encoding="utf-8").split("\n")))
    random.Random(7).shuffle(register)
    known, hidden = register[1000:], register[:400]
    next_letter = answer(known)
    if next_letter is ... or next_letter is None:
        raise NotImplementedError
    got = _price(next_letter, hidden)
    table = _bigram(known)
    base = _price(lambda begin: table[LETTERS.index((begin or ".")[-1])], hidden)
    hint = f"{got:.3f} nats a letter on hidden names; the bigram pays {base:.3f}, beat it by 0.2"
    assert got < base - 0.2, hint
