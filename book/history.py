"""What git knows of the sources: which commit they are of, and when a file was last edited.

Outside a repository, or without git, every answer is empty.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Commit(NamedTuple):
    """A commit: its full name, its day as `2026-01-31`, its time in seconds since 1970."""

    name: str
    day: str
    time: str


NONE = Commit("", "", "")


@cache
def head(root: Path) -> Commit:
    """The commit that is checked out."""
    return _last(root)


@cache
def last_edit(root: Path, path: Path) -> Commit:
    """The last commit that changed `path`, given relative to `root`."""
    return _last(root, "--", path.as_posix())


def _last(root: Path, *restriction: str) -> Commit:
    command = ["git", "-C", str(root), "log", "-1", "--format=%H %cs %ct", *restriction]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return NONE
    parts = done.stdout.split()
    return Commit(*parts) if len(parts) == len(NONE) else NONE
