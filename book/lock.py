"""The lock, requirements.txt: a pin a package, each followed by the hashes of its files."""

from __future__ import annotations

import re
from pathlib import Path


def pins(text: str) -> list[str]:
    """The pins in the text of a requirements file, such as `numpy==2.4.6 ; python_version < '3.12'`."""
    return [
        line.removesuffix("\\").rstrip() for line in text.splitlines() if re.match(r"[\w-]", line)
    ]


def name_of(pin: str) -> str:
    """The package that a pin names."""
    return re.split(r"[=<>!~\s;@\[]", pin)[0]


def version_in(root: Path, package: str) -> str:
    """The version of `package` that the lock of this book pins; empty where it pins none."""
    lock = root / "requirements.txt"
    listed = pins(lock.read_text(encoding="utf-8")) if lock.is_file() else []
    found = (re.match(r"[^;=]+==([^\s;]+)", pin) for pin in listed if name_of(pin) == package)
    return next((match[1] for match in found if match), "")
