"""The judge of drawn digits: who is turned away, and with which hint."""

import pytest
import torch
from tensorbook import data, drawn
from tensorbook.examiner import Examiner, bell_digits, frechet
from torch import Tensor


@pytest.fixture(scope="module")
def parts() -> tuple[tuple[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor], data.Images]:
    """The small digits and their labels in three: 600 to learn from, 197 to test on, 1,000 fresh."""
    small = data._digits("MNIST")
    pictures, labels = (
        torch.cat(both).split([600, 197, 1000])
        for both in ((small.train, small.test), (small.train_labels, small.test_labels))
    )
    return pictures, labels, small


@pytest.fixture(scope="module")
def digits(parts) -> data.Images:  # type: ignore[no-untyped-def]
    (train, test, _), (y, y_test, _), small = parts
    return data.Images(train, y, test, y_test, small.classes, small.kind, small.source)


@pytest.fixture(scope="module")
def exam(digits: data.Images) -> Examiner:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # many small steps: threads would wait for each other
    try:
        return Examiner(digits, steps=120)
    finally:
        torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def _small(exam: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "examiner", lambda: exam)


@pytest.fixture
def fresh(parts) -> Tensor:  # type: ignore[no-untyped-def]
    """A thousand digits that nobody else has: what an honest generator would draw."""
    return parts[0][2]  # type: ignore[no-any-return]


@pytest.fixture
def kinds(parts) -> Tensor:  # type: ignore[no-untyped-def]
    return parts[1][2]  # type: ignore[no-any-return]


def noisy(pictures: Tensor, width: float) -> Tensor:
    dice = torch.Generator().manual_seed(0)
    return (pictures + width * torch.randn(pictures.shape, generator=dice)).clamp(0, 1)


def test_fresh_digits_pass_and_hear_their_distance(
    fresh: Tensor, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn.judge(fresh)
    assert "your digits:" in capsys.readouterr().out


def test_repeated_digits_are_refused(fresh: Tensor) -> None:
    with pytest.raises(AssertionError, match="have a twin"):
        drawn.judge(fresh[:10].repeat(100, 1, 1, 1))


def test_training_digits_are_refused(digits: data.Images) -> None:
    copies = torch.cat([digits.train, digits.train.roll(1, 3)])[:1000]
    with pytest.raises(AssertionError, match="are these copies"):
        drawn.judge(copies)


def test_noisy_copies_are_refused(digits: data.Images) -> None:
    copies = torch.cat([digits.train, digits.train.roll(1, 3)])[:1000]
    with pytest.raises(AssertionError, match="are these copies"):
        drawn.judge(noisy(copies, 0.08))


@pytest.mark.parametrize("width", [0.0, 0.08])
def test_test_digits_are_refused(digits: data.Images, fresh: Tensor, width: float) -> None:
    shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    copies = torch.cat([noisy(digits.test, width).roll(shift, (2, 3)) for shift in shifts])
    crowd = torch.cat([copies, fresh[:15]])
    mixed = crowd[torch.randperm(1000, generator=torch.Generator().manual_seed(0))]
    with pytest.raises(AssertionError, match="test digit"):
        drawn.judge(mixed)


def test_one_kind_is_refused(fresh: Tensor, kinds: Tensor) -> None:
    ones = fresh[kinds == 1]
    shifts = [ones.roll((down, right), (2, 3)) for down in range(-2, 3) for right in range(-2, 3)]
    with pytest.raises(AssertionError, match="has it collapsed"):
        drawn.judge(torch.cat(shifts)[:1000])


def test_noise_is_refused() -> None:
    with pytest.raises(AssertionError):
        drawn.judge(torch.rand(1000, 1, 28, 28))


def test_the_bell_is_refused(digits: data.Images) -> None:
    with pytest.raises(AssertionError, match="is the goal"):
        drawn.judge(bell_digits(digits.train, 1000))


@pytest.mark.parametrize("change", [lambda x: x[:999], lambda x: 2 * x - 1, lambda x: x / 0])
def test_pictures_of_another_shape_or_range_are_refused(fresh: Tensor, change: object) -> None:
    with pytest.raises(AssertionError, match=r"shape|pixels from"):
        drawn.judge(change(fresh))  # type: ignore[operator]


def test_the_examiner_reads_and_counts_kinds(fresh: Tensor, kinds: Tensor, exam: Examiner) -> None:
    answers = exam.odds(fresh).argmax(1)
    assert (answers == kinds).float().mean() > 0.85
    assert exam.report(fresh).kinds > 9
    assert exam.report(fresh[kinds == 4]).kinds < 3
    assert exam.report(fresh).distance < exam.goal < exam.bell.distance


def test_the_distance_of_two_known_clouds() -> None:
    a = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)).double()
    a = (a - a.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(a.T.cov())).T  # whitened
    wide = a * torch.tensor([1.0, 2.0, 4.0]).double() + 2  # roots of spread: 1, 2, 4; means 2
    assert frechet(a, wide) == pytest.approx(3 * 4 + 0 + 1 + 9)
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
