"""The runs of a family of small GPTs: what each cost, and what it can do."""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path

from tensorbook.report import say

FILE = Path(__file__).with_suffix(".csv")  # `python -m tensorbook.gpt_family` writes it


@dataclass(frozen=True)
class Run:
    """One trained model.

    Attributes:
        width: of the residual stream; the model has `12 * BLOCKS * width**2` numbers in its blocks
            and `LETTERS * width` in the table of letters.
        tokens: characters that the training saw, repeats counted.
        unique: length of the text that they were drawn from.
        seed: of the first weights and of the order of the windows.
        loss: on the last tenth of the text, which no run has seen.
        loss_seen: on as much of the text that it was trained on, from its beginning.
        seconds: of training.
        device, date, torch: what it ran on, when, and the version of PyTorch.
    """

    width: int
    tokens: int
    unique: int
    seed: int
    loss: float
    loss_seen: float
    seconds: float
    device: str
    date: str
    torch: str


def gpt_family(path: Path = FILE) -> list[Run]:
    """The runs of the family, from the table that comes with the library."""
    kinds = {"int": int, "float": float, "str": str}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    runs = [Run(**{f.name: kinds[str(f.type)](row[f.name]) for f in fields(Run)}) for row in rows]
    source = f"{len(runs)} small GPTs on Shakespeare, trained by this book on {runs[0].device}"
    say(f"data: {source}", {"data": "gpt_family", "kind": "real", "source": source})
    return runs
