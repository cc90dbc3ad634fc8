"""750 photographs of five kinds of flowers, which come with the library."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

_FILE = Path(__file__).parent / "files" / "flowers.zip"


@dataclass(frozen=True)
class Flowers:
    """Photographs with labels: 100 of each kind to learn from, 50 of each to test on.

    Attributes:
        train, test: PIL pictures, RGB, 128×128 pixels; shuffled.
        train_labels, test_labels: `(500,)` and `(250,)` int64.
        classes: the five kinds, in the order of their labels.
    """

    train: list[Image]
    train_labels: Tensor
    test: list[Image]
    test_labels: Tensor
    classes: tuple[str, ...]


def flowers() -> Flowers:
    """Five kinds of flowers, a part of TensorFlow's `flower_photos` (2016), under CC BY 2.0.

    `files/flowers.LICENSE.txt` names the photographer of each.
    """
    import torch
    from PIL import Image

    with zipfile.ZipFile(_FILE) as archive:
        names = archive.namelist()
        classes = tuple(sorted({name.split("/")[1] for name in names}))
        draw = torch.Generator().manual_seed(0)
        parts: dict[str, tuple[list[Image.Image], Tensor]] = {}
        for part in ("train", "test"):
            own = [name for name in names if name.startswith(part)]
            own = [own[i] for i in torch.randperm(len(own), generator=draw).tolist()]
            labels = torch.tensor([classes.index(name.split("/")[1]) for name in own])
            pictures = [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in own]
            parts[part] = pictures, labels
    source = "750 photographs of five kinds of flowers, from TensorFlow's flower_photos"
    say(f"data: {source}", {"data": "flowers", "kind": "real", "source": source})
    return Flowers(*parts["train"], *parts["test"], classes)
