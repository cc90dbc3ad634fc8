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

from tensorbook import pretrained, sprites
from tensorbook.bikes import Bikes, bikes
from tensorbook.cars import Cars, cars
from tensorbook.flowers import Flowers, flowers
from tensorbook.pretrained import Trained, photographs
from tensorbook.report import say
from tensorbook.texts import english_french, glove, names, shakespeare

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FILES", "Bikes", "Cars", "Flowers", "Images", "Trained", "bikes", "cars", "cifar10", "english_french",
    "fashion_mnist", "fetch", "flowers", "folders", "glove", "heroes", "locate", "mnist", "names", "photographs",
    "shakespeare", "squeezenet", "tiles",
]  # fmt: skip

_PARTS = [
    f"raw/{part}-{kind}"
    for part in ("train", "t10k")
    for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")
]
# What torchvision's own loaders read, relative to the data folder.
FILES = {
    "mnist": [f"MNIST/{part}" for part in _PARTS],
    "fashion_mnist": [f"FashionMNIST/{part}" for part in _PARTS],
    "cifar10": [
        f"cifar-10-batches-py/{part}"
        for part in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]
    ],
    "squeezenet": ["hub/checkpoints/squeezenet1_1-b8a52dc0.pth"],
}
_DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
_CLOTHES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """Labelled images, split into what is learnt from and what is only tested on.

    Attributes:
        train, test: `(N, C, H, W)` float32 in [0, 1]; C is 1 (grey) or 3 (red, green, blue).
        train_labels, test_labels: `(N,)` int64.
        classes: a word for each label, in the order of the labels.
        kind: `"real"`, or `"stand-in"` when the real data could not be had.
        source: one line that names the data.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]
    kind: str
    source: str


def folders() -> list[Path]:
    """Where data is looked for, in order; a download goes into the last one."""
    named = os.environ.get("TENSORBOOK_DATA")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tensorbook"
    return ([Path(named)] if named else []) + [cache]


def locate(name: str) -> Path | None:
    """The folder that already holds all files of `name`, a key of `FILES`, or None."""
    places = folders()
    if name == "squeezenet":  # torch.hub's own folder may hold it, too
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        places.append(Path(os.environ.get("TORCH_HOME", cache / "torch")))
    for folder in places:
        if all((folder / file).is_file() for file in FILES[name]):
            return folder
    return None


def fetch(name: str) -> bool:
    """Download `name`, a key of `FILES`, unless it is there; False when there is no way to get it."""
    if locate(name):
        return True
    import contextlib
    import io

    from torchvision import datasets, models

    folder = folders()[-1]

    def weights() -> None:
        place = str(folder / "hub" / "checkpoints")
        known = models.SqueezeNet1_1_Weights.DEFAULT
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            known.get_state_dict(model_dir=place, progress=False, check_hash=True)

    download = {
        "mnist": lambda: datasets.MNIST(folder, download=True),
        "fashion_mnist": lambda: datasets.FashionMNIST(folder, download=True),
        "cifar10": lambda: datasets.CIFAR10(folder, download=True),
        "squeezenet": weights,
    }
    try:
        download[name]()
    except (OSError, RuntimeError):  # no network, no mirror, or a file that fails its checksum
        return False
    return locate(name) is not None


def mnist() -> Images:
    """MNIST: 60,000 + 10,000 handwritten digits of 28×28 pixels (LeCun et al., 1998).

    The stand-in is scikit-learn's 1,797 real digits of 8×8 pixels, enlarged to 28×28.
    """
    return _images("mnist", "MNIST", _DIGITS)


def fashion_mnist() -> Images:
    """Fashion-MNIST: 60,000 + 10,000 pictures of clothes, 28×28 (Xiao, Rasul and Vollgraf, 2017).

    The stand-in is that of `mnist`: ten classes of digits in place of ten of clothes.
    """
    return _images("fashion_mnist", "Fashion-MNIST", _CLOTHES)


def cifar10(train: int = 50_000, test: int = 10_000) -> Images:
    """CIFAR-10: photographs of ten kinds of animals and vehicles, 32×32, RGB (Krizhevsky, 2009).

    The first `train` images and the first `test` test images: as float32 all of them take 737 MB.
    The stand-in is the `tiles`: drawings of ten kinds of things in a game, 1,393 and 400.
    """
    if fetch("cifar10"):
        import torch
        from torchvision import datasets

        learn, check = (datasets.CIFAR10(locate("cifar10"), train=part) for part in (True, False))
        pixels = [
            torch.as_tensor(d.data[:n]).permute(0, 3, 1, 2) / 255
            for d, n in ((learn, train), (check, test))
        ]
        images = Images(
            pixels[0], torch.tensor(learn.targets[:train]), pixels[1], torch.tensor(check.targets[:test]),
            tuple(learn.classes), "real", _share("CIFAR-10", 50_000, 10_000, *map(len, pixels)) + ", RGB",
        )  # fmt: skip
    else:
        why = "CIFAR-10 could not be had; drawings of ten kinds of things from a game stand in"
        images = _tiles(train, test, "stand-in", why)
    say(f"data: {images.source}", {"data": "cifar10", "kind": images.kind, "source": images.source})
    return images


def tiles() -> Images:
    """1,793 drawings of 32×32 pixels, RGB, of ten kinds of things in a game, 1,393 to learn from.

    They come with the library: tiles of Dungeon Crawl Stone Soup (2015), under CC0, and 300
    `heroes`, on a dark ground.
    """
    images = _tiles(None, None, "real", "1,793 tiles of Dungeon Crawl Stone Soup, of ten kinds")
    say(f"data: {images.source}", {"data": "tiles", "kind": "real", "source": images.source})
    return images


def heroes(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Drawings of `count` heroes, `(count, 3, 32, 32)` float32 in [0, 1], and what each wears.

    Each is dressed by chance from the pieces of a game (Dungeon Crawl Stone Soup, 2015, CC0), which
    come with the library: a body, and perhaps cloak, boots, legs, robe or armour, gloves, a thing in
    either hand, hair, hat. The second tensor, `(count, 10)` int64, counts the pieces of the ten
    kinds in `tensorbook.sprites.WARDROBE`; -1 is none. Two seeds share no hero but by chance.
    """
    pictures, worn = sprites.dressed(count, seed)
    source = f"{count:,} heroes dressed from the tiles of Dungeon Crawl Stone Soup"
    say(f"data: {source}", {"data": "heroes", "kind": "real", "source": source})
    return pictures, worn


