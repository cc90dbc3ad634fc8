"""What the checkers of attention and embeddings refuse and accept."""

import pytest
import torch
from tensorbook.exercises.attention import check_exercise
from tensorbook.exercises.embeddings import check_exercise as check_tokens
from torch import Tensor
from torch.nn import functional as F


def test_autograd_does_not_answer_for_the_reader(capsys: pytest.CaptureFixture[str]) -> None:
    def by_autograd(Q: Tensor, K: Tensor, V: Tensor, O_bar: Tensor) -> tuple[Tensor, ...]:
        with torch.enable_grad():
            leaves = [part.clone().requires_grad_() for part in (Q, K, V)]
            O = F.scaled_dot_product_attention(*(leaf[None] for leaf in leaves))[0]
            return torch.autograd.grad(O, leaves, O_bar)

    check_exercise("ex-attention-backward", by_autograd)
    assert "autograd is switched off here" in capsys.readouterr().out


def test_slopes_written_as_products_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    def by_hand(Q: Tensor, K: Tensor, V: Tensor, O_bar: Tensor) -> list[Tensor]:
        P = (Q @ K.mT / Q.shape[-1] ** 0.5).softmax(-1)
        jacobians = torch.diag_embed(P) - P[:, :, None] * P[:, None]
        Z_bar = torch.einsum("tij,tj->ti", jacobians, O_bar @ V.mT) / Q.shape[-1] ** 0.5
        return [Z_bar @ K, Z_bar.mT @ Q, P.mT @ O_bar]

    check_exercise("ex-attention-backward", by_hand)
    assert "✓ ex-attention-backward" in capsys.readouterr().out


@pytest.mark.parametrize(("change", "mark"), [(0.0, "✓"), (0.01, "✗")])
def test_a_shift_in_single_precision_is_right_and_another_angle_is_not(
    change: float, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def single(s: int, d: int) -> Tensor:
        exponents = torch.arange(0, d, 2, dtype=torch.float32) / d
        angle = s * (1 + change) * 10000**-exponents
        c, n = torch.diag(angle.cos()), torch.diag(angle.sin())
        return torch.cat([torch.cat([c, n], 1), torch.cat([-n, c], 1)])

    check_exercise("ex-attention-shift", single)
    assert f"{mark} ex-attention-shift" in capsys.readouterr().out


def test_the_word_false_is_not_taken_for_true(capsys: pytest.CaptureFixture[str]) -> None:
    check_tokens("ex-tokens-rows", lambda name: str(name == "sgd"))
    assert "answer True or False, not 'True'" in capsys.readouterr().out
