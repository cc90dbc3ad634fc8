"""Things to read: plays, names, sentences in two languages, and vectors of words.

All of it comes with the library; `files/README.md` names author, source and licence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from torch import Tensor

_FILES = Path(__file__).parent / "files"


def shakespeare() -> str:
    """1,115,394 characters of Shakespeare's plays, 65 different ones (Karpathy, 2015)."""
    return _given("shakespeare", "tiny Shakespeare, 1,115,394 characters", "shakespeare.txt")


def names() -> list[str]:
    """32,033 first names in small letters a to z: of girls, then of boys, the most frequent first.

    2,539 names stand in both lists, so that a split must first make them one.
    From the register of births in the USA, by way of Karpathy's makemore (2022).
    """
    text = _given("names", "32,033 first names from the US register of births", "names.txt")
    return text.split("\n")


def english_french() -> list[tuple[str, str]]:
    """8,518 English sentences of up to five words with their French translations.

    They begin with "I am", "you are" and the like, and are ordered by length; a sentence that has
    several translations stands there several times. From Tatoeba's volunteers, under CC BY 2.0;
    they contain errors.
    """
    source = "8,518 short sentences in English and French, from Tatoeba"
    lines = _given("english_french", source, "english-french.tsv").splitlines()
    pairs = [line.split("\t") for line in lines]
    return [(english, french) for english, french in pairs]


def glove() -> tuple[list[str], Tensor]:
    """5,050 words and their vectors, `(5050, 50)` float32 (Pennington, Socher and Manning, 2014).

    The 5,000 most frequent words of GloVe 6B and fifty rarer ones, rounded to half precision.
    """
    import numpy as np
    import torch

    with np.load(_FILES / "glove.npz") as file:
        words, vectors = file["words"].tolist(), torch.tensor(file["vectors"]).float()
    source = "GloVe 6B, 5,050 words of 50 numbers"
    say(f"data: {source}", {"data": "glove", "kind": "real", "source": source})
    return words, vectors


def _given(name: str, source: str, file: str) -> str:
    text = (_FILES / file).read_text(encoding="utf-8")
    say(f"data: {source}", {"data": name, "kind": "real", "source": source})
    return text
