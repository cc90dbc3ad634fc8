"""Checkers for the assignment on a first model: softmax regression on handwritten digits."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from tensorbook.checks import Exercises, expect
from tensorbook.spy import Spy
from tensorbook.unseen import Answer, judge

check_exercise = Exercises()

Make = Callable[[], nn.Module]
Save = Callable[[nn.Module, Path], None]
Load = Callable[[Path], nn.Module]
Split = Callable[..., tuple[Tensor, Tensor]]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _answered(got: object) -> None:  # a stub's `...` counts as no answer
    if got is ... or got is None:
        raise NotImplementedError


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@check_exercise.checker("ex-first-data")
def first_data(split: Split, make: Callable[..., Any]) -> None:
    _split(split)
    images = torch.rand(11, 1, 28, 28, generator=_generator(1))
    labels = torch.randint(10, (11,), generator=_generator(2))
    mean, std = 0.2, 0.4
    digits = make(images.clone(), labels.clone(), mean, std)
    _answered(digits.__len__())
    _answered(digits[0])
    x, y = digits[3]
    assert len(digits) == 11, "its length should be the number of images"
    assert x.shape == (784,), f"an image should come as 784 numbers in a row, not {tuple(x.shape)}"
    expect(x, (images[3].flatten() - mean) / std, "standardise by the mean and the deviation given")
    expect(y, labels[3], "image 3 should come with label 3")
    assert torch.as_tensor(y).dtype == torch.int64, "cross_entropy wants labels as int64"
    X, y = next(iter(DataLoader(digits, batch_size=11)))
    expect(X, (images.flatten(1) - mean) / std, "a loader gives other images than the dataset")


def _split(split: Split) -> None:
    for size in (600, 1500):
        got = split(size, _generator(size))
        _answered(got)
        learn, held = (torch.as_tensor(part) for part in got)
        assert abs(len(held) - size / 6) < 1, f"{len(held)} of {size} held back; a sixth is wanted"
        every = torch.cat([learn, held]).sort().values
        assert len(every) == size, "each image belongs to one of the two parts"
        expect(every, torch.arange(size), "each image belongs to one part, and to one only")
        assert abs(held.double().mean() / size - 0.5) < 0.1, (
            "the images may lie in some order: shuffle before you split"
        )
        again = split(size, _generator(size))
        expect(again[1], held, "the same generator should give the same split")
        other = torch.as_tensor(split(size, _generator(7))[1])
        assert not torch.equal(other, held), "draw from the generator given, not from your own"


@check_exercise.checker("ex-first-model")
def first_model(make: Make) -> None:
    model = make().cpu()
    X = torch.randn(5, 784, generator=_generator(3))
    scores = model(X)
    _answered(scores)
    assert scores.shape == (5, 10), f"(5, 784) should become (5, 10), not {tuple(scores.shape)}"
    for total, wanted in ((scores.sum(1), 1.0), (torch.logsumexp(scores, 1), 0.0)):
        assert not torch.allclose(total, torch.full((5,), wanted), atol=1e-4), (
            "these are probabilities, or their logarithms; cross_entropy wants scores"
        )
    with torch.no_grad():
        zero, there = model(torch.zeros(5, 784)), model(-X)
    expect(scores + there, 2 * zero, "no straight line through this: one affine map is asked for",
           atol=1e-4)  # fmt: skip
    count = sum(p.numel() for p in model.parameters())
    assert count == 7850, f"{count} parameters: a weight for each pixel and digit, and ten biases"


def _problem(size: int, seed: int) -> tuple[Tensor, Tensor]:
    X = torch.randn(size, 6, generator=_generator(seed))
    y = (X[:, :3] + 0.5 * torch.randn(size, 3, generator=_generator(seed + 1))).argmax(1)
    return X, y


def _truth(model: Spy, X: Tensor, y: Tensor) -> Tensor:
    with torch.no_grad():
        scores = model.linear(X.to(_device())).cpu()
    return torch.stack([F.cross_entropy(scores, y), (scores.argmax(1) == y).float().mean()])


@check_exercise.checker("ex-first-loop")
def first_loop(evaluate: Callable[..., Any], train: Callable[..., Any]) -> None:
    torch.manual_seed(0)
    model = Spy(dropout=0.5).to(_device())
    X, y = _problem(23, 4)
    got = evaluate(model, DataLoader(TensorDataset(X, y), batch_size=5))
    _answered(got)
    assert not any(training for training, _ in model.modes), "evaluate in eval mode: dropout rests"
    assert not any(grad for _, grad in model.modes), "nobody asks for gradients in an evaluation"
    expect([float(v) for v in got], _truth(model, X, y).tolist(),
           "loss and accuracy should be those of all examples; the last batch is short",
           rtol=1e-4)  # fmt: skip
    _train(train)


def _train(train: Callable[..., Any]) -> None:
    model, reference = Spy(dropout=0.0).to(_device()), Spy(dropout=0.0)
    reference.load_state_dict(model.state_dict())
    (X, y), (held_X, held_y) = _problem(70, 6), _problem(23, 8)
    loader = DataLoader(TensorDataset(X, y), batch_size=16)
    held = DataLoader(TensorDataset(held_X, held_y), batch_size=16)
    curve = train(model, loader, held, 3, 0.2)
    _answered(curve)
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.2)
    for _ in range(3):
        for rows, labels in loader:
            optimizer.zero_grad()
            F.cross_entropy(reference.linear(rows), labels).backward()
            optimizer.step()
    steps = [training for training, grad in model.modes if grad]
    assert all(steps), "after an evaluation, who puts the model back into train mode?"
    got = torch.cat([p.detach().cpu().flatten() for p in model.linear.parameters()])
    wanted = torch.cat([p.detach().flatten() for p in reference.linear.parameters()])
    expect(got, wanted, "three epochs of SGD end elsewhere: is each batch one step, from fresh "
           "gradients, and from training batches alone?", rtol=1e-3, atol=1e-4)  # fmt: skip
    assert len(curve) == 3, f"{len(curve)} entries for three epochs"
    last = _entry(curve[-1])
    truth = [_truth(model, *part).tolist() for part in ((X, y), (held_X, held_y))]
    expect(torch.tensor(last), torch.tensor(truth),
           "an entry of the curve: `evaluate` on the training loader, then on the held one, "
           "after the epoch", rtol=1e-3)  # fmt: skip


def _entry(pair: Any) -> list[list[float]]:
    try:
        (loss, right), (held_loss, held_right) = pair
    except (TypeError, ValueError):
        raise AssertionError(
            "an entry of the curve is a pair of pairs: what `evaluate` gives for the training "
            "loader, and what it gives for the held one"
        ) from None
    return [[float(loss), float(right)], [float(held_loss), float(held_right)]]


@check_exercise.checker("ex-first-mistakes")
def mistakes(answer: Callable[[Tensor, Tensor, int], Tensor]) -> None:
    for seed in (10, 11, 12):
        scores = 3 * torch.randn(60, 10, generator=_generator(seed))
        labels = torch.randint(10, (60,), generator=_generator(seed + 3))
        labels[::2] = scores[::2].argmax(1)  # half of the answers are right
        sure, guess = torch.softmax(scores, dim=1).max(1)
        wrong = [i for i in range(60) if guess[i] != labels[i]]
        wanted = torch.tensor(sorted(wrong, key=lambda i: -sure[i].item()))
        got = answer(scores.clone(), labels.clone(), 5)
        _answered(got)
        got = torch.as_tensor(got).cpu()
        assert got.shape == (5,), f"five numbers of images are asked for, shape (5,): {got.shape}"
        assert not (set(got.tolist()) - set(wrong)), "some of these answers are right"
        expect(got, wanted[:5], "not the most confident ones, or not the most confident first")
        shifted = scores + 20 * torch.randn(60, 1, generator=_generator(seed))
        expect(answer(shifted, labels.clone(), 5), wanted[:5],
               "a shift of all scores of an image changes no probability")  # fmt: skip
    expect(answer(scores, labels, 60), wanted, "if there are fewer mistakes, give all there are")


@check_exercise.checker("ex-first-predict")
def predict(make: Make, save: Save, load: Load, answer: Answer) -> None:
    _answered(answer(torch.rand(2, 1, 28, 28)))
    _round_trip(make, save, load)
    judge(answer)


def _round_trip(make: Make, save: Save, load: Load) -> None:
    model, X = make(), torch.randn(4, 784, generator=_generator(21))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        save(model, path)
        if not path.exists():
            raise NotImplementedError
        try:
            state = torch.load(path, weights_only=True, map_location="cpu")
        except pickle.UnpicklingError as error:
            raise AssertionError("the file holds a whole module; save its state_dict") from error
        assert set(state) == set(model.state_dict()), "the file should hold the state_dict alone"
        again = load(path)
    _answered(again)
    assert not again.training, "whoever loads a model wants answers: eval mode"
    place = next(again.parameters()).device
    with torch.no_grad():
        got, wanted = again(X.to(place)), model.cpu()(X)
    expect(got, wanted, "the loaded model answers otherwise than the saved one", atol=1e-4)
