"""How well a reader's program reads the digits that it never saw, and what is wrong if it does not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tensorbook import data
from tensorbook.report import say

Answer = Callable[[Tensor], Tensor]

GOAL = 0.92  # of the hidden images of MNIST
ABOVE = 0.02  # above the nearest class mean, where the small digits stand in


def judge(answer: Answer) -> None:
    """Hold `answer` to the hidden digits of `data.mnist()`, and say which share is right.

    Args:
        answer: `(B,)` digits from `(B, 1, 28, 28)` pixels in [0, 1].

    Raises:
        AssertionError: with a hint, when answers depend on the company that images come in, all
            are the same digit, or too few are right.
    """
    digits = data.mnist()  # its line says what the answer is judged on
    order = torch.randperm(len(digits.test), generator=torch.Generator().manual_seed(20))
    images, labels = digits.test[order], digits.test_labels[order]
    alone_and_together(answer, images[:300])
    accuracy = _accuracy(answer, images, labels)
    goal = GOAL if digits.kind == "real" else nearest_mean(digits) + ABOVE
    if accuracy < goal:
        hint = _diagnosis(answer, images, labels, digits.train)
        raise AssertionError(f"{accuracy:.2%} of the hidden digits, {goal:.1%} is the goal; {hint}")
    line = f"hidden digits: {accuracy:.2%} of {len(labels):,} right, {goal:.1%} was the goal"
    say(line, {"hidden": accuracy})


def nearest_mean(digits: data.Images) -> float:
    """The share of test images whose nearest class mean is that of their own class."""
    means = [digits.train[digits.train_labels == k].flatten(1).mean(0) for k in range(10)]
    nearest = torch.cdist(digits.test.flatten(1), torch.stack(means)).argmin(1)
    return (nearest == digits.test_labels).float().mean().item()


def guesses(answer: Answer, images: Tensor) -> Tensor:
    """What `answer` says of `images`, `(N,)`, on the CPU; raises where that is no class for each."""
    got = answer(images.clone())
    if got is ... or got is None:
        raise NotImplementedError
    got = torch.as_tensor(got).cpu()
    wanted = (len(images),)
    assert got.shape == wanted, f"one class for each image: {wanted}, not {tuple(got.shape)}"
    assert not got.is_floating_point(), "classes are whole numbers; are these scores?"
    return got


def alone_and_together(answer: Answer, images: Tensor) -> None:
    """Raise `AssertionError` when an image's class depends on the images beside it."""
    together = guesses(answer, images)
    assert len(together.unique()) > 1, f"every image is called a {together[0]}"
    few = images[:40]
    turned = guesses(answer, images.flip(0)).flip(0)
    alone = torch.cat([guesses(answer, image[None]) for image in few])
    white = torch.ones(200, *images.shape[1:])  # such company moves the mean of a batch
    crowded = guesses(answer, torch.cat([few, white]))[: len(few)]
    for other in (turned, alone, crowded):
        same = (other == together[: len(other)]).double().mean()
        assert same > 0.97, (  # rounding may differ between batches, and decide a tie
            "an image's class depends on the images beside it: over which dim do you compare, which "
            "mode is the model in, and whose mean do you take away?"
        )


def _accuracy(answer: Answer, images: Tensor, labels: Tensor) -> float:
    found = torch.cat([guesses(answer, part) for part in images.split(1000)])
    return (found == labels).float().mean().item()


def _diagnosis(answer: Answer, images: Tensor, labels: Tensor, learnt: Tensor) -> str:
    """What would help an answer that is too often wrong, where that can be seen from outside."""
    now = _accuracy(answer, images, labels)
    mean, std = learnt.mean(), learnt.std()
    if _accuracy(answer, (images - mean) / std, labels) > now + 0.01:
        return "standardised images do better: prepare them as in training"
    if _accuracy(answer, images * std + mean, labels) > now + 0.01:
        return "they look as if standardised twice, or the model was trained on bare pixels"
    return "compare with your held-back images: do these go through the same steps?"
