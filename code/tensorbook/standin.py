"""The network that stands in where no pretrained one can be had: it reads scikit-learn's digits.

It is built as SqueezeNet is, in small: `features` with a fire module, then dropout, a 1×1 convolution,
and an average over all places. The book trained it; `python -m tensorbook.standin` does it again.
"""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.squeezenet import Fire

FILE = Path(__file__).parent / "files" / "digits.pt"
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIDE = 8  # pixels


class DigitNetwork(nn.Module):
    """Scores of ten digits: `(B, 10)` from `(B, 1, 8, 8)`."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), Fire(32, 16, 16, 16),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Dropout(0.2), nn.Conv2d(32, 10, 1), nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


def transforms(picture: Image.Image) -> Tensor:
    """What the network reads of a picture: `(1, 8, 8)`, grey, ink bright on dark, 0 to 1."""
    side = min(picture.size)
    left, top = ((length - side) / 2 for length in picture.size)
    box = (left, top, left + side, top + side)
    grey = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX, box=box)
    return torch.tensor(list(grey.tobytes()), dtype=torch.float32).reshape(1, SIDE, SIDE) / 255


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images `(N, 1, 8, 8)` in [0, 1] and labels `(N,)`: 1,200 to learn from, 597 to test on."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, SIDE, SIDE) / 16
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    images, targets = images[order], torch.as_tensor(labels)[order].long()
    return images[:1200], targets[:1200], images[1200:], targets[1200:]


def pictures() -> dict[str, Image.Image]:
    """Four digits that the network was not trained on, each as a picture of 288×288 pixels."""
    _, _, images, labels = digits()
    found = {}
    for digit in (3, 0, 4, 7):
        image = images[int((labels == digit).nonzero()[0])]
        grey = Image.frombytes("L", (SIDE, SIDE), bytes((image * 255).byte().flatten().tolist()))
        found[WORDS[digit]] = grey.resize((288, 288), Image.Resampling.NEAREST).convert("RGB")
    return found


def train(epochs: int = 30) -> DigitNetwork:
    """Train from scratch on 1,200 digits; the same at each call on the same machine."""
    images, labels, _, _ = digits()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = DigitNetwork()
        optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        for _ in range(epochs):
            for batch in torch.randperm(len(images)).split(60):
                optimizer.zero_grad()
                F.cross_entropy(network(images[batch]), labels[batch]).backward()
                optimizer.step()
            schedule.step()
    return network.eval()


def load() -> DigitNetwork:
    """The trained network, ready to answer."""
    network = DigitNetwork()
    network.load_state_dict(torch.load(FILE, weights_only=True))
    return network.eval()


if __name__ == "__main__":
    torch.save(train().state_dict(), FILE)
