"""Scikit-learn's digits in an order of their own, from which projects keep some hidden."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


@cache
def small_digits(seed: int) -> tuple[Tensor, Tensor]:
    """All 1,797 pictures, `(N, 8, 8)` in [0, 1], and their labels `(N,)`, in an order drawn from `seed`."""
    from sklearn.datasets import load_digits

    found = load_digits()
    order = torch.randperm(len(found.target), generator=torch.Generator().manual_seed(seed))
    X = torch.as_tensor(found.images, dtype=torch.float32) / 16
    return X[order], torch.as_tensor(found.target)[order].long()
