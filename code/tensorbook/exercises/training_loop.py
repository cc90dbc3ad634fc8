"""Checkers of the exercises in *Data and the training loop*."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


def _answered(got: Any) -> Any:
    if got is ... or got is None:
        raise NotImplementedError
    return got


@check_exercise.checker("ex-loop-count")
def count(answer: Callable[..., Any]) -> None:
    cases = [
        (60_000, 64, 3, False), (60_000, 64, 3, True), (128, 32, 5, False), (128, 32, 5, True),
        (7, 10, 2, False), (7, 10, 2, True), (11, 1, 1, True),
    ]  # fmt: skip
    for N, B, epochs, drop in cases:
        loader = DataLoader(TensorDataset(torch.arange(N)), batch_size=B, drop_last=drop)
        seen = epochs * (len(loader) * B if drop else N)
        hint = f"not what a loader does with N={N}, B={B}, epochs={epochs}, drop_last={drop}"
        expect(_answered(answer(N, B, epochs, drop)), [epochs * len(loader), seen], hint)


@check_exercise.checker("ex-loop-interval")
def interval(answer: Callable[[int, int], Any]) -> None:
    for right, N in ((97, 100), (50, 100), (9, 10), (1, 400), (20, 20), (0, 7)):
        low, high = (float(_answered(end)) for end in _answered(answer(right, N)))
        share, tiny = right / N, 1e-9
        inside = -tiny <= low <= share + tiny and share - tiny <= high <= 1 + tiny
        hint = "the ends should be in order, between 0 and 1, and what we saw between them"
        assert inside, f"{right} of {N}, [{low:.3f}, {high:.3f}]: {hint}"
        assert high - low > tiny, f"{right} of {N}: no width, as if you were certain"
        for end in (low, high):
            if abs(end - share) < tiny and right in (0, N):  # 0 or 1, and that is what we saw
                continue
            assert tiny < end < 1 - tiny, f"{right} of {N}: with p = {end:.0f} it could not happen"
            distance = abs(share - end) / math.sqrt(end * (1 - end) / N)
            hint = f"{right} of {N}: an end is {distance:.6g} of its own standard errors away"
            assert math.isclose(distance, 2, rel_tol=4e-3), hint


@check_exercise.checker("ex-loop-channels")
def channels(answer: Callable[[Any], Any]) -> None:
    for place, sizes in ((0.0, (8, 8, 3)), (300.0, (5, 1, 1, 9)), (-20.0, (4,))):
        scale = torch.tensor([1.0, 5.0, 0.2])[:, None, None]
        drift = torch.arange(sum(sizes))[:, None, None, None] / 10
        images = torch.randn(sum(sizes), 3, 6, 4) * scale + place + drift
        parts = [part[..., : 4 - k % 2] for k, part in enumerate(images.split(list(sizes)))]
        mean, std = _answered(answer(_Once(parts)))
        kept = "a batch was kept after the next one had come: keep statistics, not pictures"
        assert not (torch.is_tensor(mean) and mean.isnan().any()), kept
        exact = torch.cat([part.double().transpose(0, 1).flatten(1) for part in parts], dim=1)
        where = f"batches of {sizes}, pixels around {place:g}"
        expect(mean, exact.mean(1).float(), f"mean of a channel: {where}", rtol=1e-4)
        wanted = exact.var(1, correction=0).sqrt().float()
        expect(std, wanted, f"deviation of a channel: {where}", rtol=1e-3)


class _Once:
    """Batches that can be asked for once, as from a stream; each is lost when the next one comes."""

    def __init__(self, batches: list[Tensor]) -> None:
        self.batches, self.asked = batches, False

    def __iter__(self) -> Iterator[Tensor]:
        assert not self.asked, "one round through the batches must do"
        self.asked = True
        for batch in self.batches:
            lent = batch.clone()
            yield lent
            lent.fill_(math.nan)  # whoever held on to it holds nothing


@check_exercise.checker("ex-loop-collate")
def collate(answer: Callable[..., Any]) -> None:
    for lengths in ((3, 5, 1), (4, 4), (2,), (1, 7, 7, 2, 6)):
        texts = [torch.randint(9, (T,)) for T in lengths]
        texts[0][0] = 0  # a 0 may be text
        labels = torch.randint(2, (len(texts),))
        padded, mask, got = _answered(answer(list(zip(texts, labels.tolist(), strict=True))))
        wanted = torch.zeros(len(texts), max(lengths), dtype=torch.long)
        real = torch.zeros(len(texts), max(lengths), dtype=torch.bool)
        for row, text in enumerate(texts):
            wanted[row, : len(text)], real[row, : len(text)] = text, True
        where = f"lengths {lengths}"
        expect(padded, wanted, f"padded text: {where}")
        assert mask.dtype == torch.bool, "the mask should be of bool"
        expect(mask, real, f"the mask should be true where there is text: {where}")
        expect(got, labels, f"labels: {where}")


@check_exercise.checker("ex-loop-folder")
def folder(answer: Callable[[Path], Any]) -> None:
    from torchvision.io import write_png

    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        wanted = {}
        for label, kind in enumerate(("ant", "bee", "cat")):  # made in another order
            (root / kind).mkdir()
            for k in range(label + 2):
                pixels = torch.randint(256, (1, 5, 4), dtype=torch.uint8)
                write_png(pixels, str(root / kind / f"{9 - k}.png"))
                wanted[kind, f"{9 - k}.png"] = pixels.float() / 255
        (root / "bee" / "notes.txt").write_text("not an image")
        made = _answered(answer(root))
        for (kind, file), pixels in wanted.items():  # whoever has read them has read others
            write_png((255 * pixels).round().byte().bitwise_not(), str(root / kind / file))
            wanted[kind, file] = 1 - pixels
        hint = "the length should be the number of PNGs"
        assert len(made) == len(wanted), f"{hint}: {len(wanted)}, not {len(made)}"
        for i, (kind, file) in enumerate(sorted(wanted)):
            image, label = made[i]
            where = f"example {i} should be {kind}/{file}"
            old = 1 - wanted[kind, file]
            floats = torch.is_tensor(image) and image.is_floating_point()
            assert floats, f"{where}, as a tensor of floats from 0 to 1"
            early = image.shape == old.shape and image.allclose(old.to(image))
            assert not early, "a file was opened before its example was asked for"
            expect(image, wanted[kind, file], f"{where}, as floats from 0 to 1")
            assert not isinstance(label, str), f"{where}, with the number of its class"
            expect(int(label), ("ant", "bee", "cat").index(kind), f"label: {where}")
        try:
            made[len(wanted)]
        except IndexError:
            return
        raise AssertionError("an index beyond the end should raise IndexError")


def _guess(X: Tensor, y: Tensor, new: Tensor) -> Tensor:
    centres = torch.stack([X[y == k].mean(0) for k in (0, 1)])
    return torch.cdist(new, centres).argmin(1)


def _pipeline(kind: str) -> Callable[[Tensor, Tensor], float]:
    """A way from a table and its labels to an accuracy on a held-out third."""

    def strongest(X: Tensor, y: Tensor) -> Tensor:
        return (X[y == 1].mean(0) - X[y == 0].mean(0)).abs().topk(min(10, X.shape[1])).indices

    def run(X: Tensor, y: Tensor) -> float:
        N = len(y)
        order = torch.randperm(N)
        train, test = order[: 2 * N // 3], order[2 * N // 3 :]
        if kind == "selects on all":
            X = X[:, strongest(X, y)]
        if kind == "selects on training":
            X = X[:, strongest(X[train], y[train])]
        if kind == "trains on all":
            train = order
        if kind == "label as a column":
            X = torch.cat([X, 9 * y[:, None].float()], dim=1)
        if kind == "best of many":  # the test set chooses
            trials = [_guess(X[train][:, c : c + 5], y[train], X[test][:, c : c + 5])
                      for c in range(0, X.shape[1], 5)]  # fmt: skip
            return max((t == y[test]).float().mean().item() for t in trials)
        guess = _guess(X[train], y[train], X[test])
        return (guess == y[test]).float().mean().item()

    return run


@check_exercise.checker("ex-loop-leak")
def leak(answer: Callable[..., Any]) -> None:
    kinds = {
        "selects on all": True, "selects on training": False, "trains on all": True,
        "label as a column": True, "best of many": True, "plain": False,
    }  # fmt: skip
    for kind, leaks in kinds.items():
        hint = "a pipeline that leaks was let through" if leaks else "an honest one was accused"
        for _ in range(3 if leaks else 8):  # a verdict on one accuracy is a coin toss
            assert bool(_answered(answer(_pipeline(kind)))) == leaks, hint


@check_exercise.checker("ex-loop-middle")
def middle(answer: Callable[..., Any]) -> None:
    for N, B, done in ((20, 6, 1), (20, 6, 0), (12, 4, 3), (50, 7, 5)):
        dice = torch.Generator().manual_seed(N + B)
        examples = TensorDataset(torch.arange(N))
        loader = DataLoader(examples, batch_size=B, shuffle=True, generator=dice)
        state = dice.get_state()
        batches = [batch.tolist() for (batch,) in loader]
        after = dice.get_state()
        other = torch.Generator()
        fresh = DataLoader(examples, batch_size=B, shuffle=True, generator=other)
        got = _answered(answer(fresh, state, done))
        left = [part[0].tolist() for part in got]
        where = f"N={N}, B={B}, stopped after {done} batches"
        assert len(left) == len(batches) - done, f"{where}: {len(left)} batches are left to you"
        assert left == batches[done:], f"not the batches that were still to come: {where}"
        hint = f"the next epoch would be dealt another order: {where}"
        assert torch.equal(other.get_state(), after), hint


@check_exercise.checker("ex-loop-project")
def project(stratify: Callable[..., Any], fit: Callable[..., Any]) -> None:
    for seed in range(3):
        dice = torch.Generator().manual_seed(seed)
        rare, common = torch.rand(2, 203, generator=dice) < torch.tensor([[0.12], [0.3]])
        y = rare.long() + 2 * common.long()  # four classes, of very different sizes
        train, validation = (
            torch.as_tensor(p) for p in _answered(stratify(y, torch.Generator().manual_seed(seed)))
        )
        together = torch.cat([train, validation]).sort().values
        expect(together, torch.arange(203), "every example belongs into one of the two parts")
        for label in y.unique():
            wanted = int((y == label).sum()) / 5
            off = abs(int((y[validation] == label).sum()) - wanted)
            assert off < 1, f"class {int(label)}: a fifth of its examples should be held back"
        same, _ = stratify(y, torch.Generator().manual_seed(seed))
        assert torch.equal(torch.as_tensor(same), train), "the same seed gives another split"
        again, _ = stratify(y, torch.Generator().manual_seed(seed + 1))
        assert not torch.equal(torch.as_tensor(again), train), "the split ignores its generator"
    _check_fit(fit)


def _check_fit(fit: Callable[..., Any]) -> None:
    for seed in range(2):
        dice = torch.Generator().manual_seed(seed)
        X = torch.randn(240, 6, generator=dice) * torch.tensor([1e3, 1.0, 0.01, 5.0, 1.0, 0.0])
        X = X + torch.tensor([5e3, 0.0, 1.0, -20.0, 0.0, 7.0])
        y = ((X[:, 0] - 5e3) / 1e3 + (X[:, 2] - 1) / 0.01 + X[:, 1] > 0).long()
        before = X.clone()
        model = _answered(fit(X[:120], y[:120], X[120:160], y[120:160]))
        assert torch.equal(X, before), "the table itself was changed"
        assert not model.training, "give the model back in eval mode"
        with torch.inference_mode():
            scores = model(X[160:])
            alone = torch.cat([model(row[None]) for row in X[160:]])
        assert bool(scores.isfinite().all()), "nan: one column of the table is constant"
        expect(alone, scores, "an example's score depends on its neighbours", rtol=1e-3, atol=1e-3)
        right = (scores.argmax(1) == y[160:]).float().mean().item()
        assert right > 0.88, f"{right:.0%} right on a third part, where 90 % and more are possible"
    _check_best(fit)
    _check_statistics(fit)


def _check_best(fit: Callable[..., Any]) -> None:
    """Two validation sets, the same dice: each run should return what is best on its own set."""
    dice = torch.Generator().manual_seed(5)
    X, held = torch.randn(80, 3, generator=dice), torch.randn(200, 3, generator=dice)
    y, same = (X[:, 0] > 0).long(), (held[:, 0] > 0).long()
    models = []
    for held_y in (same, 1 - same):
        torch.manual_seed(0)
        models.append(fit(X, y, held, held_y))
    with torch.inference_mode():
        turned = torch.eye(2)[1 - same]
        late, early = ((model(held) - turned).pow(2).mean().item() for model in models)
    hint = "not the epoch with the lowest validation loss: another validation set changes nothing"
    assert early < late - 1e-3, hint


def _check_statistics(fit: Callable[..., Any]) -> None:
    """Every validation row twice: no loss moves, but statistics that have seen these rows do."""
    dice = torch.Generator().manual_seed(6)
    X, held = torch.randn(80, 3, generator=dice), 3 * torch.randn(128, 3, generator=dice) + 1
    y, held_y = (X[:, 0] > 0).long(), (held[:, 0] > 0).long()
    scores = []
    for copies in (1, 1, 2):
        torch.manual_seed(0)
        model = fit(X, y, held.repeat(copies, 1), held_y.repeat(copies))
        with torch.inference_mode():
            scores.append(model(X))
    once, again, twice = scores
    if torch.equal(once, again):  # else its dice are its own, and nothing can be told
        hint = "the validation rows change the model beyond the choice of its epoch: they standardise, too"
        expect(twice, once, hint, rtol=1e-3, atol=1e-3)
