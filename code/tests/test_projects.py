"""What the tests of the projects see."""

import torch
from tensorbook.exercises.digits_to_order import judge, to_learn
from tensorbook.exercises.speed_run import counted
from torch import nn


def test_each_look_with_gradients_counts_once_whole_or_flattened() -> None:
    stem, body = nn.Conv2d(3, 4, 3), nn.Sequential(nn.Flatten(), nn.Linear(144, 10))
    X = torch.randn(5, 3, 8, 8)
    with counted() as seen:
        body(stem(nn.Identity()(X)))
        assert seen["pictures"] == 5
        nn.Linear(192, 10)(X.flatten(1))
        assert seen["pictures"] == 10
        with torch.no_grad():
            stem(X)
        assert seen["pictures"] == 10


def test_a_fifth_of_copies_with_noise_is_enough_to_be_suspicious() -> None:
    X, y = to_learn()
    dice = torch.Generator().manual_seed(0)
    blurred = (X + X.roll(1, 0)) / 2  # no copies, whatever they show
    assert judge(blurred, y).near > 0.6
    mixed = blurred.clone()
    mixed[::5] = (X[::5] + 0.03 * torch.randn(X[::5].shape, generator=dice)).clamp(0, 1)
    report = judge(mixed, y)
    assert report.near < 0.6
    assert report.single < 0.65
