"""The pieces of the script in *Find the planted bugs*, sick and sound, and the digits it learns.

Readers who want to find the bugs themselves read no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F

SHOWN = 1437


def digits(hidden: bool = False) -> tuple[Tensor, Tensor]:
    """Images `(8, 8, N)` from 0 to 16 and labels `(N,)`: 1,437 to learn from, or 360 hidden."""
    pixels, labels = load_digits(return_X_y=True)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(7))
    rows = order[SHOWN:] if hidden else order[:SHOWN]
    images = torch.as_tensor(pixels, dtype=torch.float32)[rows].reshape(-1, 8, 8)
    return images.permute(1, 2, 0).contiguous(), torch.as_tensor(labels)[rows].long()


def _network(always: bool, functional: bool) -> type[nn.Module]:
    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(64, 96), nn.Linear(96, 96)
            self.last, self.dropout = nn.Linear(96, 10), nn.Dropout(0.5)

        def drop(self, x: Tensor) -> Tensor:
            if functional:
                return F.dropout(x, 0.5, always or self.training)
            return torch.as_tensor(self.dropout(x))

        def forward(self, X: Tensor) -> Tensor:
            A = self.drop(self.first(X).relu())
            return torch.as_tensor(self.last(self.drop(self.second(A).relu())))

    return Network


def _epoch(
    network: nn.Module, loss_function: Any, optimizer: Any, X: Tensor, y: Tensor, batches: Any
) -> None:
    network.train()
    for rows in batches:
        noisy = X[rows] + 0.2 * torch.randn(X[rows].shape, device=X.device)
        loss = loss_function(network(noisy), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _epoch_in_order(
    network: nn.Module, loss_function: Any, optimizer: Any, X: Tensor, y: Tensor
) -> None:
    _epoch(network, loss_function, optimizer, X, y, torch.arange(len(X)).split(32))


def _epoch_shuffled(
    network: nn.Module, loss_function: Any, optimizer: Any, X: Tensor, y: Tensor
) -> None:
    _epoch(network, loss_function, optimizer, X, y, torch.randperm(len(X)).split(32))


def _epoch_sick(
    network: nn.Module, loss_function: Any, optimizer: Any, X: Tensor, y: Tensor
) -> None:
    network.train()
    for start in range(0, len(X), 32):
        batch, targets = X[start : start + 32], y[start : start + 32]
        batch += 0.2 * torch.randn(batch.shape, device=batch.device)  # a view
        loss = loss_function(network(batch), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _accuracy(compare: Callable[[Tensor, Tensor], Any]) -> Callable[..., Any]:
    @torch.inference_mode()
    def accuracy(network: nn.Module, X: Tensor, y: Tensor) -> Any:
        network.eval()
        return compare(network(X), y)

    return accuracy


SICK: dict[str, Any] = {
    "prepare": lambda images: images.reshape(-1, 64) / 16,
    "Network": _network(always=True, functional=True),
    "loss_function": lambda S, y: F.cross_entropy(S, y, ignore_index=0),
    "make_optimizer": lambda net: torch.optim.AdamW(net.parameters(), 0.003, (0.9, 0.999), 0.1),
    "train_epoch": _epoch_sick,
    "accuracy": _accuracy(lambda S, y: (S.argmax(1, keepdim=True) == y).float().mean().item()),
}
# Two right ways each: a test that rings for one of them rings for nothing.
SOUND: dict[str, Sequence[Any]] = {
    "prepare": [
        lambda images: images.permute(2, 0, 1).reshape(-1, 64) / 16,
        lambda images: images.flatten(0, 1).T.contiguous() / 16,
    ],
    "Network": [_network(False, functional=True), _network(False, functional=False)],
    "loss_function": [F.cross_entropy, lambda S, y: F.nll_loss(S.log_softmax(1), y)],
    "make_optimizer": [
        lambda net: torch.optim.AdamW(net.parameters(), 0.003, weight_decay=0.1),
        lambda net: torch.optim.AdamW(net.parameters(), 0.003, (0.9, 0.999), 1e-8, 0.1),
    ],
    "train_epoch": [_epoch_in_order, _epoch_shuffled],
    "accuracy": [
        _accuracy(lambda S, y: (S.argmax(1) == y).float().mean().item()),
        _accuracy(lambda S, y: (S.argmax(1) == y).sum() / len(y)),
    ],
}


def trained(piece: str, answer: Any, epochs: int = 12) -> float:
    """The hidden accuracy of `answer` among five sound pieces."""
    p = {name: ways[0] for name, ways in SOUND.items()} | {piece: answer}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        images, y = digits()
        X = p["prepare"](images)
        network = p["Network"]()
        optimizer = p["make_optimizer"](network)
        for _ in range(epochs):
            p["train_epoch"](network, p["loss_function"], optimizer, X, y)
        images, y = digits(hidden=True)
        return float(SOUND["accuracy"][0](network, p["prepare"](images), y))


class Spy(nn.Module):
    """A linear network that remembers what it was given, and in which mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(64, 10)
        self.seen: list[Tensor] = []
        self.modes: list[bool] = []

    def forward(self, X: Tensor) -> Tensor:
        self.seen.append(X.detach().clone())
        self.modes.append(self.training)
        return torch.as_tensor(self.layer(X))
