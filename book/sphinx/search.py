"""The index of the search: one small script a page, so that it loads from a folder too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.en import js_porter_stemmer

from book.sphinx import passages, state
from book.sphinx.passages import Passage

SITE = Path(__file__).parents[1] / "site" / "search"
FIELDS = ("text", "terms", "names", "symbols", "said")


def setup(app: Sphinx) -> None:
    """Read each page as it is written; write the index when all are."""
    app.connect("builder-inited", _replace)
    app.connect("doctree-resolved", _read, priority=900)
    app.connect("build-finished", _write)


def _replace(app: Sphinx) -> None:
    """Take the place of Sphinx's own search."""
    if app.builder.name == "html":
        app.builder.search = False  # type: ignore[attr-defined]
        app.config.html_additional_pages = {"search": "search.html"}


def _read(app: Sphinx, document: nodes.document, docname: str) -> None:
    if app.builder.name != "html":
        return
    words = {
        label: f"Equation ({record.number}): {record.name}"
        for label, record in state.of(app).equations.items()
    }
    found = passages.of(document, words)
    _pages(app)[docname] = [_row(passage) for passage in found]


def _pages(app: Sphinx) -> dict[str, list[Any]]:
    if not hasattr(app, "book_search"):
        app.book_search = {}  # type: ignore[attr-defined]
    return app.book_search  # type: ignore[attr-defined, no-any-return]


def _row(passage: Passage) -> list[Any]:
    words = [" ".join(" ".join(getattr(passage, name)).split()) for name in FIELDS]
    words[0] = " ".join("".join(passage.text).split())
    return [passage.kind, passage.anchor, passage.section, passage.title, *words]


def _write(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "search").mkdir(exist_ok=True)
    order = [e.chapter.docname for e in state.of(app).book.entries]
    listed = []
    for docname in order:
        number = state.of(app).entry(docname).number
        page = {"page": docname + ".html", "number": number, "rows": _pages(app)[docname]}
        script = f"bookSearch.page({json.dumps(page, ensure_ascii=False, separators=(',', ':'))});\n"
        name = docname.replace("/", "-") + ".js"
        (static / "search" / name).write_text(script, encoding="utf-8")
        listed.append(name)
    parts = [p.read_text("utf-8") for p in sorted(SITE.glob("*.js"))]
    synonyms = (SITE / "synonyms.json").read_text("utf-8")
    known = f"const PAGES = {json.dumps(listed)};\nconst SYNONYMS = {synonyms.strip()};\n"
    text = parts[0] + "\n(() => {\n\"use strict\";\n" + known + js_porter_stemmer + "\n".join(parts[1:]) + "})();\n"
    (static / "search.js").write_text(text, encoding="utf-8")
