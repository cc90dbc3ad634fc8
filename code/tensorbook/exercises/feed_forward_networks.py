"""Checkers of the assignment *Feed-forward networks*."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook import data
from tensorbook.checks import Exercises, expect
from tensorbook.unseen import alone_and_together

check_exercise = Exercises()

MARGIN = {"real": 0.01, "stand-in": 0.0}  # a few hundred images cannot tell a point
FLOOR = {"real": 0.81, "stand-in": 0.92}  # a linear classifier below was not trained


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-ffn-count")
def count(answer: Callable[[list[int]], int], widest: Callable[[int], int]) -> None:
    for sizes in ([784, 10], [784, 128, 10], [5, 4, 3, 2], [1, 1, 1, 1, 1]):
        layers = [nn.Linear(n, m) for n, m in pairwise(sizes)]
        numbers = sum(p.numel() for p in nn.Sequential(*layers).parameters())
        expect(answer(sizes), numbers, f"{sizes} has another number of parameters")
    for M in (1, 32, 128, 1000):
        exact = 785 * M + 10 * (M + 1)
        for budget, wanted in ((exact, M), (exact + 1, M), (exact + 794, M), (exact - 1, M - 1)):
            expect(widest(budget), wanted, f"{budget:,} numbers buy another width")


@check_exercise.checker("ex-ffn-module")
def module(answer: Callable[[list[int]], nn.Module]) -> None:
    for sizes in ([784, 10], [784, 20, 10], [784, 30, 20, 7]):
        model, images = answer(sizes), torch.rand(6, 1, 28, 28)
        for B in (6, 1):
            scores = model(images[:B])
            _answered(scores)
            wanted = torch.tensor([B, sizes[-1]])
            expect(torch.tensor(scores.shape), wanted, f"sizes {sizes}, {B} images: not the shape")
        layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
        shapes = [(m.in_features, m.out_features) for m in layers]
        wanted_shapes = list(pairwise(sizes))
        hint = f"sizes {sizes}: model.modules() finds the linear layers {shapes}"
        assert sorted(shapes) == sorted(wanted_shapes), hint
        with torch.no_grad():
            for p in model.parameters():  # strong weights: each ReLU left out or in is seen
                p.normal_()
            X = images.flatten(1)
            order = sorted(
                layers, key=lambda m: wanted_shapes.index((m.in_features, m.out_features))
            )
            for layer in order[:-1]:
                X = layer(X).relu()
            hint = (
                f"sizes {sizes}: the scores differ. Is there a ReLU behind each layer but the last?"
            )
            expect(model(images), order[-1](X), hint, rtol=1e-3, atol=1e-2)


class _Moody(nn.Module):
    """Scores that differ in training mode; it counts the largest batch that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = nn.Linear(12, 4), nn.BatchNorm1d(12)
        self.drop, self.largest, self.graph = nn.Dropout(0.5), 0, False

    def forward(self, X: Tensor) -> Tensor:
        self.largest = max(self.largest, len(X))
        scores = torch.as_tensor(self.layer(self.drop(self.norm(X.flatten(1)))))
        self.graph = self.graph or scores.requires_grad
        return scores


@check_exercise.checker("ex-ffn-evaluate")
def evaluate(answer: Callable[..., Any]) -> None:
    for N, size in ((23, 5), (20, 5), (101, 100), (3, 100), (7, 1)):
        model, X = _Moody(), torch.randn(N, 1, 3, 4)
        model.norm(X.flatten(1).repeat(2, 1) + 1)  # statistics that differ from the batch's
        y = torch.randint(4, (N,))
        with torch.no_grad():
            scores = model.eval()(X)
        wanted = [F.cross_entropy(scores, y), (scores.argmax(1) == y).float().mean()]
        model.largest = 0
        got = answer(model.train(), X, y, size)
        _answered(got)
        assert len(got) == 2, "return two numbers: the loss and the accuracy"
        case = f"{N} images in batches of {size}"
        assert model.largest <= size, f"{case}: a batch had {model.largest}"
        assert not model.graph, f"{case}: a graph was recorded, which nobody will use"
        hint = f"{case}: the {{}} is not that of all images at once, in eval mode"
        expect(float(got[0]), float(wanted[0]), hint.format("loss"), rtol=1e-3, atol=1e-4)
        expect(float(got[1]), float(wanted[1]), hint.format("accuracy"), rtol=1e-4, atol=1e-5)


class _Scripted(torch.optim.Optimizer):
    """An optimiser that moves to prescribed weights, one entry of `path` a step."""

    def __init__(self, model: nn.Linear, path: list[float]) -> None:
        super().__init__(model.parameters(), {})
        self.model, self.path = model, path

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            self.model.weight.copy_(torch.tensor([[self.path.pop(0), 0.0], [0.0, 0.0]]))


