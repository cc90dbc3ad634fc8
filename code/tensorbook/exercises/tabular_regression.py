"""Checkers for the assignment on tabular regression: the fuel that cars need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.cars import Cars, held_back, to_learn_from
from tensorbook.checks import Exercises, expect
from tensorbook.report import say

check_exercise = Exercises()

LITRES = 235.214583  # litres per 100 km, times miles per US gallon
READ = 0.4  # below this an error is no prediction: twins in the table differ by more
GOAL = 1.15  # mean absolute error on the hidden cars, litres per 100 km
STRAIGHT = 1.39  # the same of a line in the weight alone, on the cars to learn from

Curve = list[tuple[float, float]]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _answered(got: object) -> None:
    """A stub's `...` counts as no answer."""
    if got is ... or got is None:
        raise NotImplementedError


@check_exercise.checker("ex-cars-columns")
def columns(
    one_hot: Callable[[list[str], list[str]], Tensor],
    standardise: Callable[[Tensor, Tensor], Tensor],
) -> None:
    _one_hot(one_hot)
    _answered(standardise(torch.rand(3), torch.rand(4)))
    dice = _generator(0)
    for size, seen_size in ((7, 20), (1, 9), (30, 12)):
        column = 50 + 9 * torch.randn(size, generator=dice)
        seen = 40 + 3 * torch.randn(seen_size, generator=dice)
        known = seen.clone()
        seen[::4] = float("nan")
        known = seen[~seen.isnan()]
        got, wanted = standardise(column.clone(), seen.clone()), _scaled(column, known, 1)
        assert not got.isnan().any(), "nan comes out: what is the mean of numbers with a nan?"
        if not torch.allclose(got, _scaled(column, known, 0), rtol=1e-4, atol=1e-5):
            expect(got, wanted, "take mean and deviation of `seen`, whatever stands in `column`",
                   rtol=1e-4)  # fmt: skip
        column[0] = float("nan")
        got = standardise(column.clone(), seen.clone())
        assert got.isfinite().all(), "a missing number should not stay missing"
        assert got[0].abs() < 1e-5, "a missing number should become the mean of `seen`, which is 0"
    same = torch.full((5,), 4.0)
    got = standardise(torch.tensor([4.0, 6.0]), same)
    assert got.isfinite().all(), "a column that never varies has deviation 0, and 0/0 is nan"
    assert got[0].abs() < 1e-5, "a column that never varies lies at its mean"
    assert got[1].abs() < 10, (
        f"a column that never varied teaches nothing, and yet 6 after all the 4s is {got[1]:.0e}"
    )


def _scaled(column: Tensor, known: Tensor, correction: int) -> Tensor:
    return (column - known.mean()) / known.std(correction=correction)


def _one_hot(one_hot: Callable[[list[str], list[str]], Tensor]) -> None:
    values = ["pear", "apple", "fig", "lime"]
    column = [values[i] for i in torch.randint(4, (12,), generator=_generator(1)).tolist()]
    wanted = F.one_hot(torch.tensor([values.index(word) for word in column]), 4).float()
    got = one_hot(list(column), list(values))
    expect(got, wanted, "one row per word, one column per value, in the order of `values`")
    assert got.is_floating_point(), "ones and zeros as floats, to stand beside other numbers"
    got = one_hot(["fig"], list(values))
    expect(got, torch.tensor([[0.0, 0, 1, 0]]), "the columns are those of `values`, always")
    got = one_hot(["plum", "lime"], list(values))
    expect(got, torch.tensor([[0.0, 0, 0, 0], [0, 0, 0, 1]]),
           "a word that is not among the values is none of them")  # fmt: skip


@check_exercise.checker("ex-cars-straight")
def straight(there: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor]) -> None:
    mpg = 9 + 38 * torch.rand(50, generator=_generator(2), dtype=torch.float64)
    _answered(there(mpg))
    _answered(back(mpg))
    expect(back(there(mpg)), mpg, "`back` should undo what `there` does", rtol=1e-4)
    learnt = to_learn_from()
    mpg, weight = learnt.mpg.double(), learnt.numbers["weight"].double() / 1000
    X = torch.stack([weight, torch.ones_like(weight)], dim=1)
    target = there(mpg)
    assert target.isfinite().all(), "`there` gives something that is no number"
    line = X @ torch.linalg.lstsq(X, target[:, None]).solution[:, 0]
    error = (LITRES / back(line) - LITRES / mpg).abs().mean().item()
    assert error == error, "`back` finds no number for some points of the line"
    assert error <= STRAIGHT, (
        f"a line in the weight is off by {error:.2f} litres; below {STRAIGHT} can be had: "
        "which quantity grows by equal steps when the weight does?"
    )


