"""Checkers of the exercises in *Many devices*."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, DistributedSampler

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _random(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def _wait_for(answer: Any) -> None:
    """A stub's `...` counts as no answer, inside a list as well."""
    if answer is ... or answer is None or (isinstance(answer, list) and ... in answer[:1]):
        raise NotImplementedError


@check_exercise.checker("ex-devices-shards")
def mean_gradient(answer: Callable[[Tensor, Tensor], Any]) -> None:
    for counts in ([3, 9], [4, 1, 7, 2], [5, 0, 11], [0, 0, 6, 1]):
        tokens = [_random(count, 4) for count in counts]
        shards = torch.stack([part.mean(0) for part in tokens])  # nan where there are none
        hint = f"not the mean over all tokens, with {counts} of them"
        expect(answer(shards, torch.tensor(counts)), torch.cat(tokens).mean(0), hint)


@check_exercise.checker("ex-devices-fits")
def ranks_needed(answer: Callable[[int, int, float], Any]) -> None:
    sizes = [
        {0: 16.0, 1: 4 + 12 / p, 2: 2 + 14 / p, 3: 16 / p} for p in range(1, 400)
    ]  # bytes of a parameter, for each number of ranks
    for stage in (3, 2, 1, 0):
        for P, memory in (
            (1000, 16000),
            (1000, 15999),
            (7000, 30000),
            (900, 3601),
            (10, 21),
            (50, 200),  # just what stage 1 cannot divide
            (50, 100),  # and stage 2
        ):
            fits = [p for p, size in enumerate(sizes, 1) if size[stage] * P <= memory]
            least = {0: 16, 1: 4, 2: 2, 3: 0}[stage]
            wanted = fits[0] if fits else math.inf
            assert fits or least * P >= memory or stage == 1, "the checker counts too little"
            if not fits and least * P < memory:
                wanted = math.ceil((16 - least) * P / (memory - least * P))
            got = answer(P, stage, memory)
            _wait_for(got)
            hint = f"stage {stage}, {P:,} parameters, {memory:,} bytes: not {got}"
            assert float(got) == float(wanted), hint


@check_exercise.checker("ex-devices-epochs")
def read(answer: Callable[[Any, int, int], Any]) -> None:
    for first, last in ((0, 3), (2, 5)):
        seed = int(torch.randint(1000, ()))
        data: Any = list(range(14))
        loader: Any = DataLoader(data, 3, sampler=DistributedSampler(data, 2, 1, seed=seed))
        got = answer(loader, first, last)
        _wait_for(got)
        theirs: Any = DistributedSampler(data, 2, 1, seed=seed)
        wanted = []
        for epoch in range(first, last):
            theirs.set_epoch(epoch)
            wanted.append(list(theirs))
        got = [[int(i) for i in order] for order in got]  # numbers or tensors
        same = len({tuple(order) for order in got}) == 1
        assert not same, "every epoch has the same order"
        assert got == wanted, f"not what rank 1 reads in epochs {first} to {last - 1}"


@check_exercise.checker("ex-devices-clip")
def clip(answer: Callable[[list[Tensor], float], Any]) -> None:
    for sizes, most in (((5, 5), 1.0), ((2, 9, 4), 0.3), ((3, 3), 100.0)):
        shards = [_random(size) for size in sizes]
        norm = torch.cat(shards).norm()
        wanted = torch.cat(shards) * min(1.0, most / norm.item())
        got = answer([shard.clone() for shard in shards], most)
        _wait_for(got)
        assert len(got) == len(sizes), "one shard for each rank"
        hint = (
            "a gradient that is short enough was changed"
            if norm <= most
            else "the whole gradient has another length or direction than it should"
        )
        expect(torch.cat([torch.as_tensor(part) for part in got]), wanted, hint, rtol=1e-5)