def _sides(N: int) -> tuple[Tensor, Tensor]:
    """Points on both sides; a weight w names a share of them rightly that depends on w."""
    x = torch.rand(N) * 2 - 1
    return torch.stack([x, torch.ones(N)], dim=1), (x < 0.3).long()


@check_exercise.checker("ex-ffn-train")
def train(answer: Callable[..., Any]) -> None:
    for best in range(4):
        model = nn.Linear(2, 2)
        with torch.no_grad():
            model.bias.copy_(torch.tensor([0.0, 0.5]))
        path = [-1.0, 0.1, -2.0, 3.0]  # the last has a lower loss than the best has
        path[best] = 5 / 3  # right everywhere: the score of side 0 is larger beyond 0.3
        X, y = _sides(60)
        held = _sides(200)  # to learn from, the labels are turned round: the worst is best there
        got = answer(model, _Scripted(model, [*path]), (X, 1 - y), held, 4, 60)
        _answered(got)
        assert len(got) == 4, "return the held-out accuracies, one an epoch"
        hint = "the held-out accuracies are not those after each epoch"
        sides = [(w * held[0][:, 0] <= 0.5).long() for w in path]
        wanted = [(side == held[1]).double().mean().item() for side in sides]
        for k in range(4):
            expect(float(got[k]), wanted[k], hint, rtol=1e-4, atol=0.006)
        kept = model.weight[0, 0].item()
        hint = f"best was epoch {best + 1} of 4, but the weights are those of another"
        assert abs(kept - 5 / 3) < 1e-5, hint
    _learns(answer)


def _learns(answer: Callable[..., Any]) -> None:
    """Two epochs of one batch each are two plain steps of SGD, in training mode."""
    X, y = torch.randn(40, 3), torch.randint(3, (40,))
    model, reference = nn.Linear(3, 3), nn.Linear(3, 3)
    reference.load_state_dict(model.state_dict())
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.5)
    path = []
    for _ in range(2):
        optimizer.zero_grad()
        F.cross_entropy(reference(X), y).backward()
        optimizer.step()
        path.append(reference.weight.detach().clone())
    seen: list[Tensor] = []  # the weights before each step

    def note(module: nn.Module, inputs: Any) -> None:
        if torch.is_grad_enabled():
            seen.append(model.weight.detach().clone())

    model.register_forward_pre_hook(note)
    answer(model, torch.optim.SGD(model.parameters(), lr=0.5), (X, y), (X, y), 3, 40)
    assert len(seen) == 3, "40 images in one batch of 40: an epoch is one step"
    expect(seen[1:], path, "an epoch of one batch is not a step of SGD", rtol=1e-3, atol=1e-4)
    _deals(answer, X, y)


def _deals(answer: Callable[..., Any], X: Tensor, y: Tensor) -> None:
    """Each epoch deals all images once, in training mode, in an order of its own."""
    dropping = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 3))
    modes: list[bool] = []
    batches: list[Tensor] = []

    def look(module: nn.Module, inputs: Any) -> None:
        if torch.is_grad_enabled():
            modes.append(module.training)
            batches.append(inputs[0].detach().clone())

    dropping.register_forward_pre_hook(look)
    adam = torch.optim.Adam(dropping.parameters(), lr=0.1)
    answer(dropping, adam, (X, y), (X, y), 3, 16)
    assert all(modes), "a step was taken in evaluation mode"
    assert len(modes) == 9, f"3 epochs, 40 images in batches of 16: {len(modes)} steps, not 9"
    seen = torch.cat(batches[:3])
    expect(seen.sort(0).values, X.sort(0).values, "an epoch shows each image once")
    assert not torch.equal(batches[0], batches[3]), "the epochs have the same order: shuffle"


@check_exercise.checker("ex-ffn-model")
def model(answer: Callable[[Tensor], Tensor], baseline: Callable[[Tensor], Tensor]) -> None:
    _answered(answer(torch.zeros(2, 1, 28, 28)))
    clothes = data.fashion_mnist()  # its line says what the answer is judged on
    alone_and_together(answer, clothes.test[:300])
    right = []
    for predict in (answer, baseline):
        guesses = torch.cat([predict(part).cpu() for part in clothes.test.split(500)])
        assert guesses.shape == clothes.test_labels.shape, "one class for each image: shape (B,)"
        right.append((guesses == clothes.test_labels).double().mean().item())
    goal = max(right[1], FLOOR[clothes.kind]) + MARGIN[clothes.kind]
    hint = f"{right[0]:.1%} of the test images, the linear classifier {right[1]:.1%}"
    assert right[0] >= goal, f"{hint}; {goal:.1%} is the goal"
