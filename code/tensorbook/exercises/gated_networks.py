"""Checkers of the exercises in *LSTM and GRU*."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


@check_exercise.checker("ex-gates-half-life")
def half_life(answer: Callable[[float], Any]) -> None:
    for bias in (-1.5, 0.0, 1.0, *(6 * torch.rand(3, dtype=torch.float64)).tolist(), 12.0):
        kept = 1 / (1 + math.exp(-bias))
        hint = f"after that many steps with a bias of {bias:.2f}, not half is left"
        if bias == 12.0:  # where a formula that is right loses its digits in float32
            hint += "; how many digits has a sigmoid so close to 1?"
        expect(answer(bias), math.log(2) / -math.log(kept), hint, rtol=1e-4)


@check_exercise.checker("ex-gates-counter")
def counter(answer: Callable[[], Any]) -> None:
    cell = answer()
    if cell is ... or cell is None:
        raise NotImplementedError
    assert isinstance(cell, nn.LSTMCell), "return an nn.LSTMCell"
    assert (cell.input_size, cell.hidden_size) == (2, 1), "return an nn.LSTMCell(2, 1)"
    dtype = cell.weight_ih.dtype
    climbs = torch.tensor([0] * 500 + [1] * 500)  # up to 500 and down again
    for closes in (torch.tensor([0, 0, 1]), torch.randint(2, (1000,)), climbs):
        h, c, depth = torch.zeros(1, dtype=dtype), torch.zeros(1, dtype=dtype), 0
        with torch.no_grad():
            for kind in closes.tolist():
                h, c = cell(F.one_hot(torch.tensor(kind), 2).to(dtype), (h, c))
                depth += 1 - 2 * kind
                hint = f"at depth {depth} of {len(closes)} brackets the cell holds {c.item():.3f}"
                assert abs(c.item() - depth) < 0.01, hint


def _writes(x: Tensor, h: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """One step of the library in which the update gate writes."""
    mine = F.linear(x, weights["weight_ih"], weights["bias_ih"]).chunk(3, dim=-1)
    past = F.linear(h, weights["weight_hh"], weights["bias_hh"]).chunk(3, dim=-1)
    r, z = torch.sigmoid(mine[0] + past[0]), torch.sigmoid(mine[1] + past[1])
    return z * torch.tanh(mine[2] + r * past[2]) + (1 - z) * h


@check_exercise.checker("ex-gates-swap")
def swap(answer: Callable[[nn.GRUCell], Any]) -> None:
    for D, H in ((3, 4), (2, 7)):
        cell = nn.GRUCell(D, H).double()
        for p in cell.parameters():
            nn.init.normal_(p)
        before = {name: p.detach().clone() for name, p in cell.named_parameters()}
        x, h = torch.randn(6, D, dtype=torch.float64), torch.randn(6, H, dtype=torch.float64)
        got = answer(cell)
        if got is ... or got is None:
            raise NotImplementedError
        missing = set(before) - set(got)
        assert not missing, f"the dictionary lacks {', '.join(sorted(missing))}"
        for name, p in cell.named_parameters():
            expect(p, before[name], "the cell itself has changed")
        expect(_writes(x, h, got), cell(x, h), "the library's state differs from PyTorch's")


@check_exercise.checker("ex-gates-bias")
def forget_bias(answer: Callable[[nn.LSTM, float], Any]) -> None:
    for layers, both, value in ((1, False, 1.0), (2, True, 2.5), (3, False, -0.5)):
        lstm = nn.LSTM(3, 5, num_layers=layers, bidirectional=both)
        before = {name: p.detach().clone() for name, p in lstm.named_parameters()}
        got = answer(lstm, value)
        if got is ... or got is None:
            raise NotImplementedError
        assert got is lstm, "change the network that is given, and return it"
        for name, p in got.named_parameters():
            if not name.startswith("bias"):
                expect(p, before[name], f"{name} has changed")
                continue
            others = torch.cat([p[:5], p[10:]])
            old = torch.cat([before[name][:5], before[name][10:]])
            expect(others, old, f"{name} has changed outside the forget gate")
            if name.startswith("bias_ih"):
                total = p + dict(got.named_parameters())[name.replace("_ih", "_hh")]
                hint = f"the biases of a forget gate do not add up to {value} ({name[8:]})"
                expect(total[5:10], torch.full((5,), value), hint)


@check_exercise.checker("ex-gates-mask")
def last_states(answer: Callable[..., Any]) -> None:
    cell, lengths = nn.LSTMCell(3, 5).double(), [7, 2, 4, 1, 6]
    strings = [torch.randn(T, 3, dtype=torch.float64) for T in lengths]
    wanted_h, wanted_c = [], []
    for string in strings:
        h = c = torch.zeros(5, dtype=torch.float64)
        for x in string:
            h, c = cell(x, (h, c))
        wanted_h.append(h)
        wanted_c.append(c)
    for in_front in (False, True):
        X = 50 * torch.randn(5, 7, 3, dtype=torch.float64)
        mask = torch.zeros(5, 7, dtype=torch.bool)
        for k, (T, string) in enumerate(zip(lengths, strings, strict=True)):
            place = slice(7 - T, None) if in_front else slice(0, T)
            X[k, place], mask[k, place] = string, True
        got = answer(cell, X, mask)
        if got is ... or got is None:
            raise NotImplementedError
        where = "in front" if in_front else "behind"
        expect(got[0], torch.stack(wanted_h), f"h is not right with the padding {where}")
        expect(got[1], torch.stack(wanted_c), f"c is not right with the padding {where}")


@check_exercise.checker("ex-gates-price")
def price_in_bits(answer: Callable[..., Any]) -> None:
    for B, T, V in ((4, 9, 5), (3, 6, 12)):
        scores = 2 * torch.randn(B, T, V, dtype=torch.float64)
        tokens = torch.randint(V, (B, T))
        lengths = torch.randint(1, T, (B,))
        lengths[0], lengths[1] = T, 1
        logs = [
            math.log2(scores[k, t].softmax(0)[tokens[k, t]].item())
            for k in range(B)
            for t in range(int(lengths[k]))
        ]
        hint = "not the mean number of bits over all characters that count"
        expect(answer(scores, tokens, lengths), -sum(logs) / len(logs), hint, rtol=1e-6)


def _balanced(dice: random.Random, pairs: int) -> list[int]:
    """A balanced string over ( ) [ ] as 1 to 4."""
    string: list[int] = []
    opened: list[int] = []
    left = pairs
    while left or opened:
        if left and (not opened or dice.random() < left / (left + len(opened))):
            kind = dice.choice((1, 3))
            string.append(kind)
            opened.append(kind)
            left -= 1
        else:
            string.append(opened.pop() + 1)
    return string


def _right(string: list[int]) -> bool:
    opened: list[int] = []
    for kind in string:
        if kind % 2:
            opened.append(kind)
        elif not opened or opened.pop() != kind - 1:
            return False
    return not opened


def _neighbours_tell(string: list[int]) -> bool:
    """Whether a closing bracket stands right behind an opening one of the other kind."""
    return any(a % 2 and not b % 2 and b != a + 1 for a, b in itertools.pairwise(string))


def _right_and_wrong(dice: random.Random, pairs: int) -> tuple[list[int], list[int]]:
    """A balanced string, and the same with two closing brackets exchanged, unless neighbours tell.

    Both come from the same draw, so that the shapes of right and wrong strings are the same.
    """
    while True:
        right = _balanced(dice, pairs)
        wrong = right.copy()
        a, b = dice.choices([k for k, kind in enumerate(right) if kind % 2 == 0], k=2)
        wrong[a], wrong[b] = right[b], right[a]
        if not _right(wrong) and not _neighbours_tell(wrong):
            return right, wrong


def _strings(count: int, seed: int) -> tuple[Tensor, Tensor]:
    dice = random.Random(seed)
    X, y = torch.zeros(count, 16, dtype=torch.long), torch.zeros(count)
    for k in range(count):
        right, wrong = _right_and_wrong(dice, dice.randint(3, 8))
        X[k, : len(right)] = torch.tensor(right if k % 2 else wrong)
        y[k] = k % 2
    return X, y


@check_exercise.checker("ex-gates-two-kinds")
def two_kinds(answer: Callable[[Tensor, Tensor], Any]) -> None:
    X, y = _strings(6000, 0)
    net = answer(X.clone(), y.clone())
    if net is ... or net is None:
        raise NotImplementedError
    known = {tuple(row) for row in X.tolist()}
    new_X, new_y = _strings(3000, 1)
    fresh = torch.tensor([tuple(row) not in known for row in new_X.tolist()])
    new_X, new_y = new_X[fresh], new_y[fresh]
    place = next(net.parameters()).device if isinstance(net, nn.Module) else new_X.device
    with torch.no_grad():
        scores = net(new_X.to(place)).cpu()
    assert scores.shape == new_y.shape, f"scores of shape {tuple(scores.shape)}, expected (B,)"
    right = ((scores > 0) == (new_y > 0.5)).double().mean().item()
    hint = f"{right:.1%} of new strings are judged rightly, fewer than nineteen in twenty"
    assert right >= 0.95, hint
