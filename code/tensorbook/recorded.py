"""What a run on a GPU measured, kept with device and date for builds that have none.

A chapter on a GPU offers its rows with `keep`; `python -m book record` writes the rows of the stored
runs to `recorded.json`, beside this file; `read` gives them to whoever builds without a GPU.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tensorbook.report import say

FILE = Path(__file__).parent / "recorded.json"
Rows = list[dict[str, Any]]


def keep(name: str, rows: Rows) -> None:
    """Offer `rows`, measured in this run, to be kept; on a machine without CUDA this does nothing.

    Args:
        name: of the table, the same in all runs.
        rows: of the table, each a dict of numbers and words (what JSON can hold).
    """
    import torch

    if not torch.cuda.is_available():
        return
    json.dumps(rows)  # a tensor among them must fail here, and not when the book is published
    device = torch.cuda.get_device_name()
    say(f"measured on {device}", {"recorded": name, "device": device, "rows": rows})


def alone() -> bool:
    """Whether no other chapter runs beside this one: a clock that others slow down says nothing of the device."""
    return os.environ.get("TENSORBOOK_AT_ONCE", "1") == "1"


def read(name: str) -> dict[str, Any] | None:
    """`device`, `date` and `rows` of the recorded run of this name; None where there is none."""
    if not FILE.is_file():
        return None
    table: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return table.get(name)
