"""An examiner of drawn digits: a small network that has learnt to read real ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook import data

SURE = 0.95  # a picture is recognised when one digit has at least this probability
FEATURES = 32
PART = {"real": 0.5, "stand-in": 0.9}  # of the bell's distance: enlarged digits suit the bell


@dataclass(frozen=True)
class Report:
    """What the examiner says about some pictures.

    Attributes:
        sure: the share that it recognises, some digit having a probability above `SURE`.
        kinds: how many digits there are in effect, e to the entropy of its answers: 1 to 10.
        distance: the Fréchet distance, squared, of its features from those of real digits.
    """

    sure: float
    kinds: float
    distance: float

    def __str__(self) -> str:
        return (
            f"{self.sure:4.0%} recognised, {self.kinds:4.1f} kinds, distance {self.distance:6.2f}"
        )


class Examiner:
    """Reads digits as one network reads them; learns from a part of the training set."""

    def __init__(self, digits: data.Images, steps: int = 500) -> None:
        share = min(10_000, 2 * len(digits.train) // 3)
        self.digits = digits
        self.network = _taught(digits.train[:share], digits.train_labels[:share], steps)
        self.real = self.features(digits.train[share : share + 10_000])  # not learnt from
        self.bell = self.report(bell_digits(digits.train[:10_000], 1000))
        self.goal = PART[digits.kind] * self.bell.distance

    @torch.inference_mode()
    def features(self, pictures: Tensor) -> Tensor:
        """Pictures `(N, 1, 28, 28)` in [0, 1] to features `(N, 32)`."""
        parts = pictures.detach().cpu().float().split(1000)
        return torch.cat([self.network[:-1](part) for part in parts])

    @torch.inference_mode()
    def odds(self, pictures: Tensor) -> Tensor:
        """Pictures `(N, 1, 28, 28)` in [0, 1] to the ten digits' probabilities `(N, 10)`."""
        scores: Tensor = self.network[-1](self.features(pictures))
        return scores.softmax(1)

    def report(self, pictures: Tensor) -> Report:
        odds = self.odds(pictures)
        shares = torch.bincount(odds.argmax(1), minlength=10) / len(odds)
        kinds = math.exp(-torch.xlogy(shares, shares).sum().item())
        sure = (odds.max(1).values > SURE).float().mean().item()
        return Report(sure, kinds, frechet(self.features(pictures), self.real))


@cache
def examiner() -> Examiner:
    """The examiner of `data.mnist()`: taught at the first call, in some seconds."""
    return Examiner(data.mnist())


def frechet(a: Tensor, b: Tensor) -> float:
    """The squared Fréchet distance of the Gaussians fitted to `(N, D)` and `(M, D)` features."""
    a, b = a.double(), b.double()
    S, S2 = a.T.cov(), b.T.cov()
    roots = torch.linalg.eigvals(S @ S2).real.clamp(min=0).sqrt()
    way = (a.mean(0) - b.mean(0)).pow(2).sum()
    return float(way + S.trace() + S2.trace() - 2 * roots.sum())


def bell_digits(train: Tensor, count: int, axes: int = 50) -> Tensor:
    """`count` pictures of the Gaussian with mean and widest `axes` of the pictures `train`."""
    x = train.flatten(1).double()
    width, axis = torch.linalg.eigh(x.T.cov())  # widest last
    z = torch.randn(count, axes, generator=torch.Generator().manual_seed(0)).double()
    drawn = x.mean(0) + z * width[-axes:].sqrt() @ axis[:, -axes:].T
    return drawn.clamp(0, 1).float().reshape(count, *train.shape[1:])


def _taught(images: Tensor, labels: Tensor, steps: int, batch: int = 64) -> nn.Sequential:
    dice = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), torch.enable_grad():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
            nn.Linear(32 * 7 * 7, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU(),
            nn.Linear(FEATURES, 10),
        )  # fmt: skip
        optimizer = torch.optim.AdamW(network.parameters(), 1e-2, weight_decay=1e-2)
        rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(steps):
            some = torch.randint(len(images), (batch,), generator=dice)
            loss = F.cross_entropy(network(images[some]), labels[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
    return network.eval().requires_grad_(False)
