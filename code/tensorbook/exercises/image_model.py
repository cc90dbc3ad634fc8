"""Checkers of the course project on an image model from scratch."""

from __future__ import annotations

import dis
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.checks import Exercises, expect
from tensorbook.unseen_pictures import Answer, judge, to_learn

__all__ = ["check_exercise", "to_learn"]

check_exercise = Exercises()

BUDGET = 100_000  # parameters
FORGETS = 0.6  # a move of a thing against its coming, in the scores
APART = 14  # pixels that some cell of the last map must span


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


def _dice(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@check_exercise.checker("ex-image-pipeline")
def pipeline(statistics: Callable[[Tensor], Any], augment: Callable[..., Any]) -> None:
    offsets = (
        torch.linspace(-2, 2, 400)[:, None, None, None]
        * torch.tensor([1.0, 0.5, 3.0])[:, None, None]
    )
    images = (
        torch.rand(400, 3, 6, 5, generator=_dice(0))
        + offsets
        + torch.tensor([0.1, 3.0, 1.0])[:, None, None]
    )
    got = statistics(images.clone())
    _answered(got)
    mean, std = (torch.as_tensor(part) for part in got)
    for part in (mean, std):
        assert part.shape == (3, 1, 1), (
            f"one number for each channel, of shape (3, 1, 1), not {tuple(part.shape)}"
        )
    every = images.transpose(0, 1).flatten(1)
    expect(
        mean.flatten(),
        every.mean(1),
        "the mean of a channel is over all pictures and places",
        rtol=1e-4,
        atol=1e-4,
    )
    expect(std.flatten(), every.std(1),
           "the deviation of a channel is that of all its pixels in all pictures at once", rtol=2e-3)  # fmt: skip
    for H, W, pad in ((6, 5, 2), (5, 7, 1), (4, 4, 3)):
        _augment(augment, H, W, pad)


def _augment(augment: Callable[..., Any], H: int, W: int, pad: int) -> None:
    N = 3000
    one = 1 + torch.arange(3 * H * W, dtype=torch.float32).view(3, H, W)  # a pixel tells its place
    X = one.repeat(N, 1, 1, 1) + 1000 * torch.arange(N).view(N, 1, 1, 1).float()
    before = X.clone()
    got = augment(X, _dice(H), pad)
    _answered(got)
    assert torch.equal(X, before), "the pictures themselves were changed; give back new ones"
    assert got.shape == X.shape, f"{tuple(X.shape)} became {tuple(got.shape)}"
    wide, side = F.pad(X, (pad,) * 4), 2 * pad + 1
    crops = torch.stack(
        [wide[:, :, i : i + H, j : j + W] for i in range(side) for j in range(side)]
    )
    crops = torch.cat([crops, crops.flip(4)])  # (2 side^2, N, 3, H, W)
    hits = (crops == got).flatten(2).all(2)  # (2 side^2, N)
    case = f"pictures of {H}×{W}, pad {pad}"
    assert bool(hits.any(0).all()), (
        f"{case}: some picture is no crop of its own, padded with zeros, nor the mirror image of one "
        "(left and right; all channels alike)"
    )
    which = hits.double().argmax(0)
    counts = torch.bincount(which, minlength=len(crops)).double()
    mirrored = counts[side**2 :].sum().item() / N
    assert abs(mirrored - 0.5) < 0.06, f"{case}: {mirrored:.0%} are mirrored; half should be"
    seen = int((counts > 0).sum())
    assert seen > 0.9 * len(crops), (
        f"{case}: {seen} of the {len(crops)} ways to crop and mirror occur: does each picture have "
        "dice of its own, and does the last place count?"
    )
    wanted = N / len(crops)
    assert float((counts - wanted).abs().max()) < 6 * wanted**0.5 + 2, (
        f"{case}: some crops are favoured"
    )
    again, other = (augment(X, _dice(seed), pad) for seed in (H, H + 50))
    assert torch.equal(again, got), "draw with `dice`: it should decide everything"
    assert not torch.equal(other, got), "another state of `dice` gives other crops"


@check_exercise.checker("ex-image-network")
def network(make: Callable[[int], nn.Module]) -> None:
    for K in (10, 3):
        model, X = make(K), torch.randn(6, 3, 32, 32, generator=_dice(K))
        scores = model(X)
        _answered(scores)
        assert scores.shape == (6, K), f"K = {K}: (6, 3, 32, 32) became {tuple(scores.shape)}"
        for total, flat in ((scores.sum(1), 1.0), (scores.logsumexp(1), 0.0)):
            assert not torch.allclose(total, torch.full((6,), flat), atol=1e-4), (
                "these are probabilities, or their logarithms; cross_entropy wants scores"
            )
        count = sum(p.numel() for p in model.parameters())
        assert count <= BUDGET, f"{count:,} parameters; the budget is {BUDGET:,}"
        scores.square().sum().backward()
        idle = [name for name, p in model.named_parameters() if p.grad is None]
        assert not idle, f"{idle[0]} takes no part in the scores"
        _wake(model.eval().double())
        with torch.no_grad():
            alone = torch.cat([model(x[None]) for x in X.double()])
            expect(
                alone, model(X.double()), "in eval mode, scores depend on the company", atol=1e-5
            )
            _reaches(model)
    with torch.no_grad():
        _moves(
            [_wake(make(64).eval().double()) for _ in range(4)]
        )  # many scores: less luck in the draw


def _wake(model: nn.Module) -> nn.Module:
    """Weights that start at zero, as the last of a shortcut's branch may, get small numbers."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("weight") and not p.any():
                p.normal_(std=0.1)
    return model


def _spot(rows: slice, columns: slice, seed: int) -> Tensor:
    X = torch.zeros(1, 3, 32, 32, dtype=torch.float64)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    X[0, :, rows, columns] = 2 * torch.randn(3, *shape, generator=_dice(seed), dtype=torch.float64)
    return X


def _moves(models: list[nn.Module]) -> None:
    """A small thing that moves by eight pixels changes less than one that comes."""
    moved = came = 0.0
    for seed in range(8):
        thing = _spot(slice(12, 20), slice(8, 16), seed)
        if seed % 2:
            thing = thing.transpose(2, 3)
        there = thing.roll(8, 2 if seed % 2 else 3)
        for model in models:
            here, later, nothing = model(torch.cat([thing, there, 0 * thing]))
            moved += (later - here).norm().item()
            came += (here - nothing).norm().item()
    ratio = moved / max(came, 1e-12)
    assert ratio < FORGETS, (
        f"a small thing moves by 8 pixels, and the scores change {ratio:.2f} times as much as when it "
        f"came; {FORGETS} is the limit. What could forget the place at the end?"
    )


def _reaches(model: nn.Module) -> None:
    """Two spots that no cell sees together add up exactly; what is left over is their meeting."""
    left_over, size = 0.0, 0.0
    base = torch.randn(1, 3, 32, 32, generator=_dice(9), dtype=torch.float64)
    for t in range(8):  # wherever the windows of the last map begin
        for turned in (False, True):
            a = _spot(slice(14, 16), slice(5 + t, 7 + t), t)
            b = _spot(slice(14, 16), slice(3 + t + APART, 5 + t + APART), t + 20)
            if turned:
                a, b = a.transpose(2, 3), b.transpose(2, 3)
            both, first, second, none = model(base + torch.cat([a + b, a, b, 0 * a]))
            left_over = max(left_over, (both - first - second + none).abs().max().item())
            size = max(size, (first - none).abs().max().item())
    assert left_over > 1e-9 * size, (
        f"two spots that are {APART} pixels apart never meet: which window does a cell of the last map see?"
    )


class _Falling(nn.Module):
    """Scores `(w x, 0)`; a buffer counts the batches of training, as BatchNorm's do."""

    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))
        self.register_buffer("count", torch.zeros(()))
        self.modes: list[bool] = []  # of each batch: was it training?

    def forward(self, X: Tensor) -> Tensor:
        if self.training:
            self.count = self.count + 1
        self.modes.append(self.training)
        x = X.flatten(1)[:, 0]
        return torch.stack([self.w * x, torch.zeros_like(x)], dim=1)


