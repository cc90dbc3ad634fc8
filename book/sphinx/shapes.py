"""What the names in cells referred to when the chapter ran: shape, dtype and device, or a value.

`book/recorder` notes it while the chapter runs; here each name gets the number of its line in the
page's table, and `book/site/shapes.js` shows the line to who points at the name. A run that was not
recorded gives pages without.
"""

from __future__ import annotations

import json
from typing import Any, cast

from docutils import nodes
from sphinx.application import Sphinx

from book.names import Name
from book.sphinx import names, state
from book.sphinx.names import Attributes

Table = dict[str, int]  # a line → its number, from 0


def setup(app: Sphinx) -> None:
    """Describe names, and hand each page its table."""
    app.book_shapes = {}  # type: ignore[attr-defined]
    names.add(app, _describe)
    app.connect("html-page-context", _fill)


def _tables(app: Sphinx) -> dict[str, Table]:
    return cast(dict[str, Table], getattr(app, "book_shapes"))  # noqa: B009


def _describe(
    app: Sphinx, docname: str, index: int, found: tuple[Name, ...]
) -> dict[Name, Attributes]:
    entry = state.of(app).entry(docname)
    run = state.of(app).run_of(entry) if entry else None
    if run is None or run.shapes is None or index >= len(run.shapes):
        return {}
    table = _tables(app).setdefault(docname, {})
    cell = run.shapes[index]
    marks = {}
    for name in found:
        told = cell.get(name.scope, {}).get(name.path) if name.scope is not None else None
        # That torch.float32 is float32 needs no telling.
        if told and told != name.text and name.role in ("variable", "parameter", "attribute"):
            number = table.setdefault(f"{name.path} · {told}", len(table))
            marks[name] = {"data-v": str(number)}
    return marks


def _fill(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    table = _tables(app).get(pagename)
    if table:
        lines = json.dumps(list(table), ensure_ascii=False, separators=(",", ":"))
        context["shapes"] = lines.replace("<", "\\u003c")
