"""Pictures that a reader's network may learn from, and those that it is judged on, which stay here."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook import data
from tensorbook.report import say
from tensorbook.unseen import Answer, alone_and_together, guesses

MARGIN = {"real": 0.05, "stand-in": 0.02, "own": 0.0}  # above the linear classifier
SIDE = 32  # pixels
ENOUGH = 20  # hidden pictures, below which no share means anything
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
LINEAR = 5_000  # pictures that the linear classifier learns from, at most

_loaded: dict[Path, data.Images] = {}  # whole, with the hidden part
_asked: Counter[str] = Counter()  # how often a hidden set's result was said since the start


def to_learn(folder: Path | str = "my-pictures", count: int = 45_000) -> data.Images:
    """Pictures to learn from: those of `folder`, or CIFAR-10's where there is no such folder.

    `folder` holds a folder for each kind, with its pictures. Their middle square is shrunk to
    32×32. A fifth of them, drawn by their content, stays hidden.

    Args:
        count: how many of CIFAR-10's training images, at most.

    Returns:
        `(N, 3, 32, 32)` float32 in [0, 1] and their labels; the test part is empty.

    Raises:
        ValueError: the folder holds fewer than two kinds, or too few pictures.
    """
    place = Path(folder).resolve()
    found = _loaded[place] = _own(place) if place.is_dir() else data.cifar10(count)
    nothing = slice(0, 0)
    return data.Images(
        found.train, found.train_labels, found.test[nothing], found.test_labels[nothing],
        found.classes, found.kind, found.source,
    )  # fmt: skip


def _own(folder: Path) -> data.Images:
    kinds = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if len(kinds) < 2:
        raise ValueError(f"{folder}: {len(kinds)} folders; put the pictures of each kind in one")
    pictures, labels, hidden = [], [], []
    for k, kind in enumerate(kinds):
        for picture in filter(None, map(_pixels, sorted(kind.iterdir()))):
            pictures.append(torch.frombuffer(bytearray(picture), dtype=torch.uint8))
            labels.append(k)
            hidden.append(zlib.crc32(picture) % 5 == 0)  # two copies fall on the same side
    y, unseen = torch.tensor(labels), torch.tensor(hidden)
    if int(unseen.sum()) < ENOUGH or len(y[~unseen].unique()) < len(kinds):
        raise ValueError(f"{folder}: {len(y)} pictures are too few; {10 * ENOUGH} make a start")
    X = torch.stack(pictures).view(-1, SIDE, SIDE, 3).permute(0, 3, 1, 2) / 255
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    X, y, unseen = X[order], y[order], unseen[order]
    source = f"{len(y):,} pictures of {folder.name}, a fifth of them hidden"
    say(f"data: {source}", {"data": "own", "kind": "own", "source": source})
    return data.Images(
        X[~unseen], y[~unseen], X[unseen], y[unseen], tuple(k.name for k in kinds), "own", source
    )


def _pixels(file: Path) -> bytes | None:
    """The middle square of a picture as 32×32 RGB bytes, upright; None if it is no picture."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            return ImageOps.fit(upright, (SIDE, SIDE)).tobytes()
    except OSError:
        return None


def linear(images: Tensor, labels: Tensor) -> Answer:
    """The baseline: ridge regression to one-hot labels, on pictures shrunk to 16×16.

    The strength is the best of `STRENGTHS` on a fifth of the images, held back.
    """
    images, labels = images[:LINEAR], labels[:LINEAR]
    cut = len(images) // 5
    right = [
        _share(_ridge(images[cut:], labels[cut:], strength), images[:cut], labels[:cut])
        for strength in STRENGTHS
    ]
    return _ridge(images, labels, STRENGTHS[right.index(max(right))])


def _ridge(images: Tensor, labels: Tensor, strength: float) -> Answer:
    A = F.avg_pool2d(images, 2).flatten(1).double()
    Y = F.one_hot(labels, int(labels.max()) + 1).double()
    mean, shares = A.mean(0), Y.mean(0)
    A = A - mean
    W = torch.linalg.solve(A.T @ A + strength * torch.eye(A.shape[1]).to(A), A.T @ (Y - shares))
    return lambda X: ((F.avg_pool2d(X, 2).flatten(1).double() - mean) @ W + shares).argmax(1)


def _share(answer: Answer, images: Tensor, labels: Tensor) -> float:
    return (answer(images) == labels).double().mean().item()


def whole(folder: Path | str = "my-pictures") -> data.Images:
    """Pictures to learn from together with the hidden ones, for the tests alone."""
    place = Path(folder).resolve()
    if place not in _loaded:
        to_learn(place, LINEAR)
    return _loaded[place]


def judge(answer: Answer, folder: Path | str = "my-pictures") -> None:
    """Hold `answer` to the hidden pictures and to the linear classifier, and say the result.

    Args:
        answer: `(B,)` classes from `(B, 3, 32, 32)` pixels in [0, 1].
        folder: as for `to_learn`.

    Raises:
        AssertionError: with a hint, when answers depend on the company that pictures come in,
            all are the same, or too few are right.
    """
    found, place = whole(folder), Path(folder).resolve()
    order = torch.randperm(len(found.test), generator=torch.Generator().manual_seed(20))
    images, labels = found.test[order], found.test_labels[order]
    alone_and_together(answer, images[:300])
    ours = torch.cat([guesses(answer, part) for part in images.split(500)]) == labels
    theirs = linear(found.train, found.train_labels)(images) == labels
    accuracy, base = ours.double().mean().item(), theirs.double().mean().item()
    difference = ours.double() - theirs.double()
    gain, N = difference.mean().item(), len(labels)
    error, spread = (part.double().std().item() / N**0.5 for part in (ours, difference))
    line = (
        f"{accuracy:.1%} ± {error:.1%} of {N:,} hidden pictures, the linear classifier {base:.1%}"
    )
    goal = base + MARGIN[found.kind]
    _asked[str(place)] += 1  # whoever reads the line has looked, passed or not
    look = f"(look {_asked[str(place)]})"
    assert base < 0.97, f"{line} {look}: it leaves nothing to gain; choose kinds that are harder"
    if accuracy < goal or gain <= 0:
        raise AssertionError(
            f"{line} {look}; the goal is {goal:.1%}. {_diagnosis(answer, found, ours)}"
        )
    line += f": a gain of {100 * gain:.1f} ± {100 * spread:.1f} points {look}"
    say(line, {"hidden": accuracy, "baseline": base})


def _diagnosis(answer: Answer, found: data.Images, ours: Tensor) -> str:
    """What would help an answer that is too often wrong, where that can be seen from outside."""
    now, images, labels = ours.double().mean().item(), found.test[:2000], found.test_labels[:2000]
    mean, std = (v.view(3, 1, 1) for v in (found.train.mean((0, 2, 3)), found.train.std((0, 2, 3))))
    if _share(lambda X: guesses(answer, (X - mean) / std), images, labels) > now + 0.03:
        return "Standardised pictures do better: prepare them as in training"
    if _share(lambda X: guesses(answer, X * std + mean), images, labels) > now + 0.03:
        return "They look as if standardised twice"
    return "If your held-back pictures do better: do both go through the same steps?"
