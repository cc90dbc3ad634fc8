"""Checkers of the exercises in *Autograd and backpropagation*."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _answered(value: Any) -> Any:
    """The value, unless a stub's `...` came back."""
    if value is ... or value is None:
        raise NotImplementedError
    return value


@check_exercise.checker("ex-backprop-exp")
def local_errors(answer: Callable[[float], Any]) -> None:
    for x in _random(6).mul(1.5).tolist():
        got = _answered(answer(x))
        try:
            first, second = (float(number) for number in got)
        except (TypeError, ValueError):
            hint = "return two numbers: the error of out.data, then of self.data"
            raise AssertionError(hint) from None
        expect(first, 0.0, "the first candidate is e^x; its error should be tiny", atol=1e-6)
        wanted, hint = abs(x * math.exp(-x) - 1), "the second error is not relative to the slope"
        if math.isclose(-second, wanted, rel_tol=1e-5):
            hint = "how far is never below zero"
        expect(second, wanted, hint, rtol=1e-5)


def _engine(mistake: str = "") -> type:
    """The chapter's engine, or one with a mistake in it."""

    class Value:
        def __init__(self, data: float, parents: Any = ()) -> None:
            self.data, self.grad, self.parents = data, 0.0, parents

        def __add__(self, other: Any) -> Any:
            return Value(self.data + other.data, [(self, 1.0), (other, 1.0)])

        def __sub__(self, other: Any) -> Any:
            sign = 1.0 if mistake == "sign" else -1.0
            return Value(self.data - other.data, [(self, 1.0), (other, sign)])

        def __mul__(self, other: Any) -> Any:
            a, b = self.data, other.data
            return Value(a * b, [(self, a if mistake == "swap" else b), (other, a)])

        def tanh(self) -> Any:
            t = math.tanh(self.data)
            return Value(t, [(self, 1 - (self.data if mistake == "tanh" else t) ** 2)])

        def order(self, seen: Any = None) -> Any:
            seen = {} if seen is None else seen
            if mistake == "order":  # parents first come last: right for trees, wrong for late forks
                seen[self] = True
            for parent, _ in self.parents:
                if parent not in seen:
                    parent.order(seen)
            seen[self] = True
            return seen

        def backward(self) -> None:
            self.grad = 1.0
            nodes = list(self.order())
            for v in nodes if mistake == "order" else reversed(nodes):
                for parent, local in v.parents:
                    parent.grad = (mistake != "assign") * parent.grad + local * v.grad

    return Value


_HINTS = {
    "assign": "your test passes an engine that writes = where forks need +=",
    "order": "your test passes an engine that lets a value speak before all it feeds have spoken",
    "swap": "your test passes an engine whose multiply gate does not swap",
    "sign": "your test passes an engine whose minus gate copies the gradient to both sides",
    "tanh": "your test passes an engine with a wrong derivative of tanh",
}


@check_exercise.checker("ex-backprop-fork")
def trusts(answer: Callable[[type], Any]) -> None:
    assert bool(_answered(answer(_engine()))), "your test rejects a right engine"
    for mistake, hint in _HINTS.items():
        assert not bool(answer(_engine(mistake))), hint


@check_exercise.checker("ex-backprop-gates")
def gates(Value: type, exp: Any, power: Any, relu: Any, maximum: Any) -> None:
    def gradients(ours: Any, theirs: Any, *numbers: float) -> tuple[list[float], list[float]]:
        values = [Value(n) for n in numbers]
        leaves = [torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in numbers]
        out, wanted = _answered(ours(*values)), theirs(*leaves)
        assert hasattr(out, "parents"), "return a Value with its parents"
        expect(float(out.data), wanted, "a forward value is wrong")
        out.backward()
        return [v.grad for v in values], [
            0.0 if g is None else g.item()
            for g in torch.autograd.grad(wanted, leaves, allow_unused=True)
        ]

    def circuit(v: Any, w: Any, gates: Any) -> Any:
        exp, square, relu, maximum = gates
        return exp(maximum(v * w, v)) + relu(v) * square(w) * v

    larger, several = (
        "maximum sends the gradient to the larger",
        "single gates are right, not several",
    )
    for _ in range(5):
        a, b = _random(2).tolist()
        expect(*gradients(exp, torch.exp, a), "exp: the local derivative is wrong")
        for x, n in [(abs(a) + 1, -1), (a, 2), (-abs(a), 3)]:
            ours, theirs = (lambda v, n=n: power(v, n)), (lambda v, n=n: v**n)
            expect(*gradients(ours, theirs, x), f"power {n}: the local derivative is wrong")
        for x in (abs(a), -abs(a), 0.0):
            expect(*gradients(relu, torch.relu, x), f"relu is wrong at {x:.2g}")
        expect(*gradients(maximum, torch.maximum, a, b), larger)
        expect(*gradients(maximum, torch.maximum, b, a), larger)
        returned = sum(gradients(maximum, torch.maximum, a, a)[0])
        expect(returned, 1.0, "at a tie maximum sends back another sum than came in")
        ours = partial(circuit, gates=(exp, lambda w: power(w, 2), relu, maximum))
        theirs = partial(circuit, gates=(torch.exp, torch.square, torch.relu, torch.maximum))
        expect(*gradients(ours, theirs, a, b), several)


