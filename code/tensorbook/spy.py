"""A model that tells the checker of a loop what the loop did with it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Spy(nn.Module):
    """A linear model from 6 features to 3 classes that notes how it was asked.

    Attributes:
        modes: for each call, whether it was in train mode, and whether gradients were recorded.
    """

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.linear, self.dropout = nn.Linear(6, 3), dropout
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, X: Tensor) -> Tensor:
        self.modes.append((self.training, torch.is_grad_enabled()))
        scores: Tensor = self.linear(F.dropout(X, self.dropout, self.training))
        return scores
