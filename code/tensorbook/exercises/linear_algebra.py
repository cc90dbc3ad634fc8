"""Checkers of the exercises in *Linear algebra in single lines*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _with_singular_values(rows: int, columns: int, sigma: Tensor) -> Tensor:
    """A random `(rows, columns)` matrix with these singular values."""
    left = torch.linalg.qr(_random(rows, len(sigma))).Q
    right = torch.linalg.qr(_random(columns, len(sigma))).Q
    return (left * sigma) @ right.T


def _answered(*parts: Any) -> None:
    if any(part is ... or part is None for part in parts):
        raise NotImplementedError


@check_exercise.checker("ex-linalg-einsum")
def einsum(answer: dict[str, Any]) -> None:
    X, S, Q, K, P = (_random(*shape) for shape in ((4, 3), (3, 3), (2, 5, 3), (2, 6, 3), (2, 5, 6)))
    wanted = {
        "the sum of each column of X": ((X,), X.sum(0)),
        "the diagonal of S": ((S,), S.diagonal()),
        "the dot products of all pairs of columns of X": ((X, X), X.T @ X),
        "x S x, for each row x of X": ((X, S, X), torch.stack([x @ S @ x for x in X])),
        "in each batch, the dots of rows of Q with rows of K": ((Q, K), Q @ K.mT),
        "in each batch, P times K": ((P, K), P @ K),
    }
    _answered(*answer.values())
    for name, (factors, result) in wanted.items():
        assert isinstance(answer.get(name), str), f"a pattern is missing: {name}"
        pattern = answer[name]
        try:
            got = torch.einsum(pattern, *factors)
        except (RuntimeError, ValueError) as error:
            raise AssertionError(f"{pattern!r} does not fit {name}") from error
        expect(got, result, f"{pattern!r} is not {name}")


@check_exercise.checker("ex-linalg-documents")
def documents(answer: Callable[[Tensor], Any]) -> None:
    for _ in range(3):
        counts = torch.randint(0, 9, (5, 12))
        counts[0, 0] = 1  # nobody else is empty
        wanted = torch.nn.functional.cosine_similarity(
            counts[:, None].double(), counts[None].double(), dim=2
        )
        expect(answer(counts), wanted, "not the cosines of the pairs", atol=1e-6)
        counts[3] = 0
        wanted[3], wanted[:, 3] = 0.0, 0.0
        expect(answer(counts), wanted, "with an empty text among them", atol=1e-6)
        counts[1] *= 50
        expect(answer(counts), wanted, "a text repeated fifty times counts for more", atol=1e-6)


@check_exercise.checker("ex-linalg-line")
def line(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for shift, slope, noise in [(0.0, 2.0, 0.0), (5.0, -1.5, 0.5), (-40.0, 0.1, 3.0)]:
        x = _random(20) + shift
        y = slope * x + 7 + noise * _random(20)
        columns = torch.stack([torch.ones_like(x), x], dim=1)
        wanted = torch.linalg.lstsq(columns, y[:, None]).solution[:, 0]
        expect(answer(x, y), wanted, "some other line misses by less", rtol=1e-6, atol=1e-6)


def _cheapest(sizes: tuple[int, ...]) -> int:
    """By building up from short chains to long ones."""
    count = len(sizes) - 1
    cost = {(i, i + 1): 0 for i in range(count)}
    for gap in range(2, count + 1):
        for i in range(count - gap + 1):
            j = i + gap
            cost[i, j] = min(
                cost[i, k] + cost[k, j] + 2 * sizes[i] * sizes[k] * sizes[j]
                for k in range(i + 1, j)
            )
    return cost[0, count]


@check_exercise.checker("ex-linalg-chain")
def chain(answer: Callable[[Sequence[int]], Any]) -> None:
    hint = "two factors of shapes (3, 4) and (4, 5): both multiplications and additions count"
    expect(answer((3, 4, 5)), 120, hint)
    expect(answer((10, 1000, 5, 800)), 180_000, "the three factors of the exercise")
    # Two triples, multiplied last: no matrix at an end of the chain comes last.
    chains = [(30, 35, 15, 5, 10, 20, 25)]
    for length in (1, 3, 4, 6, 7):
        chains.append(tuple(torch.randint(1, 60, (length + 1,)).tolist()))
    for sizes in chains:
        expect(answer(sizes), _cheapest(sizes), f"there is a cheaper order for {sizes}")


@check_exercise.checker("ex-linalg-power")
def power(answer: Callable[[Tensor], Any]) -> None:
    for rows, columns in ((6, 4), (4, 6), (5, 5)):
        sigma = torch.tensor([3.0, 2.2, 1.0], dtype=torch.float64) * 10.0 ** (rows - 5)
        A = _with_singular_values(rows, columns, sigma)
        U, s, Vh = torch.linalg.svd(A, full_matrices=False)
        wanted = s[0] * torch.outer(U[:, 0], Vh[0])
        hint = f"not the first sheet of a {rows} by {columns} matrix"
        expect(answer(A), wanted, hint, rtol=1e-6, atol=1e-7)


@check_exercise.checker("ex-linalg-gram-schmidt")
def gram_schmidt(answer: Callable[[Tensor], Any]) -> None:
    i = torch.arange(1, 9, dtype=torch.float64)
    hilbert = 1 / (i[:, None] + i - 1)
    for A, name in ((_random(7, 4), "random columns"), (hilbert, "Hilbert's columns")):
        Q = answer(A)
        _answered(Q)
        expect(Q.shape, A.shape, "as many columns as there were")
        eye = torch.eye(A.shape[1], dtype=torch.float64)
        expect(Q.T @ Q, eye, f"{name}: not perpendicular to ten digits", atol=1e-10)
        expect(Q @ (Q.T @ A), A, f"{name}: they do not span the same", atol=1e-9)
        below = (Q.T @ A).tril(-1)
        hint = f"{name}: the first k must come from the first k of A"
        expect(below, torch.zeros_like(below), hint, atol=1e-9)


@check_exercise.checker("ex-linalg-squeeze")
def squeeze(answer: Callable[[Tensor, float], Any]) -> None:
    # Steep, even, and with a long flat tail: counting large singular values, or adding
    # them up without squares, goes wrong for one of them.
    steep = 2.0 ** -torch.arange(8, dtype=torch.float64)
    even = torch.linspace(1, 0.3, 8, dtype=torch.float64)
    tail = torch.tensor([1.0] + 7 * [0.08], dtype=torch.float64)
    for rows, columns, tolerance, sigma in (
        (12, 8, 0.3, steep),
        (8, 12, 0.1, steep),
        (10, 10, 0.3, even),
        (9, 11, 0.15, tail),
    ):
        A = _with_singular_values(rows, columns, sigma)
        P, Q = answer(A, tolerance)
        _answered(P, Q)
        miss = torch.linalg.matrix_norm(A - P @ Q) / torch.linalg.matrix_norm(A)
        assert miss <= tolerance * (1 + 1e-9), f"off by {miss:.3f}, allowed were {tolerance}"
        lost = [sigma[R:].norm() / sigma.norm() for R in range(9)]
        fewest = next(R for R in range(9) if lost[R] <= tolerance)
        expect(len(Q), fewest, f"fewer than {len(Q)} sheets keep within {tolerance}")