@check_exercise.checker("ex-cars-fit")
def fit(answer: Callable[[Tensor, Tensor, Tensor, Tensor], tuple[nn.Module, Curve]]) -> None:
    dice = _generator(3)
    for numbers, classes in ((3, 2), (4, 0), (5, 4)):
        X, t = _table(numbers, classes, 190, dice)
        held_X, held_t = X[150:], -t[150:]  # to learn from these would do harm
        X, t = X[:150], t[:150]
        got = answer(X.clone(), t.clone(), held_X.clone(), held_t.clone())
        _answered(got)
        model, curve = got
        guesses = _apply(model, X)
        ones = torch.cat([X, torch.ones(len(X), 1)], dim=1).double()
        best = ones @ torch.linalg.lstsq(ones, t[:, None].double(), driver="gelsd").solution[:, 0]
        _near_the_best(guesses, best.float(), t)
        assert len(curve) > 1, "one pair of losses after each epoch"
        losses = [F.mse_loss(guesses, t).item(), F.mse_loss(_apply(model, held_X), held_t).item()]
        expect(torch.as_tensor(curve[-1]), torch.tensor(losses),
               "the last pair is not what the model has on all training and all held-back rows",
               rtol=1e-3)  # fmt: skip


def _table(numbers: int, classes: int, rows: int, dice: torch.Generator) -> tuple[Tensor, Tensor]:
    """Standardised numbers, a category or none, and a target that is nearly linear in both."""
    X = torch.randn(rows, numbers, generator=dice)
    if classes:
        words = F.one_hot(torch.randint(classes, (rows,), generator=dice), classes)
        X = torch.cat([X, words], dim=1)
    t = X @ torch.randn(X.shape[1], generator=dice) + 0.3 * torch.randn(rows, generator=dice)
    return X, (t - t.mean()) / t.std() + 1.5


def _apply(model: nn.Module, X: Tensor) -> Tensor:
    place = next(model.parameters()).device
    with torch.no_grad():
        guesses = model(X.to(place)).cpu()
    assert guesses.shape in ((len(X), 1), (len(X),)), "the model should give one number per row"
    return guesses.reshape(-1)


def _near_the_best(guesses: Tensor, best: Tensor, t: Tensor) -> None:
    assert guesses.isfinite().all(), "the training ran away: try a smaller rate"
    assert guesses.std() > 0.3 * best.std(), (
        "all rows get nearly the same: are guesses and targets of the same shape in the loss?"
    )
    loss, floor = F.mse_loss(guesses, t).item(), F.mse_loss(best, t).item()
    assert loss <= floor + 0.02, (
        f"training loss {loss:.3f}, and the closed form has {floor:.3f}: train longer, and see "
        "that nothing but the training rows is learnt from, and each step forgets the last"
    )


@check_exercise.checker("ex-cars-predict")
def predict(answer: Callable[[Cars], Tensor]) -> None:
    hidden = held_back()
    truth = LITRES / hidden.mpg
    secret = replace(hidden, mpg=torch.full_like(hidden.mpg, float("nan")))
    got = answer(secret)
    _answered(got)
    assert got.shape == truth.shape, f"one number per car: shape ({len(hidden)},)"
    got = got.detach().cpu().float()
    holes = int(got.isnan().sum())
    assert holes == 0, f"{holes} predictions are nan: is a number missing, or the answer asked for?"
    _one_by_one(answer, secret, got)
    apart = torch.corrcoef(torch.stack([got, truth]))[0, 1]
    assert apart.nan_to_num() > -0.5, "they fall where the consumption rises: litres are wanted"
    error = (got - truth).abs().mean().item()
    assert error <= GOAL, (
        f"off by {error:.2f} litres per 100 km on the hidden cars; {GOAL} is the number to beat"
    )
    assert error >= READ, (
        f"off by {error:.2f} litres: no papers say that much; were the hidden cars read?"
    )
    root = (got - truth).pow(2).mean().sqrt().item()
    line = f"hidden cars: mean absolute error {error:.2f}, RMSE {root:.2f} litres per 100 km"
    say(line, {"hidden": error})


def _one_by_one(answer: Callable[[Cars], Tensor], secret: Cars, together: Tensor) -> None:
    """A car's prediction may not depend on who else is in the table."""
    order = torch.randperm(len(secret), generator=_generator(4))
    hint = "a car's prediction changes with its company: statistics come from training alone"
    expect(answer(secret.rows(order)), together[order], hint, rtol=1e-3)
    for i in (0, 31):
        try:
            alone = answer(secret.rows([i]))
        except RuntimeError as error:  # a table with fewer columns than the model knows
            raise AssertionError(f"{hint} ({error})") from error
        expect(alone, together[[i]], hint, rtol=1e-3)
    foreign = {**secret.rows([2]).categories, "origin": ["Sweden"]}
    got = answer(replace(secret.rows([2]), categories=foreign))
    assert got.isfinite().all(), "a category that training never met gives no number"
