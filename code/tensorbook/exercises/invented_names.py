"""The test of the project that invents names, and the words that it may learn from."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises
from tensorbook.report import say
from tensorbook.texts import names

check_exercise = Exercises()

MARGIN, OWN = 0.4, 0.1  # bits a letter below the pairs; a list of one's own may be short
DRAWS = 1000
NEW, DIFFERENT = 0.4, 0.85  # shares of the invented names
LIKELY = 1.25  # what invented names may cost, against real ones
END = "\n"


@cache
def _words(path: Path) -> tuple[list[str], list[str]]:
    """Words to learn from and hidden ones, a tenth, chosen by their letters; both shuffled.

    A word with a letter that occurs in no word to learn from is not hidden.
    """
    if path.exists():
        found = {line.strip().lower() for line in path.read_text("utf-8").split("\n")} - {""}
        if len(found) < 2000:
            raise ValueError(f"{path.name}: {len(found)} different words; 2,000 are the least")
    else:
        found = set(names())
    drawn = sorted(found)
    Random(0).shuffle(drawn)
    hidden = [zlib.crc32(word.encode()) % 10 == 0 for word in drawn]
    known = {c for word, h in zip(drawn, hidden, strict=True) if not h for c in word}
    hidden = [h and known >= set(word) for word, h in zip(drawn, hidden, strict=True)]
    parts = [[w for w, h in zip(drawn, hidden, strict=True) if h is side] for side in (False, True)]
    return parts[0], parts[1]


def words_to_learn(path: Path | str = "my-names.txt") -> list[str]:
    """Nine tenths of the different words of `path`, or of the first names where there is no file."""
    return list(_words(Path(path).resolve())[0])


class Table:
    """Shares of the letter that comes next, after up to `memory` letters, smoothed.

    A share after a context leans on that after the context without its first letter.
    """

    def __init__(self, words: list[str], memory: int, extra: float = 4.0) -> None:
        self.memory, self.extra = memory, extra
        self.letters = [*sorted(set("".join(words))), END]
        self.counts = [Counter[tuple[str, str]]() for _ in range(memory + 1)]
        for word in words:
            text = END * memory + word + END
            for i in range(memory, len(text)):
                for k in range(memory + 1):
                    self.counts[k][text[i - k : i], text[i]] += 1
        self.totals = [Counter[str]() for _ in range(memory + 1)]
        for total, counts in zip(self.totals, self.counts, strict=True):
            for (context, _), count in counts.items():
                total[context] += count
        self.rows: dict[str, list[float]] = {}

    def row(self, context: str) -> list[float]:
        """A share for each of `letters`."""
        if context not in self.rows:
            k = len(context)
            below = self.row(context[1:]) if k else [1 / len(self.letters)] * len(self.letters)
            total = self.totals[k][context] + self.extra
            self.rows[context] = [
                (self.counts[k][context, c] + self.extra * p) / total
                for c, p in zip(self.letters, below, strict=True)
            ]
        return self.rows[context]

    def log_p(self, word: str) -> float:
        """The natural logarithm of the probability of `word` and its end."""
        text, k = END * self.memory + word + END, self.memory
        return sum(
            math.log(self.row(text[i - k : i])[self.letters.index(text[i])])
            for i in range(k, len(text))
        )

    def bits(self, words: list[str]) -> float:
        """Bits a letter, the end counted as one."""
        return -sum(map(self.log_p, words)) / math.log(2) / _letters(words)

    def draw(self, dice: Random) -> str:
        word = ""
        while not word.endswith(END):
            context = (END * self.memory + word)[len(word) :]
            word += dice.choices(self.letters, self.row(context))[0]
        return word[:-1]


def _letters(words: list[str]) -> int:
    return sum(len(word) + 1 for word in words)


def _priced(log_p: Callable[[list[str]], Any], words: list[str]) -> Tensor:
    got = log_p(list(words))
    if got is ... or got is None:
        raise NotImplementedError
    chances = torch.as_tensor(got).detach().cpu().double()
    assert chances.shape == (len(words),), (
        f"one logarithm for each of {len(words)} names, not a shape of {tuple(chances.shape)}"
    )
    assert bool(chances.isfinite().all()), (
        "a name has no finite logarithm: what was never seen may come"
    )
    assert bool((chances <= 0).all()), "a probability is above 1"
    return chances


def _drawn(sample: Callable[..., Any], count: int, seed: int) -> list[str]:
    got = sample(count, torch.Generator().manual_seed(seed))
    if got is ... or got is None:
        raise NotImplementedError
    assert isinstance(got, list), "sample gives a list"
    assert all(isinstance(name, str) for name in got), "a name is a str"
    assert len(got) == count, f"{count} names were asked for, {len(got)} came"
    return got


@check_exercise.checker("ex-project-names")
def invented(
    log_p: Callable[[list[str]], Any], sample: Callable[..., Any], path: Path | str
) -> None:
    learn, hidden = _words(Path(path).resolve())
    judge = Table(learn, 3)
    _prices(log_p, hidden, judge)
    _sums(log_p, [judge, Table(learn, 1)])
    new = _samples(sample, learn, hidden, judge)
    paid = -_priced(log_p, hidden).sum().item() / math.log(2) / _letters(hidden)
    pairs = Table(learn, 1).bits(hidden)
    line = (
        f"{len(hidden):,} hidden names: {paid:.3f} bits a letter, pairs pay {pairs:.3f}; "
        f"{new:.0%} new"
    )
    assert paid > judge.bits(hidden) - 0.6, f"{line}. Has the model read the hidden names?"
    goal = pairs - (OWN if Path(path).exists() else MARGIN)
    assert paid <= goal, f"{line}; {goal:.3f} bits are the goal"
    say(line, {"hidden": paid, "baseline": pairs, "new": new})


def _prices(log_p: Callable[[list[str]], Any], hidden: list[str], judge: Table) -> None:
    first, last = judge.letters[0], judge.letters[-2]
    odd = [first, last * 2, first + last + first, (first + last) * 9]
    some = hidden[:40] + odd
    together = _priced(log_p, some)
    alone = torch.cat([_priced(log_p, [word]) for word in some])
    assert torch.allclose(alone, together, atol=1e-3), (
        "a name's probability depends on the names beside it; a shorter one in a batch has an end of its own"
    )
    swapped = [word[::-1] for word in hidden[:300] if word != word[::-1]]
    right = [word for word in hidden[:300] if word != word[::-1]]
    assert float(_priced(log_p, swapped).sum()) < float(_priced(log_p, right).sum()), (
        "names spelt backwards are as likely as names"
    )


def _sums(log_p: Callable[[list[str]], Any], judges: list[Table]) -> None:
    """Names drawn from two tables, each counted by how much likelier it is here: the mean is the sum."""
    dice, judge = Random(1), judges[0]
    drawn = [word for _ in range(DRAWS) for table in judges if (word := table.draw(dice))]
    chances = torch.tensor(
        [[table.log_p(word) for table in judges] for word in drawn], dtype=torch.float64
    )
    theirs = chances.logsumexp(1) - math.log(len(judges))
    total = (_priced(log_p, drawn) - theirs).exp().mean().item()
    assert 0.7 < total < 1.3, (
        f"the probabilities of all names sum to about {total:.2f}, not to 1: is the end of a name paid for, "
        "and once?"
    )
    letters = judge.letters[:-1]
    short = [*letters, *(a + b for a in letters for b in letters)]
    total = _priced(log_p, short).exp().sum().item()
    assert total < 0.5, f"names of one and two letters alone have a probability of {total:.2f}"


def _samples(
    sample: Callable[..., Any], learn: list[str], hidden: list[str], judge: Table
) -> float:
    """The share of new ones among the invented names; raises where they are no names."""
    torch.manual_seed(1)
    drawn = _drawn(sample, DRAWS, 7)
    torch.manual_seed(2)
    assert _drawn(sample, DRAWS, 7) == drawn, "the same generator gave other names: draw with it"
    assert _drawn(sample, DRAWS, 8) != drawn, "another generator gave the same names"
    bad = [name for name in drawn if not name or len(name) > 60 or set(name) - set(judge.letters)]
    assert not bad, f"{bad[0]!r} is no name: empty, endless, or with letters that do not occur"
    different = len(set(drawn)) / DRAWS
    assert different >= DIFFERENT, (
        f"{different:.0%} of {DRAWS:,} names are different; {DIFFERENT:.0%} should be"
    )
    known = set(learn)
    new = sum(name not in known for name in drawn) / DRAWS
    assert new >= NEW, f"{new:.0%} of the names are not in the list; {NEW:.0%} should be new"
    cost, real = judge.bits(drawn), judge.bits(hidden)
    assert cost <= LIKELY * real, (
        f"a table of triples and one more finds them odd: {cost:.2f} bits a letter, real names "
        f"{real:.2f}"
    )
    return new
