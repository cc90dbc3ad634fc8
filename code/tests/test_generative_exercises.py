"""What the checkers of the generative chapters accept and refuse, beside the page's solutions."""

from __future__ import annotations

import math
from typing import Any

import torch
from tensorbook.exercises.adversarial_networks import check_exercise as check_gan
from tensorbook.exercises.autoencoders import check_exercise as check_vae
from torch import Tensor


def _nearest(pictures: Tensor, train: Tensor) -> Tensor:
    return torch.cdist(pictures.flatten(1), train.flatten(1)).min(1).values


def test_a_share_of_copies_may_be_counted_without_a_quantile(capsys: Any) -> None:
    def copied(made: Tensor, train: Tensor, fresh: Tensor) -> Tensor:
        nearer = _nearest(made, train)[:, None] < _nearest(fresh, train)
        return (nearer.double().mean(1) > 0.95).double().mean()

    for _ in range(10):
        check_gan("ex-gan-copies", copied)
    assert "✗" not in capsys.readouterr().out


def test_the_wrong_end_of_the_control_is_refused(capsys: Any) -> None:
    def copied(made: Tensor, train: Tensor, fresh: Tensor) -> Tensor:
        return (_nearest(made, train) < _nearest(fresh, train).quantile(0.95)).double().mean()

    check_gan("ex-gan-copies", copied)
    assert "✗" in capsys.readouterr().out


def test_a_face_that_neither_die_shows_must_not_make_the_divergence_nan(capsys: Any) -> None:
    def dice(p: Tensor, q: Tensor) -> Tensor:
        m = (p + q) / 2
        return (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum() / 2 / math.log(2)

    check_gan("ex-gan-dice", dice)
    assert "neither die" in capsys.readouterr().out


def test_one_scale_for_the_weights_of_all_pictures_is_refused(capsys: Any) -> None:
    def bound(log_joint: Tensor, log_q: Tensor) -> Tensor:
        log_w = log_joint - log_q
        return (log_w - log_w.max()).exp().mean(0).log() + log_w.max()

    check_vae("ex-vae-iwae", bound)
    assert "underflow" in capsys.readouterr().out
