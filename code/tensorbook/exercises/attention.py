"""Checkers of the exercises in *Attention*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


class _Tables(TorchDispatchMode):
    """Remembers the largest tensor that was computed while it was active."""

    largest = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for part in result if isinstance(result, (list, tuple)) else [result]:
            if isinstance(part, Tensor):
                self.largest = max(self.largest, part.numel())
        return result


@check_exercise.checker("ex-attention-memory")
def memory(weights_mb: Callable[..., Any], cache_mb: Callable[..., Any]) -> None:
    for T, heads, size in [(8192, 12, 2), (100, 3, 4), (2048, 16, 8)]:
        expect(
            float(_given(weights_mb(T, heads, size))),
            heads * T * T * size / 1e6,
            f"the weights of {T:,} tokens, {heads} heads, {size} bytes a number",
        )
    for T, layers, pairs, width, size in [(8192, 12, 12, 64, 2), (50, 3, 1, 16, 4)]:
        expect(
            float(_given(cache_mb(T, layers, pairs, width, size))),
            2 * layers * pairs * T * width * size / 1e6,
            f"the cache of {T:,} tokens in {layers} layers: what is kept for each token?",
        )


@check_exercise.checker("ex-attention-distance")
def distance(answer: Callable[..., Any]) -> None:
    for T, S, d, wide, b in [(4, 4, 2, 2, 1.0), (5, 7, 6, 3, 1.7), (3, 9, 5, 1, 0.4)]:
        Q, K, V = _random(T, d), _random(S, d), _random(S, wide)
        wanted = (-(torch.cdist(Q, K) ** 2) / (2 * b * b)).softmax(1) @ V
        hint = f"not the bells' mean, with {T} queries, {S} keys and bandwidth {b}"
        expect(answer(Q, K, V, b), wanted, hint)
    Q, K, V = _random(200, 64), _random(300, 64), _random(300, 2)
    with _Tables() as tables:
        answer(Q, K, V, 1.0)
    assert tables.largest < 200 * 300 * 64, "a table of (T, S, d) numbers was computed"


@check_exercise.checker("ex-attention-mha")
def rebuilt(answer: Callable[..., Any]) -> None:
    for B, T, d, h, causal in [(2, 5, 12, 3, False), (3, 4, 8, 1, True), (2, 6, 16, 4, True)]:
        module = nn.MultiheadAttention(d, h, batch_first=True, dtype=torch.float64)
        for name, weights in module.named_parameters():
            if "bias" in name:  # they start at 0, where none would be missed
                nn.init.normal_(weights)
        X = _random(B, T, d)
        mask = torch.ones(T, T, dtype=torch.bool).triu(1) if causal else None
        with torch.no_grad():
            wanted = module(X, X, X, attn_mask=mask)[0]
        with _Uncalled(module):
            got = answer(module, X, causal)
        hint = f"differs from the module with {h} heads, causal={causal}"
        expect(got, wanted, hint)


@check_exercise.checker("ex-attention-shift")
def shift(answer: Callable[[int, int], Any]) -> None:
    for s, d in [(1, 2), (3, 8), (40, 12), (-7, 6)]:
        omega = 10000 ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)
        t = torch.arange(60, dtype=torch.float64)[:, None]
        here, there = (torch.cat([(u * omega).sin(), (u * omega).cos()], 1) for u in (t, t + s))
        got = _given(answer(s, d))
        got = torch.as_tensor(got)
        expect(got.shape, (d, d), "the matrix has the wrong shape")
        hint = f"positions do not move by {s}, with d = {d}"
        expect(here @ got.to(here).mT, there, hint, atol=1e-4)  # float32 is right, too


@check_exercise.checker("ex-attention-window")
def window(mask: Callable[[int, int], Any], reach: Callable[[int, int], Any]) -> None:
    for T, w in [(6, 1), (7, 3), (5, 9)]:
        got = _given(mask(T, w))
        assert getattr(got, "dtype", None) == torch.bool, "the mask is not of booleans"
        wanted = [[0 <= t - s < w for s in range(T)] for t in range(T)]
        expect(got.int(), torch.tensor(wanted).int(), f"with T = {T} and w = {w}")
    for w, layers in [(1, 4), (3, 1), (4, 2), (5, 6)]:
        once = torch.ones(64, 64).tril() - torch.ones(64, 64).tril(-w)
        seen = torch.linalg.matrix_power(once.double(), layers)[-1] > 0
        farthest = 63 - int(seen.int().argmax())
        hint = f"{layers} layers with w = {w}: who is the farthest?"
        expect(int(_given(reach(w, layers))), farthest, hint)


@check_exercise.checker("ex-attention-linear")
def linear(answer: Callable[..., Any]) -> None:
    for T, d, wide in [(1, 3, 2), (7, 4, 5), (150, 3, 2)]:
        Q, K, V = _random(T, d), _random(T, d), _random(T, wide)
        weights = ((F.elu(Q) + 1) @ (F.elu(K) + 1).mT).tril()
        wanted = weights / weights.sum(1, keepdim=True) @ V
        with _Tables() as tables:
            got = answer(Q, K, V)
        expect(got, wanted, f"not the causal means, with {T} tokens")
        assert T < 100 or tables.largest < T * T, "a table of T × T numbers was computed"


@check_exercise.checker("ex-attention-backward")
def backward(answer: Callable[..., Any]) -> None:
    for T, S, d, wide in [(3, 3, 4, 4), (4, 6, 5, 2)]:
        Q, K, V = (_random(*shape).requires_grad_() for shape in ((T, d), (S, d), (S, wide)))
        O_bar = _random(T, wide)
        O = F.scaled_dot_product_attention(Q[None], K[None], V[None])[0]
        wanted = torch.autograd.grad(O, (Q, K, V), O_bar)
        with torch.inference_mode():  # where `enable_grad` does not bring autograd back
            try:
                got = _given(answer(Q.detach(), K.detach(), V.detach(), O_bar))
            except RuntimeError as error:
                if "require grad" not in str(error):
                    raise
                hint = "autograd is switched off here, write the slopes as products"
                raise AssertionError(hint) from error
        assert len(got) == 3, "return three slopes"
        for name, ours, theirs in zip(("queries", "keys", "values"), got, wanted, strict=True):
            expect(ours, theirs, f"the slope along the {name} differs from autograd's")


@check_exercise.checker("ex-attention-prune")
def prune(answer: Callable[..., Any]) -> None:
    for d, h, head in [(8, 2, 0), (12, 3, 2), (12, 4, 1)]:
        W_O, heads = _random(d, d), _random(5, h, d // h)
        before = W_O.clone()
        got = _given(answer(W_O, h, head))
        expect(W_O, before, "the matrix that was given has changed; work on a copy")
        expect(got.shape, W_O.shape, "return the whole matrix")
        without = heads.clone()
        without[:, head] = 0
        hint = f"head {head} of {h} (from 0) still speaks, or another is silent"
        expect(heads.flatten(1) @ got, without.flatten(1) @ W_O, hint)


class _Uncalled:
    """While it is active, `module` refuses to be called."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __enter__(self) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError("the module itself was called")

        self.module.forward = refuse

    def __exit__(self, *_: object) -> None:
        del self.module.forward


def _given(answer: Any) -> Any:
    if answer is ... or answer is None:
        raise NotImplementedError
    return answer
