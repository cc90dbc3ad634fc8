"""A network that somebody else trained, with what belongs to it: preparation, words, pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor, nn

_FILES = Path(__file__).parent / "files"  # its README names author, source and licence of each
_STRANGERS = ("flower", "astronaut")  # ImageNet's thousand words know neither dahlia nor astronaut


@dataclass(frozen=True)
class Trained:
    """A trained network, ready to answer.

    Attributes:
        network: `(B, K)` scores from `(B, C, H, W)`, in `eval()` mode, on the CPU. Its part
            `features` gives `(B, C', H', W')`, from which its part `classifier` makes the scores.
        blank: makes a network of the same build that has learnt nothing.
        transforms: `(C, H, W)` from a PIL picture of any size.
        categories: the `K` words that it knows.
        pictures: by name; the last two, `flower` and `astronaut`, show none of the words.
        kind: `"real"`, or `"stand-in"` when the real weights could not be had.
        source: one line that names network and data.
    """

    network: nn.Module
    blank: Callable[[], nn.Module]
    transforms: Callable[[Image], Tensor]
    categories: list[str]
    pictures: dict[str, Image]
    kind: str
    source: str


def photographs() -> dict[str, Image]:
    """Six photographs in colour, at least 288 pixels high: a cat, a cup of coffee, and others.

    They come with the library: CC0, public domain or CC BY 2.0, as `files/README.md` says.
    """
    from PIL import Image

    names = ("cat", "coffee", "rocket", "temple", *_STRANGERS)
    return {name: Image.open(_FILES / f"{name}.jpg").convert("RGB") for name in names}


def squeezenet(folder: Path | None) -> Trained:
    """SqueezeNet 1.1 with the weights below `folder`, or its stand-in where there is no folder.

    torch.hub's folder is `folder / "hub"` from then on, so that torchvision's own functions find
    the weights, too.
    """
    if folder is None:
        return _digits()
    import torch
    from torchvision import models

    torch.hub.set_dir(folder / "hub")
    weights = models.SqueezeNet1_1_Weights.DEFAULT
    return Trained(
        models.squeezenet1_1(weights=weights, progress=False).eval(), models.squeezenet1_1,
        weights.transforms(), list(weights.meta["categories"]), photographs(),
        "real", "SqueezeNet 1.1, trained on 1.28 million photographs of ImageNet",
    )  # fmt: skip


def _digits() -> Trained:
    from tensorbook import standin

    strangers = {name: picture for name, picture in photographs().items() if name in _STRANGERS}
    return Trained(
        standin.load(), standin.DigitNetwork, standin.transforms, standin.WORDS,
        standin.pictures() | strangers, "stand-in",
        "SqueezeNet's weights could not be had; a small network that reads digits stands in",
    )  # fmt: skip
