"""Mistakes that can be seen in the sources, in a second, before anything is executed."""

from __future__ import annotations

from book import redirects
from book.contents import Book
from book.findings import Finding
from book.lint import cells, contract, figures, links, notation, order, terms

BY_CHAPTER = (
    cells.header, cells.headings, cells.cells, contract.math, contract.dollars, contract.checks, contract.exercises,
    links.images, links.footnotes, figures.scripts, notation.tables, terms.once,
)  # fmt: skip
BY_BOOK = (
    links.unique, links.references, order.needs, order.reading_paths, contract.formulas,
    notation.symbols, redirects.findings,
)  # fmt: skip


def findings(book: Book) -> list[Finding]:
    """Everything wrong with the sources of the book, sorted by file and line."""
    found = [problem for chapter in book.pages for problem in chapter.problems]
    for chapter in book.pages:
        for rule in BY_CHAPTER:
            found += rule(book, chapter)
    for rule_of_book in BY_BOOK:
        found += rule_of_book(book)
    return sorted(set(found))
