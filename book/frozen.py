"""Frozen: what is stored is rendered, and nothing can be executed, whoever tries."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

SWITCH = "BOOK_FROZEN"
# Jupyter starts each kernel through a provisioner; by this name there is none.
PROVISIONER = ("JUPYTER_DEFAULT_PROVISIONER_NAME", "book-is-frozen")


def asked(environment: MutableMapping[str, str] = os.environ) -> bool:
    """Whether `BOOK_FROZEN=1` stands in the environment."""
    return environment.get(SWITCH) == "1"


def freeze(environment: MutableMapping[str, str]) -> None:
    """Let no process with this environment start a kernel."""
    environment[SWITCH] = "1"
    environment[PROVISIONER[0]] = PROVISIONER[1]