class _Scripted(torch.optim.Optimizer):
    """An optimiser that moves to prescribed weights, one entry of `path` a step."""

    def __init__(self, model: _Falling, path: list[float]) -> None:
        super().__init__(model.parameters(), {})
        self.model, self.path = model, path

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            self.model.w.fill_(self.path.pop(0))


def _signs(N: int, seed: int) -> tuple[Tensor, Tensor]:
    x = torch.randn(N, 1, generator=_dice(seed))
    return x, (x[:, 0] < 0).long()


def _paid(w: float, part: tuple[Tensor, Tensor]) -> float:
    x = part[0][:, 0]
    return F.cross_entropy(torch.stack([w * x, 0 * x], dim=1), part[1]).item()


@check_exercise.checker("ex-image-train")
def train(answer: Callable[..., Any]) -> None:
    X, y = _signs(30, 1)
    learn, held = (X, 1 - y), _signs(50, 2)  # what is good for one is bad for the other
    for path, patience, ran, best in (
        ([1.0, 2.0, 0.5, 0.4, 0.3, 5.0, 1.0], 3, 5, 2),  # a sixth epoch would have been better
        ([1.0, 2.0, 0.5, 0.4, 0.3, 5.0, 1.0], 4, 7, 6),
        ([1.0, 0.5, 2.0, 1.0, 3.0, 2.0, 2.0], 2, 7, 5),  # the count begins anew with each best
        ([3.0, 2.0, 2.5, 2.9, 1.0, 1.0, 1.0], 1, 2, 1),
        ([1.0, 2.0, 3.0], 2, 3, 3),
    ):  # fmt: skip
        model = _Falling()
        got = answer(model, _Scripted(model, [*path]), learn, held, len(path), patience, size=30)
        _answered(got)
        case = f"held-back losses {[round(_paid(w, held), 2) for w in path]}, patience {patience}"
        assert len(got) == ran, f"{case}: {len(got)} epochs were run, not {ran}"
        before = [0.0, *path]
        wanted = [[_paid(before[k], learn), _paid(path[k], held)] for k in range(ran)]
        expect(torch.tensor([[float(v) for v in pair] for pair in got]), torch.tensor(wanted),
               "an entry of the curve: the loss of the epoch's batches as they came, then that of the "
               "held-back pictures", rtol=1e-3, atol=1e-4)  # fmt: skip
        assert abs(model.w.item() - path[best - 1]) < 1e-6, (
            f"{case}: the lowest was that of epoch {best}, but the weights are those of another"
        )
        trained = sum(model.modes)
        assert trained == ran, (
            f"{case}: {trained} of {ran} batches were in training mode: who sets it, and how often?"
        )
        assert int(model.count) == best, (
            "the weights are those of the best epoch, but the buffers are not; BatchNorm keeps its "
            "statistics in buffers"
        )
    _steps(answer)


