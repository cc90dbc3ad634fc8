"""The judge of digits: who passes, and what it says to those who do not."""

import pytest
import torch
from tensorbook import data, unseen
from torch import Tensor


@pytest.fixture(scope="module")
def digits() -> data.Images:
    return data._digits("MNIST")


@pytest.fixture(autouse=True)
def _stand_in(digits: data.Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "mnist", lambda: digits)


def nearest_image(digits: data.Images, images: Tensor) -> Tensor:
    """Better than any linear model, and quick: the label of the most similar training image."""
    near = torch.cdist(images.flatten(1), digits.train.flatten(1)).argmin(1)
    return digits.train_labels[near]


def test_a_good_reader_passes_and_hears_its_share(
    digits: data.Images, capsys: pytest.CaptureFixture[str]
) -> None:
    unseen.judge(lambda images: nearest_image(digits, images))
    assert "of 297 right" in capsys.readouterr().out


def test_a_constant_digit_is_named(digits: data.Images) -> None:
    with pytest.raises(AssertionError, match="every image is called a 7"):
        unseen.judge(lambda images: torch.full((len(images),), 7))


def test_digits_that_hang_on_the_batch_are_refused(digits: data.Images) -> None:
    means = torch.stack([digits.train[digits.train_labels == k].mean(0) for k in range(10)])

    def wrong_dim(images: Tensor) -> Tensor:
        scores = -torch.cdist(images.flatten(1), means.flatten(1))
        return torch.softmax(scores, dim=0).argmax(1)

    with pytest.raises(AssertionError, match="depends on the images beside it"):
        unseen.judge(wrong_dim)


def test_the_mean_of_a_batch_is_refused_where_that_of_training_is_due(digits: data.Images) -> None:
    mean, std = digits.train.mean(), digits.train.std()

    def own_statistics(images: Tensor) -> Tensor:
        return nearest_image(digits, (images - images.mean()) / images.std() * std + mean)

    with pytest.raises(AssertionError, match="whose mean do you take away"):
        unseen.judge(own_statistics)


def test_pixels_prepared_otherwise_than_in_training_are_noticed(digits: data.Images) -> None:
    def lost_unless(expected: bool, images: Tensor) -> Tensor:
        return (nearest_image(digits, images) + (0 if expected else 1)) % 10

    def standardised(images: Tensor) -> Tensor:  # right where the mean of the pixels is about 0
        return lost_unless(bool(images.min() < -0.5), images)

    def bare(images: Tensor) -> Tensor:  # standardises once too often
        return lost_unless(bool(images.min() > 0.2), images)

    for answer, hint in ((standardised, "images do better"), (bare, "standardised twice")):
        with pytest.raises(AssertionError, match=hint):
            unseen.judge(answer)


def test_the_nearest_mean_falls_short_of_its_own_goal(digits: data.Images) -> None:
    means = torch.stack([digits.train[digits.train_labels == k].mean(0) for k in range(10)])
    with pytest.raises(AssertionError, match="is the goal"):
        unseen.judge(lambda images: torch.cdist(images.flatten(1), means.flatten(1)).argmin(1))
