"""The test of the reproduced figure: it makes the five data sets itself, and fits them again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect
from tensorbook.report import say
from tensorbook.small_digits import small_digits

check_exercise = Exercises()

KINDS = ("true labels", "random labels", "shuffled pixels", "random pixels", "Gaussian")
LEARN = 500  # of the digits that the page shows; the others test
CHANCE = 0.1

Variant = Callable[[str, Tensor, Tensor, int], Any]
Fit = Callable[[Tensor, Tensor, int], Any]


def _digits() -> tuple[Tensor, Tensor]:
    X, y = small_digits(11)
    return X.flatten(1), y


def to_learn() -> tuple[Tensor, Tensor]:
    """1,000 of scikit-learn's digits, `(1000, 64)` in [0, 1], and labels; the first 500 to learn from."""
    X, y = _digits()
    return X[:1000].clone(), y[:1000].clone()


@check_exercise.checker("ex-random-labels")
def figure(variant: Variant, fit: Fit, table: Any) -> None:
    X, y = _digits()
    hidden, truth = X[1000:], y[1000:]  # 797 that the page never saw
    _variants(variant, hidden, truth)
    tests, epochs = _fitted(fit, hidden, truth)
    _ordered(tests, epochs)
    _table(table, fit)
    shown = ", ".join(f"{kind} {epochs[kind]:.0f}" for kind in KINDS)
    times = epochs["random labels"] / epochs["true labels"]
    say(
        f"hidden digits: random labels take {times:.1f} times as long; epochs: {shown}",
        {"times": times, "epochs": epochs, "tests": tests},
    )


def _variants(variant: Variant, X: Tensor, y: Tensor) -> None:
    for kind in KINDS:
        before = X.clone(), y.clone()
        got = variant(kind, X, y, 5)
        if got is ... or got is None:
            raise NotImplementedError
        A, b = got
        assert torch.equal(X, before[0]), f"{kind}: the pictures that were handed in are changed"
        assert torch.equal(y, before[1]), f"{kind}: the labels that were handed in are changed"
        assert A.shape == X.shape, f"{kind}: pictures {tuple(A.shape)}, not {tuple(X.shape)}"
        assert b.shape == y.shape, f"{kind}: labels {tuple(b.shape)}, not {tuple(y.shape)}"
        again, other = (variant(kind, X, y, seed) for seed in (5, 6))
        assert torch.equal(again[0], A), f"{kind}: the same seed gives other pictures"
        assert torch.equal(again[1], b), f"{kind}: the same seed gives other labels"
        if kind != "true labels":
            same = torch.equal(other[0], A) and torch.equal(other[1], b)
            assert not same, f"{kind}: another seed should give another set"
        _true_to_its_name(kind, X, y, A, b)


def _true_to_its_name(kind: str, X: Tensor, y: Tensor, A: Tensor, b: Tensor) -> None:
    if kind == "random labels":
        agree = (b == y).double().mean().item()
        assert abs(agree - CHANCE) < 0.045, f"random labels: {agree:.0%} of them are still right"
        counts = torch.bincount(b, minlength=10)
        assert len(counts) == 10, "random labels: there are ten"
        assert int(counts.min()) > 40, "random labels: all ten equally often"
        moved = torch.equal(counts, torch.bincount(y, minlength=10))
        assert not moved, "random labels: the old ones in another order; draw each anew"
    else:
        assert torch.equal(b, y), f"{kind}: the labels stay as they are"
    if kind in ("true labels", "random labels"):
        expect(A, X, f"{kind}: the pictures stay as they are")
    if kind in ("shuffled pixels", "random pixels"):
        expect(
            A.sort(1).values,
            X.sort(1).values,
            f"{kind}: a picture keeps its pixels, in another order",
        )
        side = torch.corrcoef(torch.stack([A[:, 1:].flatten(), A[:, :-1].flatten()]))[0, 1].item()
        assert side < 0.25, f"{kind}: neighbours are alike as in digits; an order drawn by lot?"
        one = torch.allclose(A.var(0).sort().values, X.var(0).sort().values, atol=1e-5)
        assert one == (kind == "shuffled pixels"), (
            f"{kind}: one order for all pictures, or another for each? Read the table again"
        )
    if kind == "random pixels":
        assert float(A.mean(0).std()) < 0.05, "random pixels: a few orders for all; one for each"
    if kind == "Gaussian":
        expect(A.mean(), X.mean(), "Gaussian: the mean of all pixels", atol=0.02)
        expect(A.std(), X.std(), "Gaussian: the deviation of all pixels", atol=0.02)
        both = torch.corrcoef(torch.stack([A.flatten(), X.flatten()]))[0, 1].item()
        assert abs(both) < 0.05, "Gaussian: the numbers still know of the digits"
        assert float(A.std(0).min()) > 0.2, (
            "Gaussian: one mean and one deviation for all pixels, and each number drawn anew"
        )


