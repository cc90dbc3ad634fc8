"""Checkers of the exercises in *From notebook to product*."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _waiting(got: Any) -> None:
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-np-depth")
def depth(answer: Callable[[int, int, int], Any]) -> None:
    cases = [(8, 8, 32), (4, 8, 16), (8, 2, 32), (2, 2, 8), (4, 4, 16), (1, 1, 8), (8, 8, 16)]
    for wide, narrow, accumulator in cases:
        most = 2 ** (accumulator - 1) - 1
        product = (2**wide - 1) * (2**narrow - 1)
        wanted = max(D for D in (most // product - 1, most // product) if D * product <= most)
        hint = f"not the last D that fits for {wide} and {narrow} bits into {accumulator}"
        expect(answer(wide, narrow, accumulator), wanted, hint)


def _backwards(blob: bytes) -> bytes:
    """The same file, with the names in the header in reverse: only the offsets tell what is where."""
    end = 8 + int.from_bytes(blob[:8], "little")
    text = json.dumps(dict(reversed(json.loads(blob[8:end]).items()))).encode()
    text += b" " * (-len(text) % 8)  # as the library does: numbers start at a multiple of 8
    return len(text).to_bytes(8, "little") + text + blob[end:]


@check_exercise.checker("ex-np-header")
def header(answer: Callable[[bytes], Any]) -> None:
    from safetensors.torch import save

    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        tensors = {
            "weight": torch.randn(3, 5, generator=dice),
            "bias": torch.randn(4, generator=dice).half(),
            "steps": torch.randint(10**12, (2, 2), generator=dice),
            "pixels": torch.randint(256, (7,), generator=dice).byte(),
            "scale": torch.randn((), generator=dice),
        }
        blob = save(tensors, metadata={"seed": str(seed)})
        got = answer(_backwards(blob) if seed else blob)
        _waiting(got)
        assert set(got) == set(tensors), "other names than those of the tensors"
        for name, tensor in tensors.items():
            found = torch.as_tensor(got[name])
            assert found.dtype == tensor.dtype, f"a tensor of {tensor.dtype} came out otherwise"
            expect(found, tensor, f"numbers of a tensor of {tensor.dtype} differ")


@check_exercise.checker("ex-np-rows")
def rows(answer: Callable[[Tensor, int], Any]) -> None:
    sizes = torch.tensor([1e-3, 1.0, 0.0, 40.0, 2.0])
    for bits in (2, 4, 8):
        W = torch.randn(5, 60) * sizes[:, None]
        W[4] = W[4].abs() + 1  # a row on one side of zero
        got = answer(W, bits)
        _waiting(got)
        q, s = got
        most = 2 ** (bits - 1) - 1
        assert q.dtype == torch.int8, "the integers are not int8"
        assert tuple(s.shape) == (5, 1), "one scale a row, as a column"
        assert bool((s > 0).all()), "a row of zeros needs a scale above zero, to be divided by"
        assert int(q.abs().max()) <= most, "an integer lies outside the symmetric range"
        expect(s * q * (sizes == 0)[:, None], torch.zeros_like(W), "zeros did not stay zeros")
        live = sizes > 0
        expect(q[live].abs().amax(1), torch.full((4,), most), "a row does not use its whole grid")
        apart = (W - s * q).abs() - s / 2
        assert bool((apart <= 1e-5 * s).all()), "a weight is more than half a step away"


@check_exercise.checker("ex-np-straight")
def straight(answer: Callable[..., Any]) -> None:
    for s, z, bits in [(0.2, 8, 4), (0.05, 3, 6), (0.5, 0, 3)]:
        x = 1.5 * torch.randn(400)
        weight = torch.randn(400)
        ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        got = answer(ours, s, z, bits)
        _waiting(got)
        wanted = torch.fake_quantize_per_tensor_affine(theirs, s, z, 0, 2**bits - 1)
        expect(got, wanted, "the values differ from those on the grid")
        assert got.requires_grad, "no gradient comes through"
        (got * weight).sum().backward()
        (wanted * weight).sum().backward()
        q = torch.round(x / s) + z
        edge = (q == 0) | (q == 2**bits - 1)
        hint = "the gradient is not 1 where nothing was clipped and 0 elsewhere"
        assert ours.grad is not None, "no gradient comes through"
        assert theirs.grad is not None
        expect(ours.grad[~edge], theirs.grad[~edge], hint)
        hint = "what rounds to the first or the last point of the grid was not clipped"
        expect(ours.grad, theirs.grad, hint)


def _stubborn(x: Tensor) -> Tensor:
    x = -x if x.mean() < 0 else x
    return torch.stack([row / row.norm() for row in x])


@check_exercise.checker("ex-np-mended")
def mended(answer: type[nn.Module]) -> None:
    module, x = answer(), torch.randn(3, 4)
    _waiting(module(x))
    batch = torch.export.Dim("batch")
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            program = torch.export.export(module, (x,), dynamic_shapes=({0: batch},))
    except RuntimeError as error:
        raise AssertionError(f"export refuses: {type(error).__name__}") from error
    for size in (1, 2, 5, 33):
        for shift in (-0.7, 0.7):
            x = torch.randn(size, 4) + shift
            got = program.module()(x)
            expect(got, _stubborn(x), f"differs with {size} rows and a mean near {shift}")


def _groups(arrive: list[float], most: int, wait: float) -> list[int]:
    sizes: list[int] = []
    opened = -float("inf")
    for moment in arrive:
        if sizes and moment <= opened + wait and sizes[-1] < most:
            sizes[-1] += 1
        else:
            opened = moment
            sizes.append(1)
    return sizes


@check_exercise.checker("ex-np-groups")
def groups(answer: Callable[[list[float], int, float], Any]) -> None:
    dice = torch.Generator().manual_seed(0)
    for most, wait in [(4, 0.5), (3, 2.0), (8, 0.25), (1, 1.0), (50, 1.5)]:
        gaps = torch.empty(200, dtype=torch.float64).exponential_(3.0, generator=dice)
        arrive = gaps.cumsum(0).tolist()
        got = answer(arrive, most, wait)
        _waiting(got)
        sizes = [int(size) for size in got]
        assert sum(sizes) == 200, f"{sum(sizes)} of 200 requests were answered"
        assert max(sizes) <= most, f"a batch of {max(sizes)} where {most} are allowed"
        hint = f"not the batches of a wait of {wait} from the first request of each"
        assert sizes == _groups(arrive, most, wait), hint


@check_exercise.checker("ex-np-monitor")
def monitor(answer: Callable[[Tensor, Tensor, float], Any]) -> None:
    dice = torch.Generator().manual_seed(4)
    alpha = 0.05

    def draw(count: int) -> Tensor:
        return torch.randn(count, 4, generator=dice)

    def rings(change: Callable[[Tensor], Tensor], trials: int) -> float:
        told = [answer(draw(200), change(draw(100)), alpha) for _ in range(trials)]
        _waiting(told[0])
        return sum(bool(told_one) for told_one in told) / trials

    def copied(x: Tensor) -> Tensor:  # each coordinate alone is as before
        return torch.cat([x[:, :1], x[:, :1], x[:, 2:]], dim=1)

    shifted = draw(100) + torch.tensor([0.8, 0.0, 0.0, 0.0])
    first = answer(draw(200), shifted, 0.0)  # a test that is never wrong can never ring
    _waiting(first)
    assert not bool(first), "it rings although `alpha` = 0 allows no false alarm"
    quiet = rings(lambda x: x, 150)
    allowed = alpha + 4 * (alpha * (1 - alpha) / 150) ** 0.5
    assert quiet <= allowed, f"it rang on {quiet:.0%} of days without drift"
    for words, change in (
        ("a shifted mean", lambda x: x + torch.tensor([0.8, 0.0, 0.0, 0.0])),
        ("a wider spread around the same mean", lambda x: 1.7 * x),
        ("two coordinates that have become one", copied),
    ):
        found = rings(change, 20)
        assert found >= 0.8, f"it missed {words} on {1 - found:.0%} of the days"
