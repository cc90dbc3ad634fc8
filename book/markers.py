"""Comments in cells that speak to the mutation tester, not to the reader."""

from __future__ import annotations

import re

SAME = re.compile(r"[ \t]*#\s*same:.*$", flags=re.M)


def hidden(source: str) -> str:
    """`source` as a reader sees it: without `# same: …`."""
    return SAME.sub("", source)