def squeezenet() -> Trained:
    """SqueezeNet 1.1, trained on ImageNet (Iandola et al., 2016; Deng et al., 2009), and pictures.

    The stand-in is a network of 8,250 weights that this book trained on scikit-learn's
    digits; the pictures are then digits, and two photographs that show none.
    """
    trained = pretrained.squeezenet(locate("squeezenet") if fetch("squeezenet") else None)
    record = {"data": "squeezenet", "kind": trained.kind, "source": trained.source}
    say(f"data: {trained.source}", record)
    return trained


def _images(name: str, title: str, classes: tuple[str, ...]) -> Images:
    if fetch(name):
        from torchvision import datasets

        loader = {"mnist": datasets.MNIST, "fashion_mnist": datasets.FashionMNIST}[name]
        train, test = (loader(locate(name), train=part) for part in (True, False))
        images = Images(
            train.data.unsqueeze(1) / 255, train.targets, test.data.unsqueeze(1) / 255, test.targets,
            classes, "real", f"{title}, 60,000 training and 10,000 test images of 28×28 pixels",
        )  # fmt: skip
    else:
        images = _digits(title)
    say(f"data: {images.source}", {"data": name, "kind": images.kind, "source": images.source})
    return images


def _digits(title: str) -> Images:
    import torch
    from sklearn.datasets import load_digits
    from torch.nn import functional as F

    pixels, labels = load_digits(return_X_y=True)
    small = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    large = F.interpolate(small, size=(28, 28), mode="bilinear", align_corners=False)
    order = torch.randperm(len(large), generator=torch.Generator().manual_seed(0))
    large, targets = large[order], torch.as_tensor(labels)[order].long()
    return Images(
        large[:1500], targets[:1500], large[1500:], targets[1500:], _DIGITS, "stand-in",
        f"{title} could not be had; scikit-learn's 1,797 digits of 8×8 pixels, enlarged, stand in",
    )  # fmt: skip


def _tiles(train: int | None, test: int | None, kind: str, source: str) -> Images:
    pictures, labels = sprites.labelled()
    learn, check = slice(None, -400), slice(-400, None)
    return Images(
        pictures[learn][:train], labels[learn][:train], pictures[check][:test], labels[check][:test],
        sprites.KINDS, kind, source,
    )  # fmt: skip


def _share(title: str, all_train: int, all_test: int, train: int, test: int) -> str:
    part = "" if (train, test) == (all_train, all_test) else "the first "
    return f"{title}, {part}{train:,} training and {test:,} test images of 32×32 pixels"
