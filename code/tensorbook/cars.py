"""A table as tables are: numbers and words, and a hole here and there."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from torch import Tensor

_FILE = Path(__file__).parent / "files" / "cars.csv"  # its licence lies beside it
_NUMBERS = ("displacement", "horsepower", "weight", "acceleration", "year")
_CATEGORIES = ("cylinders", "origin")
_FIFTH = 5  # every fifth row is held back: the last of each five


@dataclass(frozen=True)
class Cars:
    """A table of cars, by columns.

    Attributes:
        numbers: by column, `(N,)` float32: `displacement` (cubic inches), `horsepower` (`nan`
            where it is not known), `weight` (pounds), `acceleration` (seconds from 0 to 60 miles
            per hour) and `year` (of the model, 70 for 1970).
        categories: by column, `N` words: `cylinders` and `origin`.
        names: `N` names, as somebody typed them.
        mpg: `(N,)` float32, miles per US gallon in the city; `nan` where it is kept secret.
    """

    numbers: dict[str, Tensor]
    categories: dict[str, list[str]]
    names: list[str]
    mpg: Tensor

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, which: Iterable[int] | Tensor) -> Cars:
        """The cars with these numbers, in this order."""
        chosen = [int(i) for i in which]
        return Cars(
            {name: column[chosen] for name, column in self.numbers.items()},
            {name: [column[i] for i in chosen] for name, column in self.categories.items()},
            [self.names[i] for i in chosen],
            self.mpg[chosen],
        )


def cars() -> Cars:
    """319 cars of 1970 to 1982 to learn from: Auto MPG (Quinlan, 1993), four of each five rows.

    They come with the library, under CC BY 4.0, as `files/cars.LICENSE.txt` says.
    """
    learnt, hidden = to_learn_from(), held_back()
    source = f"Auto MPG, {len(learnt)} cars of 1970 to 1982; {len(hidden)} more are hidden"
    say(f"data: {source}", {"data": "cars", "kind": "real", "source": source})
    return learnt


def to_learn_from() -> Cars:
    """What `cars` gives, without a word."""
    every = _read()
    return every.rows(i for i in range(len(every)) if not _hidden(i))


def held_back() -> Cars:
    """The other 79 cars, which the checker of an assignment tests on."""
    every = _read()
    return every.rows(i for i in range(len(every)) if _hidden(i))


def _hidden(row: int) -> bool:
    return row % _FIFTH == _FIFTH - 1


def _read() -> Cars:
    import torch

    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def column(name: str) -> Tensor:
        return torch.tensor([float(row[name] or "nan") for row in rows])

    return Cars(
        {name: column(name) for name in _NUMBERS},
        {name: [row[name] for row in rows] for name in _CATEGORIES},
        [row["name"] for row in rows],
        column("mpg"),
    )
