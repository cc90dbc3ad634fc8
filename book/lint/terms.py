"""Terms that the index could not list."""

from __future__ import annotations

from collections.abc import Iterator

from book.chapter import Chapter
from book.contents import Book
from book.findings import Finding
from book.terms import order, terms


def once(book: Book, chapter: Chapter) -> Iterator[Finding]:
    """A chapter explains a term in one place."""
    seen: dict[str, int] = {}
    for term in terms(chapter):
        if not order(term.entry)[0][:1].strip():
            message = (
                f"the term {term.entry} begins with no letter; add an entry, {{dfn}}`… <entry>`"
            )
            yield Finding(chapter.path, term.line, message, "term-letter")
        elif term.anchor in seen:
            message = (
                f"{term.entry} is marked in line {seen[term.anchor]} already; keep one {{dfn}}"
            )
            yield Finding(chapter.path, term.line, message, "term-twice")
        seen.setdefault(term.anchor, term.line)
