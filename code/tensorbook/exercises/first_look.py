"""Checkers of the exercises in *A first look*."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tensorbook import standin
from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _answered(got: Any) -> Any:
    if got is ... or got is None:
        raise NotImplementedError
    return got


@check_exercise.checker("ex-look-top")
def top(answer: Callable[[list[float], int], Any]) -> None:
    for size, k in [(5, 1), (8, 3), (12, 12)]:
        p = torch.randn(size, dtype=torch.float64).softmax(0)
        got = list(_answered(answer(p.tolist(), k)))
        assert len(got) == k, f"{len(got)} pairs where {k} were asked for"
        pairs = all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in got)
        assert pairs, "each entry is a pair: index, share"
        best = p.topk(k)
        expect(
            [pair[0] for pair in got], best.indices, f"not the indices of the best {k} of {size}"
        )
        expect([pair[1] for pair in got], best.values, "an index without its share")


@check_exercise.checker("ex-look-count")
def count(answer: Callable[[int, int, int], Any]) -> None:
    from torchvision.models.squeezenet import Fire

    for _ in range(4):
        inputs, squeeze, expand = (int(n) for n in torch.randint(2, 40, (3,)))
        fire = Fire(inputs, squeeze, expand, expand)
        wanted = sum(p.numel() for p in fire.parameters())
        hint = f"not what torchvision's Fire({inputs}, {squeeze}, {expand}, {expand}) has"
        expect(_answered(answer(inputs, squeeze, expand)), wanted, hint)


@check_exercise.checker("ex-look-rule")
def rule(answer: Callable[[Tensor], Any]) -> None:
    train, train_labels, test, test_labels = standin.digits()
    images, labels = torch.cat([train, test])[:, 0], torch.cat([train_labels, test_labels])
    for digit in (0, 1):
        chosen = images[labels == digit]
        said = torch.tensor([bool(_answered(answer(image))) for image in chosen])
        share = (said == bool(digit)).float().mean().item()
        assert share >= 0.9, f"of the {('zeros', 'ones')[digit]}, only {share:.0%} are named right"


def _bowl(theta: Tensor, bottom: Tensor, weights: Tensor) -> Tensor:
    return (weights * (theta - bottom).square()).sum()


def _valley(theta: Tensor, bottom: Tensor, _: Tensor) -> Tensor:
    """A valley along the diagonal: no step along one axis alone goes down in it.

    It is wide enough for sizes that grow with success and shrink without: of the small steps, two
    in nine go down; in a steeper one too few would, and the sizes would shrink to nothing.
    """
    a, b = theta - bottom
    return (a + b).abs() + 1.2 * (a - b).abs()


@check_exercise.checker("ex-look-two")
def learn_two(answer: Callable[..., Any]) -> None:
    angle = 6.28 * torch.rand((), dtype=torch.float64)
    far = 280 * torch.stack([angle.cos(), angle.sin()])
    diagonal = torch.full((2,), 4.0, dtype=torch.float64)
    hint = "the lowest place was not found, {}; does each nudge move both, and are there sizes for all?"
    for seed, (shape, bottom, where) in enumerate([
        (_bowl, far / 100, "a few units away"), (_bowl, far, "far away"),
        (_bowl, -far, "far away"), (_valley, diagonal, "along a valley"),
    ]):  # fmt: skip
        weights = torch.tensor([1.0, 0.5], dtype=torch.float64)[torch.randperm(2)]
        calls: list[int] = []

        def criterion(
            theta: Tensor, shape: Callable[..., Tensor] = shape, bottom: Tensor = bottom,
            weights: Tensor = weights, calls: list[int] = calls,
        ) -> Tensor:  # fmt: skip
            calls.append(1)
            return shape(theta, bottom, weights)

        start = torch.zeros(2, dtype=torch.float64)
        got = _answered(answer(criterion, start, 3000, torch.Generator().manual_seed(seed)))
        assert bool((start == 0).all()), "the start itself has changed; nudge a copy"
        assert len(calls) >= 100, "the criterion was hardly asked"
        assert len(calls) <= 6100, "more tries were made than `tries` allows"
        expect(torch.as_tensor(got), bottom, hint.format(where), atol=0.01)


@check_exercise.checker("ex-look-time")
def seconds(answer: Callable[..., Any]) -> None:
    class Slow(nn.Module):
        """Warms up, is quick once and slow once: the mean, the least and the first mislead."""

        calls, rows, recorded = 0, 0, False

        def forward(self, x: Tensor) -> Tensor:
            self.calls, self.rows = self.calls + 1, len(x)
            self.recorded |= torch.is_grad_enabled()
            time.sleep({1: 0.5, 4: 0.6, 6: 0.0}.get(self.calls, 0.012))
            return x

    network = Slow()
    got = float(_answered(answer(network, torch.zeros(4, 1), 7)))
    assert network.calls == 8, f"{network.calls} calls; seven count, and one before them warms up"
    assert network.rows == 4, "not the whole batch was handed over"
    assert not network.recorded, "gradients were kept; ask without them"
    assert got < 0.07, "too long: a median is not moved by one slow call, and it is in seconds"
    assert got > 0.011, (
        "too short: calls on the whole batch take 12 ms; one quick call moves no median"
    )
    got = float(_answered(answer(Slow(), torch.zeros(4, 1), 1)))
    assert got < 0.2, "asked for one repeat: the call that warms up was counted, too"


@check_exercise.checker("ex-look-fool")
def fool(answer: Callable[..., Any]) -> None:
    network = standin.load()
    _, _, images, labels = standin.digits()
    with torch.inference_mode():
        known = (network(images).argmax(1) == labels).nonzero().flatten()
    for index in known[torch.randperm(len(known))[:4]]:
        x = images[index].clone()
        kept = x.clone()
        got = _answered(answer(network, x, 4))
        assert bool((x == kept).all()), "the picture itself has changed; paint on a copy"
        expect(got.shape, kept.shape, "return a picture of the same shape")
        rows, columns = (got != kept).any(0).nonzero().unbind(1)
        assert len(rows), "nothing was painted"
        large = max(int(rows.max() - rows.min()), int(columns.max() - columns.min()))
        assert large < 4, "more than one square of that size was painted"
        inside = bool((got >= kept.min()).all() and (got <= kept.max()).all())
        assert inside, "a value that lies outside of what the picture has"
        with torch.inference_mode():
            label = int(network(got[None]).argmax())
        assert label != int(labels[index]), "the network still gives the old label"


@check_exercise.checker("ex-look-words")
def teach(answer: Callable[..., Any]) -> None:
    for words in (3, 5):
        means = 4 * torch.randn(words, 20)
        scale = torch.logspace(-2, 2, 20)[torch.randperm(20)]
        scale[0], means[:, 0] = 3000.0, 0.0  # loud, and says nothing
        labels, new = torch.arange(words).repeat(5), torch.arange(words).repeat(30)
        few = (means[labels] + torch.randn(len(labels), 20)) * scale
        many = (means[new] + torch.randn(len(new), 20)) * scale
        guess = _answered(answer(few, labels))
        assert callable(guess), "return a function, which takes new features"
        got = torch.as_tensor(_answered(guess(many)))
        expect(got.shape, new.shape, "give one guess for each row")
        right = (got == new).float().mean().item()
        hint = f"{right:.0%} right on new examples of {words} words; is a loud column in the way?"
        assert right > 0.9, hint
        alone = torch.cat([torch.as_tensor(guess(row[None])) for row in many[:20]])
        hint = "a row alone gets another label; the spread is that of what you learnt from"
        expect(alone, got[:20], hint)
