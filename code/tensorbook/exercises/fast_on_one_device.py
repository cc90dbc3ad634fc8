"""Checkers of the exercises in *Fast on one device*."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


@check_exercise.checker("ex-fast-ceiling")
def ceiling(answer: Callable[..., Any]) -> None:
    devices = [(1e14, 1e12), (5e10, 2e10)]
    sizes = [(1, 4096, 4096), (64, 300, 7), (2048, 2048, 2048), (9, 4000, 50)]
    for peak, bandwidth in devices:
        for m, k, n in sizes:
            for s in (1, 2, 4):
                got = answer(m, k, n, s, peak, bandwidth)
                where = f"of ({m}, {k}) by ({k}, {n}) in {s} bytes"
                arithmetic = 2 * m * k * n / peak
                memory = s * (m * k + k * n + m * n) / bandwidth
                expect(got[0], max(arithmetic, memory), f"not the time {where}", atol=0)
                word = "memory" if memory > arithmetic else "compute"
                assert got[1] == word, f"not what bounds the product {where}: {got[1]!r}"


@check_exercise.checker("ex-fast-decode")
def decode(answer: Callable[[int], Any]) -> None:
    patterns = torch.arange(256, dtype=torch.uint8)
    values = patterns.view(torch.float8_e4m3fn).double().tolist()
    for byte, value in enumerate(values):
        got = answer(byte)
        if got is ... or got is None:
            raise NotImplementedError
        same = math.isnan(got) if math.isnan(value) else got == value
        part = "a subnormal" if byte // 8 % 16 == 0 else "the last exponent"
        where = part if byte // 8 % 16 in (0, 15) else "a normal number"
        assert same, f"{byte:#010b} ({where}) is not {got}"


@check_exercise.checker("ex-fast-memory")
def memory(answer: Callable[[list[int], int], Any]) -> None:
    for widths, batch in (([64, 256, 256, 10], 32), ([7, 5, 3], 11), ([20, 30, 40, 50, 60], 1)):
        state, saved = _measured(widths, batch)
        got = answer(widths, batch)
        if got[0] is ... or got[1] is ...:
            raise NotImplementedError
        where = f"of widths {widths} with a batch of {batch}"
        expect(int(got[0]), state, f"not the state {where}")
        expect(int(got[1]), saved, f"not the bytes that are saved {where}")


def _measured(widths: list[int], batch: int) -> tuple[int, int]:
    """Bytes of weights, gradients and averages, and bytes saved for backward without weights."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b, bias=False), nn.ReLU()]
    net, sizes = nn.Sequential(*layers[:-1]), {}

    def pack(t: Tensor) -> Tensor:
        sizes[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    optimizer = torch.optim.AdamW(net.parameters())
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        scores = net(torch.randn(batch, widths[0]))
    scores.sum().backward()
    optimizer.step()
    weights = list(net.parameters())
    averages = [t for kept in optimizer.state.values() for t in kept.values() if t.ndim]
    state = sum(w.nbytes for w in weights) * 2 + sum(t.nbytes for t in averages)
    ours = {w.untyped_storage().data_ptr() for w in weights}
    return state, sum(size for at, size in sizes.items() if at not in ours)


@check_exercise.checker("ex-fast-stochastic")
def by_lot(answer: Callable[[Tensor], Any]) -> None:
    held = torch.randn(200).bfloat16().float()
    got = answer(held.clone())
    expect(got, held.bfloat16(), "numbers that bfloat16 holds must stay")
    assert got.dtype is torch.bfloat16, "return bfloat16"
    for x in torch.randn(20) * 10.0 ** torch.randint(-4, 5, (20,)):
        down = (x.view(torch.int32) // 2**16 * 2**16).view(torch.float32)
        up = (down.view(torch.int32) + 2**16).view(torch.float32)
        rounded = answer(x.repeat(20_000)).float()
        near = (rounded == down) | (rounded == up)
        assert bool(near.all()), f"{x:.6g} went to a number that is no neighbour"
        share = ((x - down) / (up - down)).item()
        error = (rounded == up).double().mean().item() - share
        allowed = 5 * math.sqrt(share * (1 - share) / 20_000) + 1e-4
        assert abs(error) < allowed, f"the mean of {x:.6g}, rounded often, is not {x:.6g}"


@check_exercise.checker("ex-fast-holes")
def accumulate_tokens(answer: Callable[..., Any]) -> None:
    net = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 4))
    for shares in ((0.9, 0.2, 0.5), (0.5, 0.0, 0.8)):
        parts = []
        for share in shares:
            X, y = torch.randn(3, 7, 6), torch.randint(4, (3, 7))
            parts.append((X, y.masked_fill(torch.rand(3, 7) >= share, -100)))
        for p in net.parameters():
            p.grad = torch.randn_like(p)  # what an earlier step left there
        wanted = _whole_batch(net, parts)
        before = [p.grad.clone() for p in net.parameters() if p.grad is not None]
        answer(net, parts)
        got = [p.grad for p in net.parameters()]
        if all(b is not None and torch.equal(a, b) for a, b in zip(before, got, strict=True)):
            raise NotImplementedError
        hint = "differs from one large batch"
        hint += ", where one part has nothing that counts" if 0.0 in shares else ""
        added = [w + b for w, b in zip(wanted, before, strict=True)]
        if all(
            g is not None and torch.allclose(g, a, rtol=1e-4, atol=1e-6)
            for g, a in zip(got, added, strict=True)
        ):
            hint = "what an earlier step had left in .grad is still in it"
        for mine, theirs in zip(got, wanted, strict=True):
            expect(mine, theirs, hint, rtol=1e-4, atol=1e-6)


