"""The checker of *Adam as an optimiser*, with PyTorch's own Adam as the oracle."""

from typing import Any

import pytest
import torch
from tensorbook.exercises.optimisers import check_exercise


class Adam(torch.optim.Adam):
    """PyTorch's, with the defaults that the exercise has."""

    def __init__(self, params: Any, lr: float = 1e-3, **settings: Any) -> None:
        super().__init__(params, lr=lr, **settings)


class Restless(Adam):
    """Takes a missing gradient for zero, so that a weight that rests is still pushed."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is None:
                    w.grad = torch.zeros_like(w)
        return super().step(closure)


def verdict(kind: Any, capsys: pytest.CaptureFixture[str]) -> str:
    check_exercise("ex-optim-adam", kind)
    return capsys.readouterr().out


def test_adam_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(Adam, capsys) == "✓ ex-optim-adam: right\n"


def test_adam_that_takes_a_missing_gradient_for_zero_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "a missing gradient" in verdict(Restless, capsys)
