"""The lock, requirements.txt: a pin a package, each followed by the hashes of its files."""

from __future__ import annotations

import re


def pins(text: str) -> list[str]:
    """The pins in the text of a requirements file, such as `numpy==2.4.6 ; python_version < '3.12'`."""
    return [
        line.removesuffix("\\").rstrip() for line in text.splitlines() if re.match(r"[\w-]", line)
    ]


def name_of(pin: str) -> str:
    """The package that a pin names."""
    return re.split(r"[=<>!~\s;@\[]", pin)[0]