@check_exercise.checker("ex-backprop-dual")
def dual(Dual: type) -> None:
    a, b, da, db = _random(4).tolist()
    x, y = Dual(a, da), Dual(b, db)
    for name, got, value, slope in [
        ("+", x + y, a + b, da + db),
        ("*", x * y, a * b, da * b + a * db),
        ("tanh", x.tanh(), math.tanh(a), da / math.cosh(a) ** 2),
    ]:
        _answered(got)
        expect(float(got.value), value, f"{name}: the value is wrong")
        expect(float(got.slope), slope, f"{name}: the slope is wrong")

    def circuit(x: Any, y: Any) -> Any:
        return (x * y + x).tanh() * y + x * x

    point, direction = torch.tensor([a, b]).double(), torch.tensor([da, db]).double()
    wanted = torch.func.jvp(lambda v: circuit(v[0], v[1]), (point,), (direction,))[1]
    expect(float(circuit(x, y).slope), wanted, "single gates are right, not several", rtol=1e-5)


@check_exercise.checker("ex-backprop-shortcut")
def shortcut(answer: Callable[..., Any]) -> None:
    shapes = {"X": (6, 4), "W1": (5, 4), "b1": (5,), "W2": (4, 5), "b2": (4,)}
    leaves = {name: _random(*shape).requires_grad_() for name, shape in shapes.items()}
    X, W1, b1, W2, b2 = leaves.values()
    Y = _random(6, 4)
    loss = (X + F.linear(F.linear(X, W1, b1).relu(), W2, b2) - Y).pow(2).sum() / 2
    wanted = torch.autograd.grad(loss, list(leaves.values()))
    got = _answered(answer(*(leaf.detach() for leaf in leaves.values()), Y))
    assert len(got) == 5, "return five gradients: of X, W1, b1, W2, b2"
    for name, ours, theirs in reversed(list(zip(leaves, got, wanted, strict=True))):
        expect(ours, theirs, f"the gradient of {name} is wrong")


@check_exercise.checker("ex-backprop-batchnorm")
def batchnorm(answer: Callable[..., Tensor]) -> None:
    for B, D, eps in [(8, 3, 1e-5), (5, 4, 0.1)]:
        X, G, gamma = _random(B, D).mul(2).add(1).requires_grad_(), _random(B, D), _random(D)
        out = F.batch_norm(X, None, None, gamma, _random(D), training=True, eps=eps)
        (wanted,) = torch.autograd.grad(out, X, G)
        got = _answered(answer(G, X.detach(), gamma, eps))
        hint = "not yet: X also moves the mean and the variance (with 1/B) of its column"
        if isinstance(got, Tensor) and got.shape == wanted.shape:
            ratio = got / wanted
            if torch.allclose(ratio, ratio[0].expand_as(ratio)):
                hint = "right up to a factor for each column: what scales a column on its way?"
        expect(got, wanted, hint)


@check_exercise.checker("ex-backprop-sharpness")
def sharpness(answer: Callable[..., Any]) -> None:
    basis = torch.linalg.qr(_random(12, 12)).Q
    for largest in (9.0, -9.0):
        spectrum = torch.linspace(-3, 4, 12, dtype=torch.float64)
        spectrum[0] = largest
        H = basis @ torch.diag(spectrum) @ basis.T
        x = _random(12)

        def f(x: Tensor, H: Tensor = H) -> Tensor:
            return (x @ H @ x / 2 + (basis[:, 0] @ x).sin()).sum()

        wanted = torch.linalg.eigvalsh(torch.func.hessian(f)(x)).abs().max()
        got = float(_answered(answer(f, x, 200)))
        hint = "not the largest |eigenvalue|"
        if math.isclose(-got, wanted.item(), rel_tol=1e-4):
            hint = "an eigenvalue may be negative, its size may not"
        expect(got, wanted, hint, rtol=1e-4)
