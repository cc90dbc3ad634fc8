"""Whether what is stored may be published: every chapter's own present run, on real data, where it should run."""

from __future__ import annotations

from collections.abc import Iterator

from book import equations, outputs
from book.chapter import Chapter
from book.contents import Book
from book.dependencies import inputs
from book.execute import STORE, differing, not_run
from book.findings import Finding
from book.store import Run, Store

DEVICES = ("any", "gpu")


def findings(book: Book, device: str = "any") -> list[Finding]:
    """Why the store must not be published; nothing when it may.

    Args:
        device: `gpu` refuses what ran on a machine without one; `any` does not ask.
    """
    store = Store(book.root / STORE)
    found = [f for chapter in book.chapters for f in _of(book, chapter, store, device)]
    found += equations.findings(book, store) + outputs.findings(book, store)
    return sorted(set(found))


def _of(book: Book, chapter: Chapter, store: Store, device: str) -> Iterator[Finding]:
    run = store.run_of(chapter.slug)
    changed = differing(run, inputs(book.root, chapter, "", {})) if run else []
    if run is None or changed or store.load(chapter) is None:
        yield not_run(chapter, changed)
        return
    yield from _data(chapter, run)
    if device == "gpu" and run.parts.get("device") == "cpu":
        message = (
            f"it ran on a CPU on {run.date}, and a GPU is asked for; run it where there is one"
        )
        yield Finding(chapter.path, 1, message, "cpu-only")


def _data(chapter: Chapter, run: Run) -> Iterator[Finding]:
    for name in sorted(chapter.datasets):
        if run.data.get(name) != "real":
            message = (
                f"it ran on a stand-in for {name}; run it again where the network is, "
                "or where $TENSORBOOK_DATA holds the files"
            )
            yield Finding(chapter.path, chapter.line_of("data:"), message, "stand-in")
