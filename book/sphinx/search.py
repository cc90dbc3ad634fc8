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
FIELDS = ("text", "defined", "terms", "names", "symbols", "said")


def setup(app: Sphinx) -> None:
    """Read each page as it is written; write the index when all are."""
    app.connect("builder-inited", _replace)
    app.connect("doctree-resolved", _read, priority=900)
    app.connect("build-finished", _write_program)
    app.connect("build-finished", _write_pages, priority=950)  # no style or font depends on them


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
    return app.book_search  # type: ignore[attr-defined]


def _row(passage: Passage) -> list[Any]:
    words = [" ".join(" ".join(getattr(passage, name)).split()) for name in FIELDS]
    words[0] = " ".join("".join(passage.text).split())
    return [passage.kind, passage.anchor, passage.section, passage.title, *words]


def _write_program(app: Sphinx, error: Exception | None) -> None:
    """Our scripts and the libraries as one, with the names of the pages and the synonyms."""
    if error or app.builder.name != "html":
        return
    library, *ours = [part.read_text(encoding="utf-8") for part in sorted(SITE.glob("*.js"))]
    known = {
        "PAGES": json.dumps([_script(docname) for docname in _order(app)]),
        "SYNONYMS": (SITE / "synonyms.json").read_text(encoding="utf-8").strip(),
    }
    constants = "".join(f"const {name} = {value};\n" for name, value in known.items())
    text = f'{library}\n(() => {{\n"use strict";\n{constants}{js_porter_stemmer}\n{"".join(ours)}}})();\n'
    (Path(app.outdir) / "_static" / "search.js").write_text(text, encoding="utf-8")


def _write_pages(app: Sphinx, error: Exception | None) -> None:
    """What can be found, a script a page: a browser fetches no data from a folder, but runs scripts."""
    if error or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "_static" / "search"
    folder.mkdir(exist_ok=True)
    for docname in _order(app):
        entry = state.of(app).entry(docname)
        number = entry.number if entry else 0
        page = {"page": f"{docname}.html", "number": number, "rows": _pages(app)[docname]}
        script = (
            f"bookSearch.page({json.dumps(page, ensure_ascii=False, separators=(',', ':'))});\n"
        )
        (folder / _script(docname)).write_text(script, encoding="utf-8")


def _order(app: Sphinx) -> list[str]:
    return [entry.chapter.docname for entry in state.of(app).book.entries]


def _script(docname: str) -> str:
    return docname.replace("/", "-") + ".js"
