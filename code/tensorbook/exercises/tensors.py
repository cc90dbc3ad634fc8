"""The hidden cases of the chapter *Tensors*: random sizes, unequal dimensions, shapes, dtypes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()
ROUNDS = 8


def typed(name: str, got: Any, wanted: Tensor) -> None:
    """Expect a tensor with the shape, dtype and values of `wanted`, and blame `name` otherwise."""
    if got is ... or got is None:
        raise NotImplementedError
    assert isinstance(got, Tensor), f"{name}: return a tensor, not {type(got).__name__}"
    assert got.shape == wanted.shape, (
        f"{name}: shape {tuple(got.shape)} where {tuple(wanted.shape)} was asked for"
    )
    assert got.dtype == wanted.dtype, (
        f"{name}: dtype {got.dtype} where {wanted.dtype} was asked for"
    )
    expect(got, wanted, f"{name}: the shape is right, some values are not")


def sizes(count: int, low: int = 2, high: int = 7) -> list[int]:
    """Sizes that are all different, so that a swapped dimension shows."""
    return random.sample(range(low, high + max(0, count - 4)), count)


@check_exercise.checker("ex-tensor-shapes")
def shapes(predicted: list[Any]) -> None:
    A, b, c, D, e = (torch.zeros(n) for n in ((5, 3), (3,), (5, 1), (2, 1, 3), (5,)))
    lines: list[Callable[[], Tensor]] = [
        lambda: A + b, lambda: A + e, lambda: c + b, lambda: c - e,
        lambda: D + A, lambda: A.sum(dim=0), lambda: A - A.mean(dim=1, keepdim=True),
        lambda: A[:, None], lambda: A[[0, 2, 4, 4]], lambda: A[A > 0],
        lambda: A.T @ c, lambda: D.permute(2, 0, 1),
    ]  # fmt: skip
    assert len(predicted) == len(lines), f"{len(lines)} predictions are asked for"
    if all(guess is ... for guess in predicted):
        raise NotImplementedError
    wrong = []
    for number, (guess, line) in enumerate(zip(predicted, lines, strict=True), 1):
        try:
            truth: Any = tuple(line().shape)
        except RuntimeError:
            truth = "error"
        if _shape(guess) != truth:
            wrong.append(str(number))
    assert not wrong, f"{len(wrong)} to think about again: {', '.join(wrong)}"


def _shape(guess: Any) -> Any:
    """A guess as it is compared: a list serves for a tuple, and "Error" for "error"."""
    if isinstance(guess, list):
        return tuple(guess)
    return guess.lower() if isinstance(guess, str) else guess


@check_exercise.checker("ex-tensor-puzzles-compare")
def compare(one_hot: Any, look_back: Any, padding: Any, histogram: Any) -> None:
    for _ in range(ROUNDS):
        N, K, T = sizes(3)
        labels = torch.randint(K, (N,))
        lengths = torch.randint(T + 1, (N,))
        typed("one_hot", one_hot(labels, K), F.one_hot(labels, K))
        typed("look_back", look_back(T), torch.ones(T, T).tril().bool())
        rows = [[t < int(n) for t in range(T)] for n in lengths]
        typed("padding", padding(lengths, T), torch.tensor(rows))
        typed("histogram", histogram(labels, K), torch.bincount(labels, minlength=K))


@check_exercise.checker("ex-tensor-puzzles-stretch")
def stretch(distances: Any, standardise: Any, masked_mean: Any, running_total: Any) -> None:
    for _ in range(ROUNDS):
        N, M, D, T = sizes(4)
        X, Y = torch.randn(N, D, dtype=torch.float64), torch.randn(M, D, dtype=torch.float64)
        typed("distances", distances(X, Y), torch.cdist(X, Y) ** 2)
        columns = [(c - sum(c) / N) / c.std() for c in X.unbind(1)]
        typed("standardise", standardise(X), torch.stack(columns, 1))
        box, mask = torch.randn(N, T, D, dtype=torch.float64), torch.rand(N, T) < 0.5
        mask[:, 0] = True
        means = torch.stack([x[m].mean(0) for x, m in zip(box, mask, strict=True)])
        typed("masked_mean", masked_mean(box, mask), means)
        typed("running_total", running_total(Y[:, 0]), Y[:, 0].cumsum(0))


@check_exercise.checker("ex-tensor-puzzles-rearrange")
def rearrange(pick: Any, quarter_turn: Any, interleave: Any, patches: Any) -> None:
    for _ in range(ROUNDS):
        N, K, C, h, w = sizes(5)
        p = random.choice((2, 3))
        scores, labels = torch.randn(N, K), torch.randint(K, (N,))
        typed("pick", pick(scores, labels), scores.gather(1, labels[:, None]).squeeze(1))
        image = torch.randn(C, h * p, w * p)
        typed("quarter_turn", quarter_turn(image), torch.rot90(image, 1, (1, 2)))
        x, y = torch.randn(N), torch.randn(N)
        pairs = [v for both in zip(x.tolist(), y.tolist(), strict=True) for v in both]
        typed("interleave", interleave(x, y), torch.tensor(pairs))
        cut = F.unfold(image[None], p, stride=p)[0].T  # one row a square, colours first
        typed("patches", patches(image, p), cut)
        typed(
            "patches", patches(image.transpose(1, 2), p), F.unfold(image.mT[None], p, stride=p)[0].T
        )


@check_exercise.checker("ex-tensor-first-gap")
def first_gap(answer: Any) -> None:
    for dtype in (torch.float16, torch.bfloat16):
        whole = torch.arange(1, 5000)
        missing = whole[whole.to(dtype).long() != whole][0]
        expect(answer(dtype), int(missing), f"not what counting finds for {dtype}")
    for dtype in (torch.float32, torch.float64):
        n = answer(dtype)
        assert not isinstance(n, float), (
            "return an int: a Python float is a float64 and has gaps, too"
        )
        n = int(n)
        held = [int(torch.tensor(m, dtype=dtype)) == m for m in (n - 2, n - 1, n)]
        assert held == [True, True, False], f"{dtype} disagrees: is {n} missing, and {n - 1} not?"


@check_exercise.checker("ex-tensor-windows")
def windows(answer: Any, squares: Any) -> None:
    for _ in range(ROUNDS):
        x = torch.randn(40)[random.randrange(4) :: random.choice((1, 2))]
        size, step = random.randint(2, 6), random.randint(1, 4)
        got = answer(x, size, step)
        typed("windows", got, x.unfold(0, size, step))
        assert _same_cells(got, x), "windows: the values are right, but they are a copy"
        H, W = sizes(2, 5, 9)
        image = torch.randn(2 * H + 1, W + 2)[1::2, random.randrange(2) :]
        image = random.choice((image, image.T))
        k = random.randint(2, 3)
        got = squares(image, k)
        typed("squares", got, image.unfold(0, k, 1).unfold(1, k, 1))
        assert _same_cells(got, image), "squares: the values are right, but they are a copy"


def _same_cells(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


@check_exercise.checker("ex-tensor-traversal")
def traversal(grain: Any) -> None:
    X = torch.randn(2048, 2048)
    ratio = grain(X)
    if ratio is ... or ratio is None:
        raise NotImplementedError
    turned = float(grain(X.T))
    assert float(ratio) > 1, f"in X the columns are the slow ones, and the ratio was {ratio:.2f}"
    assert turned < 1, f"for X.T the columns are the fast ones, and the ratio was {turned:.2f}"
    assert float(ratio) * turned < 20, "the ratio of X.T should be the inverse of that of X"


@check_exercise.checker("ex-tensor-tiny")
def tiny(Tiny: Any) -> None:
    cells = [random.random() for _ in range(120)]
    truth = torch.tensor(cells, dtype=torch.float64)
    for _ in range(ROUNDS):
        shape = random.choice(((2, 3, 4, 5), (5, 1, 4, 6), (4, 30), (1, 8, 5, 3)))
        mine, theirs = Tiny(cells, shape), truth.view(shape)
        _agree(mine, theirs, cells, "a fresh Tiny")
        for step in range(4):
            k, j = (random.randrange(theirs.ndim) for _ in range(2))
            before = mine, theirs
            if step % 2:
                a, c = random.randrange(theirs.shape[k]), random.randint(1, 3)
                b = random.randint(a + 1, theirs.shape[k])
                pieces = [slice(None)] * theirs.ndim
                pieces[k] = slice(a, b, c)
                mine, theirs = mine.narrow(k, a, b, c), theirs[tuple(pieces)]
            else:
                mine, theirs = mine.transpose(j, k), theirs.transpose(j, k)
            what = "narrow" if step % 2 else "transpose"
            _agree(mine, theirs, cells, what)
            _agree(*before, cells, f"{what} changed the tensor that it was called on")
        larger = (2, *(n if n != 1 else 3 for n in theirs.shape))
        _agree(mine.expand(*larger), theirs.expand(larger), cells, "expand")
    for rows in (8, 1):
        try:
            Tiny(cells, (4, 30)).expand(rows, 30)
        except ValueError:
            continue
        raise AssertionError(f"expand: 4 cannot become {rows}, and no ValueError was raised")


def _agree(mine: Any, theirs: Tensor, cells: list[float], what: str) -> None:
    if mine is ... or mine is None:
        raise NotImplementedError
    assert mine.cells is cells, f"{what}: the values moved to another list"
    assert tuple(mine.shape) == tuple(theirs.shape), f"{what}: the shape is {tuple(mine.shape)}"
    values = []
    for index in itertools.product(*(range(n) for n in theirs.shape)):
        value = mine.item(*index)
        if value is ... or value is None:
            raise NotImplementedError
        values.append(value)
    expect(torch.tensor(values, dtype=torch.float64), theirs.flatten(), f"{what}: a wrong cell")
    answer = mine.is_contiguous()
    if answer is ... or answer is None:
        raise NotImplementedError
    assert answer == theirs.is_contiguous(), f"{what}: is_contiguous() said {answer}"
