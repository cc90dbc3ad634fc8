r"""In what order symbols are listed: Latin letters, then Greek ones, then all other signs.

A letter stands once for all its dresses: $x$, $\hat x$, $\mathbf{x}$ and $\mathbf{X}$ are neighbours.
"""

from __future__ import annotations

import re

GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
DRESS = re.compile(
    r"\\(?:math\w+|boldsymbol|bm|bar|hat|tilde|vec|dot|overline|widehat|operatorname|text\w*)\b"
)
LETTER = re.compile(r"\\(?:var)?(?P<greek>[A-Za-z]+)|(?P<latin>[A-Za-z])")
FORMULA = re.compile(r"\$([^$]+)\$")


def order(symbol: str) -> tuple[int, str, bool, bool, str]:
    """What sorts the first symbol of a table's cell, such as `$\\hat y_i$, $y_j$`."""
    formula = FORMULA.search(symbol)
    latex = (formula[1] if formula else symbol).split(",")[0]
    plain = DRESS.sub(" ", latex)
    dressed = plain != latex
    for match in LETTER.finditer(plain):
        if match["latin"]:
            letter = match["latin"]
            return 0, letter.lower(), letter.isupper(), dressed, latex
        if match["greek"].lower() in GREEK:
            letter = match["greek"]
            place = f"{GREEK.index(letter.lower()):02}"
            return 1, place, letter[0].isupper(), dressed, latex
    return 2, latex, False, dressed, latex


def apart(symbol: str, code: str, shape: str) -> list[tuple[str, str, str]]:
    """A row that names several symbols as one for each, with its own code and shape where they match."""
    symbols = [
        f"${part.strip()}$"
        for formula in FORMULA.findall(symbol)
        for part in re.split(r",(?![^{]*\})", formula)
    ]
    columns = [_shared(column, len(symbols)) for column in (code, shape)]
    return list(zip(symbols, *columns, strict=True))


def _shared(column: str, count: int) -> list[str]:
    """One part of the column for each symbol, or all of it for each."""
    parts = re.findall(r"`[^`]+`|—", column)
    return parts if len(parts) == count else [column] * count
