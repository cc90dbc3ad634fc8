"""Fonts with the glyphs that the pages use, and no others."""

from __future__ import annotations

import html
import io
import string
from collections.abc import Iterable

from fontTools import subset
from fontTools.ttLib import TTFont

TYPED = set(string.printable) - set(string.whitespace) | {" ", "\u00a0"}


def characters(texts: Iterable[str]) -> set[str]:
    """Each character of the texts, entities resolved, and those that a reader may type."""
    return TYPED.union(*(set(html.unescape(text)) for text in texts))


def reduced(font: bytes, wanted: set[str]) -> bytes:
    """The WOFF2 font with these characters alone; equal input gives equal bytes."""
    options = subset.Options(flavor="woff2", layout_features=["*"], hinting=False)
    options.notdef_outline = True
    loaded = TTFont(io.BytesIO(font), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(sign) for sign in wanted])
    subsetter.subset(loaded)
    out = io.BytesIO()
    subset.save_font(loaded, out, options)
    return out.getvalue()
