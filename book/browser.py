"""What the tests open the results with: a Chromium for the site, Poppler for the PDF."""

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


def comes_as_snap(release: Path = Path("/etc/os-release")) -> bool:
    """True on Ubuntu, whose package `chromium` holds no browser: Playwright's own serves there."""
    return release.is_file() and "\nID=ubuntu\n" in "\n" + release.read_text(encoding="utf-8")


def missing() -> list[str]:
    """The Debian packages that the tests need and this system lacks."""
    wanted = {
        "poppler-utils": shutil.which("pdftotext"),
        "chromium": path() or comes_as_snap(),
        # Playwright brings a Node of its own, and that needs this library.
        "libatomic1": next(Path("/usr/lib").glob("*/libatomic.so.1"), None),
    }
    return [package for package, sign in wanted.items() if not sign]
