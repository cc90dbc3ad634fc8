"""Reading paths: which chapters to read, in which order, to get to a goal.

A page declares them with `{book-path}`; everything that the goal needs is on the way.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from book import needs, reading
from book.chapter import Chapter
from book.contents import Book, Entry
from book.findings import Finding
from book.myst import Directive, listed

DIRECTIVE = "book-path"


@dataclass(frozen=True)
class ReadingPath:
    """A way through the book.

    Attributes:
        key: its name in addresses and settings.
        steps: the chapters, in the order of the book.
        complete: False while its goal is not written.
        code: False when it is read with the code folded away.
    """

    key: str
    title: str
    steps: tuple[Entry, ...]
    complete: bool
    code: bool

    @property
    def minutes(self) -> int:
        """How long the whole path takes to read."""
        return sum(self.minutes_of(step) for step in self.steps)

    def minutes_of(self, step: Entry) -> int:
        found = reading.of(step.chapter)
        return found.minutes if self.code else found.without_code

    def after(self, entry: Entry) -> Entry | None:
        """The step that follows `entry`."""
        place = self.steps.index(entry)
        return self.steps[place + 1] if place + 1 < len(self.steps) else None


def of(book: Book) -> tuple[ReadingPath, ...]:
    """All paths that the book's pages declare."""
    return tuple(_path(book, directive) for _, directive in _declared(book))


def findings(book: Book) -> Iterator[Finding]:
    """Paths to chapters that do not exist, and paths that lead nowhere."""
    known = [e.chapter.slug for e in book.entries if e.number]
    for page, directive in _declared(book):
        wanted = listed(directive.options.get("to"))
        for slug in wanted:
            if slug not in known:
                near = difflib.get_close_matches(slug, known, n=1)
                cure = (
                    f"did you mean {near[0]}?" if near else "if it is planned, name it in :later:"
                )
                message = f"the path leads to {slug}, which is no chapter; {cure}"
                yield Finding(page.path, directive.line, message, "path")
        if not directive.argument or not directive.options.get("title"):
            message = "a path needs a name and a `:title:`; add them"
            yield Finding(page.path, directive.line, message, "path")


def _declared(book: Book) -> Iterator[tuple[Chapter, Directive]]:
    for page in book.pages:
        for directive in page.directives:
            if directive.name == DIRECTIVE:
                yield page, directive


def _path(book: Book, directive: Directive) -> ReadingPath:
    graph, options = needs.of(book), directive.options
    to, later = listed(options.get("to")), listed(options.get("later"))
    goals = [slug for slug in [*to, *later] if slug in graph]
    wanted = set(goals).union(*(needs.everything(graph, goal) for goal in goals))
    if not to and not later:  # everything that has mathematics
        wanted = {slug for slug in graph if book.entry(slug).chapter.labelled}
    return ReadingPath(
        key=directive.argument,
        title=str(options.get("title", directive.argument)),
        steps=tuple(e for e in book.entries if e.chapter.slug in wanted),
        complete=not later or later[-1] in graph,
        code="without-code" not in options,
    )
