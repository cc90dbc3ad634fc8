"""Real data where it can be had, and an honest stand-in where it cannot.

Every loader looks in `$TENSORBOOK_DATA`, then in `~/.cache/tensorbook`, then downloads with
torchvision (which verifies checksums), and last falls back to data that needs no network. It
says in one line what it gave.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from torch import Tensor

# What torchvision's own loader reads, relative to the data folder.
FILES = {
    "mnist": [
        f"MNIST/raw/{part}-{kind}"
        for part in ("train", "t10k")
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
    ],
}


@dataclass(frozen=True)
class Images:
    """Labelled images, split into what is learnt from and what is only tested on.

    Attributes:
        train, test: `(N, 1, H, W)` float32 in [0, 1].
        train_labels, test_labels: `(N,)` int64.
        kind: `"real"`, or `"stand-in"` when the real data could not be had.
        source: one line that names the data.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    kind: str
    source: str


def folders() -> list[Path]:
    """Where data is looked for, in order; a download goes into the last one."""
    named = os.environ.get("TENSORBOOK_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tensorbook"
    return ([Path(named)] if named else []) + [cache]


def locate(name: str) -> Path | None:
    """The folder that already holds all files of the dataset `name`, or None."""
    for folder in folders():
        if all((folder / file).is_file() for file in FILES[name]):
            return folder
    return None


def fetch(name: str) -> bool:
    """Download the dataset `name` unless it is there; False when there is no way to get it."""
    if locate(name):
        return True
    from torchvision import datasets

    classes = {"mnist": datasets.MNIST}
    try:
        classes[name](folders()[-1], download=True)
    except (OSError, RuntimeError):  # no network, no mirror, or a file that fails its checksum
        return False
    return locate(name) is not None


def mnist() -> Images:
    """MNIST: 60,000 + 10,000 handwritten digits of 28×28 pixels (LeCun et al., 1998).

    The stand-in is scikit-learn's 1,797 real digits of 8×8 pixels, enlarged to 28×28.
    """
    if fetch("mnist"):
        from torchvision import datasets

        folder = locate("mnist")
        train, test = (datasets.MNIST(folder, train=part) for part in (True, False))
        images = Images(
            train.data.unsqueeze(1) / 255, train.targets, test.data.unsqueeze(1) / 255, test.targets,
            "real", "MNIST, 60,000 training and 10,000 test images of 28×28 pixels",
        )  # fmt: skip
    else:
        images = _digits()
    say(f"data: {images.source}", {"data": "mnist", "kind": images.kind, "source": images.source})
    return images


def _digits() -> Images:
    import torch
    from sklearn.datasets import load_digits
    from torch.nn import functional as F

    pixels, labels = load_digits(return_X_y=True)
    small = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    large = F.interpolate(small, size=(28, 28), mode="bilinear", align_corners=False)
    order = torch.randperm(len(large), generator=torch.Generator().manual_seed(0))
    large, targets = large[order], torch.as_tensor(labels)[order].long()
    return Images(
        large[:1500], targets[:1500], large[1500:], targets[1500:], "stand-in",
        "MNIST could not be had; scikit-learn's 1,797 digits of 8×8 pixels, enlarged, stand in",
    )  # fmt: skip
