"""Where a Chromium is, for the tests that open pages in it."""

from __future__ import annotations

import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def path() -> Path | None:
    """The browser's program, or None."""
    for name in NAMES:
        found = shutil.which(name)
        # Ubuntu's chromium-browser is a stub that asks for a snap, which a container has not.
        if found and b"snap install" not in Path(found).read_bytes()[:4096]:
            return Path(found)
    return None


def missing() -> list[str]:
    """The Debian packages to install for a browser."""
    return [] if path() else ["chromium"]
