"""Checkers of the exercises in *Debugging and training recipes*."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _word(got: Any, wanted: Any, hint: str) -> None:
    if got is ... or got is None:
        raise NotImplementedError
    assert got == wanted, hint


@check_exercise.checker("ex-debug-chart")
def chart(answer: Callable[..., Any]) -> None:
    fall = [2.3 * 0.5**t + 0.1 for t in range(12)]
    rise = [*fall[:8], 0.2, 0.3, 0.4, 0.5]
    slow = [2.3 * 0.9**t for t in range(12)]
    flat = [math.log(7) * (1 + 0.03 * (-1) ** t) for t in range(12)]
    grows = [1.0 + 0.2 * t for t in range(12)]
    spike = [*fall[:4], 9.0, *fall[5:]]
    back = [*fall[:4], *[math.log(7)] * 8]
    gentle = [2.3 * 0.94**t for t in range(12)]  # little in a step, much in a quarter
    late = [2.3 * 0.8**t for t in range(12)]  # little of the first loss, much of the last
    small = [*fall[:8], 0.1, 0.11, 0.13, 0.15]
    large = [*[2.5] * 8, 2.0, 2.1, 2.2, 2.3]
    cases = [
        (fall, fall, 10, "fine"), (fall, rise, 10, "overfits"), (slow, slow, 10, "unfinished"),
        (slow, rise, 10, "overfits"), (flat, flat, 7, "flat"), (flat, flat, 10, "fine"),
        (grows, grows, 10, "explodes"), ([*fall[:5], math.nan, *fall[6:]], fall, 10, "explodes"),
        ([*fall[:-1], math.inf], fall, 10, "explodes"), (flat, [2 * v for v in rise], 7, "flat"),
        (spike, fall, 10, "fine"), (back, fall, 7, "fine"), (gentle, gentle, 10, "unfinished"),
        (late, late, 10, "unfinished"), (fall, small, 10, "overfits"), (fall, large, 10, "fine"),
    ]  # fmt: skip
    for train, new, K, word in cases:
        got = answer(train, new, K)
        _word(got, word, f"not {got!r}: training ends with {train[-2:]}, new with {new[-2:]}")


def _network(*last: nn.Module, dropout: float = 0.0) -> nn.Sequential:
    return nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(dropout), nn.Linear(32, 5), *last)


def _batch(size: int = 16) -> tuple[Tensor, Tensor]:
    return torch.randn(size, 12), torch.randint(5, (size,))


def _dead() -> nn.Sequential:
    model = _network()
    nn.init.constant_(model[0].bias, -50.0)  # type: ignore[arg-type]
    return model


@check_exercise.checker("ex-debug-overfits")
def overfits(answer: Callable[..., Any]) -> None:
    frozen = _network().requires_grad_(False)
    cases = [
        (_network(), True, "a sound network"), (_network(dropout=0.95), True, "dropout decides"),
        (_network(nn.Softmax(dim=1)), False, "a softmax before the loss"),
        (_dead(), False, "no hidden unit fires"), (frozen, False, "nothing can be trained"),
        (nn.Sequential(nn.BatchNorm1d(12), *_network()), True, "a network that normalises"),
    ]  # fmt: skip
    for model, wanted, what in cases:
        for mode in (True, False):
            X, y = _batch()
            model.train(mode)
            before = copy.deepcopy(model.state_dict())
            _word(answer(model, X, y), wanted, f"wrong about this model: {what}")
            after = model.state_dict()
            same = all(torch.equal(before[k], after[k]) for k in before)
            assert same, "the model has other weights or buffers than before"
            assert model.training is mode, "the model was left in another mode"


@check_exercise.checker("ex-debug-agrees")
def agrees(answer: Callable[..., Any]) -> None:
    for scale in (1e-9, 1.0, 1e9):
        x = torch.randn(1000, dtype=torch.float64)
        c = torch.rand(1000, dtype=torch.float64) + 0.5
        c[0] = 2e-3  # an entry that a norm of all does not notice
        f = _wave(c, scale)
        right = torch.func.grad(f)
        one = torch.zeros_like(x)
        one[int(torch.randint(1000, ()))] = 0.1
        wrong = {
            "twice the gradient": _changed(right, 2.0, torch.zeros_like(x)),
            "the opposite": _changed(right, -1.0, torch.zeros_like(x)),
            "zeros": torch.zeros_like,
            "one wrong entry": _changed(right, 1.0, right(x).abs().max() * one),
            "one small entry, doubled": _changed(right, 1.0, torch.eye(1000)[0] * right(x)),
        }
        _word(answer(f, right, x), True, f"a right gradient of size {scale:g} is refused")
        for what, gradient in wrong.items():
            hint = f"accepted, with losses of size {scale:g}: {what}"
            _word(answer(f, gradient, x), False, hint)


def _changed(
    gradient: Callable[[Tensor], Tensor], factor: float, more: Tensor
) -> Callable[[Tensor], Tensor]:
    return lambda x: factor * gradient(x) + more


def _wave(c: Tensor, scale: float) -> Callable[[Tensor], Tensor]:
    return lambda x: scale * (c * x).sin().exp().mean()


@check_exercise.checker("ex-debug-ratios")
def ratios(answer: Callable[..., Any]) -> None:
    for make in (torch.optim.SGD, torch.optim.Adam):
        model = _network()
        optimizer = make(model.parameters(), lr=0.02)
        found = answer(model, optimizer)
        if found is ... or found is None:
            raise NotImplementedError
        assert found == [], "the list should be empty before the first step"
        for step in range(3):
            X, y = _batch()
            before = {name: p.detach().clone() for name, p in model.named_parameters()}
            optimizer.zero_grad()
            F.cross_entropy(model(X), y).backward()
            optimizer.step()
            assert len(found) == step + 1, "each step should add one dictionary"
            assert set(found[-1]) == set(before), "the names are not those of the parameters"
            for name, p in model.named_parameters():
                wanted = (p.detach() - before[name]).norm() / before[name].norm()
                expect(found[-1][name], wanted, f"not the ratio of {name}", rtol=1e-4)


@check_exercise.checker("ex-debug-duplicates")
def duplicates(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for shape in ((40, 7), (20_000, 16)):
        train = torch.randn(*shape)
        test = torch.randn(300, shape[1])
        wanted = torch.rand(300) < 0.3
        test[wanted] = train[torch.randint(len(train), (int(wanted.sum()),))]
        test[~wanted, 0] = train[0, 0]  # a part of a row proves nothing
        expect(answer(train, test), wanted, "not the rows that occur in both")
        near = train[:30].clone()
        near[:, -1] += 1e-3
        got = answer(train, near)
        expect(got, torch.zeros(30, dtype=torch.bool), "close is not the same")
    whole = torch.arange(400.0).reshape(40, 10)
    got = answer(whole, whole.flip(1))
    expect(got, torch.zeros(40, dtype=torch.bool), "the same sum is not the same row")
    twice = torch.cat([-whole[1:3], -whole[1:3], whole[:1]])
    wanted = torch.tensor([False] * 4 + [True])
    expect(answer(whole, twice), wanted, "a row that only the test set has twice")


@check_exercise.checker("ex-debug-paired")
def paired(answer: Callable[..., Any]) -> None:
    for N in (37, 500):
        y = torch.randint(4, (N,))
        guesses = [torch.where(torch.rand(N) < p, y, torch.randint(4, (N,))) for p in (0.8, 0.6)]
        got = answer(*guesses, y)
        if any(part is ... or part is None for part in got):
            raise NotImplementedError
        d = (guesses[0] == y).double() - (guesses[1] == y).double()
        expect(float(got[0]), d.mean().item(), "not the difference of the accuracies")
        error = d.std(correction=0).item() / math.sqrt(N)
        expect(float(got[1]), error, "not the paired standard error")
        z = d.sum().item() / math.sqrt(d.abs().sum().item())
        expect(float(got[2]), z, "not McNemar's z")
        expect(float(answer(*guesses[::-1], y)[2]), -z, "z should change its sign with the order")
    got = answer(y, y, y)
    expect(float(got[2]), 0.0, "z should be 0 for models that never disagree")


class _Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = _network()

    def forward(self, X: Tensor) -> Tensor:
        return self.body(F.dropout(X, 0.2))  # in eval mode, too


class _Social(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = _network()

    def forward(self, X: Tensor) -> Tensor:
        return self.body(X - 0.5 * X.mean(0))


class _Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.spare = _network(), nn.Linear(3, 3)

    def forward(self, X: Tensor) -> Tensor:
        return self.body(X)


def _loud() -> nn.Sequential:
    model = _network()
    with torch.no_grad():
        model[3].weight.mul_(40)  # type: ignore[operator]
    return model


class _Once:
    """Batches that can be gone through once, as those of a generator."""

    def __init__(self, batches: list[tuple[Tensor, Tensor]]) -> None:
        self.batches, self.begun = batches, False

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        assert not self.begun, "not every iterable can be gone through twice: keep its batches"
        self.begun = True
        return iter(self.batches)


@check_exercise.checker("ex-debug-preflight")
def preflight(answer: Callable[..., Any]) -> None:
    loader = [_batch() for _ in range(4)]
    brighter = [(8 + 4 * X, y) for X, y in loader]
    from_one = [(X, y) for X, y in loader[:-1]]
    from_one.append((loader[-1][0], torch.full_like(loader[-1][1], 5)))
    from_minus_one = [*loader[:-1], (loader[-1][0], torch.full_like(loader[-1][1], -1))]
    later = [loader[0], *brighter[1:]]
    off = [(X + 1, y) for X, y in loader]
    wide = [(3 * X, y) for X, y in loader]
    narrow = [(X / 10, y) for X, y in loader]
    normalised = nn.Sequential(nn.BatchNorm1d(12), *_network(dropout=0.5))
    cases: list[tuple[nn.Module, Any, set[str], set[str], str]] = [
        (_network(), loader, set(), set(), "a sound pair"),
        (normalised, loader, set(), set(), "a sound pair, with BatchNorm and dropout"),
        (_network(), brighter, {"inputs"}, {"start", "heart"}, "inputs around 8"),
        (_network(), later, {"inputs"}, set(), "inputs around 8 after the first batch"),
        (_network(), off, {"inputs"}, {"start", "heart"}, "inputs around 1, spread 1"),
        (_network(), wide, {"inputs"}, {"start", "heart"}, "inputs around 0, spread 3"),
        (_network(), narrow, {"inputs"}, {"heart"}, "inputs around 0, spread 0.1"),
        (_network(), _Once(loader), set(), set(), "batches that come only once"),
        (_network(), from_one, {"labels"}, set(), "a label of K in the last batch"),
        (_network(), from_minus_one, {"labels"}, set(), "a label of -1 in the last batch"),
        (_network(), [(X, y.float()) for X, y in loader], {"labels"}, set(), "labels as floats"),
        (_network(), [(X, y[:, None]) for X, y in loader], {"labels"}, set(), "labels (B, 1)"),
        (_Noisy(), loader, {"dice"}, {"neighbours", "heart"}, "dropout that never rests"),
        (_Social(), loader, {"neighbours"}, set(), "a model that centres each batch"),
        (_loud(), loader, {"start"}, {"heart"}, "a last layer that is far too large"),
        (_Unused(), loader, {"idle"}, set(), "a layer that is never called"),
        (_dead(), loader, {"idle", "heart"}, set(), "no hidden unit fires"),
        (_network(nn.Softmax(dim=1)), loader, {"heart"}, set(), "a softmax before the loss"),
    ]
    for model, batches, wanted, either, what in cases:
        before = copy.deepcopy(model.state_dict())
        got = answer(model, batches)
        if got is ... or got is None:
            raise NotImplementedError
        missing, extra = wanted - set(got), set(got) - wanted - either
        assert not missing, f"{what}: you miss {', '.join(sorted(missing))}"
        assert not extra, f"{what}: you report {', '.join(sorted(extra))}"
        after = model.state_dict()
        same = all(torch.equal(before[k], after[k]) for k in before)
        assert same, f"{what}: the model has other weights than before"
        assert model.training, f"{what}: the model was left in another mode"