@check_exercise.checker("ex-devices-doubling")
def all_reduce(answer: Callable[..., Any]) -> None:
    for p in (2, 4, 8, 16):
        x, rounds = [_random(5) for _ in range(p)], 0

        def exchange(messages: Any, partners: Any) -> list[Tensor]:
            nonlocal rounds
            rounds += 1
            assert sorted(partners) == list(range(p)), "two ranks send to the same one"  # noqa: B023
            arrived = dict(zip(partners, messages, strict=True))
            return [arrived[r].clone() for r in range(p)]  # noqa: B023

        got = answer([v.clone() for v in x], exchange)
        _wait_for(got)
        assert len(got) == p, "one vector for each rank"
        wanted = torch.stack(x).sum(0)
        for r in range(p):
            expect(got[r], wanted, f"rank {r} of {p} does not hold the sum")
        assert rounds == round(math.log2(p)), f"{rounds} rounds for {p} ranks"

        def silence(messages: Any, partners: Any) -> list[Tensor]:
            return [torch.zeros_like(v) for v in messages]

        for own, kept in zip(x, answer([v.clone() for v in x], silence), strict=True):
            expect(kept, own, "a rank knows numbers that nobody has sent to it")


@check_exercise.checker("ex-devices-heads")
def share(answer: Callable[..., Any]) -> None:
    for heads, p, width in ((2, 2, 3), (4, 2, 2), (6, 3, 2)):
        T, D = 5, heads * width
        X, W_qkv, W_out = _random(T, D), _random(3 * D, D), _random(D, D)
        q, k, v = ((X @ W.T).view(T, heads, width).transpose(0, 1) for W in W_qkv.chunk(3))
        seen = F.scaled_dot_product_attention(q[None], k[None], v[None])[0]  # (h, T, width)
        for r in range(p):
            mine = torch.zeros_like(seen)
            some = slice(r * heads // p, (r + 1) * heads // p)
            mine[some] = seen[some]
            wanted = mine.transpose(0, 1).reshape(T, D) @ W_out.T
            hint = f"not the summand of rank {r} of {p}, with {heads} heads"
            expect(answer(X, W_qkv, W_out, heads, r, p), wanted, hint)


@check_exercise.checker("ex-devices-1f1b")
def plan(answer: Callable[[int, int, int], Any]) -> None:
    for p, m in ((1, 3), (2, 4), (4, 8), (4, 2), (5, 12)):
        plans = [answer(stage, p, m) for stage in range(p)]
        for stage, work in enumerate(plans):
            _wait_for(work)
            wanted = sorted(f"{kind}{j}" for kind in "FB" for j in range(m))
            assert sorted(work) == wanted, f"stage {stage}: each microbatch once forward, once back"
            waiting = most = 0
            for piece in work:
                waiting += 1 if piece[0] == "F" else -1
                most = max(most, waiting)
            assert most <= p - stage, f"stage {stage} of {p} keeps {most} microbatches"
        end = _finish(plans, p)
        assert end == 3 * (m + p - 1), f"{p} stages, {m} microbatches: the bubble is another"


def _finish(plans: list[list[str]], p: int) -> int:
    """When the last stage is done, each piece of work as soon as its input is there."""
    done: dict[tuple[int, str], int] = {}
    at, free = [0] * p, [0] * p
    moved = True
    while moved:
        moved = False
        for stage, work in enumerate(plans):
            if at[stage] == len(work):
                continue
            kind, number = re.fullmatch(r"([FB])(\d+)", work[at[stage]]).groups()  # type: ignore[union-attr]
            if kind == "F":
                needs = [(stage - 1, f"F{number}")] if stage else []
            else:
                needs = [(stage, f"F{number}")] if stage == p - 1 else [(stage + 1, f"B{number}")]
            if all(need in done for need in needs):
                begin = max([free[stage], *(done[need] for need in needs)])
                free[stage] = done[stage, work[at[stage]]] = begin + (1 if kind == "F" else 2)
                at[stage] += 1
                moved = True
    assert all(at[s] == len(plans[s]) for s in range(p)), "the stages wait for each other for ever"
    return max(free)