def _steps(answer: Callable[..., Any]) -> None:
    """The batches, what is done to them, the rate, and the mean over a short last batch."""
    X, y = torch.randn(40, 3, generator=_dice(3)), torch.randint(3, (40,), generator=_dice(4))
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 3), nn.Dropout(0.0))
    with torch.no_grad():
        model[1].weight.mul_(5.0)  # type: ignore[operator]
    seen: list[tuple[Tensor, bool, bool]] = []
    model.register_forward_pre_hook(
        lambda module, inputs: seen.append(
            (inputs[0].clone(), module.training, torch.is_grad_enabled())
        )
    )
    still = torch.optim.SGD(model.parameters(), lr=0.0)
    rate = torch.optim.lr_scheduler.StepLR(still, 1000)
    asked: list[int] = []

    def change(batch: Tensor) -> Tensor:
        asked.append(len(batch))
        return batch + 100

    held = (X[:10].clone(), y[:10])
    curve = answer(model, still, (X, y), held, 2, 5, change=change, schedule=rate, size=16)
    taught = [batch for batch, training, grad in seen if grad]
    assert all(training for _, training, grad in seen if grad), "a step was taken in eval mode"
    assert not any(training for _, training, grad in seen if not grad), "evaluate in eval mode"
    assert [len(b) for b in taught] == [16, 16, 8] * 2, (
        f"40 pictures, batches of 16, 2 epochs: batches of {[len(b) for b in taught]}; the held-back "
        "pictures need no graph"
    )
    assert all(float(b.mean()) > 50 for b in taught), "training sees what `change` made of a batch"
    assert len(asked) == 6, "`change` each batch of training once, and nothing else"
    assert not any(float(b.mean()) > 50 for b, _, grad in seen if not grad), (
        "held-back pictures stay as they are"
    )
    first, second = torch.cat(taught[:3]) - 100, torch.cat(taught[3:]) - 100
    expect(first.sort(0).values, X.sort(0).values, "an epoch shows each picture once", atol=1e-3)
    assert not torch.allclose(first, second, atol=1e-3), "both epochs have the same order: shuffle"
    assert rate.last_epoch == 6, f"6 steps of the optimiser, but {rate.last_epoch} of the schedule"
    with torch.no_grad():
        wanted = F.cross_entropy(model(X + 100), y)
    expect(float(curve[0][0]), wanted.item(), "the last batch is short, and its pictures count too much or too "
           "little in the epoch's loss", rtol=1e-3)  # fmt: skip
    _learns(answer, X, y)


def _learns(answer: Callable[..., Any], X: Tensor, y: Tensor) -> None:
    model, reference = nn.Linear(3, 3), nn.Linear(3, 3)
    reference.load_state_dict(model.state_dict())
    ours, theirs = (torch.optim.SGD(m.parameters(), lr=0.1) for m in (model, reference))
    answer(model, ours, (X, y), (X, y), 3, 9, size=40)
    for _ in range(3):
        theirs.zero_grad()
        F.cross_entropy(reference(X), y).backward()
        theirs.step()
    expect(model.weight, reference.weight, "three epochs of one batch are not three steps of SGD",
           rtol=1e-3, atol=1e-4)  # fmt: skip


