"""Attributes on the letters of a rendered formula, which stays as KaTeX drew it.

KaTeX offers no way to mark a letter that leaves its neighbours where they are. So the formula is
rendered twice, as it is and with each letter in a colour of its own; the two have the same letters in
the same order, and what the second says of a letter is written into the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

# A span and the text that it begins with; KaTeX writes all text so.
RUN = re.compile(r"<span(?P<rest>[^>]*)>(?P<text>(?:&[^;]+;|[^<&])+)")
GLYPH = re.compile(r"&[^;]+;|.", re.S)
NUMBER = re.compile(r"color:symbol-(\d+);")
STYLE = re.compile(r' style="[^"]*"')


def coloured(latex: str, places: Sequence[tuple[int, int]]) -> str:
    """The formula with the letters at these places in the command of `book/symbols.js`."""
    for number, (start, end) in reversed(list(enumerate(places))):
        letter = rf"{{\booksymbol{{{number}}}{{{latex[start:end]}}}}}"
        latex = latex[:start] + letter + latex[end:]
    return latex


def transplanted(plain: str, colours: str, attributes: Sequence[str]) -> str:
    """The HTML `plain` with attributes where `colours`, the same formula, has their numbers."""
    numbers = iter(
        [number for run in RUN.finditer(colours) for number in [_number(run)] * _length(run)]
    )

    def marked(run: re.Match[str]) -> str:
        glyphs = [(next(numbers), glyph) for glyph in GLYPH.findall(run["text"])]
        groups = [(n, "".join(g for _, g in group)) for n, group in groupby(glyphs, lambda x: x[0])]
        pieces = []
        for i, (number, text) in enumerate(groups):
            # Where KaTeX drew several letters as one, their style is the last one's.
            rest = run["rest"] if i == len(groups) - 1 else STYLE.sub("", run["rest"])
            said = "" if number is None else f" {attributes[number]}"
            pieces.append(f"<span{rest}{said}>{text}")
        return "</span>".join(pieces)

    return RUN.sub(marked, plain)


def _number(run: re.Match[str]) -> int | None:
    found = NUMBER.search(run["rest"])
    return int(found[1]) if found else None


def _length(run: re.Match[str]) -> int:
    return len(GLYPH.findall(run["text"]))
