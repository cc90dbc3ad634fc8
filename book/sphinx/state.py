"""What the pages know beyond their own text: the book, the store, the equations; read once a build."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from sphinx.application import Sphinx

from book import contents, equations, notation, paths
from book.contents import Book, Entry
from book.equations import EquationRecord
from book.functions.listing import by_page
from book.functions.reader import Use
from book.notation import Notation
from book.paths import ReadingPath
from book.store import Run, Store

STORE = Path("_build", ".jupyter_cache")


@dataclass(frozen=True)
class State:
    """The book at `root`, as it was when the build began."""

    root: Path
    _notations: dict[str, Notation | None] = field(default_factory=dict, repr=False)

    @cached_property
    def book(self) -> Book:
        return contents.load(self.root)

    @cached_property
    def store(self) -> Store:
        return Store(self.root / STORE)

    @cached_property
    def equations(self) -> dict[str, EquationRecord]:
        """All labelled equations by label, in the order of the book."""
        return {record.label: record for record in equations.collect(self.book, self.store)}

    @cached_property
    def paths(self) -> tuple[ReadingPath, ...]:
        """The reading paths that pages declare."""
        return paths.of(self.book)

    @cached_property
    def uses(self) -> dict[str, list[Use]]:
        """What each page uses of PyTorch."""
        return by_page(self.book)

    def entry(self, docname: str) -> Entry | None:
        """The page that Sphinx calls `docname`; None for pages that Sphinx adds."""
        return next((e for e in self.book.entries if e.chapter.docname == docname), None)

    def notation(self, docname: str) -> Notation | None:
        """The symbols that hold on a page; None where no table and no equation asks for any."""
        if docname not in self._notations:
            entry, wide = self.entry(docname), notation.book_wide(self.book)
            chapter = entry.chapter if entry and entry.chapter is not wide else None
            asked = chapter and (chapter.notation or chapter.labelled)
            self._notations[docname] = notation.of(chapter, wide) if chapter and asked else None
        return self._notations[docname]

    def run_of(self, entry: Entry) -> Run | None:
        """How the outputs on this page came about."""
        return self.store.run_of(entry.chapter.slug) if entry.chapter.executed else None


def of(app: Sphinx) -> State:
    """This build's state."""
    if not hasattr(app, "book_state"):
        app.book_state = State(Path(app.srcdir))  # type: ignore[attr-defined]
    return cast(State, getattr(app, "book_state"))  # noqa: B009  # Sphinx knows no such attribute
