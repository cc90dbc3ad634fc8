"""What chapters build on: each need exists, comes before, and none goes round in a circle."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from book import needs as graphs
from book import paths
from book.contents import Book
from book.findings import Finding


def needs(book: Book) -> Iterator[Finding]:
    """A chapter may only need chapters that come before it."""
    graph = graphs.declared(book)
    circle = graphs.cycle({slug: _known(graph, needs) for slug, needs in graph.items()})
    if circle:
        chapter = book.entry(circle[0]).chapter
        message = f"the chapters need each other: {' → '.join(circle)}; drop one of these needs"
        yield Finding(chapter.path, chapter.line_of("needs:"), message, "needs-cycle")
    before: set[str] = set()
    for chapter in book.chapters:
        line = chapter.line_of("needs:")
        for need in graph[chapter.slug]:
            if need not in graph:
                near = difflib.get_close_matches(need, graph, n=1)
                cure = f"did you mean {near[0]}?" if near else "write it, or drop the need"
                message = f"needs {need}, which is no chapter; {cure}"
                yield Finding(chapter.path, line, message, "needs-unknown")
            elif need not in before and not {chapter.slug, need} <= set(circle):
                message = f"needs {need}, which comes later in _toc.yml; move one of the two"
                yield Finding(chapter.path, line, message, "needs-order")
        before.add(chapter.slug)


def reading_paths(book: Book) -> Iterator[Finding]:
    """Paths lead to chapters that exist."""
    return paths.findings(book)


def _known(graph: graphs.Graph, needs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(need for need in needs if need in graph)
