"""Tiny chapters whose formulas are mutated."""

from __future__ import annotations

import textwrap
from pathlib import Path

import tiny

from book.chapter import Chapter, parse

IMPORTS = """\
import math
import torch
from torch import nn
from tensorbook import check, glue
torch.manual_seed(0)
"""


def chapter_of(*cells: str, slug: str = "tiny") -> Chapter:
    """A chapter of these cells; a first line `# tags: …` gives a cell's tags."""
    made = []
    for source in cells:
        source = textwrap.dedent(source).strip("\n")
        tags = ""
        if source.startswith("# tags: "):
            first, source = source.split("\n", 1)
            tags = first.removeprefix("# tags: ")
        made.append(tiny.cell(source, tags))
    return parse(Path(f"chapters/part/{slug}.md"), tiny.chapter("\n".join(made)))