@check_exercise.checker("ex-image-measure")
def measure(answer: Callable[[Tensor, Tensor], Any], gain: Callable[[Tensor, Tensor], Any]) -> None:
    for N, K in ((300, 4), (500, 10), (200, 3)):
        scores, labels = (
            torch.randn(N, K, generator=_dice(N)),
            torch.randint(K - 1, (N,), generator=_dice(K)),
        )
        scores[: N // 2, 0] += 2 * (labels[: N // 2] == 0)
        scores[:, -1] -= 20  # a class that nobody names, and that has no picture
        got = answer(scores.clone(), labels.clone())
        _answered(got)
        assert len(got) == 3, (
            "three things: share of right answers, its standard error, confusion matrix"
        )
        accuracy, spread, confusion = (torch.as_tensor(part) for part in got)
        guesses = scores.argmax(1)
        p = (guesses == labels).double().mean().item()
        expect(float(accuracy), p, "not the share of right answers", rtol=1e-5)
        expect(
            float(spread),
            (p * (1 - p) / N) ** 0.5,
            "not the standard error of that share",
            rtol=0.02,
        )
        assert confusion.shape == (K, K), (
            f"{K} classes, one of them without a picture: a matrix of {(K, K)}, not {tuple(confusion.shape)}"
        )
        wanted = torch.zeros(K, K, dtype=torch.int64)
        for truth, guess in zip(labels.tolist(), guesses.tolist(), strict=True):
            wanted[truth, guess] += 1
        assert not torch.equal(confusion.long(), wanted.T), (
            "a row is for a true class, a column for a guess"
        )
        expect(
            confusion.long(),
            wanted,
            "an entry counts the pictures of the row's class that got the column's",
        )
    for N, common in ((400, 0.9), (900, 0.5), (250, 0.0)):
        right = torch.rand(N, generator=_dice(N)) < 0.7
        other = torch.rand(N, generator=_dice(N + 1)) < 0.5
        other = torch.where(torch.rand(N, generator=_dice(N + 2)) < common, right, other)
        try:
            got = gain(right.clone(), other.clone())
        except NotImplementedError as refusal:  # what PyTorch says to some arithmetic with bool
            raise AssertionError(f"truth values do not take this: {refusal}") from refusal
        _answered(got)
        d = right.double() - other.double()
        difference, error = (float(v) for v in got)
        expect(
            difference,
            d.mean().item(),
            "not the first's share less the second's",
            rtol=1e-4,
            atol=1e-6,
        )
        expect(error, d.std().item() / N**0.5,
               "both models saw the same pictures: the error is that of the differences, picture by picture",
               rtol=0.02)  # fmt: skip


@check_exercise.checker("ex-image-hand-in")
def hand_in(save: Callable[[Path], None], load: Callable[[Path], Answer], own: Path | str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, empty = Path(folder) / "model.pt", Path(folder) / "empty.pt"
        save(path)
        if not path.exists():
            raise NotImplementedError
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
        except pickle.UnpicklingError as error:
            raise AssertionError(
                "the file holds objects; save tensors and plain values alone"
            ) from error
        borrowed = _borrowed(load)
        assert not borrowed, f"`load` takes `{borrowed[0]}` from the notebook, not from its file"
        answer = load(path)
        _answered(answer)
        classes = answer(torch.rand(2, 3, 32, 32))
        _answered(classes)
        shape = tuple(torch.as_tensor(classes).shape)
        assert shape == (2,), f"one class for each picture: (2,), not {shape}"
        torch.save(_emptied(state), empty)
        noise = torch.rand(200, 3, 32, 32, generator=_dice(5))
        noise = noise * torch.rand(200, 3, 1, 1, generator=_dice(6))
        with torch.no_grad():
            blank = torch.as_tensor(load(empty)(noise)).cpu()
        assert len(blank.unique()) == 1, (
            "a file of zeros in place of your numbers, and it still tells pictures apart: `load` should use "
            "nothing but its file"
        )
    judge(answer, own)


def _borrowed(load: object) -> list[str]:
    """Names of the notebook's tensors and networks that a function, or one inside it, reads."""
    if not isinstance(load, FunctionType):
        return []
    codes, names = [load.__code__], []
    for code in codes:  # grows
        codes += [part for part in code.co_consts if isinstance(part, CodeType)]
        names += [i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"]
    return [n for n in names if isinstance(load.__globals__.get(n), (Tensor, nn.Module))]


def _emptied(state: Any) -> Any:
    """The same structure with zeros for all numbers but whole ones."""
    if isinstance(state, Tensor):
        return torch.zeros_like(state) if state.is_floating_point() else state
    if isinstance(state, dict):
        return type(state)((key, _emptied(value)) for key, value in state.items())
    if isinstance(state, (list, tuple)):
        return type(state)(_emptied(value) for value in state)
    return state
