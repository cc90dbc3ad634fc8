"""Ways in and out of a page: run it, take it away, edit it, report a mistake, talk about it, read on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book import downloads, history, needs, paths, reading, ways
from book.contents import Book, Entry
from book.equations import EquationRecord
from book.notebooks import links
from book.sphinx import state

Address = Callable[..., str]


@dataclass(frozen=True)
class Link:
    """A link under the title: an icon's name, a label, where it leads, what it is for."""

    icon: str
    label: str
    href: str
    title: str


@dataclass(frozen=True)
class Step:
    """A page's place on a reading path, and the page that follows on it; that has None at the end."""

    path: paths.ReadingPath
    place: int
    next: Entry | None


def setup(app: Sphinx) -> None:
    """Fill each page's context, before `page` has the last word."""
    app.connect("html-page-context", _fill, priority=850)


def _fill(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    here = state.of(app)
    book, entry, pathto = here.book, here.entry(pagename), context["pathto"]
    context["pdf"] = downloads.has_pdf(book)
    context["launch"], context["improve"] = [], []
    context["reading"], context["needs"], context["steps"] = None, [], []
    if entry is None or not entry.part:
        return
    context["improve"] = improve(app, entry)
    if entry.chapter.executed:
        context["launch"] = _launch(book, entry, pathto)
        context["reading"] = reading.of(entry.chapter)
        context["needs"] = [book.entry(slug) for slug in needs.of_pages(book)[entry.chapter.slug]]
        context["steps"] = _steps(here, entry)


def _launch(book: Book, entry: Entry, pathto: Address) -> list[Link]:
    """Where this chapter can be run, and the files to take away."""
    chapter, found = entry.chapter, []
    if colab := links.colab(book, chapter):
        found.append(Link("run", "Colab", colab, "Run this chapter in Google Colab"))
    if binder := links.binder(book, chapter):
        found.append(Link("cloud", "Binder", binder, "Run this chapter on Binder"))
    for suffix, file in downloads.of(book, chapter).items():
        title = f"Download this chapter as {downloads.KINDS[suffix]}"
        found.append(Link("download", suffix, pathto(file, 1), title))
    if downloads.has_pdf(book):
        found.append(Link("paper", "PDF", pathto(downloads.PDF, 1), "Download the book as PDF"))
    return found


def improve(app: Sphinx, entry: Entry) -> list[Link]:
    """Where this page is edited, corrected and talked about."""
    book = state.of(app).book
    mistake = ways.mistake(book, entry, history.head(Path(app.srcdir)).name[:10])
    return [
        Link(
            "edit", "Edit this page", ways.edit(book, entry), "Open its source in GitHub's editor"
        ),
        Link("flag", "Report a mistake", mistake, "Open a form that knows the page"),
        Link("talk", "Discuss", ways.discuss(book, entry), "Ask or tell other readers"),
    ]


def flaw(app: Sphinx, record: EquationRecord) -> str:
    """The small mark beside an equation's number that opens the form for mistakes."""
    book = state.of(app).book
    entry = book.entry(record.chapter)
    href = ways.mistake(
        book, entry, history.head(Path(app.srcdir)).name[:10], record.label, record.number
    )
    said = f"Report a mistake in equation ({record.number})"
    return f'<a class="flaw" href="{escape(href)}" title="{said}" aria-label="{said}"></a>'


def _steps(here: state.State, entry: Entry) -> list[Step]:
    return [
        Step(path, path.steps.index(entry) + 1, path.after(entry))
        for path in here.paths
        if entry in path.steps
    ]
