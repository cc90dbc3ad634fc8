"""KaTeX's MathML, for those who listen and for e-books, as the standard has it."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

APPLIED = "\u2061"  # "applied to", which KaTeX puts behind the name of an operator
FORMULA = re.compile(r"<math\b.*?</math>", re.S)
ODD = re.compile(rf"<mo>{APPLIED}</mo>|<mo\b[^>]*><m")


def standard(html: str) -> str:
    """`html` with formulas in which an index or a fraction has no extra part, and an operator none at all."""
    return FORMULA.sub(lambda found: _mended(found[0]), html) if ODD.search(html) else html


def _mended(formula: str) -> str:
    math = BeautifulSoup(formula, "html.parser")
    for sign in math.select("msub > mo, msup > mo, msubsup > mo, mfrac > mo"):
        if sign.get_text() == APPLIED:
            sign.decompose()
    for sign in math.select("mo:has(*)"):
        sign.string = sign.get_text()
    return math.decode(formatter="minimal")