def _whole_batch(net: nn.Module, parts: list[tuple[Tensor, Tensor]]) -> list[Tensor]:
    scores = net(torch.cat([X for X, _ in parts])).flatten(0, 1)
    loss = F.cross_entropy(scores, torch.cat([y for _, y in parts]).flatten())
    return list(torch.autograd.grad(loss, list(net.parameters())))


@check_exercise.checker("ex-fast-graph")
def one_graph(answer: Callable[[Tensor], Any]) -> None:
    for scale in (0.01, 0.3, 1.0, 20.0):
        x = scale * torch.randn(5, 4)
        longest = x.norm(dim=1).max().item()
        wanted = (x / longest if longest > 1 else x).tanh()
        where = "short" if longest <= 1 else "long"
        expect(answer(x.clone()), wanted, f"differs from normed on {where} rows")
    torch._dynamo.reset()
    report = torch._dynamo.explain(answer)(x)
    reasons = [str(reason.reason).splitlines()[0] for reason in report.break_reasons]
    assert not reasons, (
        f"it still breaks ({'; '.join(reasons)}): what asks for a value, an `if`, a `max`, an `.item()`?"
    )
    assert report.graph_count == 1, f"{report.graph_count} graphs"
    torch._dynamo.reset()
    try:
        compiled = torch.compile(answer, fullgraph=True, backend="eager")(x)
    except torch._dynamo.exc.Unsupported as error:
        raise AssertionError(f"still breaks: {str(error).splitlines()[0]}") from None
    expect(compiled, wanted, "compiled, it gives something else")


@check_exercise.checker("ex-fast-loss")
def lean_loss(answer: Callable[..., Any]) -> None:
    for N, V, size in ((60, 500, 8), (64, 300, 16)):
        X, W = torch.randn(N, 12), torch.randn(V, 12)
        y = torch.randint(V, (N,))
        X.requires_grad_(), W.requires_grad_()
        wanted = F.cross_entropy(X @ W.T, y)
        saved: dict[int, int] = {}

        def pack(t: Tensor, saved: dict[int, int] = saved) -> Tensor:
            memory = t.untyped_storage()  # pieces share one W, which counts once
            saved[memory.data_ptr()] = memory.nbytes() // t.element_size()
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t), _Largest() as made:
            got = answer(X, W, y, size)
        expect(got, wanted, f"not the loss of {N} tokens in pieces of {size}", rtol=1e-5)
        theirs = torch.autograd.grad(wanted, (X, W))
        with made:
            got.backward()  # grad() would refuse a reentrant checkpoint
        for name, mine, right in zip("XW", (X.grad, W.grad), theirs, strict=True):
            expect(mine, right, f"the gradient of {name} differs", rtol=1e-4, atol=1e-6)
        kept = sum(saved.values())
        assert kept < N * V / 2, f"{kept} numbers are kept for backward, the table has {N * V}"
        assert made.numbers < N * V / 2, (
            f"nothing is kept, but a tensor of {made.numbers} numbers was made: work in pieces"
        )


class _Largest(TorchDispatchMode):
    """The size of the largest tensor that any operation returned."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        sizes = [t.numel() for t in tree_leaves(out) if isinstance(t, Tensor)]
        self.numbers = max([self.numbers, *sizes])
        return out
