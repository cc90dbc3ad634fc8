"""Brains and bodies: the weights of 28 animals, and of 37 more that stay hidden here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from torch import Tensor

# Rousseeuw and Leroy (1987), with two names from Weisberg (1985): body in kg, brain in g.
_TABLE = """
mouse 0.023 0.4, golden hamster 0.12 1, mole rat 0.122 3, rat 0.28 1.9, guinea pig 1.04 5.5,
mountain beaver 1.35 8.1, rabbit 2.5 12.1, cat 3.3 25.6, rhesus monkey 6.8 179, patas monkey 10 115,
goat 27.66 115, kangaroo 35 56, grey wolf 36.33 119.5, chimpanzee 52.16 440, sheep 55.5 175,
human 62 1320, jaguar 100 157, donkey 187.1 419, pig 192 180, gorilla 207 406, cow 465 423,
horse 521 655, giraffe 529 680, Asian elephant 2547 4603, African elephant 6654 5712,
Triceratops 9400 70, Diplodocus 11700 50, Brachiosaurus 87000 154.5"""
# The other land mammals of Weisberg (1985), from Allison and Cicchetti (1976).
_HIDDEN = """
arctic fox 3.385 44.5, owl monkey 0.48 15.5, roe deer 14.83 98.2, vervet 4.19 58,
chinchilla 0.425 6.4, ground squirrel 0.101 4, arctic ground squirrel 0.92 5.7,
African giant pouched rat 1 6.6, lesser short-tailed shrew 0.005 0.14, star-nosed mole 0.06 1,
nine-banded armadillo 3.5 10.8, tree hyrax 2 12.3, North American opossum 1.7 6.3,
big brown bat 0.023 0.3, European hedgehog 0.785 3.5, galago 0.2 5, genet 1.41 17.5,
grey seal 85 325, bush hyrax 0.75 12.3, water opossum 3.5 3.9, yellow-bellied marmot 4.05 17,
little brown bat 0.01 0.25, slow loris 1.4 12.5, okapi 250 490, baboon 10.55 179.5,
desert hedgehog 0.55 2.4, giant armadillo 60 81, rock hyrax 3.6 21, raccoon 4.288 39.2,
eastern American mole 0.075 1.2, musk shrew 0.048 0.33, echidna 3 25, Brazilian tapir 160 169,
tenrec 0.9 2.6, phalanger 1.62 11.4, tree shrew 0.104 2.5, red fox 4.235 50.4"""


@dataclass(frozen=True)
class Animals:
    """Weights of animals.

    Attributes:
        names: a word or two for each.
        body: `(N,)` float64, kilograms.
        brain: `(N,)` float64, grams.
    """

    names: list[str]
    body: Tensor
    brain: Tensor


def animals() -> Animals:
    """28 animals: 25 mammals from the lightest up, then three dinosaurs (Rousseeuw and Leroy, 1987)."""
    source = "body and brain of 28 animals (Rousseeuw and Leroy, 1987)"
    say(f"data: {source}", {"data": "animals", "kind": "real", "source": source})
    return listed()


def listed() -> Animals:
    """The same 28, without a word."""
    return _parsed(_TABLE)


def hidden() -> Animals:
    """The 37 land mammals of Weisberg (1985) that are not among the 28: to judge by."""
    return _parsed(_HIDDEN)


def _parsed(table: str) -> Animals:
    import torch

    rows = [row.rsplit(maxsplit=2) for row in table.replace("\n", " ").split(",")]
    weights = [[float(kg), float(g)] for _, kg, g in rows]
    body, brain = torch.tensor(weights, dtype=torch.float64).T
    return Animals([name.strip() for name, _, _ in rows], body, brain)
