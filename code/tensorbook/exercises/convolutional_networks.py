"""Checkers of the exercises in the chapter *Training CNNs and looking inside*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()

Stack = list[tuple[Any, ...]]


def _pair(got: Any, hint: str) -> list[Any]:
    """The two parts of an answer; `...` and `None` count as none yet."""
    if got is ... or got is None:
        raise NotImplementedError
    if not isinstance(got, (tuple, list, Tensor)) or len(got) != 2:
        raise AssertionError(hint)
    if any(part is ... for part in got):
        raise NotImplementedError
    return list(got)


@check_exercise.checker("ex-cnn-pixels")
def pixels(answer: Callable[[bytes, int, int, str], Tensor]) -> None:
    for height, width, order in ((2, 3, "RGB"), (5, 4, "BGR"), (4, 4, "RGB")):
        planes = torch.randint(256, (3, height, width), dtype=torch.uint8)
        stored = planes.permute(1, 2, 0) if order == "RGB" else planes.flip(0).permute(1, 2, 0)
        got = answer(bytes(stored.flatten().tolist()), height, width, order)
        hint = f"wrong pixels for a {height} × {width} picture in the order {order}"
        expect(got, planes / 255, hint)
        if not isinstance(got, Tensor) or got.dtype != torch.float32:
            raise AssertionError("the numbers are right, but a float32 tensor is wanted")


@check_exercise.checker("ex-cnn-cost")
def cost(answer: Callable[[Stack, int, int], tuple[int, int]]) -> None:
    stacks: list[tuple[Stack, str]] = [
        ([("conv", 5, 3, 1, 0)], "one convolution"),
        ([("conv", 4, 5, 2, 2), ("conv", 7, 3, 1, 1)], "stride and padding"),
        ([("conv", 6, 3, 1, 1), ("pool", 2), ("conv", 3, 3, 1, 0), ("pool", 3)], "pools"),
        ([("conv", 4, 3, 1, 1), ("pool", 2), ("linear", 9), ("linear", 2)], "linear layers"),
    ]
    for stack, what in stacks:
        for C, side in ((3, 17), (1, 20)):
            numbers, work = _pair(answer(stack, C, side), "give parameters and multiply-adds")
            net = _built(stack, C, side)
            wanted = sum(p.numel() for p in net.parameters())
            expect(numbers, wanted, f"the number of parameters is off for {what}")
            with FlopCounterMode(display=False) as counter:
                net(torch.zeros(1, C, side, side))
            half = counter.get_total_flops() // 2
            expect(work, half, f"the number of multiply-adds is off for {what}")


@check_exercise.checker("ex-cnn-seen")
def seen(answer: Callable[[Stack, int], tuple[int, int]]) -> None:
    stacks: list[tuple[Stack, str]] = [
        ([(3, 1, 0)], "one layer"),
        ([(3, 1, 1), (5, 1, 2)], "padding"),
        ([(2, 2, 0), (3, 1, 0)], "a stride below a window"),
        ([(3, 2, 1), (3, 2, 1), (3, 1, 1), (2, 2, 0)], "several strides"),
    ]
    for stack, what in stacks:
        layers = []
        for k, s, p in stack:
            layer = nn.Conv1d(1, 1, k, stride=s, padding=p, bias=False).double()
            nn.init.uniform_(layer.weight, 0.5, 1.0)
            layers.append(layer)
        x = torch.ones(1, 1, 90, dtype=torch.float64, requires_grad=True)
        y = nn.Sequential(*layers)(x)[0, 0]
        starts = []
        middle = len(y) // 2
        for i in (middle, middle - 1):
            (slope,) = torch.autograd.grad(y[i], x, retain_graph=True)
            places = slope[0, 0].nonzero()
            got = _pair(answer(stack, i), "give the first and the last pixel")
            expect(got[1] - got[0], places.max() - places.min(), f"the width is off for {what}")
            expect(list(got), [int(places.min()), int(places.max())], f"misplaced for {what}")
            starts.append(int(places.min()))
        first = starts[0] - middle * (starts[0] - starts[1])
        hint = f"place 0 is off for {what}; pixels before the picture count, with negative numbers"
        expect(list(answer(stack, 0)), [first, first + int(places.max() - places.min())], hint)


@check_exercise.checker("ex-cnn-fold")
def fold(answer: Callable[..., tuple[Tensor, Tensor]]) -> None:
    for C_out, C, k in ((4, 3, 3), (2, 5, 2)):
        K, b = torch.randn(C_out, C, k, k).double(), torch.randn(C_out).double()
        mean, deviation = torch.rand(C).double(), 0.2 + torch.rand(C).double()
        X = torch.rand(3, C, 7, 6).double()
        wanted = F.conv2d((X - mean[:, None, None]) / deviation[:, None, None], K, b)
        got = answer(K, b, mean, deviation)
        if got is ... or got[0] is ... or got[1] is ...:
            raise NotImplementedError
        if got[0].shape != K.shape or got[1].shape != b.shape:
            raise AssertionError("kernels and bias should keep their shapes")
        bias_free = F.conv2d(X, got[0])
        apart = bias_free - wanted
        spread = (apart - apart.mean(dim=(0, 2, 3), keepdim=True)).abs().max()
        expect(spread, 0.0, "the kernels differ by more than a constant can mend", atol=1e-9)
        expect(F.conv2d(X, *got), wanted, "the kernels are right, the bias is not")


@check_exercise.checker("ex-cnn-merge")
def merge(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    for C, M, C_out, k, m in ((1, 1, 1, 3, 3), (1, 1, 1, 2, 4), (3, 5, 2, 3, 3), (2, 3, 4, 5, 2)):
        K1, K2 = torch.randn(M, C, k, k).double(), torch.randn(C_out, M, m, m).double()
        X = torch.randn(2, C, 11, 12).double()
        K = answer(K1, K2)
        if K is ... or K is None:
            raise NotImplementedError
        size = (C_out, C, k + m - 1, k + m - 1)
        if tuple(K.shape) != size:
            raise AssertionError(f"the kernel should have shape {size}, not {tuple(K.shape)}")
        what = "one channel" if C == M == C_out == 1 else "several channels"
        hint = f"one layer differs from two, with {what} and windows of {k} and {m}"
        expect(F.conv2d(X, K), F.conv2d(F.conv2d(X, K1), K2), hint)


@check_exercise.checker("ex-cnn-classmap")
def class_map(answer: Callable[..., Tensor]) -> None:
    for C, K, height, width in ((5, 3, 4, 6), (8, 10, 3, 3)):
        A, W, b = torch.rand(C, height, width), torch.randn(K, C), torch.randn(K)
        kind = int(torch.randint(K, ()))
        got = answer(A, W, b, kind)
        if got is ... or got is None:
            raise NotImplementedError
        score = F.linear(F.adaptive_avg_pool2d(A, 1).flatten(), W, b)[kind]
        if tuple(got.shape) != (height, width):
            raise AssertionError(f"a map {(height, width)} is wanted, not {tuple(got.shape)}")
        expect(got.mean(), score, "the mean of the map is not the score", atol=1e-4)
        wanted = F.conv2d(A[None], W[:, :, None, None], b)[0, kind]
        expect(got, wanted, "the mean is right, but not the map", atol=1e-4)


@check_exercise.checker("ex-cnn-occlusion")
def occlusion(answer: Callable[..., Tensor]) -> None:
    weights = torch.randn(4, 3 * 12 * 10)

    def net(X: Tensor) -> Tensor:
        return X.flatten(1) @ weights.T / 10

    for size, step, grey in ((4, 4, 0.5), (3, 2, 0.2), (5, 7, 0.0)):
        x = torch.rand(3, 12, 10)
        label = int(net(x[None]).argsort()[0, int(torch.randint(3, ()))])  # not the likeliest
        tops, lefts = range(0, 12 - size + 1, step), range(0, 10 - size + 1, step)
        before = net(x[None]).softmax(1)[0, label]
        wanted = torch.zeros(len(tops), len(lefts))
        for a, i in enumerate(tops):
            for b, j in enumerate(lefts):
                covered = x.clone()
                covered[:, i : i + size, j : j + size] = grey
                wanted[a, b] = before - net(covered[None]).softmax(1)[0, label]
        untouched = x.clone()
        got = answer(net, x, label, size, step, grey)
        expect(got, wanted, f"wrong for a square of {size} that moves by {step}", atol=1e-5)
        if not torch.equal(x, untouched):
            raise AssertionError("the picture itself was painted over")


@check_exercise.checker("ex-cnn-shuffle")
def shuffle(answer: Callable[[Tensor, Tensor], Tensor]) -> None:
    for shape in ((3, 2, 4, 5), (6, 3, 8, 8)):
        X = torch.rand(*shape)
        order = torch.randperm(shape[2] * shape[3])
        before = X.clone()
        flat = [[plane.flatten()[order] for plane in picture] for picture in X]
        wanted = torch.stack([torch.stack(planes) for planes in flat]).reshape(shape)
        got = answer(X, order)
        expect(got, wanted, "pixel i of the result should be pixel order[i], in every plane")
        if not torch.equal(X, before):
            raise AssertionError("the pictures themselves were changed")


def _built(stack: Stack, C: int, side: int) -> nn.Sequential:
    """The network that a stack of ("conv", K, F, s, p), ("pool", k) and ("linear", n) describes."""
    layers: list[nn.Module] = []
    for kind, *given in stack:
        x = nn.Sequential(*layers)(torch.zeros(1, C, side, side))
        if kind == "conv":
            K, size, s, p = given
            layers.append(nn.Conv2d(x.shape[1], K, size, stride=s, padding=p))
        elif kind == "pool":
            layers.append(nn.MaxPool2d(given[0]))
        else:
            layers += [nn.Flatten(), nn.Linear(x[0].numel(), given[0])]
    return nn.Sequential(*layers)
