"""Checkers of the exercises in the chapter *Convolution and pooling*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

Pair = tuple[Tensor, Tensor]


@check_exercise.checker("ex-conv-stem")
def stem(shape: Any, count: Any) -> None:
    if shape is ... or count is ...:
        raise NotImplementedError
    net = nn.Sequential(nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.MaxPool2d(3, 2, padding=1))
    wanted = net(torch.zeros(1, 3, 224, 224)).shape[1:]
    parameters = sum(weights.numel() for weights in net.parameters())
    expect(list(shape), list(wanted), "the shape is not (C, H, W) after both layers")
    expect(count, parameters, "the shape is right, the number of parameters is not")


@check_exercise.checker("ex-conv-curvature")
def curvature(w: Any) -> None:
    if w is ... or w is None:
        raise NotImplementedError
    w = torch.as_tensor(w, dtype=torch.float64)
    if w.shape != (3,):
        raise AssertionError(f"three numbers are wanted, not shape {tuple(w.shape)}")
    i = torch.arange(9, dtype=torch.float64)
    slope, start = torch.randn(2, dtype=torch.float64)
    expect(_slide(torch.ones_like(i), w), torch.zeros(7), "it answers something on a constant")
    expect(_slide(start + slope * i, w), torch.zeros(7), "it answers something on a straight line")
    expect(_slide(i**2, w), torch.full((7,), 2.0), "it should answer 2 on the parabola")


@check_exercise.checker("ex-conv-direction")
def direction(answer: Callable[[Tensor], Tensor]) -> None:
    i, j = torch.meshgrid(torch.arange(6.0), torch.arange(7.0), indexing="ij")
    for v in (torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0]), torch.randn(2)):
        K = answer(v)
        if K is ... or K is None:
            raise NotImplementedError
        K = torch.as_tensor(K, dtype=torch.float32)
        if K.shape != (3, 3):
            raise AssertionError(f"the kernel should have shape (3, 3), not {tuple(K.shape)}")
        expect(K.sum(), 0.0, "it answers something on a constant picture", atol=1e-5)
        a, b = torch.randn(2).tolist()
        got = F.conv2d((a * i + b * j)[None, None], K[None, None])[0, 0]
        wanted = torch.full((4, 5), a * v[0].item() + b * v[1].item())
        expect(got, wanted, f"wrong slope on a ramp for v = {v.tolist()}", atol=1e-4)


@check_exercise.checker("ex-conv-separate")
def separate(answer: Callable[[Tensor], Pair]) -> None:
    zeros = torch.outer(torch.tensor([0.0, 1, 2]), torch.tensor([0.0, 1, -1]))
    for K, what in (
        (torch.outer(torch.randn(3), torch.randn(3)), "a random kernel"),
        (torch.outer(torch.randn(5), torch.randn(4)), "a kernel that is not square"),
        (zeros, "a kernel whose first row and column are zero"),
        (300 * torch.outer(torch.randn(4), torch.randn(4)), "large weights"),
    ):
        (k, width), hint = K.shape, f"column then row differs from K, for {what}"
        try:
            got = answer(K)
        except ValueError as error:
            raise AssertionError(f"{what} is an outer product, up to rounding") from error
        if got is ... or got is None or any(part is ... for part in got):
            raise NotImplementedError
        column, row = got
        if (tuple(column.shape), tuple(row.shape)) != ((k,), (width,)):
            raise AssertionError(f"return a column ({k},) and a row ({width},), both of one axis")
        X = torch.randn(1, 1, 9, 8)
        two = F.conv2d(F.conv2d(X, column[None, None, :, None]), row[None, None, None])
        largest = K.abs().max().item()
        expect(two / largest, F.conv2d(X, K[None, None]) / largest, hint, atol=1e-4)
    K = torch.outer(torch.randn(3), torch.randn(3)) + 0.1 * torch.eye(3)
    for size, what in ((1.0, ""), (1e-6, ", however small its weights,")):
        try:
            answer(size * K)
        except ValueError:
            continue
        raise AssertionError(f"a kernel that is no outer product{what} should raise ValueError")


@check_exercise.checker("ex-conv-fourier")
def fourier(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    for size, kernel in (((8, 8), (3, 3)), ((7, 10), (2, 5)), ((9, 5), (9, 1))):
        X = torch.randn(*size, dtype=torch.float64)
        K = torch.randn(*kernel, dtype=torch.float64)
        wanted = F.conv2d(X[None, None], K[None, None])[0, 0]
        expect(answer(X, K), wanted, f"differs from F.conv2d for X {size} and K {kernel}")


@check_exercise.checker("ex-conv-max-backward")
def max_backward(answer: Callable[[Tensor, Tensor, int, int], Tensor]) -> None:
    cases = [
        (torch.randn(6, 8), 2, 2, "differs from autograd when windows tile the plane"),
        (torch.randn(7, 9), 2, 2, "differs from autograd when pixels are left over"),
        (torch.randn(7, 9), 3, 2, "differs from autograd when windows overlap"),
        (torch.randint(0, 2, (6, 6)).float(), 3, 1, "differs from autograd when pixels tie"),
    ]
    for X, k, s, hint in cases:
        X.requires_grad_()
        Y = F.max_pool2d(X[None, None], k, stride=s)[0, 0]
        G = torch.randn_like(Y)
        (wanted,) = torch.autograd.grad((Y * G).sum(), X)
        expect(answer(X.detach(), G.detach(), k, s), wanted, hint)


@check_exercise.checker("ex-conv-strided-gradient")
def strided_gradient(answer: Callable[..., Tensor]) -> None:
    for height, width, size, s, p in (
        (6, 7, (2, 3), 1, 0),
        (7, 9, (3, 3), 2, 1),
        (8, 10, (3, 2), 3, 1),
    ):
        X = torch.randn(height, width, dtype=torch.float64)
        K = torch.randn(*size, dtype=torch.float64, requires_grad=True)
        Y = F.conv2d(X[None, None], K[None, None], stride=s, padding=p)[0, 0]
        G = torch.randn_like(Y)
        (wanted,) = torch.autograd.grad((Y * G).sum(), K)
        hint = f"differs from autograd for a kernel {size} with stride {s} and padding {p}"
        expect(answer(X, G.detach(), size, s, p), wanted, hint)


@check_exercise.checker("ex-conv-receptive-field")
def receptive_field(answer: Callable[[nn.Module, int], int]) -> None:
    stacks = [
        ([(3, 1, 1)], "one layer with k = 3"),
        ([(3, 1, 1), (5, 1, 1)], "two layers"),
        ([(3, 2, 1), (3, 2, 1), (3, 1, 1)], "strides"),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], "dilations"),
        ([(3, 1, 4)], "a dilation that skips cells"),
    ]
    for layers, what in stacks:
        modules: list[nn.Module] = []
        field, step = 1, 1
        for k, s, d in layers:
            convolution = nn.Conv1d(1, 1, k, stride=s, dilation=d)
            nn.init.uniform_(convolution.weight, 0.5, 1.0)
            nn.init.constant_(convolution.bias, 0.1)  # type: ignore[arg-type]
            modules += [convolution, nn.ReLU()]
            field, step = field + d * (k - 1) * step, step * s
        modules.append(nn.AvgPool1d(2))
        expect(answer(nn.Sequential(*modules), 101), field + step, f"wrong for {what}, then a pool")


def _slide(x: Tensor, w: Tensor) -> Tensor:
    """Cross-correlation of a signal (n,) with a kernel (k,)."""
    return F.conv1d(x[None, None], w[None, None])[0, 0]
