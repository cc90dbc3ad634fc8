"""Checkers of the exercises in *Derivatives and gradients*."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, jacrev

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

Function = Callable[[Tensor], Tensor]


def _random(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


@check_exercise.checker("ex-deriv-three")
def from_three(answer: Callable[..., Any]) -> None:
    for h in (0.5, 0.01, 2.0):
        height, slope, curvature = _random(3)
        left, right = (height + s * slope + s**2 / 2 * curvature for s in (-h, h))
        got = answer(left, height, right, h)
        if got is ... or got is None:
            raise NotImplementedError
        assert len(got) == 2, "return two numbers, slope and curvature"
        expect(got[0], slope, f"not the slope of a parabola, with h = {h}")
        expect(got[1], curvature, f"not the curvature f'' of a parabola, with h = {h}")


@check_exercise.checker("ex-deriv-eight")
def eight(answer: Sequence[Callable[..., Any]]) -> None:
    assert len(answer) == 8, "the list should hold eight functions"
    a = _random(4)
    functions: list[Function] = [
        lambda x: torch.exp(-(x**2) / 2),
        torch.nn.functional.softplus,
        lambda x: x / (1 + x**2),
        lambda x: (1 + x**2).sqrt(),
        torch.linalg.vector_norm,
        lambda x: torch.special.entr(x).neg().sum(),
        lambda x: (a @ x) ** 2,
        lambda x: a @ x / x.norm(),
    ]
    for number, (f, gradient) in enumerate(zip(functions, answer, strict=True), start=1):
        for _ in range(3):
            x = _random() if number <= 4 else _random(4)
            x = x.abs() + 0.1 if number == 6 else x
            got = gradient(x, a) if number > 6 else gradient(x)
            assert got is not ... or number == 1, f"all before are right, number {number} waits"
            expect(got, grad(f)(x), f"number {number} is not yet right")


@check_exercise.checker("ex-deriv-richardson")
def finer(answer: Callable[..., Any]) -> None:
    for h in (0.5, 2.0):
        coefficients, x = _random(5), _random(3)

        def quartic(x: Tensor, c: Tensor = coefficients) -> Tensor:
            return c[0] + x * (c[1] + x * (c[2] + x * (c[3] + x * c[4])))

        asked: list[Tensor] = []

        def nudges_only(x: Tensor, f: Function = quartic, asked: list[Tensor] = asked) -> Tensor:
            asked.append(x)
            return f(x.detach())

        got = answer(nudges_only, x, h)
        wanted = torch.func.vmap(grad(quartic))(x)
        # Tight, so that a tiny nudge of the reader's own does not pass for h.
        expect(got, wanted, f"not exact for a quartic, with h = {h}", rtol=1e-12, atol=1e-11)
        assert len(asked) <= 4, f"four values of f are enough, you asked for {len(asked)}"


@check_exercise.checker("ex-deriv-complex")
def complex_step(answer: Callable[..., Any]) -> None:
    functions: list[Function] = [
        lambda x: torch.exp(torch.sin(x)),
        lambda x: x**3 / (2 + torch.cos(x)),
        lambda x: torch.exp(x) * torch.sin(3 * x),
    ]
    for f in functions:
        x = _random(5)
        kinds: set[bool] = set()

        def watched(x: Tensor, f: Function = f, kinds: set[bool] = kinds) -> Tensor:
            kinds.add(x.is_complex())
            return f(x)

        got = answer(watched, x)
        if got is ... or got is None:
            raise NotImplementedError
        assert kinds == {True}, "call f with a complex number, and with nothing else"
        assert not torch.as_tensor(got).is_complex(), (
            "the slope of a real function is a real number"
        )
        wanted = torch.func.vmap(grad(f))(x)
        expect(got, wanted, "not right to 13 digits", rtol=1e-13, atol=1e-14)


@check_exercise.checker("ex-deriv-lse")
def soft_max_gradient(answer: Callable[[Tensor], Any]) -> None:
    for size in (2, 5):
        x = 2 * _random(size)
        wanted = grad(lambda x: torch.logsumexp(x, 0))(x)
        expect(answer(x), wanted, "differs from PyTorch's gradient")
        expect(answer(x + 1000), wanted, "large entries overflow")
        expect(answer(x - 1000), wanted, "very negative entries vanish all at once")
        for i in range(size):
            alone = torch.zeros_like(x)
            alone[i] = 1.0
            hint = "one entry of 1000 among entries of -1000 overflows"
            expect(answer(2000 * alone - 1000), alone, hint)


@check_exercise.checker("ex-deriv-polar")
def polar(answer: Callable[..., Any]) -> None:
    for _ in range(3):
        r, theta = _random().abs() + 0.2, 3 * _random()
        got = answer(r, theta)
        if got is ... or got is None or got[0] is ...:
            raise NotImplementedError
        assert len(got) == 2, "return two things, the Jacobian and its determinant"
        wanted = jacrev(lambda p: torch.stack([p[0] * p[1].cos(), p[0] * p[1].sin()]))(
            torch.stack([r, theta])
        )
        expect(
            got[0], wanted, "not the Jacobian: a row for x, a row for y; a column for ρ, one for φ"
        )
        expect(got[1], torch.linalg.det(wanted), "not the determinant")


@check_exercise.checker("ex-deriv-newton")
def newton(answer: Callable[..., Any]) -> None:
    for size in (2, 4):
        root, bottom, start = _random(size, size), _random(size), _random(size)
        Q = root @ root.T + torch.eye(size, dtype=torch.float64)

        def bowl(x: Tensor, Q: Tensor = Q, bottom: Tensor = bottom) -> Tensor:
            return (x - bottom) @ Q @ (x - bottom) / 2

        def basin(x: Tensor, Q: Tensor = Q, bottom: Tensor = bottom) -> Tensor:
            return bowl(x, Q, bottom) + (x - bottom).cosh().log().sum()

        hint = "one jump does not reach the bottom of a bowl"
        kept = start.clone()
        expect(answer(bowl, start, 1), bottom, hint, atol=1e-6)
        assert torch.equal(start, kept), "the start itself has changed; jump with a copy"
        near = bottom + 0.1 * start / start.norm()
        expect(answer(basin, near, 8), bottom, "eight jumps do not reach the bottom", atol=1e-6)
        expect(answer(bowl, start, 0), start, "without a jump, stay where you are")
        two = start
        for _ in range(2):
            two = two - torch.linalg.inv(jacrev(grad(basin))(two)) @ grad(basin)(two)
        hint = "wrong after two jumps: each takes gradient and Hessian of the point where it starts"
        expect(answer(basin, start, 2), two, hint)


@check_exercise.checker("ex-deriv-agrees")
def agrees(answer: Callable[..., Any]) -> None:
    for scale, height in ((1.0, 0.0), (1e-6, 0.0), (1.0, 1e3), (1e6, 1e3)):
        for f, x in _functions(scale, height):
            _judge(answer, f, x)
        _judge_flat(answer, scale, height)


def _functions(scale: float, height: float) -> list[tuple[Function, Tensor]]:
    """Functions with slopes of about `scale`, and points at which to judge them."""
    W, A, far = _random(5, 4), _random(3, 3), 1e3 * _random(3)
    spread = torch.tensor([0.2, 0.4, 0.7], dtype=torch.float64)
    return [
        (lambda x: height + scale * torch.sin(W @ x).sum(), _random(4)),
        (lambda x: height + scale * (x @ A * x).sum(), _random(3, 3)),
        (lambda x: height + scale * torch.cos(x - far).prod(), far + spread),
        # Many slopes of one size: 1 % of one is little beside the length of all.
        (lambda x: height + scale * torch.sin(x).sum(), _random(5, 5) / 2),
    ]


def _judge(answer: Callable[..., Any], f: Function, x: Tensor) -> None:
    def nudges_only(x: Tensor) -> Tensor:
        return f(x.detach())

    right = grad(f)(x)
    largest = torch.zeros_like(x).flatten()
    largest[right.abs().argmax()] = 1.0
    wrong = {
        "a gradient without its factor 2": right / 2,
        "a gradient with the wrong sign": -right,
        "a gradient with 1 % too much in its largest entry": right
        * (1 + 0.01 * largest.view_as(x)),
        "a gradient of zeros": torch.zeros_like(right),
        "a gradient of the wrong shape": right[None],
        "a gradient whose entries changed places": right.flatten().roll(1).view_as(x),
    }
    if x.dim() == 2:
        wrong["a transposed gradient"] = right.T
    _verdict(answer(nudges_only, lambda x: right, x), True, "rejects a right gradient")
    for name, claim in wrong.items():
        _verdict(answer(nudges_only, lambda x, claim=claim: claim, x), False, f"accepts {name}")


def _judge_flat(answer: Callable[..., Any], scale: float, height: float) -> None:
    """On flat ground nudges find what rounding leaves, and no length to compare it with."""
    x = _random(6)

    def flat(x: Tensor) -> Tensor:
        return height + scale * (torch.sin(x.detach()) ** 2 + torch.cos(x.detach()) ** 2).prod()

    right, wrong = torch.zeros_like(x), torch.full_like(x, 0.01 * scale)
    hint = "rejects a gradient of zeros where the ground is flat"
    _verdict(answer(flat, lambda x: right, x), True, hint)
    _verdict(answer(flat, lambda x: wrong, x), False, "accepts a slope where the ground is flat")


def _verdict(got: Any, wanted: bool, hint: str) -> None:
    if got is ... or got is None:
        raise NotImplementedError
    assert bool(got) == wanted, hint
