"""Small coloured pictures that come with the library: tiles of a game, and heroes dressed from them.

The tiles are those of Dungeon Crawl Stone Soup that its artists gave away under CC0.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_FILES = Path(__file__).parent / "files"
SIDE = 32  # pixels
BACKGROUND = 0.16  # a dark grey
KINDS = (
    "wall", "floor", "water", "weapon", "armour", "jewel", "potion", "wand", "monster", "hero",
)  # fmt: skip
# What a hero may wear, drawn from back to front, and how often.
WARDROBE = {
    "cloak": 0.4, "base": 1.0, "boots": 0.6, "legs": 0.6, "body": 0.95,
    "gloves": 0.4, "hand1": 0.7, "hand2": 0.5, "hair": 0.7, "head": 0.4,
}  # fmt: skip
_HEROES = 300  # among the labelled tiles


@cache
def tiles() -> dict[str, Tensor]:
    """By kind: the tiles as `(N, 4, 32, 32)` float32 in [0, 1], red, green, blue and opacity."""
    import numpy as np
    import torch
    from PIL import Image

    kinds = [line.split()[0] for line in (_FILES / "sprites.txt").read_text().splitlines()]
    with Image.open(_FILES / "sprites.webp") as file:
        sheet = torch.tensor(np.array(file)).float() / 255
    rows, columns = sheet.shape[0] // SIDE, sheet.shape[1] // SIDE
    cut = sheet.reshape(rows, SIDE, columns, SIDE, 4).permute(0, 2, 4, 1, 3)
    every = cut.reshape(-1, 4, SIDE, SIDE)
    return {
        kind: every[torch.tensor([i for i, k in enumerate(kinds) if k == kind])]
        for kind in dict.fromkeys(kinds)
    }


def dressed(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Heroes `(count, 3, 32, 32)` in [0, 1], and what each wears, `(count, 10)` int64.

    Column `j` counts the pieces of the `j`-th kind in `WARDROBE`; -1 is none.
    """
    import torch

    draw = torch.Generator().manual_seed(seed)
    picture = torch.full((count, 3, SIDE, SIDE), BACKGROUND)
    worn = []
    for kind, share in WARDROBE.items():
        pieces = tiles()[kind]
        which = torch.randint(len(pieces), (count,), generator=draw)
        has = torch.rand(count, generator=draw) < share
        piece = pieces[which]
        opacity = piece[:, 3:] * has[:, None, None, None]
        picture = picture * (1 - opacity) + piece[:, :3] * opacity
        worn.append(torch.where(has, which, -1))
    return picture, torch.stack(worn, 1)


def labelled() -> tuple[Tensor, Tensor]:
    """The different tiles of the ten `KINDS`, `(N, 3, 32, 32)` in [0, 1], and labels `(N,)`; shuffled."""
    import torch

    pictures, labels = [], []
    for label, kind in enumerate(KINDS):
        if kind == "hero":
            flat, _ = dressed(_HEROES, seed=1)
        else:
            own = tiles()[kind]
            flat = own[:, :3] * own[:, 3:] + BACKGROUND * (1 - own[:, 3:])
        pictures.append(flat)
        labels.append(torch.full((len(flat),), label))
    every, kinds = torch.cat(pictures), torch.cat(labels)
    seen: dict[bytes, int] = {}  # some tiles are drawn twice, under two names
    for i, picture in enumerate(every):
        seen.setdefault(picture.numpy().tobytes(), i)
    once = torch.tensor(list(seen.values()))
    order = once[torch.randperm(len(once), generator=torch.Generator().manual_seed(0))]
    return every[order], kinds[order]
