"""The test of the speed run: it trains the reader's recipe itself, and counts what it looks at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from tensorbook import unseen_pictures
from tensorbook.checks import Exercises
from tensorbook.report import say
from tensorbook.unseen import Answer, alone_and_together, guesses

check_exercise = Exercises()

to_learn = unseen_pictures.to_learn

BUDGET = {"cpu": 10_000, "cuda": 500_000}  # pictures that a run may look at
MARGIN = {"real": 0.04, "stand-in": 0.03, "own": 0.02}  # above the linear classifier
HIDDEN = 3_000  # hidden pictures that are asked about, at most


class Dealer:
    """Hands out pictures to learn from, each once an epoch, until the budget is spent.

    Calling it with `n` gives the next pictures `(B, C, H, W)` and labels `(B,)`, B ≤ n, on the
    CPU, and None when the budget is spent.
    """

    def __init__(self, images: Tensor, labels: Tensor, budget: int, seed: int = 0) -> None:
        self.images, self.labels, self.budget, self.left = images, labels, budget, budget
        self.dice = torch.Generator().manual_seed(seed)
        self.queue = torch.zeros(0, dtype=torch.int64)

    def __call__(self, n: int) -> tuple[Tensor, Tensor] | None:
        n = min(n, self.left)
        if n <= 0:
            return None
        while len(self.queue) < n:
            epoch = torch.randperm(len(self.labels), generator=self.dice)
            self.queue = torch.cat([self.queue, epoch])
        rows, self.queue = self.queue[:n], self.queue[n:]
        self.left -= n
        return self.images[rows], self.labels[rows]


Train = Callable[[Dealer, int, int], Answer]


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Counts the pictures that go through networks with gradients, under "pictures".

    Whole or flattened, by position or by name; what comes out of one network and enters the next is
    not counted again, nor what a module without weights changes.
    """
    seen: Counter[str] = Counter()
    depth = 0

    def before(*_: Any) -> None:
        nonlocal depth
        depth += 1

    def after(module: Any, inputs: tuple[Any, ...], named: dict[str, Any], _: Any) -> None:
        nonlocal depth
        depth -= 1
        parts = (part for part in (*inputs, *named.values()) if isinstance(part, Tensor))
        first = next(parts, None)
        if depth > 0 or first is None or not torch.is_grad_enabled():
            return
        if first.grad_fn is None and any(p.requires_grad for p in module.parameters()):
            seen["pictures"] += len(first)

    handles = [
        register_module_forward_pre_hook(before),
        register_module_forward_hook(after, with_kwargs=True, always_call=True),
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@check_exercise.checker("ex-speed-run")
def speed(train: Train, own: Path | str = "my-pictures") -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    found = unseen_pictures.whole(own)  # as the page has loaded them
    images, labels, K = found.train, found.train_labels, len(found.classes)
    some = found.test[:200]
    brief = BUDGET[device] // 16
    twins = [guesses(_run(train, images, labels, brief, K, seed), some) for seed in (3, 3, 4)]
    assert bool((twins[0] == twins[1]).double().mean() > 0.97), "the same seed gives another model"
    assert not torch.equal(twins[0], twins[2]), "another seed should give another model"
    order = torch.randperm(len(found.test), generator=torch.Generator().manual_seed(21))[:HIDDEN]
    hidden, truth = found.test[order], found.test_labels[order]
    shares = []
    for seed in (1, 2):  # the kinds get other numbers, so that only what is dealt can help
        number = torch.randperm(K, generator=torch.Generator().manual_seed(seed))
        answer = _run(train, images, number[labels], BUDGET[device], K, seed)
        alone_and_together(answer, hidden[:300])
        found_out = torch.cat([guesses(answer, part) for part in hidden.split(500)])
        shares.append((found_out == number[truth]).double().mean().item())
    _judge(shares, unseen_pictures.linear(images, labels), hidden, truth, found.kind, device)


def _run(train: Train, images: Tensor, labels: Tensor, budget: int, K: int, seed: int) -> Answer:
    deal = Dealer(images, labels, budget, seed)
    with counted() as seen:
        answer = train(deal, K, seed)
    if answer is ... or answer is None:
        raise NotImplementedError
    dealt, looked = budget - max(0, deal.left), seen["pictures"]
    assert looked <= dealt, (
        f"{dealt:,} pictures were dealt, but {looked:,} went through a network with gradients; "
        "each look counts, also the second at the same picture"
    )
    assert dealt > 0, "no picture was asked for"
    return answer


def _judge(shares: list[float], linear: Answer, hidden: Tensor, truth: Tensor, kind: str, device: str) -> None:  # fmt: skip
    base = (linear(hidden) == truth).double().mean().item()
    mean, goal = sum(shares) / len(shares), base + MARGIN[kind]
    line = (
        f"{mean:.1%} of {len(truth):,} hidden pictures ({', '.join(f'{s:.1%}' for s in shares)}), "
        f"after {BUDGET[device]:,} looks; the linear classifier {base:.1%}"
    )
    assert mean >= goal, f"{line}; {goal:.1%} is the goal"
    say(line, {"hidden": mean, "baseline": base})
