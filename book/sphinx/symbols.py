"""Symbols on the page: each letter of a formula and each name in code knows its row of the notation table.

Only the HTML holds this: `data-s="3"` on a letter or a name is the number of its symbol, `data-a` that
of an accent with a row of its own, and the table's row has the class `symbol-3`. The rest is done by
`book/site/symbols.js`. The PDF and the notebooks are made of the same plain LaTeX as before.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.chapter import Row
from book.katex import shared
from book.names import Name
from book.notation import Notation
from book.sphinx import names, state
from book.sphinx.tables import is_notation

LITERAL = re.compile(
    r'(<code class="docutils literal notranslate"><span class="pre")>([^<]+)</span>'
)
USED = re.compile(r'data-[sa]="([\d ]+)"')
PIECES = re.compile(r"\$([^$]+)\$|`([^`]+)`")
IN_CODE = {"variable", "parameter", "definition", "attribute"}


def setup(app: Sphinx) -> None:
    """Mark tables, names and inline code; formulas ask for their marks when they are drawn."""
    names.add(app, _describe)
    app.add_post_transform(Rows)
    app.connect("html-page-context", _fill, priority=800)


def html_of(app: Sphinx, docname: str, latex: str, *, display: bool) -> str:
    """A formula of a page, its symbols marked; raises `LatexError`."""
    notation = state.of(app).notation(docname)
    marks = {}
    if notation is not None:
        reading = shared().read(latex)
        found = ((letter, notation.find(letter, reading)) for letter in reading.letters)
        marks = {letter: _mark(numbers) for letter, numbers in found if numbers}
    return shared().html(latex, display=display, marks=marks)


def _mark(numbers: tuple[int, ...]) -> str:
    accent = f' data-a="{numbers[0]}"' if len(numbers) > 1 else ""
    return f'data-s="{numbers[-1]}"{accent}'


def _describe(
    app: Sphinx, docname: str, index: int, found: tuple[Name, ...]
) -> dict[Name, dict[str, str]]:
    """What a cell's names stand for."""
    notation = state.of(app).notation(docname)
    if notation is None:
        return {}
    return {
        name: {"data-s": _listed(notation.named[name.path])}
        for name in found
        if name.role in IN_CODE and name.path in notation.named
    }


def _listed(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


class Rows(SphinxPostTransform):
    """Give each row of the chapter's table the numbers of its symbols."""

    default_priority = 31
    formats = ("html",)

    def run(self, **options: object) -> None:
        notation = state.of(self.app).notation(self.env.docname)
        table = next(filter(is_notation, self.document.findall(nodes.table)), None)
        if notation is None or table is None:
            return
        body = next(table.findall(nodes.tbody))
        rows = list(dict.fromkeys(symbol.row for symbol in notation.own))
        for row, node in zip(rows, body.findall(nodes.row), strict=True):
            node["classes"] += _classes(notation, row)


def _classes(notation: Notation, row: Row) -> list[str]:
    return [f"symbol-{i}" for i, symbol in enumerate(notation.symbols) if symbol.row == row]


def _fill(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Mark names in running text, and bring along the rows of the whole book that are used here."""
    notation = state.of(app).notation(pagename)
    if notation is None or "body" not in context:
        return

    def named(match: re.Match[str]) -> str:
        numbers = notation.named.get(unescape(match[2]))
        return f'{match[1]} data-s="{_listed(numbers)}">{match[2]}</span>' if numbers else match[0]

    body = LITERAL.sub(named, context["body"])
    used = {int(n) for numbers in USED.findall(body) for n in numbers.split()}
    rows = dict.fromkeys(
        s.row for i, s in enumerate(notation.symbols) if i in used and i >= len(notation.own)
    )
    if rows:
        shown = "".join(_row(app, pagename, notation, row) for row in rows)
        body += f'<template id="_symbols"><table>{shown}</table></template>'
    context["body"] = body
    context["symbols"] = bool(used)


def _row(app: Sphinx, docname: str, notation: Notation, row: Row) -> str:
    """A row of the book's own table, as the chapter's table would show it."""

    def piece(match: re.Match[str]) -> str:
        if match[1]:
            return html_of(app, docname, match[1], display=False)
        return f"<code>{escape(match[2])}</code>"

    cells = (row.symbol, row.code, row.shape, row.meaning)
    shown = "".join(f"<td>{PIECES.sub(piece, cell)}</td>" for cell in cells)
    return f'<tr class="{" ".join(_classes(notation, row))}">{shown}</tr>'
