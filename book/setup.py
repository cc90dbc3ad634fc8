"""The set-up: a virtual environment with what requirements.txt pins, and the system's packages.

Standard library only, for it runs before anything else is there. The second time it compares one
digest and is done.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from book import browser, system
from book.findings import BookError, Finding

REQUIREMENTS = "requirements.txt"


def ensure(root: Path, command: str, *, quick: bool = False) -> None:
    """Make what `command` needs, or stop before any work with the one command to type.

    With `quick`, tests need no system packages.
    """
    needed = []
    whole = command == "test" and not quick
    if command in ("pdf", "build") or whole:
        needed += system.missing_for_pdf()
    if whole:
        needed += browser.missing() + system.missing_for_epub()
    if not _stamp(root).exists() and not _has_venv():
        needed.append("python3-venv")
    if needed:
        system.need(needed, f"`{command}`")
    if not _is_current(root):
        _make(root)
    if whole and not browser.path() and browser.comes_as_snap():
        _do([str(_python(root)), "-m", "playwright", "install", "--with-deps", "chromium"])


def enter(root: Path) -> None:
    """Go on in the environment's own Python."""
    python = _python(root)
    if Path(sys.prefix).resolve() == (root / ".venv").resolve():
        return
    command = [str(python), "-m", "book", *sys.argv[1:]]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    if os.name == "nt":  # execv would return to the shell at once
        sys.exit(subprocess.run(command, env=environment).returncode)
    os.execve(str(python), command, environment)


def _make(root: Path) -> None:
    """Create or update `.venv`; the stamp comes last, so that a stop half-way is noticed."""
    _stamp(root).unlink(missing_ok=True)
    say(f"setting up {root / '.venv'} (PyTorch is large: about 5 GB, a few minutes)")
    if not _python(root).exists():
        shutil.rmtree(root / ".venv", ignore_errors=True)
        _do([sys.executable, "-m", "venv", str(root / ".venv")])
    python, listed = str(_python(root)), root / REQUIREMENTS
    own = root / ".venv" / "uv.txt"
    own.write_text(pin_of("uv", listed.read_text(encoding="utf-8")), encoding="utf-8")
    quietly = ["-q", "--disable-pip-version-check"]
    _do([python, "-m", "pip", "install", *quietly, "--require-hashes", "-r", str(own)])
    install = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    _do([*install, "--require-hashes", "-r", str(listed)])
    _stamp(root).write_text(_digest(root), encoding="utf-8")


def pin_of(name: str, pins: str) -> str:
    """The pin of the package `name` with its hashes, as it stands in the text of a requirements file."""
    found = re.search(rf"^{re.escape(name)}==(?:[^\n]*\\\n)*[^\n]*", pins, flags=re.M)
    if found is None:
        raise BookError(
            Finding(Path(REQUIREMENTS), 1, f"no pin of {name}; restore it", "pin-missing")
        )
    return found[0] + "\n"


def _do(command: list[str]) -> None:
    done = subprocess.run(command)
    if done.returncode:
        say("the set-up stopped at: " + " ".join(command))
        sys.exit(1)


def _is_current(root: Path) -> bool:
    stamp = _stamp(root)
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _digest(root)


def _digest(root: Path) -> str:
    return hashlib.sha256((root / REQUIREMENTS).read_bytes()).hexdigest()


def _stamp(root: Path) -> Path:
    return root / ".venv" / ".requirements.sha256"


def _python(root: Path) -> Path:
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _has_venv() -> bool:
    """Debian ships Python without what `python -m venv` needs."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return False
    return True


def say(text: str) -> None:
    print(f"book: {text}", file=sys.stderr, flush=True)
