"""The test of the text compressor, and the text that it may learn from."""

from __future__ import annotations

import bz2
import lzma
import math
import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import torch
from torch import Tensor

from tensorbook.checks import Exercises
from tensorbook.report import say
from tensorbook.texts import shakespeare

check_exercise = Exercises()

MARGIN = 0.04  # bits a byte below the best baseline
TESTED = 8_192  # bytes of the hidden tenth
ENOUGH = 200_000
SUSPECT = {"own": 0.4, "Shakespeare": 1.75}  # bits a byte; who has not read it pays more
ORDERS, EXTRA = 6, 6.0

Coder = Callable[[bytes], bytes]


@cache
def _whole(file: Path | str) -> tuple[bytes, str]:
    place = Path(file)
    if not place.is_file():
        return shakespeare().encode(), "Shakespeare"
    text = place.read_bytes()
    if len(text) < ENOUGH:
        raise ValueError(f"{place}: {len(text):,} bytes are too few; {ENOUGH:,} make a start")
    return text, "own"


def to_learn(file: Path | str = "my-text.txt") -> bytes:
    """All but the last tenth of `file`, or of Shakespeare where there is no such file.

    Raises:
        ValueError: the file holds too little.
    """
    text, _ = _whole(file)
    return text[: len(text) - len(text) // 10]


@check_exercise.checker("ex-text-compressor")
def compressor(compress: Coder, decompress: Coder, file: Path | str = "my-text.txt") -> None:
    whole, kind = _whole(file)
    learn = to_learn(file)
    hidden = whole[len(learn) :][TESTED : 2 * TESTED]
    noise = os.urandom(1000)
    shuffled = bytes(Random(noise).sample(list(hidden[:2000]), 2000))
    texts = [b"", b"a", "Ça coûte 3 €, 雪 and ☃\n".encode(), bytes(range(256)), noise, shuffled]
    codes = [_packed(compress, text) for text in texts]
    for text, code in reversed(list(zip(texts, codes, strict=True))):  # not the one packed last
        _comes_back(decompress, text, code)
    for text, code, what in (
        (noise, codes[4], "random bytes"),
        (shuffled, codes[5], "a shuffled text"),
    ):
        least = _least(text)
        assert 8 * len(code) > least - 40, (
            f"{what}: {8 * len(code):,} bits, and {least:,.0f} are needed to tell it from all others like it. "
            "Where does the decoder know the rest from?"
        )  # fmt: skip
    code = _packed(compress, hidden)
    paid = 8 * len(code) / len(hidden)
    name, base = _best(learn, hidden)
    _judge(paid, name, base, kind)
    _comes_back(decompress, hidden, code)
    say(f"hidden text: {paid:.3f} bits a byte; {name} pay {base:.3f}",
        {"hidden": paid, "baseline": base})  # fmt: skip


def _packed(compress: Coder, text: bytes) -> bytes:
    code = compress(text)
    if code is ... or code is None:
        raise NotImplementedError
    assert isinstance(code, bytes), f"a code is bytes, not {type(code).__name__}"
    return code


def _comes_back(decompress: Coder, text: bytes, code: bytes) -> None:
    got = decompress(code)
    if got is ... or got is None:
        raise NotImplementedError
    if got == text:
        return
    same = next((i for i, (a, b) in enumerate(zip(got, text, strict=False)) if a != b), None)
    where = f"from byte {same} on" if same is not None else f"{len(got)} bytes came back"
    shown = f"{text[:12]!r}…" if len(text) > 12 else repr(text)
    raise AssertionError(f"{shown} ({len(text)} bytes) does not come back as it was: {where}")


def _least(text: bytes) -> float:
    """Bits that tell `text` from all texts of the same letters in another order."""
    counts = Counter(text).values()
    nats = math.lgamma(len(text) + 1) - sum(math.lgamma(n + 1) for n in counts)
    return nats / math.log(2)


def _judge(paid: float, name: str, base: float, kind: str) -> None:
    goal = base - MARGIN
    least = min(SUSPECT[kind], base / 4) if kind == "own" else SUSPECT[kind]
    assert paid > least, (  # a log repeats itself, and costs little honestly
        f"{paid:.3f} bits a byte on the hidden text: has the model read it?"
    )
    assert paid <= goal, (
        f"{paid:.3f} bits a byte on the hidden text; the best baseline ({name}) pays {base:.3f}, "
        f"and {goal:.3f} is the goal"
    )


def _best(learn: bytes, hidden: bytes) -> tuple[str, float]:
    sizes = {
        "bz2": len(bz2.compress(hidden)),
        "xz": len(lzma.compress(hidden)),
        "xz after reading the rest": len(lzma.compress(learn + hidden)) - len(lzma.compress(learn)),
    }
    prices = {name: 8 * size / len(hidden) for name, size in sizes.items()}
    x, y = (torch.frombuffer(bytearray(part), dtype=torch.uint8).long() for part in (learn, hidden))
    prices |= {f"tables of {n + 1} bytes": bits for n, bits in enumerate(_tables(x, y))}
    name = min(prices, key=lambda which: prices[which])
    return name, prices[name]


def _tables(x: Tensor, y: Tensor) -> list[float]:
    """Bits a byte of `y` with the page's smoothed tables of 1 … `ORDERS` bytes, counted in `x`."""
    p, prices = torch.full((len(y),), 1 / 256, dtype=torch.float64), []
    for order in range(1, ORDERS + 1):
        learnt, asked = _keys(x, order), _keys(torch.cat([x[len(x) - order + 1 :], y]), order)
        hit, total = _count(learnt, asked), _count(learnt // 256, asked // 256)
        p = (hit + EXTRA * p) / (total + EXTRA)
        prices.append(-p.log2().mean().item())
    return prices


def _keys(x: Tensor, order: int) -> Tensor:
    """Each stretch of `order` bytes as one number."""
    key = torch.zeros(len(x) - order + 1, dtype=torch.int64)
    for i in range(order):
        key = key * 256 + x[i : len(x) - order + 1 + i]
    return key


def _count(x: Tensor, asked: Tensor) -> Tensor:
    values, counts = x.unique(return_counts=True)
    place = torch.searchsorted(values, asked).clamp(max=len(values) - 1)
    return torch.where(values[place] == asked, counts[place], 0).double()
