"""Train a family of small GPTs on the letters of Shakespeare, and write down what came of it.

`python -m tensorbook.gpt_family` trains what the table of runs lacks; `--fresh` begins with an empty
table (half an hour on one thread), and a path writes elsewhere. On a GPU the family is larger. The
command can be stopped and started again. `tensorbook.gpt_runs.gpt_family()` reads the table.

All members read windows of 64 characters, have two blocks, and differ in width.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import math
import platform
import time
from dataclasses import astuple, fields
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tensorbook.gpt_runs import FILE, Run, gpt_family
from tensorbook.texts import shakespeare

LETTERS, WINDOW, BLOCKS, BATCH = 65, 64, 2, 4


class Block(nn.Module):
    """Causal attention and a feed-forward part on a residual stream: 12 width² numbers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.mix = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(self, X: Tensor) -> Tensor:
        """`(B, T, width)` to the same; heads of about 16."""
        B, T, d = X.shape
        Q, K, V = (
            self.qkv(F.layer_norm(X, (d,)))
            .view(B, T, 3, max(1, d // 16), -1)
            .permute(2, 0, 3, 1, 4)  # (3, B, h, T, d/h)
        )
        Y = F.scaled_dot_product_attention(Q, K, V, is_causal=True)
        X = X + self.mix(Y.transpose(1, 2).reshape(B, T, d))
        return X + self.down(F.gelu(self.up(F.layer_norm(X, (d,)))))


class GPT(nn.Module):
    """A decoder without biases; its table of letters also scores, its places are fixed waves."""

    places: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.letters = nn.Embedding(LETTERS, width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(BLOCKS)))
        angles = torch.arange(WINDOW)[:, None] * 100.0 ** (-torch.arange(0, width, 2) / width)
        self.register_buffer("places", 0.4 * torch.cat([angles.sin(), angles.cos()], dim=1))
        for name, weight in self.named_parameters():
            std = 0.3 if name == "letters.weight" else weight.shape[1] ** -0.5
            last = "mix" in name or "down" in name
            nn.init.normal_(weight, std=std / math.sqrt(2 * BLOCKS) if last else std)

    def forward(self, x: Tensor) -> Tensor:
        """Letters `(B, T)` to scores of the next one `(B, T, LETTERS)`."""
        X = self.blocks(self.letters(x) + self.places[: x.shape[1]])
        return F.linear(F.layer_norm(X, X.shape[-1:]), self.letters.weight)


def texts(device: torch.device) -> tuple[Tensor, Tensor]:
    """The first nine tenths of the plays and the last tenth, as numbers below `LETTERS`."""
    text = shakespeare()
    number = {letter: i for i, letter in enumerate(sorted(set(text)))}
    x = torch.tensor([number[letter] for letter in text], device=device)
    return x[: len(x) * 9 // 10], x[len(x) * 9 // 10 :]


def train(model: GPT, seen: Tensor, tokens: int) -> None:
    """Show `tokens` characters of `seen`, in batches of `BATCH` windows; the rate ends at zero."""
    steps, width = tokens // (BATCH * WINDOW), model.letters.weight.shape[1]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=0.08 * width**-0.5, betas=(0.9, 0.98), weight_decay=0.1
    )
    warm = steps // 20
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: min((t + 1) / warm, (steps - t) / (steps - warm))
    )
    offsets = torch.arange(WINDOW + 1, device=seen.device)
    for _ in range(steps):
        starts = torch.randint(len(seen) - WINDOW, (BATCH, 1)).to(seen.device)
        rows = seen[starts + offsets]
        loss = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


@torch.inference_mode()
def price(model: GPT, x: Tensor) -> float:
    """Mean loss on `x`, cut into windows one after the other, in nats per character."""
    count = (len(x) - 1) // WINDOW
    inputs, targets = (x[i : i + count * WINDOW].view(count, WINDOW) for i in (0, 1))
    total = sum(
        F.cross_entropy(model(a).flatten(0, 1), b.flatten(), reduction="sum").item()
        for a, b in zip(inputs.split(256), targets.split(256), strict=True)
    )
    return total / (count * WINDOW)


def measure(width: int, tokens: int, seed: int, seen: Tensor, held: Tensor) -> Run:
    """Train one member on `seen` and say what came of it."""
    device = seen.device
    torch.manual_seed(seed)
    model = GPT(width).to(device)
    begin = time.perf_counter()
    train(model, seen, tokens)
    cuda = device.type == "cuda"
    prices = price(model, held), price(model, seen[: len(held)])  # and the GPU is done
    seconds = time.perf_counter() - begin
    where = torch.cuda.get_device_name() if cuda else f"one thread of a CPU ({platform.machine()})"
    today = datetime.date.today().isoformat()
    version = torch.__version__.split("+")[0]
    loss, loss_seen = (round(value, 5) for value in prices)
    return Run(
        width, tokens, len(seen), seed, loss, loss_seen, round(seconds, 2), where, today, version
    )


def plan(large: bool) -> list[tuple[int, int, int, int]]:
    """Width, tokens, unique characters and seed of each run, the cheapest first."""
    everything = 1_003_854  # characters: nine tenths of the text
    widths = (16, 24, 32, 48, 64, 96, 128) + ((192, 256, 384) if large else ())
    budgets = [2**i for i in range(18, 24 if large else 23)]
    dearest = 1e15 if large else 4.5e12  # FLOPs, by 6 N D
    grid = [(d, D, everything, 0) for d in widths for D in budgets]
    again = [(d, 2**18, everything, seed) for d in (16, 24, 32, 48, 64) for seed in (1, 2)]
    scarce = [(64, D, 2**16, 0) for D in budgets[:-1]]
    runs = [r for r in grid + again + scarce if 6 * 12 * BLOCKS * r[0] ** 2 * r[1] <= dearest]
    return sorted(runs, key=lambda run: (run[0] ** 2 * run[1], run))


def main() -> None:
    """Train what the table lacks."""
    parser = argparse.ArgumentParser(prog="python -m tensorbook.gpt_family")
    parser.add_argument("path", nargs="?", type=Path, default=FILE)
    parser.add_argument("--fresh", action="store_true", help="begin with an empty table")
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(1)  # small models gain nothing from more, and one is the same everywhere
    kept = options.path.is_file() and not options.fresh
    runs = gpt_family(options.path) if kept else []
    known = {(run.width, run.tokens, run.unique, run.seed) for run in runs}
    seen, held = texts(device)
    for job in plan(large=device.type == "cuda"):
        if job in known:
            continue
        width, tokens, unique, seed = job
        runs.append(measure(width, tokens, seed, seen[:unique], held))
        print(runs[-1], flush=True)
        with options.path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(f.name for f in fields(Run))
            lines.writerows(astuple(run) for run in runs)


if __name__ == "__main__":
    main()
