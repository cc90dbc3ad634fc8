"""Where the random generators stand, so that a statement can draw what it drew before."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch


def states(names: dict[str, Any]) -> dict[str, Any]:
    """The states of the global generators, and of the `torch.Generator`s that have a name."""
    own = {name: generator.get_state() for name, generator in _generators(names)}
    return {"": (torch.get_rng_state(), random.getstate(), np.random.get_state()), **own}


def restore(names: dict[str, Any], saved: dict[str, Any]) -> None:
    """Set the generators as they stood."""
    for_torch, for_python, for_numpy = saved[""]
    torch.set_rng_state(for_torch)
    random.setstate(for_python)
    np.random.set_state(for_numpy)
    for name, generator in _generators(names):
        if name in saved:
            generator.set_state(saved[name])


def _generators(names: dict[str, Any]) -> list[tuple[str, torch.Generator]]:
    return [(name, value) for name, value in names.items() if isinstance(value, torch.Generator)]
