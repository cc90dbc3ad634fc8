"""What a link to a page looks like elsewhere: title, question, and a picture made by this build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book import emblem
from book.sphinx import state
from book.sphinx.latex_nodes import tagline

PICTURE = "preview.png"
SIZE = (1200, 630)


def setup(app: Sphinx) -> None:
    """Give each page its description, and draw the picture when the pages are there."""
    app.connect("html-page-context", _describe, priority=950)
    app.connect("build-finished", _draw)


def _describe(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    book = state.of(app).book
    if pagename == app.config.root_doc:
        context["pageurl"] = book.site
    promise = tagline(book.entries[0].chapter.text)
    context["preview"] = {
        "picture": f"{book.site}_static/{PICTURE}",
        "width": SIZE[0],
        "height": SIZE[1],
        "alt": f"{book.title}: {promise}",
        "description": context.get("description") or promise,
    }


def _draw(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    (Path(app.outdir) / "_static" / PICTURE).write_bytes(emblem.preview(_words(app)))


def _words(app: Sphinx) -> emblem.Words:
    """The title, the promise, and what the first check of the book found."""
    here = state.of(app)
    exact = (e for e in here.equations.values() if e.difference is not None and e.relation == "==")
    first = next((e for e in exact if e.standard_errors is None), None)
    said = f"{first.name}: largest difference {first.short}" if first else ""
    return emblem.Words(here.book.title, tagline(here.book.entries[0].chapter.text), said)
