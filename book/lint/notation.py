"""Notation tables, and the symbols of labelled equations that stand in none."""

from __future__ import annotations

from collections.abc import Iterator

from book import notation
from book.chapter import Chapter, Equation
from book.contents import Book
from book.findings import Finding
from book.katex import Letter, shared
from book.notation import Notation


def tables(book: Book, chapter: Chapter) -> Iterator[Finding]:
    yield from notation.problems(chapter)
    seen: dict[Letter, int] = {}
    for symbol in notation.of(chapter).own:
        first = seen.setdefault(symbol.letter, symbol.row.line)
        if first != symbol.row.line:
            message = f"${notation.latex(symbol.letter)}$ stands in line {first} too; keep one row"
            yield Finding(chapter.path, symbol.row.line, message, "symbol-twice")


def symbols(book: Book) -> Iterator[Finding]:
    wide = notation.book_wide(book)
    for chapter in book.pages:
        if chapter.labelled:
            known = notation.of(chapter, wide)
            for equation in chapter.labelled:
                yield from _missing(chapter, equation, known)


def _missing(chapter: Chapter, equation: Equation, known: Notation) -> Iterator[Finding]:
    latex = equation.latex.strip()
    for letter in known.missing(shared().read(latex)):
        line = equation.line + latex.count("\n", 0, letter.start)
        shown = notation.latex(letter)
        message = (
            f"{equation.label} uses ${shown}$, which the notation table does not hold; "
            f"add a row `| ${shown}$ | code | shape | meaning |`"
        )
        yield Finding(chapter.path, line, message, "symbol-unknown")