def make(kind: str, X: Tensor, y: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """The test's own data sets; the page's reader writes another."""
    dice = torch.Generator().manual_seed(1000 + seed)
    if kind == "random labels":
        return X, torch.randint(10, y.shape, generator=dice)
    if kind == "shuffled pixels":
        return X[:, torch.randperm(64, generator=dice)], y
    if kind == "random pixels":
        return X.gather(1, torch.rand(X.shape, generator=dice).argsort(1)), y
    if kind == "Gaussian":
        return X.mean() + X.std() * torch.randn(X.shape, generator=dice), y
    return X, y


def _right(predict: Callable[[Tensor], Tensor], X: Tensor, y: Tensor) -> float:
    got = torch.as_tensor(predict(X)).cpu()
    assert got.shape == y.shape, f"predict gives {tuple(got.shape)}; one digit for each picture: {tuple(y.shape)}"  # fmt: skip
    return (got == y).double().mean().item()


def _fitted(fit: Fit, X: Tensor, y: Tensor) -> tuple[dict[str, float], dict[str, float]]:
    tests: dict[str, float] = {}
    epochs: dict[str, float] = {}
    for kind in KINDS:
        shares, lengths = [], []
        for seed in (0, 1):
            A, b = make(kind, X, y, seed)
            got = fit(A[:400].clone(), b[:400].clone(), seed)
            if got is ... or got is None:
                raise NotImplementedError
            losses, predict = got
            losses = [float(loss) for loss in losses]
            right = _right(predict, A[:400], b[:400])
            assert right == 1.0, f"{kind}: {right:.1%} of the training labels at the end, not all"
            assert 0.2 < losses[0] < 3 * math.log(10), (
                f"{kind}: a mean loss of {losses[0]:.2f} in the first epoch; {math.log(10):.2f} is chance"
            )
            assert losses[-1] < 0.4 * losses[0], f"{kind}: the loss goes from {losses[0]:.2f} to {losses[-1]:.2f}"  # fmt: skip
            shares.append(_right(predict, A[400:], b[400:]))
            lengths.append(len(losses))
        tests[kind], epochs[kind] = sum(shares) / 2, sum(lengths) / 2
    return tests, epochs


def _ordered(tests: dict[str, float], epochs: dict[str, float]) -> None:
    assert tests["true labels"] > 0.88, (
        f"{tests['true labels']:.1%} of unseen digits with true labels"
    )
    for kind in ("random labels", "Gaussian"):
        assert abs(tests[kind] - CHANCE) < 0.06, f"{kind}: {tests[kind]:.1%} of unseen ones, and {CHANCE:.0%} is chance"  # fmt: skip
    assert tests["shuffled pixels"] > 0.7, (
        f"shuffled pixels: {tests['shuffled pixels']:.1%} of unseen ones; the same order for all, so "
        "there is something to learn"
    )
    assert epochs["random labels"] > 1.3 * epochs["true labels"], (
        f"random labels take {epochs['random labels']:.0f} epochs and true ones "
        f"{epochs['true labels']:.0f}: is each fit stopped as soon as all labels are right?"
    )


def _table(table: Any, fit: Fit) -> None:
    """`table[kind]` holds epochs and test accuracy for each seed; one of each kind is computed again."""
    if table is ... or table is None:
        raise NotImplementedError
    missing = [kind for kind in KINDS if kind not in table]
    assert not missing, f"the table has no row for {missing[0]}"
    rows = {kind: torch.as_tensor(table[kind]).double() for kind in KINDS}
    for kind, row in rows.items():
        assert row.ndim == 2, f"{kind}: a row holds (epochs, test accuracy) for each seed"
        assert row.shape[1] == 2, f"{kind}: a row holds (epochs, test accuracy) for each seed"
        assert len(row) >= 3, f"{kind}: {len(row)} seeds, three are the least"
        assert bool((row[:, 1] <= 1).all()), f"{kind}: an accuracy above 1"
    assert float(rows["random labels"][:, 0].std()) > 0, (
        "all seeds took equally long for random labels"
    )
    X, y = to_learn()
    for kind in KINDS:
        A, b = make(kind, X, y, 0)
        losses, predict = fit(A[:LEARN], b[:LEARN], 0)
        share = _right(predict, A[LEARN:], b[LEARN:])
        epochs, accuracy = rows[kind].mean(0).tolist()
        near = 0.5 < epochs / len(losses) < 2
        assert near, (
            f"{kind}: the table says {epochs:.0f} epochs, computed again they are {len(losses)}"
        )
        assert abs(accuracy - share) < 0.07, f"{kind}: the table says {accuracy:.1%} of unseen ones, computed again {share:.1%}"  # fmt: skip
