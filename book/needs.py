"""What each chapter builds on: the graph of declared needs, and what follows from it.

A graph is a mapping from slugs to the slugs they need, both in the order of the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from book.contents import Book

Graph = Mapping[str, tuple[str, ...]]


def declared(book: Book) -> dict[str, tuple[str, ...]]:
    """What the headers say, right or wrong."""
    return {c.slug: tuple(c.settings.get("needs") or ()) for c in book.chapters}


def of(book: Book) -> dict[str, tuple[str, ...]]:
    """The numbered chapters and those that each builds on.

    Only a chapter that comes before may be needed, so this graph has no cycle whatever the headers
    say; the linter names what was left out.
    """
    numbered = {e.chapter.slug for e in book.entries if e.number}
    return {
        slug: tuple(need for need in needs if need in numbered)
        for slug, needs in of_pages(book).items()
        if slug in numbered
    }


def of_pages(book: Book) -> dict[str, tuple[str, ...]]:
    """The same for every page, assignments and appendices too."""
    graph: dict[str, tuple[str, ...]] = {}
    for slug, needs in declared(book).items():
        graph[slug] = tuple(s for s in graph if s in needs)
    return graph


def cycle(graph: Graph) -> tuple[str, ...]:
    """Chapters of which each needs the next, the last being the first again; empty when there are none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def everything(graph: Graph, slug: str) -> set[str]:
    """All that `slug` builds on, directly or through others."""
    found: set[str] = set()
    waiting = [*graph[slug]]
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting += graph[need]
    return found


def essential(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The graph without the needs that follow from others: it leads from and to the same chapters."""
    below = {slug: everything(graph, slug) for slug in graph}
    return {
        slug: tuple(n for n in needs if not any(n in below[other] for other in needs))
        for slug, needs in graph.items()
    }


def levels(graph: Graph) -> dict[str, int]:
    """How many chapters lie, at most, between each chapter and one that needs nothing; that one has 0."""
    found: dict[str, int] = {}
    for slug in TopologicalSorter(graph).static_order():
        found[slug] = max((found[need] + 1 for need in graph[slug]), default=0)
    return {slug: found[slug] for slug in graph}
